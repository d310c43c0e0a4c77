"""Explain the first error in an answer: what is wrong, and what was expected."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from course_lib.checks.calls import UnexpectedResult
from course_lib.checks.cases import Case
from course_lib.checks.compare import (
    DoubtfulGradient,
    NotNumbers,
    Seen,
    WrongCount,
    agrees,
    number,
    worst_index,
)
from course_lib.checks.report import Finding, label_of
from course_lib.checks.side import Failure
from course_lib.text import _


class Explained(Protocol):
    """The attributes of a task that `explain` reads; see `course_lib.checks.tasks.Task`."""

    @property
    def name(self) -> str: ...

    @property
    def reference(self) -> Any: ...

    @property
    def gradients(self) -> tuple[str, ...]: ...

    @property
    def facts(self) -> bool: ...

    def counted(self, part: str, case: Case) -> tuple[str, ...]: ...

    def method(self, what: str) -> str: ...


# Prefix of values that are the verdicts of a learner's gradient check.
_VERDICT = "verdict on "

# Values that are 1 where a requirement is met.
_REQUIREMENTS = ("grads unchanged", "backward receives the given dout")

_BROKEN = {
    "inputs changed": (
        _("{name} changes its input arrays."),
        _("Which line writes into an input array instead of a new one?"),
    ),
    "dout changed": (
        _("{name}.backward changes dout, the upstream gradient."),
        _("Another layer may receive the same dout. Which values does it get now?"),
    ),
    "second backward differs": (
        _("{name}.backward returns other gradients when you call it a second time."),
        _("Does backward change an attribute that it reads?"),
    ),
    "earlier batch remembered": (
        _("After a second forward, {name}.backward still uses the first batch."),
        _("When does forward store the values for backward: only once, or in every call?"),
    ),
    "instances share state": (
        _("Two {name} objects share data: one changes the gradients of the other."),
        _("Where does forward store its values: on the object (self), or outside of it?"),
    ),
    "warned": (
        _("{name} is right here, but NumPy warns that an intermediate value is not finite."),
        _("Which intermediate value becomes too large? Is there an equal formula without it?"),
    ),
}


_DOUBTFUL = _(
    "{method}: the values are right, but {doubt}. Your instructor decides about these points."
)
_LOCAL_GRADIENT = _(
    "Which local gradient does the chain rule multiply by dout here? Compute it in float64."
)


def explain(
    task: Explained, part: str, cases: list[Case], seen: list[Seen], want: list[Seen]
) -> Finding:
    """Return the first error in a part that was not earned."""
    for case, got, right in zip(cases, seen, want, strict=True):
        for what in task.counted(part, case):
            if isinstance(right[what], bool):
                finding = None if got[what] is right[what] else _broken(task, what)
            else:
                finding = _wrong(task, what, case, got, right)
            if finding:
                return finding
    raise AssertionError(f"{task.name}: no error in the part {part!r}")


def _broken(task: Explained, what: str) -> Finding:
    problem, question = _BROKEN[what]
    name = str(task.reference.__name__)
    return Finding(problem.format(name=name), hint=question)


def _wrong(task: Explained, what: str, case: Case, seen: Seen, want: Seen) -> Finding | None:
    """Return the error in one value, or None if it is right."""
    got, right, method = seen[what], want[what], task.method(what)
    words = {"what": label_of(what), "method": method}
    if what == "value" and isinstance(task.reference, type):
        words["what"] = what
    if isinstance(got, Failure):
        return _failure(method, got)
    if isinstance(got, WrongCount):
        return Finding(
            _("{method} returns the wrong number of values.").format(**words),
            f"{len(got.names)}: {', '.join(got.names)}",
            str(got.count),
            _("backward returns one gradient for each input of forward, in the same order."),
        )
    if isinstance(got, DoubtfulGradient):
        return Finding(_DOUBTFUL.format(method=method, doubt=got), hint=_LOCAL_GRADIENT)
    if isinstance(got, NotNumbers):
        shape = np.shape(right)
        wanted = _("numbers of shape {shape}").format(shape=shape) if shape else _("a number")
        return Finding(_("{method}: {what} is not a number.").format(**words), wanted, str(got))
    if got.shape != right.shape:
        return Finding(
            _("{method}: {what} has the wrong shape.").format(**words),
            _("shape {shape}").format(shape=right.shape),
            _("shape {shape}").format(shape=got.shape),
        )
    if agrees(got, right):
        return None
    if task.facts or what in _REQUIREMENTS:
        return Finding(_("{method} does not meet this requirement: {what}.").format(**words))
    at = f" {label_of(case.at)}" if case.at else ""
    wanted, shown = _side_by_side(task, what, case, got, right)
    problem = _("{method}: {what} is wrong{at}.")
    if method.endswith(f".{what}"):
        problem = _("{method} returns a wrong value{at}.")
    if what.startswith(_VERDICT):
        problem = _("{method} returns the wrong {what}.")
        wanted = str(bool(right))
        shown = str(bool(got)) if got in (0, 1) else shown
    return Finding(problem.format(**words, at=at), wanted, shown)


def _failure(method: str, failure: Failure) -> Finding:
    if failure.unanswered:
        return Finding(
            _(
                "{method} is not written yet: it raises NotImplementedError. Replace that line "
                "with your code."
            ).format(method=method)
        )
    if failure.kind == UnexpectedResult.__name__:
        return Finding(_("{method}: {message}.").format(method=method, message=failure.message))
    where = _(", in the line: {line}").format(line=failure.where) if failure.where else ""
    return Finding(
        _("{method} stops with {kind}: {message}{where}").format(
            method=method, kind=failure.kind, message=failure.message, where=where
        )
    )


def _side_by_side(task: Explained, what: str, case: Case, got: Any, right: Any) -> tuple[str, str]:
    """Return the right and the learner's value where they differ most, with the inputs there."""
    inputs = dict(case.inputs)
    if what in task.gradients:
        inputs["dout"] = case.dout
    index = worst_index(got, right)
    at = _("at [{index}]").format(index=", ".join(map(str, index))) if index else ""
    given = ", ".join(
        f"{name} = {number(float(np.asarray(x)[index]))}"
        for name, x in inputs.items()
        if np.shape(x) == right.shape and np.asarray(x).dtype.kind in "fiu"
    )
    place = ", ".join(filter(None, [at, _("for {given}").format(given=given) if given else ""]))
    wanted = number(float(right[index]))
    return (f"{wanted} ({place})" if place else wanted), number(float(got[index]))
