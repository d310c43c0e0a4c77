"""nbgrader's gradebook, written by nbgrader's own classes, many submissions in one transaction.

nbgrader commits after every cell and opens the database again for every step. Here what it calls
a commit only sends the rows to the database, and one real commit ends the batch.

Import this module after `course_lib.grading.nbgrader_tools.import_gradebook`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any
from unittest import mock

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, SaveAutoGrades
from sqlalchemy import event, false, select, update
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from course_lib.grading.course import CourseError

_OPENERS = (
    "nbgrader.preprocessors.saveautogrades.Gradebook",
    "nbgrader.preprocessors.latesubmissions.Gradebook",
)


class _Batch(Session):
    """A session whose commits wait for the end of the batch."""

    def commit(self) -> None:
        """Wait; what is looked up is sent to the database before."""

    def commit_all(self) -> None:
        super().commit()


class Book(Gradebook):  # type: ignore[misc]
    """The gradebook, open for as long as grading takes."""

    def __init__(self, url: str, course_id: str) -> None:
        super().__init__(url, course_id)
        self.db.remove()
        if self.engine.dialect.name == "sqlite":
            # Short, so that a person soon hears what there is to wait for.
            event.listen(self.engine, "connect", _wait_a_second)
            self.engine.dispose()
        self.db: scoped_session[_Batch] = scoped_session(
            sessionmaker(class_=_Batch, bind=self.engine, future=True)
        )
        self._assignments: dict[str, Any] = {}
        self._grades: dict[tuple[str, str], Any] = {}
        self._comments: dict[tuple[str, str], Any] = {}
        self._students: dict[str, Any] = {}
        self._submissions: dict[tuple[str, str], Any] = {}
        self._notebooks: dict[tuple[str, str], Any] = {}

    def __exit__(self, *_: object) -> None:
        """Stay open: nbgrader's steps close what they think is their own."""

    def commit(self) -> None:
        """Make it so."""
        self.db().commit_all()

    def rollback(self) -> None:
        """Forget what was not committed."""
        self.db.rollback()
        self.db.expunge_all()
        self._forget()

    def _forget(self) -> None:
        self._grades, self._comments, self._students = {}, {}, {}
        self._submissions, self._notebooks = {}, {}
        self._assignments = {}

    def reserve(self) -> None:
        """Begin to write: what forbids it is heard here, and nobody else writes until the end."""
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
    """nbgrader's own steps of autograding that come after the code has run.

    Parameters
    ----------
    parent : Any
        Hands the course's settings on.
    book : Book
    url : str
        Of the gradebook.
    """

    def __init__(self, parent: Any, book: Book, url: str) -> None:
        self.book, self.url = book, url
        self._limit = LimitOutput(parent=parent)
        self._save = SaveAutoGrades(parent=parent)
        self._penalties = AssignLatePenalties(parent=parent)

    def limit(self, notebook: NotebookNode) -> NotebookNode:
        """Cut long outputs."""
        return self._limit(notebook, {})[0]

    def save(self, notebook: NotebookNode, slug: str, student: str) -> None:
        """Store points, and the comments that nbgrader makes."""
        with self._shared():
            self._save(notebook, self._about(slug, student))

    def penalise(self, notebook: NotebookNode, slug: str, student: str) -> None:
        """Store the penalty for what came late."""
        with self._shared():
            self._penalties(notebook, self._about(slug, student))

    def _about(self, slug: str, student: str) -> dict[str, Any]:
        about = {"student": student, "assignment": slug, "notebook": slug, "db_url": self.url}
        return {"nbgrader": about}

    @contextlib.contextmanager
    def _shared(self) -> Iterator[None]:
        """Let the steps use the gradebook that is open."""
        with contextlib.ExitStack() as stack:
            for name in _OPENERS:
                stack.enter_context(mock.patch(name, self._opened))
            yield

    def _opened(self, _url: str) -> Book:
        return self.book
