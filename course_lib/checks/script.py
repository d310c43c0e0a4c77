"""Several steps with a learner's object in one go.

Where the object lives in another process, a request for each step would take longer than the
steps themselves. Each step is still tried by itself, and a step after one that failed is too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.checks.answer_side import LOCAL, Lent, Line, Raised, Side, Watch, side_of
from course_lib.checks.calls import Failure, attempt, failure_of


class Made:
    """What a step gives, before the step is done; afterwards `value` and `warned` say it.

    Attributes
    ----------
    line : int
        The place of the step among all.
    value : value or Failure
        Numbers are a copy, which later steps can't write into.
    warned : list of str
        NumPy's warnings.
    watched : int
        Calls that a `Watch` counted.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        self.value: Any = None
        self.warned: list[str] = []


class Script:
    """Steps to do, in order.

    Parameters
    ----------
    answer : class or function
        Whose side it is done on.
    """

    def __init__(self, answer: Any) -> None:
        self.side: Side = side_of(answer)
        self.lines: list[Line] = []
        self.made: list[Made] = []

    def call(
        self, of: Any, method: str, args: Sequence[Any] = (), watch: Watch | None = None
    ) -> Made:
        """Call a method of something, or of what an earlier step made, or that itself."""
        return self._add(Line("call", _place(of), method, tuple(args), watch))

    def get(self, of: Any, name: str) -> Made:
        """Read an attribute of something, or of what an earlier step made."""
        return self._add(Line("get", _place(of), name))

    def now(self, lent: Sequence[Lent]) -> Made:
        """Look at what has become of data that was lent."""
        return self._add(Line("now", None, "", tuple(lent)))

    def run(self) -> None:
        """Do all steps."""
        if self.side is LOCAL:
            self._here()
            return
        for made, (value, warned) in zip(self.made, self.side.perform(self.lines), strict=True):
            made.value = failure_of(value) if isinstance(value, Raised) else value
            made.warned = warned

    def _add(self, line: Line) -> Made:
        self.lines.append(line)
        self.made.append(Made(len(self.made)))
        return self.made[-1]

    def _here(self) -> None:
        things: list[Any] = []
        for line, made in zip(self.lines, self.made, strict=True):
            thing = things[line.of] if type(line.of) is int else line.of
            if isinstance(thing, Failure):
                made.value = thing
            elif line.kind == "call":
                made.value, made.warned = attempt(_call, thing, line)
            elif line.kind == "get":
                made.value, made.warned = attempt(LOCAL.get, thing, line.name)
            else:
                made.value, made.warned = attempt(LOCAL.now, line.args)
            things.append(made.value)
            made.value, _ = attempt(_copied, made.value)


def _place(of: Any) -> Any:
    return of.line if isinstance(of, Made) else of


def _call(thing: Any, line: Line) -> Any:
    return LOCAL.call(thing, line.name, line.args, line.watch)


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.array(value, subok=True)
    if isinstance(value, (list, tuple)):
        # Not as a subclass may have it: this must not run the learner's code.
        base: Any = list if isinstance(value, list) else tuple
        return base(map(_copied, base.__iter__(value)))
    return value
