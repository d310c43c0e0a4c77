"""The outcome of a grading run, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.gradebook.scores import Scores
from course_lib.grading.jobs import Result
from course_lib.grading.sanitize import printable

GRADED, NEEDS_PERSON, NO_RESULT = "graded", "needs a person", "no result"


@dataclass(frozen=True)
class GradedSubmission:
    """One submission after grading.

    Attributes
    ----------
    student, slug : str
    scores : Scores or None
        From the gradebook; None if it has no row for this submission.
    result : Result
        With its tasks; without outputs.
    problems, notes : tuple of str
        Sentences about what a person must look at, and sentences for information only.
    unfinished : bool
        Whether the grader itself failed: the next run tries again.
    fresh : bool
        Whether this run graded it.
    """

    student: str
    slug: str
    scores: Scores | None
    result: Result
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unfinished: bool = False
    fresh: bool = True

    @property
    def status(self) -> str:
        """`GRADED`, `NEEDS_PERSON` or `NO_RESULT`."""
        if self.scores is None or self.unfinished:
            return NO_RESULT
        return NEEDS_PERSON if self.problems or self.scores.to_read else GRADED

    @property
    def why(self) -> str:
        """The first reason given for lost points, or an empty string."""
        for task in self.result.tasks:
            if task.points < task.max_points:
                reasons = [p.reason for p in task.report.parts if p.earned < p.points]
                said = task.finding.problem or next(
                    filter(None, reasons), "not every point was earned"
                )
                return f"{task.task}: {said}"
        return ""


@dataclass(frozen=True)
class Options:
    """The options of a grading run.

    Attributes
    ----------
    students : collection of str
        Only these; by default all.
    force : bool
        Whether to grade unchanged submissions again.
    sandbox : bool
    timeout : float
        Seconds for one cell.
    seed : int or None
        The seed of the hidden numbers; by default a new one for each run.
    """

    students: Collection[str] = ()
    force: bool = False
    sandbox: bool = True
    timeout: float = 30.0
    seed: int | None = None


@dataclass
class Outcome:
    """The outcome of a run; after an interruption, `left` submissions are not graded."""

    rows: list[GradedSubmission] = field(default_factory=list)
    interrupted: bool = False
    left: int = 0


_WIDEST = 70


def table(rows: Sequence[GradedSubmission]) -> str:
    """Return the results as a table by assignment, with one line per student."""
    lines: list[str] = []
    for slug in sorted({row.slug for row in rows}):
        of_one = sorted((row for row in rows if row.slug == slug), key=lambda row: row.student)
        cells = [("student", "points", "remarks")]
        cells += [(printable(row.student, 40), _points(row), _remarks(row)) for row in of_one]
        name, points = (max(len(cell[i]) for cell in cells) for i in (0, 1))
        lines += [slug, *(f"  {a:<{name}}  {b:<{points}}  {c}".rstrip() for a, b, c in cells), ""]
    return "\n".join([*lines, summary(rows)])


def summary(rows: Sequence[GradedSubmission]) -> str:
    """Return the number of submissions of each status, in one sentence."""
    fresh = sum(row.fresh for row in rows)
    said = [f"{len(rows)} submission{'s' * (len(rows) != 1)}: {fresh} graded now"]
    if len(rows) - fresh:
        said.append(f"{len(rows) - fresh} graded before")
    for status, words in ((NEEDS_PERSON, "to check by hand"), (NO_RESULT, NO_RESULT)):
        count = sum(row.status == status for row in rows)
        if count:
            said.append(f"{count} {words}" if status == NEEDS_PERSON else f"{count} with {words}")
    unprotected = sum(row.result.isolation == "none" and bool(row.result.tasks) for row in rows)
    if unprotected:
        said.append(f"{unprotected} graded without a sandbox")
    return ", ".join(said) + "."


def as_json(rows: Sequence[GradedSubmission], refused: Sequence[str] = ()) -> str:
    """Return the results as JSON."""
    ordered = sorted(rows, key=lambda row: (row.slug, row.student))
    return json.dumps(
        {"submissions": [_as_dict(row) for row in ordered], "refused": list(refused)}, indent=1
    )


def is_complete(rows: Sequence[GradedSubmission]) -> bool:
    """Return whether every submission has a result in the gradebook."""
    return all(row.status != NO_RESULT for row in rows)


def _points(row: GradedSubmission) -> str:
    if row.scores is None:
        return "none"
    points = f"{row.scores.earned:g} of {row.scores.max_points:g}"
    return points + (f" - {row.scores.late_penalty:g} late" if row.scores.late_penalty else "")


def _remarks(row: GradedSubmission) -> str:
    said = [printable(problem, 200) for problem in row.problems]
    if row.why and not said:
        said.append(printable(row.why, _WIDEST))
    if row.scores and row.scores.to_read and not row.problems:
        said.append(f"{row.scores.to_read:g} points to grade by hand")
    if row.status == NO_RESULT:
        said.insert(0, "NO RESULT.")
    elif row.problems:
        said.insert(0, "Needs a person.")
    return " ".join(said) if row.problems or row.status == NO_RESULT else "; ".join(said)


def _as_dict(row: GradedSubmission) -> dict[str, Any]:
    scores = row.scores
    return {
        "student": row.student,
        "assignment": row.slug,
        "status": row.status,
        "score": scores.earned if scores else None,
        "max_score": scores.max_points if scores else None,
        "late_penalty": scores.late_penalty if scores else None,
        "to_read": scores.to_read if scores else None,
        "why": printable(row.why),
        "problems": [printable(problem, 1000) for problem in row.problems],
        "notes": [printable(note, 1000) for note in row.notes],
        "tasks": [
            {
                "task": task.task,
                "points": task.points,
                "max_points": task.max_points,
                "misconception": task.finding.misconception,
            }
            for task in row.result.tasks
        ],
        "seed": row.result.seed,
        "isolation": row.result.isolation,
        "seconds": row.result.seconds,
        "graded_now": row.fresh,
    }


__all__ = ["NO_RESULT", "as_json", "is_complete", "summary", "table"]
