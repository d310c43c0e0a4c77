"""Turn a submission into what a worker executes, and say what decides about marks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

import course_lib
from course_lib.grading.course import Course
from course_lib.grading.engine.blueprint import Blueprint, read_blueprint
from course_lib.grading.engine.given import imported
from course_lib.grading.engine.intake import Submission
from course_lib.grading.engine.records import CHECK, GIVEN, RUN, TEXT, Cell, Job
from course_lib.grading.source import grade_id, is_solution

# Parts of the library that have no say in marks.
_NO_SAY = ("graphs", "live", "figures.py")


def make_job(
    course: Course,
    submission: Submission,
    *,
    seed: int,
    timeout: float = 30.0,
    sandbox: bool = True,
    version: str = "",
    blueprint: Blueprint | None = None,
) -> Job:
    """Return the work that a submission with a notebook means, a cell for each of its cells.

    The text of every cell that is the instructor's is taken from the instructor's notebook once
    more, never from the submission.
    """
    assert submission.notebook is not None
    blueprint = blueprint or read_blueprint(course, submission.slug)
    given = {cell["id"]: cell for cell in blueprint.notebook.cells if not is_solution(cell)}
    return Job(
        student=submission.student,
        slug=submission.slug,
        cells=tuple(
            _instructors(given[cell["id"]]) if cell["id"] in given else _learners(cell)
            for cell in submission.notebook.cells
        ),
        seed=seed,
        timeout=timeout,
        sandbox=sandbox,
        given=imported(c.source for c in given.values() if c.cell_type == "code"),
        version=version,
    )


def course_version(course: Course, blueprint: Blueprint | None = None) -> str:
    """Return a hash of what decides about marks: of all assignments, or of one.

    These are the library, the settings of nbgrader, and the assignment's notebooks.
    """
    parts = [library_version().encode(), course.config.read_bytes()]
    if blueprint is not None:
        parts.append(blueprint.version)
    else:
        parts += [path.read_bytes() for path in sorted(course.solutions.glob("*.md"))]
    return _hash(parts)


@cache
def library_version() -> str:
    """Return a hash of the library's code: two machines with the same one give the same marks."""
    root = Path(course_lib.__file__).parent
    code = [path for kind in ("*.py", "*.toml") for path in root.rglob(kind)]
    files = [path.relative_to(root) for path in code]
    return _hash(
        part
        for file in sorted(files)
        if file.parts[0] not in _NO_SAY
        for part in (file.as_posix().encode(), (root / file).read_bytes())
    )


def _instructors(cell: NotebookNode) -> Cell:
    if cell.cell_type != "code":
        return Cell(TEXT, cell.source, grade_id(cell))
    about = cell.metadata.get("nbgrader", {})
    if about.get("grade"):
        return Cell(CHECK, cell.source, grade_id(cell), float(about["points"]))
    return Cell(GIVEN, cell.source, grade_id(cell))


def _learners(cell: NotebookNode) -> Cell:
    return Cell(RUN if cell.cell_type == "code" else TEXT, cell.source, grade_id(cell))


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
