"""How to grade, and what a run came to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from course_lib.grading.engine.graded import Graded


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes
    ----------
    students : collection of str
        Only these; all unless given.
    force : bool
        Grade what is graded already, too.
    sandbox : bool
    timeout : float
        Seconds for one cell.
    seed : int or None
        Of the hidden numbers; a new one for each run unless given.
    """

    students: Collection[str] = ()
    force: bool = False
    sandbox: bool = True
    timeout: float = 30.0
    seed: int | None = None


@dataclass
class Outcome:
    """What a run came to; it was stopped if `interrupted`, and then `left` are not graded."""

    rows: list[Graded] = field(default_factory=list)
    interrupted: bool = False
    left: int = 0
