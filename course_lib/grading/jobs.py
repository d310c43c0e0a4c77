"""Job and Result: a worker's input and output, as plain data for JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import course_lib
from course_lib.checks.report import Finding, Part, Report
from course_lib.grading.assignment import Blueprint, read_blueprint
from course_lib.grading.course import Course
from course_lib.grading.notebooks import NotebookNode, grade_id, is_solution
from course_lib.grading.sandbox.package import imported
from course_lib.grading.submitted import Submission

# Kinds of cells: the learner's code, the instructor's code, grade cells, and text.
RUN, GIVEN, CHECK, TEXT = "run", "given", "check", "text"


@dataclass(frozen=True)
class Cell:
    """One cell of a rebuilt notebook.

    Attributes
    ----------
    kind : str
        `RUN`: the learner's code, which runs in the student process. `GIVEN`: the instructor's
        code outside of grade cells; it runs there, too, and grade cells can use its imports.
        `CHECK`: a grade cell, which runs in the grader process. `TEXT`: nothing to run.
    source : str
    grade_id : str
        The cell's nbgrader id; empty if it has none.
    points : float
        The maximum points of a grade cell.
    model : str
        The model solution of a cell to write code in; empty for all other cells.
    defines : tuple of str
        Of a blank answer, the names that it defines. It does not run if one of them exists: the
        student's other cells have the answer.
    """

    kind: str
    source: str
    grade_id: str = ""
    points: float = 0.0
    model: str = ""
    defines: tuple[str, ...] = ()


def classify(cell: NotebookNode, *, instructors: bool) -> Cell:
    """Return a notebook's cell as a `Cell`, with its kind and points.

    Parameters
    ----------
    cell : NotebookNode
    instructors : bool
        Whether its text is the instructor's; only such a cell can be a grade cell.
    """
    kind, points = TEXT, 0.0
    if cell.cell_type == "code":
        about = cell.metadata.get("nbgrader", {})
        kind = RUN if not instructors else CHECK if about.get("grade") else GIVEN
        points = float(about["points"]) if kind == CHECK else 0.0
    return Cell(kind, cell.source, grade_id(cell), points)


def with_models(cells: Iterable[Cell], models: Mapping[str, str]) -> tuple[Cell, ...]:
    """Return cells with the model solutions: source by grade_id."""
    return tuple(
        dataclasses.replace(cell, model=models.get(cell.grade_id, "")) if cell.kind == RUN else cell
        for cell in cells
    )


@dataclass(frozen=True)
class Job:
    """The input for executing one submission, without paths or other students' data.

    Attributes
    ----------
    student, slug : str
    cells : tuple of Cell
        In the notebook's order.
    seed : int
        All hidden numbers of this grading derive from it.
    timeout : float
        Seconds for one cell.
    sandbox : bool
        Whether the student process must be isolated.
    given : tuple of str
        The modules of course_lib, and the packages, that the student process may import.
    answers : tuple of str
        The names that answers bind. Grade cells find no other name of the instructor's cells
        among the learner's.
    version : str
        A hash of the course's code; a worker with another hash refuses the job.
    files : mapping of str to str
        The files from beside the notebook, in Base64, by their path.
    """

    student: str
    slug: str
    cells: tuple[Cell, ...]
    seed: int
    timeout: float = 30.0
    sandbox: bool = True
    given: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskResult:
    """The result of one grade cell.

    Attributes
    ----------
    cell : str
        The grade_id of the grade cell: "check_mul_layer".
    points, max_points : float
        Points earned and points possible; the check's points are scaled to the grade cell's.
    report : Report
        The check's report; without parts if the cell made none.
    """

    cell: str
    points: float
    max_points: float
    report: Report

    @property
    def task(self) -> str:
        """Return "mul_layer" for the grade cell "check_mul_layer"."""
        return task_name(self.cell)

    @property
    def finding(self) -> Finding:
        """The first error found; its texts are empty if there is none."""
        return self.report.finding or Finding("")


def task_name(cell: str) -> str:
    """Return the name of the task that a grade cell checks."""
    return cell.removeprefix("check_")


def without_report(cell: str, points: float, max_points: float, why: str = "") -> TaskResult:
    """Return the result of a grade cell that made no report, with an optional reason."""
    report = Report(task_name(cell), (), Finding(why) if why else None)
    return TaskResult(cell, points, max_points, report)


@dataclass(frozen=True)
class Result:
    """The result of executing one submission.

    Attributes
    ----------
    student, slug : str
    tasks : tuple of TaskResult
        One for each automatic grade cell, in the notebook's order.
    outputs : tuple of list
        For each cell of the job, in order, its outputs in the notebook format, sanitized and
        limited in size.
    problems : tuple of str
        Sentences about why the submission could not be graded as it stands, such as an unreadable
        file or a process that ended. A person must look at such a submission.
    isolation : str
        How the student process was isolated: "bubblewrap 0.11.0", or "none".
    seed : int
    seconds : float
    """

    student: str
    slug: str
    tasks: tuple[TaskResult, ...] = ()
    outputs: tuple[list[dict[str, Any]], ...] = ()
    problems: tuple[str, ...] = ()
    isolation: str = "none"
    seed: int = 0
    seconds: float = 0.0

    @property
    def points(self) -> float:
        """The automatic points."""
        return sum(task.points for task in self.tasks)

    @property
    def max_points(self) -> float:
        """The maximum of the automatic points."""
        return sum(task.max_points for task in self.tasks)


def to_json(record: Job | Result) -> str:
    """Return a record as JSON."""
    return json.dumps(dataclasses.asdict(record), allow_nan=False, ensure_ascii=True)


def job_from_json(text: str) -> Job:
    """Return the job that `to_json` wrote."""
    raw = json.loads(text)
    cells = tuple(Cell(**c | {"defines": tuple(c["defines"])}) for c in raw.pop("cells"))
    names = {name: tuple(raw[name]) for name in ("given", "answers")}
    return Job(**raw | {"cells": cells} | names)


def result_from_json(text: str) -> Result:
    """Return the result that `to_json` wrote."""
    raw = json.loads(text)
    tasks = tuple(
        TaskResult(**task | {"report": _report(task["report"])}) for task in raw.pop("tasks")
    )
    problems, outputs = tuple(raw.pop("problems")), tuple(raw.pop("outputs"))
    return Result(**raw, tasks=tasks, problems=problems, outputs=outputs)


def _report(raw: dict[str, Any]) -> Report:
    finding = Finding(**raw["finding"]) if raw["finding"] else None
    parts = tuple(Part(**part) for part in raw["parts"])
    return Report(**raw | {"parts": parts, "finding": finding})


# Parts of the library that do not affect grades.
_NOT_GRADING = ("graphs", "live", "figures.py")


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
    """Return the job for a submission, with one cell for each cell of its notebook.

    The text of the instructor's cells comes from the instructor's notebook, never from the
    submission.
    """
    assert submission.notebook is not None
    blueprint = blueprint or read_blueprint(course, submission.slug)
    given = {cell["id"]: cell for cell in blueprint.notebook.cells if not is_solution(cell)}
    blanks = blueprint.blanks()

    def job_cell(cell: NotebookNode) -> Cell:
        made = classify(given.get(cell["id"], cell), instructors=cell["id"] in given)
        if made.kind == RUN and blanks.get(made.grade_id) == made.source:
            return dataclasses.replace(made, defines=blueprint.defines(made.grade_id))
        return made

    cells = with_models(map(job_cell, submission.notebook.cells), blueprint.models)
    return Job(
        student=submission.student,
        slug=submission.slug,
        cells=cells,
        seed=seed,
        timeout=timeout,
        sandbox=sandbox,
        given=imported(cell.source for cell in cells if cell.kind == GIVEN),
        answers=tuple(sorted(blueprint.answers)),
        version=version,
        files={name: b64encode(data).decode() for name, data in submission.files.items()},
    )


def course_version(course: Course, blueprint: Blueprint | None = None) -> str:
    """Return a hash of everything that affects the grades of one assignment, or of all.

    It covers the library, nbgrader's settings, and the assignment's notebooks.
    """
    parts = [library_version().encode(), course.config.read_bytes()]
    if blueprint is not None:
        parts.append(blueprint.version)
    else:
        parts += [path.read_bytes() for path in sorted(course.solutions.glob("*.md"))]
    return _hash(parts)


@cache
def library_version() -> str:
    """Return a hash of the library's code; machines with equal hashes give equal points."""
    root = Path(course_lib.__file__).parent
    code = [path for kind in ("*.py", "*.toml") for path in root.rglob(kind)]
    files = [path.relative_to(root) for path in code]
    return _hash(
        part
        for file in sorted(files)
        if file.parts[0] not in _NOT_GRADING
        for part in (file.as_posix().encode(), (root / file).read_bytes())
    )


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
