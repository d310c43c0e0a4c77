"""What became of one submission, in a row: for the table at the end, and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.grading.engine.records import Result
from course_lib.grading.engine.scores import Scores

GRADED, NEEDS_PERSON, NO_RESULT = "graded", "needs a person", "no result"


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds for one submission.

    Attributes
    ----------
    score, max_score : float
        Points by the program and by people, before any penalty.
    late_penalty : float
    to_read : float
        Points that a person has yet to give.
    """

    score: float
    max_score: float
    late_penalty: float = 0.0
    to_read: float = 0.0


def marks_from(scores: Scores | None) -> Marks | None:
    """Return the sums of what the gradebook holds."""
    if scores is None:
        return None
    points = sum(cell.points for cell in scores.cells.values())
    return Marks(points, scores.max_points, scores.late_penalty, scores.to_read)


@dataclass(frozen=True)
class Graded:
    """One submission after grading.

    Attributes
    ----------
    student, slug : str
    marks : Marks or None
        None if the gradebook has no row for it.
    result : Result
        With its tasks; without outputs.
    problems, notes : tuple of str
        What a person should look at, and what is only worth knowing.
    unfinished : bool
        Whether the grader itself failed: the next run tries again.
    fresh : bool
        Whether this run graded it.
    """

    student: str
    slug: str
    marks: Marks | None
    result: Result
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unfinished: bool = False
    fresh: bool = True

    @property
    def status(self) -> str:
        """`GRADED`, `NEEDS_PERSON` or `NO_RESULT`."""
        if self.marks is None or self.unfinished:
            return NO_RESULT
        return NEEDS_PERSON if self.problems or self.marks.to_read else GRADED

    @property
    def why(self) -> str:
        """Why not every point was earned: the first reason of the first task that lost any."""
        for task in self.result.tasks:
            if task.points < task.max_points:
                reasons: Sequence[str] = [p.reason for p in task.parts if p.earned < p.points]
                said = task.problem or next(filter(None, reasons), "not every point was earned")
                return f"{task.task}: {said}"
        return ""
