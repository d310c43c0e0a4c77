"""What `course grade` says at its end: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from course_lib.grading.engine.graded import NEEDS_PERSON, NO_RESULT, Graded
from course_lib.grading.engine.plain import plain

_WIDEST = 70


def table(rows: Sequence[Graded]) -> str:
    """Return the results as a table, an assignment after the other, a student a line."""
    lines: list[str] = []
    for slug in sorted({row.slug for row in rows}):
        of_one = sorted((row for row in rows if row.slug == slug), key=lambda row: row.student)
        cells = [("student", "points", "why not all, and what needs a person")]
        cells += [(plain(row.student, 40), _points(row), _remarks(row)) for row in of_one]
        name, points = (max(len(cell[i]) for cell in cells) for i in (0, 1))
        lines += [slug, *(f"  {a:<{name}}  {b:<{points}}  {c}".rstrip() for a, b, c in cells), ""]
    return "\n".join([*lines, summary(rows)])


def summary(rows: Sequence[Graded]) -> str:
    """Return how many there are of each kind."""
    fresh = sum(row.fresh for row in rows)
    said = [f"{len(rows)} submission{'s' * (len(rows) != 1)}: {fresh} graded now"]
    if len(rows) - fresh:
        said.append(f"{len(rows) - fresh} graded before")
    for status, words in ((NEEDS_PERSON, "to be looked at by a person"), (NO_RESULT, NO_RESULT)):
        count = sum(row.status == status for row in rows)
        if count:
            said.append(f"{count} {words}" if status == NEEDS_PERSON else f"{count} with {words}")
    unprotected = sum(row.result.isolation == "none" and bool(row.result.tasks) for row in rows)
    if unprotected:
        said.append(f"{unprotected} graded without a sandbox")
    return ", ".join(said) + "."


def as_json(rows: Sequence[Graded], refused: Sequence[str] = ()) -> str:
    """Return the results for a program to read."""
    ordered = sorted(rows, key=lambda row: (row.slug, row.student))
    return json.dumps(
        {"submissions": [_record(row) for row in ordered], "refused": list(refused)}, indent=1
    )


def is_complete(rows: Sequence[Graded]) -> bool:
    """Return whether every submission has a result in the gradebook."""
    return all(row.status != NO_RESULT for row in rows)


def _points(row: Graded) -> str:
    if row.marks is None:
        return "none"
    points = f"{row.marks.score:g} of {row.marks.max_score:g}"
    return points + (f" - {row.marks.late_penalty:g} late" if row.marks.late_penalty else "")


def _remarks(row: Graded) -> str:
    said = [plain(problem, 200) for problem in row.problems]
    if row.why and not said:
        said.append(plain(row.why, _WIDEST))
    if row.marks and row.marks.to_read and not row.problems:
        said.append(f"{row.marks.to_read:g} points to read")
    if row.status == NO_RESULT:
        said.insert(0, "NO RESULT.")
    elif row.problems:
        said.insert(0, "Needs a person.")
    return " ".join(said) if row.problems or row.status == NO_RESULT else "; ".join(said)


def _record(row: Graded) -> dict[str, Any]:
    marks = row.marks
    return {
        "student": row.student,
        "assignment": row.slug,
        "status": row.status,
        "score": marks.score if marks else None,
        "max_score": marks.max_score if marks else None,
        "late_penalty": marks.late_penalty if marks else None,
        "to_read": marks.to_read if marks else None,
        "why": plain(row.why),
        "problems": [plain(problem, 1000) for problem in row.problems],
        "notes": [plain(note, 1000) for note in row.notes],
        "tasks": [
            {
                "task": task.task,
                "points": task.points,
                "max_points": task.max_points,
                "misconception": task.misconception,
            }
            for task in row.result.tasks
        ],
        "seed": row.result.seed,
        "isolation": row.result.isolation,
        "seconds": row.result.seconds,
        "graded_now": row.fresh,
    }


__all__ = ["NO_RESULT", "as_json", "is_complete", "summary", "table"]
