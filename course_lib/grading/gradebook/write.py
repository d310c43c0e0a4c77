"""The gradebook writer: points, notebooks in autograded/, and feedback pages.

After an interruption between any two writes, recording the same results again completes them.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, SaveAutoGrades
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_task, parse_utc
from sqlalchemy import event, false, select, update
from sqlalchemy.exc import DatabaseError, OperationalError

from course_lib.checks.report import Part
from course_lib.grading.assignment import Blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.feedback.student_page import page_path, write_page
from course_lib.grading.gradebook.nbgrader import nbgrader_settings
from course_lib.grading.gradebook.scores import ClassScores, Scores
from course_lib.grading.jobs import Result, TaskResult, without_report
from course_lib.grading.notebooks import NotebookNode, grade_id, is_solution, nbformat
from course_lib.grading.outcome import GradedSubmission
from course_lib.grading.results import without_outputs, write_atomically
from course_lib.grading.submitted import Submission


def points_output(task: TaskResult | None, most: float, count: int) -> NotebookNode:
    """Return a grade cell's output: the points that nbgrader reads, and the report's table."""
    if task is None:
        task = without_report("", 0.0, most, "This task was not checked.")
    points = task.points if math.isfinite(task.points) else 0.0
    points = float(min(max(points, 0.0), most))
    report = task.report
    if not report.parts:
        report = replace(report, parts=(Part(report.task, task.max_points, task.points),))
    return nbformat.from_dict(
        {
            "output_type": "execute_result",
            "data": {"text/plain": repr(points), "text/html": report._repr_html_()},
            "metadata": {},
            "execution_count": count,
        }
    )


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as JSON with one line per cell, ten times as fast as nbformat."""
    about = {key: value for key, value in notebook.items() if key != "cells"}
    cells = ",\n".join(json.dumps(cell, sort_keys=True) for cell in notebook.cells)
    return f'{{"cells": [\n{cells}\n],{json.dumps(about, sort_keys=True)[1:]}\n'


def problem_cell(problems: Iterable[str]) -> NotebookNode:
    """Return the cell that lists the problems for whoever grades by hand."""
    lines = "".join(f"<li>{html.escape(problem)}</li>" for problem in problems)
    text = f"**Problems to check by hand:**\n\n<ul>{lines}</ul>"
    return nbformat.v4.new_markdown_cell(text, id="from-the-grader")


def work_by_task(notebook: NotebookNode) -> dict[str, list[Any]]:
    """Return what the student gave for each graded cell: texts and pictures, by its grade_id."""
    found: dict[str, list[Any]] = {}
    given: list[Any] = []
    for cell in notebook.cells:
        if is_solution(cell) or str(cell.get("id", "")).startswith("own-"):
            given.append([cell.source, cell.get("attachments", {})])
        if is_grade(cell):
            found[grade_id(cell)], given = given, []
    if found:
        # the cells below the last graded one
        found[[*found][-1]] += given
    return found


@dataclass
class SubmissionRows:
    """The rows of one student's submission.

    Attributes
    ----------
    submission, notebook : Any
        The rows of the submission and of its notebook.
    grades, comments : dict of str to Any
        Rows by cell name.
    most : dict of str to float
        The maximum points of each graded cell, by cell name.
    """

    submission: Any
    notebook: Any = None
    grades: dict[str, Any] = field(default_factory=dict)
    comments: dict[str, Any] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)


