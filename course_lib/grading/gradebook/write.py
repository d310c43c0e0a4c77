"""The gradebook writer: marks into the gradebook, notebooks into autograded/, feedback pages.

Everything can be written again: recording the same results once more repairs a stop between any
two writes.
"""

from __future__ import annotations

import contextlib
import html
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
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
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, SaveAutoGrades
from sqlalchemy import event, false, select, update
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from course_lib.checks.report import Part
from course_lib.grading.assignment import Blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.feedback.student_page import page_path, write_page
from course_lib.grading.gradebook.nbgrader import nbgrader_settings
from course_lib.grading.gradebook.scores import ClassScores, Scores
from course_lib.grading.jobs import Result, TaskResult, without_report
from course_lib.grading.notebooks import NotebookNode, grade_id, nbformat
from course_lib.grading.outcome import GradedSubmission
from course_lib.grading.results import without_outputs, write_atomically
from course_lib.grading.submitted import Submission


def points_output(task: TaskResult | None, most: float, count: int) -> NotebookNode:
    """Return what a grade cell shows: a number that nbgrader reads, and the table of a report."""
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
    """Return a notebook as JSON, a cell a line: nbformat's own form takes ten times as long."""
    about = {key: value for key, value in notebook.items() if key != "cells"}
    cells = ",\n".join(json.dumps(cell, sort_keys=True) for cell in notebook.cells)
    return f'{{"cells": [\n{cells}\n],{json.dumps(about, sort_keys=True)[1:]}\n'


def problem_cell(problems: Iterable[str]) -> NotebookNode:
    """Return the cell that tells a person what to look at."""
    lines = "".join(f"<li>{html.escape(problem)}</li>" for problem in problems)
    text = f"**For the person who grades this:**\n\n<ul>{lines}</ul>"
    return nbformat.v4.new_markdown_cell(text, id="from-the-grader")


