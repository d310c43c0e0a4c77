"""The page for instructors: how a class did, what it got wrong, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course_lib.grading.course import Course
from course_lib.grading.engine.blueprint import read_blueprint
from course_lib.grading.engine.class_numbers import count
from course_lib.grading.engine.class_rows import ClassRow, class_rows
from course_lib.grading.engine.ledger import write_atomically
from course_lib.grading.engine.pages import task_titles
from course_lib.grading.engine.plain import plain
from course_lib.grading.engine.render import render

_MOST_NAMED = 30
_SLOWEST = 5


@dataclass(frozen=True)
class _Student:
    """A student as the page names one: a link where there is a page to open."""

    name: str
    link: str


@dataclass(frozen=True)
class _Line:
    student: _Student
    points: str
    remarks: tuple[str, ...]


def write_overview(course: Course, slug: str) -> Path:
    """Write the page for an assignment, and return where it lies."""
    path = course.build / "overview" / f"{slug}.html"
    write_atomically(path, overview_page(course, slug).encode("utf-8"))
    return path


def overview_page(course: Course, slug: str, rows: Sequence[ClassRow] | None = None) -> str:
    """Return the page for an assignment as HTML.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment.
    rows : sequence of ClassRow, optional
        The class; looked up unless given.
    """
    blueprint = read_blueprint(course, slug)
    rows = class_rows(course, slug, blueprint) if rows is None else rows
    numbers = count(rows, task_titles(blueprint.notebook))
    students = {row.student: _student(course, slug, row.student) for row in rows}
    return render(
        "overview.html.j2",
        slug=slug,
        numbers=numbers,
        handed_in=len(rows),
        lines=[_line(students[row.student], row) for row in rows],
        waiting=[
            _line(students[row.student], row)
            for row in sorted(rows, key=lambda row: not row.problems)
            if row.waiting
        ],
        broken=[_problems(students[row.student], row) for row in rows if row.problems],
        misconceptions=_named(numbers.misconceptions, students),
        others=_named(numbers.others[:_MOST_NAMED], students),
        slowest=_slowest(rows, students),
        unprotected=sum(
            bool(row.result and row.result.tasks and row.result.isolation == "none") for row in rows
        ),
        to_read=sum(row.scores.to_read > 0 for row in rows if row.scores),
        not_graded=sum(row.scores is None or row.changed for row in rows),
    )


def _student(course: Course, slug: str, student: str) -> _Student:
    place = course.root / "feedback" / student / slug / f"{slug}.html"
    try:
        there = place.is_file()
    except (OSError, ValueError):
        there = False
    parts = ("..", "..", "feedback", student, slug, f"{slug}.html")
    link = "/".join(quote(part, safe="", errors="replace") for part in parts) if there else ""
    return _Student(plain(student, 60), link)


def _line(student: _Student, row: ClassRow) -> _Line:
    points = "none"
    if row.scores:
        points = f"{row.scores.points:g} / {row.scores.max_points:g}"
    remarks = [row.waiting] if row.waiting else []
    if row.scores and row.scores.late_penalty:
        remarks.append(f"late: {row.scores.late_penalty:g} points off")
    if row.problems:
        remarks.append(f"{len(row.problems)} problem{'s' * (len(row.problems) > 1)}")
    remarks += [plain(note, 200) for note in row.notes]
    return _Line(student, points, tuple(remarks))


def _problems(student: _Student, row: ClassRow) -> _Line:
    return _Line(student, row.waiting or "settled", tuple(plain(p, 500) for p in row.problems))


def _named(mistakes: Sequence[Any], students: Mapping[str, _Student]) -> list[dict[str, Any]]:
    return [
        {
            "mistake": mistake,
            "text": plain(mistake.text, 500),
            "students": [students[name] for name in mistake.students[:_MOST_NAMED]],
            "more": max(len(mistake.students) - _MOST_NAMED, 0),
        }
        for mistake in mistakes
    ]


def _slowest(
    rows: Sequence[ClassRow], students: Mapping[str, _Student]
) -> list[tuple[_Student, float]]:
    timed = [(-row.result.seconds, row.student) for row in rows if row.result and row.result.tasks]
    return [(students[name], -seconds) for seconds, name in sorted(timed)[:_SLOWEST]]
