"""The check of a prediction: numbers worked out by hand, no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from course_lib.checks.answer_side import call, plain, type_name
from course_lib.checks.calls import Failure, attempt
from course_lib.checks.misconceptions import Misconception, misconceptions_of
from course_lib.checks.report import Finding, Part, Report
from course_lib.checks.values import NotNumbers, agrees, as_numbers, small
from course_lib.text import _


@dataclass(frozen=True)
class NumberTask:
    """Numbers to predict; calling the task with the learner's function checks them.

    The function takes nothing and returns a dict of numbers. Each is worth one point. The
    right number is never told. A shape or a small array, such as (3, 4), is a number in this
    sense too.

    Attributes
    ----------
    slug, name : str
        The assignment, and the task in it.
    answers : mapping of str to float, or to a tuple of them
    read : str
        The section of the book to point to.
    notice : str
        What a right answer gets to hear.
    """

    slug: str
    name: str
    answers: Mapping[str, Any]
    read: str
    notice: str

    @property
    def max_points(self) -> int:
        """Points that can be earned."""
        return len(self.answers)

    @cached_property
    def misconceptions(self) -> tuple[Misconception, ...]:
        """The known wrong answers."""
        return misconceptions_of(self.slug, self.name, self.answers)

    def __call__(self, answer: Any, seed: int | None = None) -> Report:  # noqa: ARG002
        """Check a learner's function and return the report.

        `seed` is taken for the sake of one way to call every task; nothing here is drawn.
        """
        given, _warned = attempt(call, answer)
        given = plain(given)
        if isinstance(given, Failure):
            problem = (
                _("The numbers are not filled in yet.")
                if given.unanswered
                else _("{name} stops with {kind}: {message}").format(
                    name=self.name, kind=given.kind, message=given.message
                )
            )
            return self._report({}, Finding(problem))
        if not isinstance(given, dict):
            return self._report(
                {},
                Finding(
                    _("{name} returns no dict of numbers.").format(name=self.name),
                    _("a dict with {names}").format(names=", ".join(self.answers)),
                    type_name(given),
                ),
            )
        reasons = {name: self._reason(name, given) for name in self.answers}
        wrong = [name for name, reason in reasons.items() if reason]
        return self._report(reasons, self._finding(wrong[0], given, reasons) if wrong else None)

    def _reason(self, name: str, given: dict[Any, Any]) -> str:
        if name not in given or given[name] is None:
            return _("no number given")
        try:
            number = as_numbers(given[name])
        except NotNumbers as what:
            return str(what)
        right = agrees(number, np.array(self.answers[name], float))
        return "" if right else _("{got} is not it").format(got=small(number))

    def _finding(self, name: str, given: dict[Any, Any], reasons: Mapping[str, str]) -> Finding:
        known = [m for m in self.misconceptions if _says(m, name, given)]
        match = known[0] if len(known) == 1 else None
        return Finding(
            _("{name}: {reason}.").format(name=name, reason=reasons[name]),
            hint=match.hint if match else "",
            misconception=match.name if match else "",
        )

    def _report(self, reasons: Mapping[str, str], finding: Finding | None) -> Report:
        parts = tuple(
            Part(name, 1, int(reasons.get(name) == ""), reasons.get(name, ""))
            for name in self.answers
        )
        return Report(self.name, parts, finding, self.notice, self.read)


def _says(wrong: Misconception, name: str, given: dict[Any, Any]) -> bool:
    """Tell whether a misconception gives the number that was given for `name`."""
    if name not in wrong.answers:
        return False
    try:
        return agrees(as_numbers(given.get(name)), np.array(wrong.answers[name], float))
    except NotNumbers:
        return False