class Book(Gradebook):  # type: ignore[misc]
    """The gradebook, open for as long as grading takes."""

    def __init__(self, url: str, course_id: str) -> None:
        super().__init__(url, course_id)
        self.db.remove()
        if self.engine.dialect.name == "sqlite":
            # Short, so that a person soon hears what there is to wait for.
            event.listen(self.engine, "connect", _wait_a_second)
            self.engine.dispose()
        # Commits of this session wait for the transaction that `reserve` begins on the connection.
        self._connection = self.engine.connect()
        self.db: scoped_session[Session] = scoped_session(
            sessionmaker(
                bind=self._connection,
                join_transaction_mode="rollback_only",
                expire_on_commit=False,
            )
        )
        self._assignments: dict[str, Any] = {}
        self._grades: dict[tuple[str, str], Any] = {}
        self._comments: dict[tuple[str, str], Any] = {}
        self._students: dict[str, Any] = {}
        self._submissions: dict[tuple[str, str], Any] = {}
        self._notebooks: dict[tuple[str, str], Any] = {}

    def close(self) -> None:
        """Close the gradebook; changes that were not committed are lost."""
        self.db.remove()
        self._connection.close()
        super().close()

    def commit(self) -> None:
        """Commit the batch."""
        self.db.commit()
        self._connection.commit()

    def rollback(self) -> None:
        """Undo the changes since the last commit."""
        self.db.rollback()
        self._connection.rollback()
        self.db.expunge_all()
        self._forget()

    def _forget(self) -> None:
        self._grades, self._comments, self._students = {}, {}, {}
        self._submissions, self._notebooks = {}, {}
        self._assignments = {}

    def reserve(self) -> None:
        """Begin a batch: take the lock for writing, or raise why that is not possible."""
        self.rollback()
        self._connection.begin()
        self.db.execute(update(Student).where(false()).values(id=Student.id))

    # --- a batch is looked up at once ---------------------------------------------------------

    def load_students(self, slug: str, students: Collection[str]) -> None:
        """Look up which students there are, and which handed in before."""
        self._forget()
        query = select(Student).where(Student.id.in_(students))
        self._students = dict.fromkeys(students) | {s.id: s for s in self.db.scalars(query)}
        self._submissions = dict.fromkeys((slug, student) for student in students)
        self._load_submissions(slug, students)

    def load_submissions(self, slug: str, students: Collection[str]) -> None:
        """Look up submissions and their notebooks, as they are now."""
        self._load_submissions(slug, students)
        query = (
            select(SubmittedAssignment.student_id, SubmittedNotebook)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == slug, SubmittedAssignment.student_id.in_(students))
        )
        self._notebooks = {(slug, student): book for student, book in self.db.execute(query)}

    def _load_submissions(self, slug: str, students: Collection[str]) -> None:
        query = (
            select(SubmittedAssignment)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == slug, SubmittedAssignment.student_id.in_(students))
        )
        self._submissions |= {(slug, s.student_id): s for s in self.db.scalars(query)}

    def find_assignment(self, name: str) -> Any:
        """Return an assignment: it is looked up once in a batch, and not for each student."""
        if name not in self._assignments:
            self._assignments[name] = super().find_assignment(name)
        return self._assignments[name]

    def find_student(self, student_id: str) -> Any:
        """Return a student: from those looked up, or as nbgrader finds it."""
        return self._loaded(self._students, student_id) or super().find_student(student_id)

    def find_submission(self, assignment: str, student: str) -> Any:
        """Return a submission: from those looked up, or as nbgrader finds it."""
        found = self._loaded(self._submissions, (assignment, student))
        return found or super().find_submission(assignment, student)

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> Any:
        """Return a notebook handed in: from those looked up, or as nbgrader finds it."""
        found = self._loaded(self._notebooks, (assignment, student))
        return found or super().find_submission_notebook(notebook, assignment, student)

    def _loaded(self, rows: dict[Any, Any], key: Any) -> Any:
        """Return a row; that there is none is known too, once."""
        if key in rows and rows[key] is None:
            del rows[key]
            raise MissingEntry(f"No such row: {key}")
        return rows.get(key)

    def load(self, slug: str, students: Collection[str]) -> None:
        """Read the rows of a batch at once, which nbgrader looks up one by one."""
        self._grades = self._rows(Grade, slug, students)
        self._comments = self._rows(Comment, slug, students)

    def _rows(self, kind: Any, slug: str, students: Collection[str]) -> dict[tuple[str, str], Any]:
        query = (
            select(SubmittedAssignment.student_id, BaseCell.name, kind)
            .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .join(BaseCell, BaseCell.id == kind.cell_id)
            .where(Assignment.name == slug, SubmittedAssignment.student_id.in_(students))
        )
        return {(student, cell): row for student, cell, row in self.db.execute(query)}

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Any:
        """Return a grade: from those loaded, or as nbgrader finds it."""
        row = self._grades.get((student, grade_cell))
        return row or super().find_grade(grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Any:
        """Return a comment: from those loaded, or as nbgrader finds it."""
        row = self._comments.get((student, solution_cell))
        return row or super().find_comment(solution_cell, notebook, assignment, student)

    def grades(self, student: str) -> list[Any]:
        """Return the grades loaded for a student."""
        return [row for (who, _cell), row in self._grades.items() if who == student]

    # --- what is known ------------------------------------------------------------------------

    def check(self, slug: str, notebook: NotebookNode) -> None:
        """Hold an assignment's notebook against its rows.

        Raises
        ------
        CourseError
            If the assignment is not in the gradebook, or was there with other cells.
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
                f"The gradebook knows {slug} with other cells than its released notebook has: run "
                f"`course release {slug}`."
            )

    def late_basis(self, slug: str) -> tuple[str, dict[str, str]]:
        """Return what decides about lateness: the due date, and extensions by student.

        The students are those that have a row.
        """
        due = self.db.scalar(select(Assignment.duedate).where(Assignment.name == slug))
        rows = self.db.execute(
            select(SubmittedAssignment.student_id, SubmittedAssignment.extension)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == slug)
        )
        return f"{due}", {student: f"{due} {extension}" for student, extension in rows}


def _wait_a_second(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout = 1000")


class Steps:
    """nbgrader's steps of autograding after the code has run, on a gradebook that is open.

    Parameters
    ----------
    parent : Any
        Hands the course's settings on.
    book : Book
    """

    def __init__(self, parent: Any, book: Book) -> None:
        self.book = book
        self._limit = LimitOutput(parent=parent)
        self._save = SaveAutoGrades(parent=parent)
        self._save.gradebook = book
        self._penalties = AssignLatePenalties(parent=parent)
        self._penalties.init_plugin()

    def limit(self, notebook: NotebookNode) -> NotebookNode:
        """Cut long outputs."""
        return self._limit(notebook, {})[0]

    def save(self, notebook: NotebookNode, slug: str, student: str) -> None:
        """Store points, and the comments that nbgrader makes."""
        if not self._save.enabled:
            return
        self._save.notebook_id = self._save.assignment_id = slug
        self._save.student_id = student
        for index, cell in enumerate(notebook.cells):
            self._save.preprocess_cell(cell, {}, index)

    def penalise(self, slug: str, student: str) -> None:
        """Store the penalty of the configured plugin, from 0 to the points earned."""
        if not self._penalties.enabled:
            return
        row = self.book.find_submission_notebook(slug, slug, student)
        late = self.book.find_submission(slug, student).total_seconds_late
        penalty = None
        if late > 0:
            plugin = self._penalties.plugin_inst
            penalty = plugin.late_submission_penalty(student, row.score, late)
        row.late_submission_penalty = None if penalty is None else min(max(penalty, 0), row.score)


T = TypeVar("T")
Item = tuple[Submission, Result]

# Seconds that another program may keep the gradebook locked.
PATIENCE = 120.0
_LOCKED = ("locked", "busy")


class Page(Protocol):
    """What makes a student's page of feedback."""

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
    """Writes down what grading found.

    Parameters
    ----------
    course : Course
    page : Page, optional
        Makes the page of feedback; without it there is none.
    patience : float
        Seconds to wait for a gradebook that another program has locked.
    say : callable
        Is told, in a sentence, that there is something to wait for.
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
            self.book = self._patiently(lambda: Book(folder.db_url, folder.course_id))
            opening.callback(self.book.close)
            self.steps = Steps(parent, self.book)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, slug: str, blueprint: Blueprint) -> None:
        """Make an assignment known; it must be in the gradebook as it was released."""
        self._patiently(lambda: self.book.check(slug, blueprint.notebook))
        self._blueprints[slug] = blueprint

    def record(self, submission: Submission, result: Result) -> GradedSubmission:
        """Write down one result."""
        return self.record_all([(submission, result)])[0]

    def record_all(self, items: Sequence[Item]) -> list[GradedSubmission]:
        """Write down results of one assignment: notebooks, then marks, then pages of feedback.

        Raises
        ------
        CourseError
            If the disk is full, or the gradebook can't be written.
        """
        ready = [(s, r, self._notebook(s, r)) for s, r in items if s.name_fits]
        for submission, _result, notebook in ready:
            self._write_notebook(submission, notebook)
        scores: dict[str, Scores] = {}
        if ready:
            self._patiently(lambda: self._store(ready))
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
        """Return what is in the gradebook, by student."""
        return self._patiently(lambda: ClassScores(self.book).read(slug, students))

    def is_whole(self, slug: str, student: str) -> bool:
        """Return whether the files are there that recording leaves."""
        notebook, page = self._path(slug, student), page_path(self.course, slug, student)
        return notebook.is_file() and (self.page is None or page.is_file())

    # --- notebooks ----------------------------------------------------------------------------

    def _notebook(self, submission: Submission, result: Result) -> NotebookNode:
        """Return the notebook with its outputs; a blank one if nothing could be read."""
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
                    # Without any output nbgrader would give full marks.
                    task = tasks.get(grade_id(cell))
                    cell.outputs = [points_output(task, float(about["points"]), count)]
        problems = dict.fromkeys((*submission.problems, *result.problems))
        if problems:
            notebook.cells.insert(0, problem_cell(problems))
        return self.steps.limit(notebook)

    def _write_notebook(self, submission: Submission, notebook: NotebookNode) -> None:
        path = self._path(submission.slug, submission.student)
        write_atomically(path, as_text(notebook).encode("utf-8", "replace"))
        # nbgrader's own feedback copies these, if somebody wants that instead.
        when = f"{submission.timestamp} UTC" if submission.timestamp else ""
        for name, text in (("timestamp.txt", when), ("submission_secret.txt", submission.secret)):
            if text:
                write_atomically(path.with_name(name), text.encode())
            else:
                path.with_name(name).unlink(missing_ok=True)

    def _path(self, slug: str, student: str) -> Path:
        return self.course.root / "autograded" / student / slug / f"{slug}.ipynb"

    # --- marks --------------------------------------------------------------------------------

    def _store(self, ready: Sequence[tuple[Submission, Result, NotebookNode]]) -> None:
        slug = ready[0][0].slug
        students = [submission.student for submission, _, _ in ready]
        self.book.reserve()
        self.book.load_students(slug, students)
        for submission, _result, _notebook in ready:
            self.book.update_or_create_student(submission.student)
            when = {"timestamp": submission.timestamp} if submission.timestamp else {}
            self.book.update_or_create_submission(slug, submission.student, **when)
        self.book.load(slug, students)
        for submission, result, notebook in ready:
            self.steps.save(notebook, slug, submission.student)
            if submission.problems or result.problems:
                for grade in self.book.grades(submission.student):
                    if grade.auto_score is not None and grade.auto_score < grade.max_score:
                        grade.needs_manual_grade = True
        # The sums that penalties are taken from are read anew.
        self.book.load_submissions(slug, students)
        for student in students:
            self.steps.penalise(slug, student)
        self.book.commit()

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do something with the gradebook, and again while another program has it locked."""
        until, waits = time.monotonic() + self.patience, 0
        while True:
            try:
                return work()
            except (DatabaseError, InvalidEntry) as error:
                if hasattr(self, "book"):
                    self.book.rollback()
                # nbgrader wraps some errors of the database in its own.
                cause = error if isinstance(error, DatabaseError) else error.__context__
                said = str(getattr(cause, "orig", error))
                locked = isinstance(cause, OperationalError) and any(w in said for w in _LOCKED)
                if not locked or time.monotonic() > until:
                    raise CourseError(_about_the_gradebook(said, locked)) from None
                if not waits:
                    self.say(
                        "Another program has the gradebook locked, formgrader perhaps. Waiting "
                        f"for it, at most {self.patience:.0f} seconds ..."
                    )
                waits += 1
                time.sleep(min(0.1 * waits, 1.0))
            except BaseException:
                if hasattr(self, "book"):
                    self.book.rollback()
                raise


@contextlib.contextmanager
def _nbgrader_quiet() -> Iterator[None]:
    """Keep nbgrader from printing tracebacks of what is said here in a sentence."""
    log = logging.getLogger("tornado.application")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _about_the_gradebook(said: str, locked: bool) -> str:
    again = "What is graded is stored; run the same command again and it goes on."
    if locked:
        return f"The gradebook is still locked by another program: end that program. {again}"
    if "readonly" in said:
        return f"The gradebook can't be written: it is read-only for you. {again}"
    if "full" in said:
        return f"The disk is full. {again}"
    return f"The gradebook can't be used: {said}. {again}"
