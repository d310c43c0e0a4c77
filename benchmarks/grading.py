"""Grade the same submissions with `nbgrader autograde` and with `course grade`.

nbgrader runs students' code and checks in one unprotected kernel, one submission after another.
`course grade` runs each submission in a sandbox, with the checks in another process. Both start
from nothing handed in but the same notebooks, and both times include starting the program. What
starting takes, which is mostly loading nbgrader, shows when everything is graded already.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat

from course_lib.grading.course import Course, this_course
from course_lib.grading.release import release
from course_lib.grading.roster import accepted, blank, first_half, mistaken, model
from course_lib.grading.submissions import build_submission

# A class: most have nearly everything, some make known mistakes, one hands in the blank.
RECIPES = (model, accepted, mistaken(0), mistaken(1, 2), first_half, mistaken(2), model, blank)
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="01_shopping_cart", help="default: %(default)s")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[20, 200], help="of the classes; default: 20 200"
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
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        measure(Path(name), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    slug = options.assignment
    notebooks = list(class_of(slug))
    print(f"{slug}; seconds for the whole class, and for one submission of it")
    print(f"{'submissions':>11}  {'way':<22} {'seconds':>9} {'each':>8} {'times':>7} {'memory':>8}")
    plain: dict[int, float] = {}
    for size in sorted({2, options.nbgrader_most, *options.sizes}):
        if size > options.nbgrader_most:
            continue
        course = make(folder / f"nbgrader-{size}", slug, notebooks, size, PLAIN)
        plain[size], _ = run(course, "nbgrader", "autograde", slug)
    for size in options.sizes:
        base, mark = plain.get(size), ""
        if base is None:
            small, large = min(plain), max(plain)
            each = (plain[large] - plain[small]) / (large - small)
            base, mark = plain[large] + each * (size - large), "~"
        row(size, f"nbgrader autograde {mark}".strip(), base, base)
        for jobs in options.jobs:
            course = make(folder / f"course-{size}-{jobs}", slug, notebooks, size)
            words = ("course_lib.grading.cli", "grade", slug, f"--jobs={jobs}")
            seconds, memory = run(course, *words)
            row(size, f"course grade, {jobs} job{'s' * (jobs > 1)}", seconds, base, memory)
        again, _ = run(course, *words)
        print(f"{size:>11}  {'the same again':<22} {again:9.1f}    of it what starting takes")


def row(size: int, way: str, seconds: float, base: float, memory: float = 0.0) -> None:
    shown = f"{memory:6.0f}MB" if memory else ""
    print(
        f"{size:>11}  {way:<22} {seconds:9.1f} {seconds / size:8.3f} {base / seconds:6.1f}x {shown}"
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
    for number, notebook in zip(range(size), itertools.cycle(notebooks), strict=False):
        place = root / "submitted" / f"student-{number:04}" / slug / f"{slug}.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(notebook, place)
    return course


def run(course: Course, module: str, *words: str) -> tuple[float, float]:
    """Return the seconds and the largest process's megabytes that a command takes."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{module} {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
