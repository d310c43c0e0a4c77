"""Shared by the grading tests: a released course, submissions, fake executors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from conftest import TWO, copy_course

from course_lib.grading.authoring.trial import build_submission, model_cells
from course_lib.grading.course import Course
from course_lib.grading.executors import failed_result
from course_lib.grading.jobs import CHECK, RUN, Job, Result, without_report
from course_lib.grading.release import release
from course_lib.grading.sandbox.process import NOT_STARTED

SLUG = TWO[0]
# The points of the automatically graded tasks of 01_shopping_cart.
MAX_POINTS = {
    "mul_layer": 4,
    "add_layer": 3,
    "shopping_cart": 5,
    "predict": 4,
    "sub_layer": 4,
    "coupon_cart": 5,
    "div_layer": 5,
}


def released_course(target: Path) -> Course:
    """Return a copy of the course with both its assignments released."""
    course = copy_course(target)
    release(course, list(TWO))
    return course


def copied(course: Course, target: Path) -> Course:
    shutil.copytree(course.root, target, symlinks=True)
    return Course(target)


def answers(course: Course) -> dict[str, str]:
    return model_cells(SLUG, course=course) | {"explain": "Because of the tax."}


def submission_text(course: Course, cells: Mapping[str, str]) -> str:
    return nbformat.writes(build_submission(SLUG, cells, course))


def hand_in(
    course: Course,
    student: str,
    content: Mapping[str, str] | str | bytes = b"",
    *,
    name: str = f"{SLUG}.ipynb",
    when: str = "",
) -> Path:
    """Write a submission: answers by cell, or the content of the file."""
    folder = course.root / "submitted" / student / SLUG
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Mapping):
        content = submission_text(course, content)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if when:
        (folder / "timestamp.txt").write_text(when)
    return path


def same_version() -> str:
    """Replace the library's version, so that edits during a test run do not change it."""
    return "a version"


class InProcessExecutor:
    """An executor that calls a function in this process, and records the students."""

    def __init__(self, execute: Callable[[Job], Result]) -> None:
        self.execute = execute
        self.executed: list[str] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        for job in jobs:
            self.executed.append(job.student)
            yield self.execute(job)

    def close(self) -> None:
        pass


def by_length(job: Job) -> Result:
    """Return a fake result: tenths of the points by the last digit of the answer's length."""
    tasks, outputs, last = [], [], ""
    for cell in job.cells:
        shown: list[dict[str, Any]] = []
        if cell.kind == RUN:
            last = cell.source
            shown = [{"output_type": "stream", "name": "stdout", "text": f"{len(last)}\n"}]
        elif cell.kind == CHECK:
            points = cell.points * (len(last) % 10) / 10
            name = cell.grade_id.removeprefix("check_")
            problem = "" if points == cell.points else f"{name} is not right yet."
            tasks.append(without_report(cell.grade_id, points, cell.points, problem))
        outputs.append(shown)
    return Result(
        job.student, job.slug, tuple(tasks), tuple(outputs), isolation="test", seed=job.seed
    )


def small_page(_course: Any, notebook: Any, result: Result, scores: Any, problems: Any) -> str:
    """Return a minimal feedback page that contains its arguments."""
    cells = len(notebook.cells) if notebook else 0
    return f"{result.student} {scores.points:g} {cells} {list(problems)}\n"


ROWS = """
SELECT s.id, a.name, b.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade,
       c.max_score, sa.timestamp, sa.extension, sn.late_submission_penalty
FROM grade g JOIN base_cell b ON b.id = g.cell_id JOIN grade_cells c ON c.id = b.id
JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id
JOIN assignment a ON a.id = sa.assignment_id JOIN student s ON s.id = sa.student_id
ORDER BY 1, 2, 3
"""
COMMENTS = """
SELECT s.id, a.name, b.name, c.auto_comment, c.manual_comment
FROM comment c JOIN base_cell b ON b.id = c.cell_id
JOIN submitted_notebook sn ON sn.id = c.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id
JOIN assignment a ON a.id = sa.assignment_id JOIN student s ON s.id = sa.student_id
ORDER BY 1, 2, 3
"""


def rows(course: Course, query: str = ROWS) -> list[tuple[Any, ...]]:
    with sqlite3.connect(course.gradebook) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return database.execute(query).fetchall()


def auto_scores(course: Course, student: str) -> dict[str, Any]:
    return {row[2]: row[3] for row in rows(course) if row[0] == student}


def state(course: Course) -> dict[str, Any]:
    """Return all that grading writes, except what differs between runs."""
    files = {
        str(path.relative_to(course.root)): path.read_bytes()
        for step in ("autograded", "feedback")
        for path in sorted((course.root / step).rglob("*"))
        if path.is_file() and not path.name.endswith(".new")
    }
    results = {}
    for path in sorted((course.build / "grading").glob("*/*.json")):
        about, result = path.read_text().splitlines()
        kept = json.loads(about)
        del kept["mark"]
        results[path.name] = (kept, json.loads(result))
    return {
        "grades": rows(course),
        "comments": rows(course, COMMENTS),
        "files": files,
        "results": results,
    }


# --- for worker processes ---------------------------------------------------------------------


def slowly(job: Job) -> Result:
    """Return a fake result after 0.15 seconds."""
    time.sleep(0.15)
    return by_length(job)


def killed_once(job: Job) -> Result:
    """Kill this process at ada's first job; a file in the folder `job.version` records it."""
    mark = Path(job.version) / "was-killed"
    if job.student == "ada" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return by_length(job)


def killed_always(job: Job) -> Result:
    """Kill this process at every job of ada."""
    if job.student == "ada":
        os.kill(os.getpid(), signal.SIGKILL)
    return by_length(job)


def unprotected(job: Job) -> Result:
    """Return the result of real grading without a sandbox."""
    said = f"{NOT_STARTED}; something is missing"
    return replace(failed_result(job, ""), problems=(said,))


def never_ends(job: Job) -> Result:
    """Hang at ada's job; no limit in this process ends it."""
    while job.student == "ada":
        time.sleep(1)
    return by_length(job)


def command(*words: str) -> None:
    """Run `course` with fake workers, without a sandbox."""
    from course_lib.grading import cli, jobs
    from course_lib.grading.cli import main
    from course_lib.grading.executors import LocalPool

    jobs.library_version = same_version
    cli._executor = lambda options: LocalPool(2, slowly)
    main(list(words))


if __name__ == "__main__":
    command(*sys.argv[1:])
