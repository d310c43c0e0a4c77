"""Write points as tables for Moodle, Canvas or a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.grading.course import Course, CourseError
from course_lib.grading.feedback.class_page import ClassRow, class_rows
from course_lib.grading.feedback.student_page import points as written
from course_lib.grading.gradebook.scores import Scores
from course_lib.grading.lms.people import CHOICES, ClassList, Person
from course_lib.grading.results import write_atomically
from course_lib.grading.sanitize import printable

# Spreadsheets read a cell that begins with one of these, or its full-width form, as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MOST_FEEDBACK = 2_000
_NOT_IN_LIST = "not in the class list, or in it more than once"

Table = list[list[str]]


@dataclass
class Export:
    """A table, with the students left out and remarks.

    Attributes
    ----------
    table : list of lists of str
    left_out : list of str
        Students whose points are not in it, each with the reason.
    remarks : list of str
        Students to check, each with the reason.
    """

    table: Table = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    student: str
    person: Person
    scores: Scores
    feedback: str


def export(
    course: Course,
    slug: str,
    form: str,
    to: Path,
    *,
    people: ClassList | None = None,
    column: str = "",
    unfinished: bool = False,
) -> Export:
    """Write a table of one assignment's points.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment.
    form : str
        "moodle", "canvas" or "csv".
    to : Path
        The file; it is replaced.
    people : ClassList, optional
        The students in the school's system; by default, the names of their folders are their ids.
    column : str
        The assignment's name in that system; by default its slug.
    unfinished : bool
        Whether to include points that are not final.

    Raises
    ------
    CourseError
        If there is nothing to write.
    """
    rows = class_rows(course, slug)
    if not rows:
        raise CourseError(f"{slug} has no submissions: there is nothing to export.")
    make, encoding = FORMS[form]
    made = make(rows, people, column or slug, unfinished)
    if len(made.table) == len(make([], people, column or slug, unfinished).table):
        more = f" ... and {len(made.left_out) - 5} more." * (len(made.left_out) > 5)
        unknown = _unknown_heads(people)
        raise CourseError(
            f"Nothing to export for {slug}: every student is left out. "
            f"{'; '.join(made.left_out[:5])}.{more}{f' {unknown}' if unknown else ''}"
        )
    if any(_NOT_IN_LIST in line for line in made.left_out) and (said := _unknown_heads(people)):
        made.remarks.append(said)
    write_atomically(to, as_csv(made.table).encode(encoding))
    return made


def moodle(
    rows: Iterable[ClassRow], people: ClassList | None, column: str, unfinished: bool
) -> Export:
    """Make a table for Moodle's import of grades.

    A column that identifies students is included only if it has an entry in every line: Moodle
    gives the points of a line without one to the previous student.
    """
    made = Export()
    lines = _finished(rows, people, unfinished, made)
    heads: dict[str, Callable[[_Line], str]] = {
        "First name": lambda line: line.person.first_name,
        "Last name": lambda line: line.person.last_name,
        "ID number": lambda line: line.person.id_number,
        "Email address": lambda line: line.person.email,
        "Username": lambda line: line.person.username,
    }
    ids = ("ID number", "Email address", "Username")
    kept = [head for head, get in heads.items() if lines and all(map(get, lines))]
    if lines and not any(head in kept for head in ids):
        raise CourseError(
            "No column identifies all students: give a table with --names in which each has an "
            "ID number, an Email address or a Username."
        )
    made.table = [[*kept, column, f"Feedback: {column}"]]
    made.table += [
        [*(heads[head](line) for head in kept), written(line.scores.points), line.feedback]
        for line in lines
    ]
    _note_quoted_ids(made, lines, [heads[head] for head in kept if head in ids])
    return made


def canvas(
    rows: Iterable[ClassRow], people: ClassList | None, column: str, unfinished: bool
) -> Export:
    """Make a table for Canvas's import of grades."""
    made = Export()
    lines = _finished(rows, people, unfinished, made)
    most = max((line.scores.max_points for line in lines), default=0.0)
    made.table = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column],
        ["    Points Possible", "", "", "", "", written(most)],
    ]
    for line in lines:
        person = line.person
        # Canvas takes a line with these words in its first cell for the maximum points.
        name = (person.name or line.student).replace("Points Possible", "Points possible")
        ids = (person.canvas_id, person.sis_user_id, person.sis_login_id)
        made.table.append([name, *ids, person.section, written(line.scores.points)])
    _note_quoted_ids(made, lines, [lambda line: line.person.sis_login_id])
    return made


