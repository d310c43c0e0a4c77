"""Read the gradebook: automatic and manual points, comments and late penalties."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.course import Course, CourseError
from course_lib.grading.gradebook.nbgrader import open_gradebook


@dataclass(frozen=True)
class CellScore:
    """Points for one graded cell.

    Attributes
    ----------
    name : str
        The cell's grade_id.
    points, max_points : float
        Points earned, including extra credit, and points possible.
    by_person : bool
        Whether the points were given by hand.
    waits : bool
        Whether the cell is still to be graded by hand.
    """

    name: str
    points: float
    max_points: float
    by_person: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Scores:
    """One student's points and comments for one assignment.

    Attributes
    ----------
    student, slug : str
    cells : mapping of str to CellScore
        By grade_id.
    comments : mapping of str to str
        By the grade_id of the solution cell.
    late_penalty : float
    first_name, last_name, email : str
        Empty if the gradebook has none.
    """

    student: str
    slug: str
    cells: Mapping[str, CellScore] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    late_penalty: float = 0.0
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the student's id."""
        return f"{self.first_name} {self.last_name}".strip() or self.student

    @property
    def earned(self) -> float:
        """Automatic and manual points, before any late penalty."""
        return sum(cell.points for cell in self.cells.values())

    @property
    def points(self) -> float:
        """The points earned less the late penalty, at least 0."""
        return max(self.earned - self.late_penalty, 0.0)

    @property
    def max_points(self) -> float:
        """The points possible."""
        return sum(cell.max_points for cell in self.cells.values())

    @property
    def to_read(self) -> float:
        """The maximum points of the cells that are still to be graded by hand."""
        return sum(cell.max_points for cell in self.cells.values() if cell.waits)

    @property
    def by_person(self) -> bool:
        """Whether any points were given by hand."""
        return any(cell.by_person for cell in self.cells.values())


@contextmanager
def class_scores(course: Course) -> Iterator[ClassScores]:
    """Open the gradebook for reading."""
    with open_gradebook(course) as book:
        yield ClassScores(book)


def read_scores(course: Course, slug: str, students: Collection[str] = ()) -> dict[str, Scores]:
    """Return the scores of some or all students for an assignment, by student.

    Without a gradebook, the result is empty.

    Raises
    ------
    CourseError
        If the gradebook can't be read.
    """
    if not course.gradebook.exists():
        return {}
    from sqlalchemy.exc import DatabaseError

    try:
        with class_scores(course) as scores:
            return scores.read(slug, students)
    except DatabaseError as error:
        raise CourseError(
            f"The gradebook can't be read: {error.orig}. If another program, perhaps formgrader, "
            "has locked it, run the same command again in a moment."
        ) from None


class ClassScores:
    """Reads scores from an open gradebook."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def read(self, slug: str, students: Collection[str] = ()) -> dict[str, Scores]:
        """Return the scores for an assignment, by student."""
        from nbgrader.api import BaseCell, Comment, Grade, Student, SubmittedAssignment
        from sqlalchemy import select

        cells: dict[str, dict[str, CellScore]] = {}
        of_grade = (BaseCell.name, Grade.score, Grade.max_score, Grade.manual_score)
        extra = (Grade.extra_credit, Grade.needs_manual_grade)
        for student, name, points, most, manual, more, waits in self._rows(
            Grade, (*of_grade, *extra), slug, students
        ):
            score = CellScore(name, points, most, manual is not None or bool(more), bool(waits))
            cells.setdefault(student, {})[name] = score
        comments: dict[str, dict[str, str]] = {}
        for student, name, text in self._rows(
            Comment, (BaseCell.name, Comment.comment), slug, students
        ):
            if text:
                comments.setdefault(student, {})[name] = text
        who = (Student.first_name, Student.last_name, Student.email)
        query = (
            select(Student.id, SubmittedAssignment.late_submission_penalty, *who)
            .select_from(SubmittedAssignment)
            .join(Student, Student.id == SubmittedAssignment.student_id)
        )
        found = self.book.db.execute(_select_rows(query, slug, students)).all()
        self.book.db.rollback()
        return {
            student: Scores(
                student,
                slug,
                cells.get(student, {}),
                comments.get(student, {}),
                penalty or 0.0,
                *(value or "" for value in names),
            )
            for student, penalty, *names in sorted(found)
        }

    def _rows(self, kind: Any, columns: Any, slug: str, students: Collection[str]) -> Any:
        from nbgrader.api import BaseCell, SubmittedAssignment, SubmittedNotebook
        from sqlalchemy import select

        query = (
            select(SubmittedAssignment.student_id, *columns)
            .select_from(kind)
            .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(BaseCell, BaseCell.id == kind.cell_id)
        )
        return self.book.db.execute(_select_rows(query, slug, students))


def _select_rows(query: Any, slug: str, students: Collection[str]) -> Any:
    from nbgrader.api import Assignment, SubmittedAssignment

    query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    query = query.where(Assignment.name == slug)
    if students:
        query = query.where(SubmittedAssignment.student_id.in_(list(students)))
    return query