class Book(Gradebook):  # type: ignore[misc]
    """The gradebook, open during a grading run."""

    def __init__(self, url: str, course_id: str) -> None:
        super().__init__(url, course_id)
        self.db.remove()
        if self.engine.dialect.name == "sqlite":
            # A short timeout: the user soon learns that the gradebook is locked.
            event.listen(self.engine, "connect", _wait_a_second)
            self.engine.dispose()

    def commit(self) -> None:
        """Commit the batch."""
        self.db.commit()

    def rollback(self) -> None:
        """Undo the changes since the last commit."""
        self.db.rollback()
        self.db.expunge_all()

    def reserve(self) -> None:
        """Begin a batch by taking the write lock."""
        self.rollback()
        self.db.execute(update(Student).where(false()).values(id=Student.id))

    # --- the rows of a batch -------------------------------------------------------------------

    def load(self, assignment: Any, students: Collection[str]) -> dict[str, SubmissionRows]:
        """Return the rows of submissions by student; add the rows that are missing."""
        known = set(self.db.scalars(select(Student.id).where(Student.id.in_(students))))
        self.db.add_all(Student(id=student) for student in students if student not in known)
        rows = self._submissions(assignment, students)
        for student in students:
            if student not in rows:
                row = SubmittedAssignment(
                    id=new_uuid(), assignment_id=assignment.id, student_id=student
                )
                self.db.add(row)
                rows[student] = SubmissionRows(row)
        for notebook in assignment.notebooks:
            if notebook.name == assignment.name:
                for of in rows.values():
                    self._complete(of, notebook)
        return rows

    def _submissions(self, assignment: Any, students: Collection[str]) -> dict[str, SubmissionRows]:
        """Return the existing rows."""
        mine = (
            SubmittedAssignment.assignment_id == assignment.id,
            SubmittedAssignment.student_id.in_(students),
        )
        query = select(SubmittedAssignment).where(*mine)
        rows = {row.student_id: SubmissionRows(row) for row in self.db.scalars(query)}
        inside = SubmittedAssignment.id == SubmittedNotebook.assignment_id
        of_notebooks = (
            select(SubmittedAssignment.student_id, SubmittedNotebook)
            .join(SubmittedNotebook, inside)
            .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
            .where(*mine, Notebook.name == assignment.name)
        )
        for student, notebook in self.db.execute(of_notebooks):
            rows[student].notebook = notebook
        for kind in (Grade, Comment):
            of_cells = (
                select(SubmittedAssignment.student_id, BaseCell.name, kind)
                .join(SubmittedNotebook, inside)
                .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
                .join(kind, kind.notebook_id == SubmittedNotebook.id)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .where(*mine, Notebook.name == assignment.name)
            )
            for student, name, row in self.db.execute(of_cells):
                of = rows[student]
                (of.grades if kind is Grade else of.comments)[name] = row
        return rows

    def _complete(self, of: SubmissionRows, notebook: Any) -> None:
        """Add a submission's missing rows for its notebook, grades and comments."""
        if of.notebook is None:
            of.notebook = SubmittedNotebook(
                id=new_uuid(), notebook_id=notebook.id, assignment_id=of.submission.id
            )
            self.db.add(of.notebook)
        for cell in (*notebook.grade_cells, *notebook.task_cells):
            of.most[cell.name] = cell.max_score
            if cell.name not in of.grades:
                of.grades[cell.name] = Grade(cell_id=cell.id, notebook_id=of.notebook.id)
                self.db.add(of.grades[cell.name])
        for cell in (*notebook.solution_cells, *notebook.task_cells):
            if cell.name not in of.comments:
                of.comments[cell.name] = Comment(cell_id=cell.id, notebook_id=of.notebook.id)
                self.db.add(of.comments[cell.name])

    def earned(self, notebooks: Collection[Any]) -> dict[str, float]:
        """Return the points before penalties, by the id of the notebook's row."""
        ids = [notebook.id for notebook in notebooks]
        query = select(SubmittedNotebook.id, SubmittedNotebook.score)
        return dict(self.db.execute(query.where(SubmittedNotebook.id.in_(ids))).all())

    # --- assignments --------------------------------------------------------------------------

    def check(self, slug: str, notebook: NotebookNode) -> None:
        """Check that an assignment's notebook has the cells that the gradebook has for it.

        Raises
        ------
        CourseError
            If the assignment is not in the gradebook, or has other cells there.
        """
        try:
            rows = self.find_notebook(slug, slug)
        except MissingEntry:
            raise CourseError(
                f"{slug} is not in the gradebook yet: run `course release {slug}`."
            ) from None
        known = {(c.name, "grade") for c in rows.grade_cells}
        known |= {(c.name, "solution") for c in rows.solution_cells}
        there = {
            (cell.metadata["nbgrader"]["grade_id"], flag)
            for cell in notebook.cells
            for flag in ("grade", "solution")
            if cell.metadata.get("nbgrader", {}).get(flag)
        }
        if known != there:
            raise CourseError(
                f"The gradebook has {slug} with other cells than the released notebook: run "
                f"`course release {slug}`."
            )

    def state(self, slug: str, students: Collection[str] = ()) -> dict[str, str]:
        """Return what the gradebook holds of some or all submissions, by student, as a short text.

        It covers lateness (due date, extension, time, penalty) and the automatic points. Another
        text than the last grading left means that the due date has moved or that the gradebook was
        replaced. Students without a row are missing.
        """
        wanted = [Assignment.name == slug]
        if students:
            wanted.append(SubmittedAssignment.student_id.in_(list(students)))
        mine = (
            select(
                SubmittedAssignment.student_id,
                SubmittedAssignment.extension,
                SubmittedAssignment.timestamp,
                SubmittedNotebook.late_submission_penalty,
                Assignment.duedate,
                SubmittedNotebook.id,
            )
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .where(*wanted)
        )
        points: dict[str, list[str]] = {}
        of_cells = (
            select(Grade.notebook_id, BaseCell.name, Grade.auto_score)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(*wanted)
        )
        for notebook, name, score in sorted(self.db.execute(of_cells), key=lambda row: row[:2]):
            points.setdefault(notebook, []).append(f"{name}={score}")
        found = {}
        for student, extension, when, penalty, due, notebook in self.db.execute(mine):
            about = f"{due} {extension} {when} {penalty} {points.get(notebook, [])}"
            found[student] = hashlib.sha256(about.encode()).hexdigest()[:16]
        return found