def table(
    rows: Iterable[ClassRow], people: ClassList | None, column: str, unfinished: bool
) -> Export:
    """Make a table for a spreadsheet: a line for each student, a column for each task."""
    made, rows = Export(), list(rows)
    cells = list(dict.fromkeys(cell for row in rows if row.scores for cell in row.scores.cells))
    heads = ("Student", "First name", "Last name", "Email address", "ID number", "Assignment")
    sums = ("Points", "Points possible", "Late penalty", "Waiting for", "Problems")
    made.table = [[*heads, *sums, *(cell.removeprefix("check_") for cell in cells)]]
    for row in rows:
        scores = row.scores or Scores(row.student, column)
        person = (people and people.find(row.student)) or _person(row.student, row.scores)
        known = unfinished or not row.waiting
        if not known:
            made.left_out.append(f"{printable(row.student, 60)}: {row.waiting}")
        shown = [scores.cells.get(cell) for cell in cells]
        made.table.append(
            [
                row.student,
                *(person.first_name, person.last_name, person.email, person.id_number, column),
                written(scores.points) if known and row.scores else "",
                written(scores.max_points) if row.scores else "",
                written(scores.late_penalty) if row.scores else "",
                row.waiting,
                " ".join(row.problems),
                *(written(cell.points) if cell and not cell.waits else "" for cell in shown),
            ]
        )
    return made


# The function and the encoding of each format: Canvas can't read a byte order mark, and Excel does
# not recognise UTF-8 without one.
FORMS: dict[str, tuple[Callable[..., Export], str]] = {
    "moodle": (moodle, "utf-8-sig"),
    "canvas": (canvas, "utf-8"),
    "csv": (table, "utf-8-sig"),
}


def as_csv(table: Sequence[Sequence[str]]) -> str:
    """Return a table as CSV in which no cell is a formula."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([[cell(text) for text in row] for row in table])
    return file.getvalue()


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet reads as a formula."""
    # Leading spaces stay: Canvas recognises its second line by them.
    shown = printable(text, _MOST_FEEDBACK)
    return f"'{shown}" if _is_formula(text) else shown


def _is_formula(text: str) -> bool:
    return text.lstrip(" \u00a0").startswith(_FORMULA)


def _finished(
    rows: Iterable[ClassRow], people: ClassList | None, unfinished: bool, made: Export
) -> list[_Line]:
    """Return a line for each student with final points, and note the others."""
    lines: dict[Person, _Line] = {}
    for row in rows:
        name = printable(row.student, 60)
        person = people.find(row.student) if people else _person(row.student, row.scores)
        if row.scores is None or (row.waiting and not unfinished):
            made.left_out.append(f"{name}: {row.waiting}")
        elif person is None:
            made.left_out.append(f"{name}: {_NOT_IN_LIST}")
        elif person in lines:
            other = printable(lines[person].student, 60)
            made.left_out.append(f"{name}: the same person as {other} in the class list")
        else:
            lines[person] = _Line(row.student, person, row.scores, _feedback(row))
            if row.problems:
                made.remarks.append(f"{name}: {printable(row.problems[0], 200)}")
    return list(lines.values())


def _unknown_heads(people: ClassList | None) -> str:
    """Return a sentence about the columns of a class list that were not read."""
    if people is None or not people.unknown:
        return ""
    names = printable(", ".join(people.unknown), 200)
    return f"The class list has columns that were not read: {names}. Known are: {CHOICES}."


def _person(student: str, scores: Scores | None) -> Person:
    known = scores or Scores(student, "")
    return Person(
        first_name=known.first_name,
        last_name=known.last_name,
        email=known.email,
        id_number=student,
        sis_login_id=student,
    )


def _feedback(row: ClassRow) -> str:
    """Return the points by task, with reasons for lost points, in one line."""
    if row.scores is None:
        return ""
    tasks = row.result.tasks if row.result else ()
    reasons = {task.cell: task.finding.problem for task in tasks}
    said = []
    for name, score in row.scores.cells.items():
        points = f"{written(score.points)}/{written(score.max_points)}"
        reason = reasons.get(name, "") if score.points < score.max_points else ""
        comment = row.scores.comments.get(name, "") if not reason else ""
        words = f" ({printable(reason or comment, 200)})" if reason or comment else ""
        said.append(f"{name.removeprefix('check_')} {points}{words}")
    if row.scores.late_penalty:
        said.append(f"late: -{written(row.scores.late_penalty)}")
    return "; ".join(said)


def _note_quoted_ids(
    made: Export, lines: Iterable[_Line], ids: Sequence[Callable[[_Line], str]]
) -> None:
    for line in lines:
        if any(_is_formula(get(line)) for get in ids):
            made.remarks.append(
                f"{printable(line.student, 60)}: the id begins like a formula, so the table has a "
                "' before it; enter these points by hand"
            )
