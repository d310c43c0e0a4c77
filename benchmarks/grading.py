"""Grade the same submissions with `nbgrader autograde` and with `course grade`.

nbgrader runs students' code and checks in one unprotected kernel, one submission after another.
`course grade` runs each submission in a sandbox, with the checks in another process. Both start
from nothing handed in but the same notebooks, and both times include starting the program. What
starting takes, which is mostly loading nbgrader, shows when everything is graded already.
Where the rest goes is measured with one worker, in the process that writes the marks.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from timing import parser_of, save

from course_lib.grading.authoring.trial import build_submission
from course_lib.grading.course import Course, this_course
from course_lib.grading.demo import accepted, blank, first_half, mistaken, model
from course_lib.grading.execute import execute
from course_lib.grading.jobs import Job, Result
from course_lib.grading.release import release
from course_lib.grading.run import grade
from course_lib.grading.sandbox.process import StudentProcess, forget
from course_lib.grading.sandbox.remote import RemoteSide

# A class: most have nearly everything, some make known mistakes, one hands in the blank.
RECIPES = (model, accepted, mistaken(0), mistaken(1, 2), first_half, mistaken(2), model, blank)
# So many submissions tell where the time goes.
PARTS = 40
# Runs a command from a small process: a new process counts the memory of its parent as its own.
MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:]).returncode
print()
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
PLAIN = """
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
"""


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--assignment", default="01_shopping_cart", help="default: %(default)s")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[20, 200, 1000],
        help="of the classes; default: 20 200 1000",
    )
    parser.add_argument(
        "--jobs", type=int, nargs="+", default=[1, 2], help="of course grade; default: 1 2"
    )
    parser.add_argument(
        "--nbgrader-most",
        type=int,
        default=20,
        help="the largest class that nbgrader grades; a larger one is worked out from two "
        "smaller ones, and marked with ~. default: %(default)s",
    )
    options = parser.parse_args()
    if options.nbgrader_most < 3:
        parser.error("--nbgrader-most: expected at least 3, for what starting takes is told by two")
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        rows = measure(Path(name), options)
        notebooks = list(class_of(options.assignment))
        course = make(Path(name) / "parts", options.assignment, notebooks, PARTS)
        parts = parts_of(course, options.assignment, PARTS)
    save(options.json, {"grading": rows, "parts": parts}, assignment=options.assignment)


def measure(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    slug = options.assignment
    notebooks = list(class_of(slug))
    print(f"{slug}; seconds for the whole class, and for one submission of it")
    print(f"{'submissions':>11}  {'way':<22} {'seconds':>9} {'each':>8} {'times':>7} {'memory':>8}")
    rows: list[dict[str, Any]] = []
    plain: dict[int, float] = {}
    held: dict[int, float] = {}
    for size in sorted({2, options.nbgrader_most, *options.sizes}):
        if size > options.nbgrader_most:
            continue
        course = make(folder / f"nbgrader-{size}", slug, notebooks, size, PLAIN)
        plain[size], held[size] = run(course, "nbgrader", "autograde", slug)
    for size in options.sizes:
        base, mark = plain.get(size), ""
        if base is None:
            small, large = min(plain), max(plain)
            each = (plain[large] - plain[small]) / (large - small)
            base, mark = plain[large] + each * (size - large), "~"
        way = f"nbgrader autograde {mark}".strip()
        rows.append(row(size, way, base, base, held.get(size, 0.0)))
        for jobs in options.jobs:
            course = make(folder / f"course-{size}-{jobs}", slug, notebooks, size)
            words = ("course_lib.grading", "grade", slug, f"--jobs={jobs}")
            seconds, memory = run(course, *words)
            way = f"course grade, {jobs} job{'s' * (jobs > 1)}"
            rows.append(row(size, way, seconds, base, memory))
        again, _ = run(course, *words)
        print(f"{size:>11}  {'the same again':<22} {again:9.1f}    of it what starting takes")
        rows[-1]["starting"] = again
    return rows


class Here:
    """Executes jobs in this process, one after another, and counts the seconds of each part."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(("sandboxes", "students' code", "checks"), 0.0)

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        asked = ("run", "_exchange")
        with contextlib.ExitStack() as watched:
            for cls, names, part in (
                (StudentProcess, ("__init__", "ready", "end"), "sandboxes"),
                (RemoteSide, asked, "students' code"),
            ):
                for name in names:
                    timed = self._timed(getattr(cls, name), part)
                    watched.enter_context(mock.patch.object(cls, name, timed))
            for job in jobs:
                yield self._timed(execute, "checks")(job)

    def close(self) -> None:
        forget()

    def _timed(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            before, start = sum(self.seconds.values()), time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                # What parts inside of it took is theirs.
                inside = sum(self.seconds.values()) - before
                self.seconds[part] += time.perf_counter() - start - inside

        return timed


def parts_of(course: Course, slug: str, size: int) -> list[dict[str, Any]]:
    """Return what each part of grading takes for one submission, and print it."""
    here, start = Here(), time.perf_counter()
    try:
        grade(course, [slug], here)
    finally:
        here.close()
    parts = dict(here.seconds)
    parts["writing marks and pages"] = time.perf_counter() - start - sum(parts.values())
    for name, seconds in parts.items():
        print(f"{name:<26} {1000 * seconds / size:6.1f} ms for each submission")
    return [{"name": name, "seconds": seconds / size} for name, seconds in parts.items()]


def row(size: int, way: str, seconds: float, base: float, memory: float) -> dict[str, Any]:
    """Print a line of the table and return it."""
    shown = f"{memory:6.0f}MB" if memory else ""
    print(
        f"{size:>11}  {way:<22} {seconds:9.1f} {seconds / size:8.3f} "
        f"{base / seconds:6.1f}x {shown}",
        flush=True,
    )
    times = base / seconds
    return {"submissions": size, "name": way, "seconds": seconds, "times": times} | (
        {"megabytes": memory} if memory else {}
    )


def class_of(slug: str) -> Iterator[nbformat.NotebookNode]:
    """Yield the notebook of each kind of student."""
    course = this_course()
    for recipe in RECIPES:
        yield build_submission(slug, recipe(course, slug), course)


def make(
    root: Path, slug: str, notebooks: list[nbformat.NotebookNode], size: int, settings: str = ""
) -> Course:
    """Make a course with a class that has handed in."""
    ours = this_course()
    for part in ("solutions", "exercises"):
        (root / part).mkdir(parents=True)
    shutil.copy(ours.source(slug), root / "solutions")
    shutil.copytree(ours.exercises / slug, root / "exercises" / slug)
    config = ours.config.read_text(encoding="utf-8") + settings
    (root / ours.config.name).write_text(config, encoding="utf-8")
    course = Course(root)
    release(course, [slug])
    texts = [nbformat.writes(notebook) for notebook in notebooks]
    for number, text in zip(range(size), itertools.cycle(texts), strict=False):
        place = root / "submitted" / f"student-{number:04}" / slug / f"{slug}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    return course


def run(course: Course, module: str, *words: str) -> tuple[float, float]:
    """Return the seconds and the largest process's megabytes that a command takes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, "-m", module, *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{module} {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    seconds, kilobytes = map(float, done.stdout.splitlines()[-1].split())
    return seconds, kilobytes / 1024


if __name__ == "__main__":
    main()