def _wait_a_second(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout = 1000")


class Steps:
    """nbgrader's autograding steps after the code has run, applied to loaded rows.

    Parameters
    ----------
    parent : Any
        The traitlets parent with the course's settings.
    book : Book
    """

    def __init__(self, parent: Any, book: Book) -> None:
        self.book = book
        self._limit = LimitOutput(parent=parent)
        self._save = SaveAutoGrades(parent=parent)
        self._penalties = AssignLatePenalties(parent=parent)
        self._penalties.init_plugin()

    def limit(self, notebook: NotebookNode) -> NotebookNode:
        """Cut long outputs."""
        return self._limit(notebook, {})[0]

    def save(
        self,
        notebook: NotebookNode,
        rows: SubmissionRows,
        unchanged: Collection[str] = (),
        in_doubt: Collection[str] = (),
    ) -> None:
        """Store points and automatic comments, as SaveAutoGrades does.

        Parameters
        ----------
        notebook : NotebookNode
        rows : SubmissionRows
        unchanged : collection of str
            The graded cells whose work is that of the last grading. Points given for it by hand
            stay final if the automatic points stay the same.
        in_doubt : collection of str
            The graded cells that a person must look at if they have not all automatic points.
        """
        if not self._save.enabled:
            return
        for cell in notebook.cells:
            if is_grade(cell):
                name = grade_id(cell)
                grade = rows.grades[name]
                before, by_hand = grade.auto_score, grade.manual_score is not None
                grade.auto_score = determine_grade(cell, self._save.log)[0]
                if by_hand and name in unchanged and _same(before, grade.auto_score):
                    continue
                # The manual grade may be out of date; a cell without any grade needs one.
                grade.needs_manual_grade = (
                    by_hand
                    or grade.auto_score is None
                    or (name in in_doubt and grade.auto_score < rows.most[name])
                )
            if is_solution(cell) or is_task(cell):
                checksum = cell.metadata.nbgrader.get("checksum")
                blank = not is_task(cell) and checksum == compute_checksum(cell)
                rows.comments[grade_id(cell)].auto_comment = "No response." if blank else None

    def penalise(self, batch: Mapping[str, SubmissionRows]) -> None:
        """Store the late penalties of the configured plugin, limited to the points earned."""
        if not self._penalties.enabled:
            return
        # A row finds its assignment, and so the due date, only once it is flushed.
        self.book.db.flush()
        seconds = {student: of.submission.total_seconds_late for student, of in batch.items()}
        late = {student: of.notebook for student, of in batch.items() if seconds[student] > 0}
        earned = self.book.earned(late.values()) if late else {}
        for student, of in batch.items():
            penalty = None
            if student in late:
                points = earned[of.notebook.id]
                plugin = self._penalties.plugin_inst
                penalty = plugin.late_submission_penalty(student, points, seconds[student])
                penalty = None if penalty is None else min(max(penalty, 0), points)
            of.notebook.late_submission_penalty = penalty


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, abs_tol=1e-9)


T = TypeVar("T")
Item = tuple[Submission, Result]

