"""From evidence to words: what is wrong, what was wanted, and what to think about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.checks.calls import Failure, NotAsked
from course_lib.checks.differences import ByDifferences
from course_lib.checks.misconceptions import Misconception
from course_lib.checks.observe import CONTRACTS, Case, Seen, WrongCount
from course_lib.checks.report import Finding
from course_lib.checks.structure import structure
from course_lib.checks.values import NotNumbers, agrees, number, worst_index
from course_lib.text import _

if TYPE_CHECKING:
    from course_lib.checks.task import Task

# How the name of a value begins that is a judgement.
_VERDICT = "verdict on "

_BROKEN = {
    "inputs changed": (
        _("{name} changes the arrays that it is given."),
        _("Who else may be holding that array? What would they find in it afterwards?"),
    ),
    "dout changed": (
        _("{name}.backward writes into the upstream gradient that it is given."),
        _("The same dout may have to go to another layer too. What does that layer receive now?"),
    ),
    "second backward differs": (
        _("{name}.backward gives something else when it is called a second time."),
        _("What does backward leave behind that it did not find? Does it change what it reads?"),
    ),
    "earlier batch remembered": (
        _("After a second forward, {name}.backward still answers for the first one."),
        _("When is what backward needs written down: once, or at every forward?"),
    ),
    "instances share state": (
        _("Two {name} objects get in each other's way: one changes what the other gives back."),
        _("Where is what forward remembers kept: on the object (self), or in one place for all?"),
    ),
    "tries forward": (
        _("{method} tries what comes out for inputs nearby: that is a numerical gradient."),
        _("The gradient check does that already. What does the chain rule say at once?"),
    ),
    "warned": (
        _("{name} gives the right numbers here, with a warning that one on the way was not."),
        _("Which intermediate value grows beyond all bounds? Is there an equal form?"),
    ),
}


def explain(
    task: Task,
    part: str,
    cases: list[Case],
    seen: list[Seen],
    want: list[Seen],
    match: Misconception | None,
) -> Finding:
    """Return what to tell a learner about a part that was not earned.

    The first thing in the first case that is not as wanted is told. `match` is the
    misconception that was recognised, if any: its hint comes before what the numbers say.
    """
    for case, got, right in zip(cases, seen, want, strict=True):
        for what in task.counted(part, case):
            if isinstance(right[what], bool):
                finding = None if got[what] is right[what] else _broken(task, what)
            else:
                finding = _wrong(task, what, case, got, right)
            if finding and match:
                return Finding(finding.problem, finding.wanted, finding.got, match.hint, match.name)
            if finding:
                return finding
    raise AssertionError(f"{task.name}: nothing is wrong in {part!r}")


def _broken(task: Task, what: str) -> Finding:
    problem, question = _BROKEN[what]
    assert what in CONTRACTS or what in ("tries forward", "warned")
    name = str(task.reference.__name__)
    return Finding(problem.format(name=name, method=f"{name}.backward"), hint=question)


def _wrong(task: Task, what: str, case: Case, seen: Seen, want: Seen) -> Finding | None:
    """Return what is wrong with one value, or None."""
    got, right, method = seen[what], want[what], task.method(what)
    words = {"what": what, "method": method}
    if isinstance(got, Failure):
        return _failure(method, got)
    if isinstance(got, WrongCount):
        names: tuple[str, ...] = getattr(task, "returned", ())
        return Finding(
            _("{method} returns the wrong number of values.").format(**words),
            f"{len(names)}: {', '.join(names)}",
            str(got.count),
            _("Every input of forward gets a gradient of its own, in the order of the inputs."),
        )
    if isinstance(got, ByDifferences):
        problem, question = _BROKEN["tries forward"]
        return Finding(problem.format(method=method), hint=question)
    if isinstance(got, NotNumbers):
        shape = np.shape(right)
        wanted = _("numbers of shape {shape}").format(shape=shape) if shape else _("a number")
        return Finding(_("{what}, from {method}, is no number.").format(**words), wanted, str(got))
    if got.shape != right.shape:
        return Finding(
            _("{what}, from {method}, has the wrong shape.").format(**words),
            _("shape {shape}").format(shape=right.shape),
            _("shape {shape}").format(shape=got.shape),
            structure(task, what, case, seen, want),
        )
    if agrees(got, right):
        return None
    if getattr(task, "facts", False):
        return Finding(_("This is not so for {method}: {what}.").format(**words))
    at = f" {case.at}" if case.at else ""
    wanted, shown = _side_by_side(what, case, got, right)
    problem = _("{what}, from {method}, has wrong values{at}.")
    if what.startswith(_VERDICT):
        problem = _("{method} gives the wrong {what}.")
    elif not got.ndim:
        problem = _("{what}, from {method}, has a wrong value{at}.")
    return Finding(
        problem.format(**words, at=at),
        wanted,
        shown,
        structure(task, what, case, seen, want),
    )


def _failure(method: str, failure: Failure) -> Finding:
    if failure.unanswered:
        return Finding(_("{method} is not written yet.").format(method=method))
    if failure.kind == NotAsked.__name__:
        return Finding(
            _("From {method}, {message}.").format(method=method, message=failure.message)
        )
    where = _(", in the line: {line}").format(line=failure.where) if failure.where else ""
    return Finding(
        _("{method} stops with {kind}: {message}{where}").format(
            method=method, kind=failure.kind, message=failure.message, where=where
        )
    )


def _side_by_side(what: str, case: Case, got: Any, right: Any) -> tuple[str, str]:
    """Show both values where they differ most, with the inputs that belong to that place."""
    inputs = dict(case.inputs)
    if what != "out":
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
