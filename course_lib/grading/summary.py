"""What an instructor looks at after grading: the marks in a table, and where everything lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.course import Course, CourseError

# More assignments than these get short columns.
_MOST_WIDE = 3


@dataclass(frozen=True)
class Row:
    """What a demo student has for one assignment, and what was handed in on purpose."""

    student: str
    what: str
    slug: str
    points: float
    out_of: float
    to_read: float


def write_scores(course: Course, rows: list[Row]) -> None:
    """Keep the marks for the next look."""
    _file(course).write_text(json.dumps([vars(row) for row in rows], indent=1), encoding="utf-8")


def table(course: Course) -> str:
    """Return the demo class's marks, a student a line and an assignment a column."""
    scores = _scores(course)
    rows = {(row.student, row.slug): row for row in scores}
    slugs = sorted({slug for _student, slug in rows})
    wide = len(slugs) <= _MOST_WIDE
    lines = [["", *(slug if wide else slug.split("_")[0] for slug in slugs), ""]]
    for student, what in sorted({(row.student, row.what) for row in scores}):
        cells = (_cell(rows.get((student, slug)), wide) for slug in slugs)
        lines.append([student, *cells, what])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    if not wide and any(row.to_read for row in scores):
        shown.append("+ some points are still to be given by a person")
    return "\n".join(shown)


def places(course: Course) -> str:
    """Return addresses that a terminal opens by a click: book, marks, each student's feedback."""
    book = course.build / "html" / "index.html"
    grades = course.build / "demo" / "grades.csv"
    lines = [
        ("The book", _address(book, "make book")),
        ("The marks", _address(grades, "make demo")),
    ]
    for student in sorted({row.student for row in _scores(course)}):
        pages = course.root / "feedback" / student
        lines.append((f"{student}'s feedback", _address(pages, "make demo")))
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {address}" for label, address in lines)


def _scores(course: Course) -> list[Row]:
    path = _file(course)
    try:
        return [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise CourseError("The demo class is not graded yet: run `course demo`.") from None
    except (ValueError, TypeError):
        raise CourseError(f"{path} is damaged: delete it and run `course demo`.") from None


def _cell(row: Row | None, wide: bool = True) -> str:
    if row is None:
        return "not graded" if wide else "-"
    if not wide:
        return f"{row.points:.3g}/{row.out_of:g}" + "+" * bool(row.to_read)
    points = f"{row.points:g} of {row.out_of:g}"
    return points + (f", {row.to_read:g} to read" if row.to_read else "")


def _address(path: Path, command: str) -> str:
    return path.as_uri() if path.exists() else f"not there yet: {command}"


def _file(course: Course) -> Path:
    return course.build / "demo" / "scores.json"