# Seconds to wait for a gradebook that another program has locked.
PATIENCE = 120.0
_LOCKED = ("locked", "busy")


class Page(Protocol):
    """A function that makes a student's feedback page."""

    def __call__(
        self,
        course: Course,
        notebook: NotebookNode | None,
        result: Result,
        scores: Scores,
        problems: Sequence[str],
        /,
    ) -> str:
        """Return the page as HTML."""


class Recorder(contextlib.AbstractContextManager["Recorder"]):
    """Writes results to the gradebook, to ``autograded/`` and to ``feedback/``.

    Parameters
    ----------
    course : Course
    page : Page, optional
        Makes the feedback pages; without it, none are written.
    patience : float
        Seconds to wait for a gradebook that another program has locked.
    say : callable
        Called with a message while the gradebook is locked.
    """

    def __init__(
        self,
        course: Course,
        page: Page | None = None,
        patience: float = PATIENCE,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.course, self.page, self.patience = course, page, patience
        self.say = say or (lambda text: print(text, file=sys.stderr))
        self._open = contextlib.ExitStack()
        self._blueprints: dict[str, Blueprint] = {}
        self.book: Book
        self.steps: Steps

    def __enter__(self) -> Recorder:
        from nbgrader.coursedir import CourseDirectory

        with contextlib.ExitStack() as opening:
            opening.enter_context(_nbgrader_quiet())
            parent, _errors = opening.enter_context(nbgrader_settings(self.course, {}))
            folder = CourseDirectory(parent=parent)
            self.book = self._retry_while_locked(lambda: Book(folder.db_url, folder.course_id))
            opening.callback(self.book.close)
            self.steps = Steps(parent, self.book)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, slug: str, blueprint: Blueprint) -> None:
        """Register an assignment; the gradebook must have its released version."""
        self._retry_while_locked(lambda: self.book.check(slug, blueprint.notebook))
        self._blueprints[slug] = blueprint

    def record(self, submission: Submission, result: Result) -> GradedSubmission:
        """Write one result."""
        return self.record_all([(submission, result)])[0]

    def record_all(self, items: Sequence[Item]) -> list[GradedSubmission]:
        """Write results of one assignment: points, then notebooks, then feedback pages.

        Raises
        ------
        CourseError
            If the disk is full, or the gradebook can't be written.
        """
        ready = [(s, r, self._notebook(s, r)) for s, r in items if s.name_fits]
        scores: dict[str, Scores] = {}
        if ready:
            # Before the notebooks: the old ones tell which points by hand are still for this work.
            self._retry_while_locked(lambda: self._store(ready))
            for submission, _result, notebook in ready:
                self._write_notebook(submission, notebook)
            scores = self.scores(ready[0][0].slug, [s.student for s, _, _ in ready])
        for submission, result, _notebook in ready:
            if self.page is not None:
                page = self.page(
                    self.course,
                    submission.notebook,
                    result,
                    scores[submission.student],
                    submission.problems,
                )
                write_page(self.course, submission, page)
        return [
            GradedSubmission(
                s.student,
                s.slug,
                scores.get(s.student),
                without_outputs(r),
                tuple(dict.fromkeys((*s.problems, *r.problems))),
                s.notes,
            )
            for s, r in items
        ]

    def scores(self, slug: str, students: Collection[str] = ()) -> dict[str, Scores]:
        """Return the scores in the gradebook, by student."""
        return self._retry_while_locked(lambda: ClassScores(self.book).read(slug, students))

    def is_whole(self, slug: str, student: str) -> bool:
        """Return whether the graded notebook and the feedback page exist."""
        notebook, page = self._path(slug, student), page_path(self.course, slug, student)
        return notebook.is_file() and (self.page is None or page.is_file())

    # --- notebooks ----------------------------------------------------------------------------

    def _notebook(self, submission: Submission, result: Result) -> NotebookNode:
        """Return the notebook with its outputs; a blank one if the submission is unreadable."""
        base = submission.notebook or self._blueprints[submission.slug].notebook
        notebook = nbformat.from_dict(base)
        shown = result.outputs if len(result.outputs) == len(notebook.cells) else ()
        tasks = {task.cell: task for task in result.tasks}
        count = 0
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                count += 1
                cell.execution_count = count
                cell.outputs = [nbformat.from_dict(output) for output in shown[i]] if shown else []
                about = cell.metadata.get("nbgrader", {})
                if about.get("grade") and not about.get("solution"):
                    # nbgrader gives full points to a grade cell without output.
                    task = tasks.get(grade_id(cell))
                    cell.outputs = [points_output(task, float(about["points"]), count)]
        problems = dict.fromkeys((*submission.problems, *result.problems))
        if problems:
            notebook.cells.insert(0, problem_cell(problems))
        return self.steps.limit(notebook)

    def _write_notebook(self, submission: Submission, notebook: NotebookNode) -> None:
        path = self._path(submission.slug, submission.student)
        write_atomically(path, as_text(notebook).encode("utf-8", "replace"))
        for name, data in submission.files.items():
            write_atomically(path.parent / name, data)
        # `nbgrader generate_feedback` copies these.
        when = f"{submission.timestamp} UTC" if submission.timestamp else ""
        for name, text in (("timestamp.txt", when), ("submission_secret.txt", submission.secret)):
            if text:
                write_atomically(path.with_name(name), text.encode())
            else:
                path.with_name(name).unlink(missing_ok=True)

    def _path(self, slug: str, student: str) -> Path:
        return self.course.root / "autograded" / student / slug / f"{slug}.ipynb"

    # --- points -------------------------------------------------------------------------------

    def _store(self, ready: Sequence[tuple[Submission, Result, NotebookNode]]) -> None:
        """Store the points of a batch in one transaction."""
        self.book.reserve()
        assignment = self.book.find_assignment(ready[0][0].slug)
        batch = self.book.load(assignment, [submission.student for submission, _, _ in ready])
        for submission, result, notebook in ready:
            rows = batch[submission.student]
            before = rows.submission.timestamp
            when = parse_utc(submission.timestamp) if submission.timestamp else None
            rows.submission.timestamp = when
            # An older gradebook may have been restored, with points for an earlier submission.
            unchanged = self._unchanged(submission, notebook) if before in (None, when) else set()
            held = {task.cell: task.report.held for task in result.tasks if task.report.held}
            # A doubt about one task is none about the others.
            broken = submission.problems or {*result.problems} - {*held.values()}
            self.steps.save(notebook, rows, unchanged, rows.grades if broken else held)
        self.steps.penalise(batch)
        self.book.commit()

    def _unchanged(self, submission: Submission, notebook: NotebookNode) -> set[str]:
        """Return the graded cells whose work is the same as in the notebook graded last."""
        path = self._path(submission.slug, submission.student)
        try:
            last = work_by_task(nbformat.from_dict(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            return set()
        now = work_by_task(notebook)
        return {name for name in now if now[name] == last.get(name)}

    def _retry_while_locked(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; retry it while another program has locked the gradebook."""
        until, waits = time.monotonic() + self.patience, 0
        while True:
            try:
                return work()
            except (DatabaseError, InvalidEntry) as error:
                if hasattr(self, "book"):
                    self.book.rollback()
                # nbgrader wraps some database errors in its own.
                cause = error if isinstance(error, DatabaseError) else error.__context__
                said = str(getattr(cause, "orig", error))
                locked = isinstance(cause, OperationalError) and any(w in said for w in _LOCKED)
                if not locked or time.monotonic() > until:
                    raise CourseError(_gradebook_error(said, locked)) from None
                if not waits:
                    self.say(
                        "Another program, perhaps formgrader, has locked the gradebook. Waiting "
                        f"at most {self.patience:.0f} seconds ..."
                    )
                waits += 1
                time.sleep(min(0.1 * waits, 1.0))
            except BaseException:
                if hasattr(self, "book"):
                    self.book.rollback()
                raise


@contextlib.contextmanager
def _nbgrader_quiet() -> Iterator[None]:
    """Keep nbgrader from printing tracebacks of errors that get a message here."""
    log = logging.getLogger("tornado.application")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _gradebook_error(said: str, locked: bool) -> str:
    again = "run the same command again; finished results are stored."
    if locked:
        return f"The gradebook is still locked by another program. End that program and {again}"
    if "readonly" in said:
        return f"The gradebook can't be written: it is read-only for you. Fix this and {again}"
    if "full" in said:
        return f"The disk is full. Free some space and {again}"
    return f"The gradebook can't be used: {said}. Fix this and {again}"
