"""The report of a check: points part by part, and an explanation of the first fault."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from course_lib.checks.calls import UnexpectedResult
from course_lib.checks.cases import Case
from course_lib.checks.compare import (
    NotNumbers,
    NumericalGradient,
    Seen,
    WrongCount,
    agrees,
    number,
    worst_index,
)
from course_lib.checks.side import Failure
from course_lib.text import _

# Notebook and feedback page each have a table style of their own; this suits both.
_CELL = "style='padding: 0.15em 1em 0.15em 0; text-align: left; vertical-align: top'"


@dataclass(frozen=True)
class Finding:
    """One fault of an answer, and help to correct it.

    Attributes
    ----------
    problem : str
        The fault in one sentence.
    wanted, got : str
        Two values to compare; empty if there are none.
    hint : str
        The hint of the misconception that gives exactly these numbers, or of their structure.
    misconception : str
        Name of that misconception.
    """

    problem: str
    wanted: str = ""
    got: str = ""
    hint: str = ""
    misconception: str = ""


@dataclass(frozen=True)
class Part:
    """Points for one part of a task, with the reason if they were not earned."""

    name: str
    points: float
    earned: float
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Its ``repr`` is the number of points: that is how nbgrader reads partial credit from the
    output of a grade cell. A notebook shows the table instead; ``print`` gives it as text.
    """

    task: str
    parts: tuple[Part, ...]
    finding: Finding | None = None
    notice: str = ""
    read: str = ""
    seed: int | None = None

    @property
    def points(self) -> float:
        """Points earned."""
        return float(sum(part.earned for part in self.parts))

    @property
    def max_points(self) -> float:
        """Points that can be earned."""
        return float(sum(part.points for part in self.parts))

    @property
    def passed(self) -> bool:
        """Whether every point was earned."""
        return self.points == self.max_points

    def __float__(self) -> float:
        return self.points

    def __repr__(self) -> str:
        return str(self.points)

    def __str__(self) -> str:
        width = max(len(part.name) for part in self.parts)
        lines = [self._headline()]
        for part in self.parts:
            score = f"{part.earned:g}/{part.points:g}"
            lines.append(f"  {part.name:<{width}}  {score:>5}  {part.reason}".rstrip())
        return "\n".join([*lines, *(f"{label}{text}" for label, text in self._words())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td {_CELL}>{'✓' if part.earned == part.points else '✗'} "
            f"{html.escape(part.name)}</td>"
            f"<td {_CELL}>{part.earned:g}&nbsp;/&nbsp;{part.points:g}</td>"
            f"<td {_CELL}>{html.escape(part.reason)}</td></tr>"
            for part in self.parts
        )
        words = "".join(
            f"<p>{f'<strong>{html.escape(label)}</strong>' if label else ''}{html.escape(text)}</p>"
            for label, text in self._words()
        )
        return (
            f"<div class='check'><p><strong>{html.escape(self._headline())}</strong></p>"
            f"<table><tbody>{rows}</tbody></table>{words}</div>"
        )

    def _section(self) -> str:
        chapter, _hash, label = self.read.partition("#")
        return _("chapter {chapter}, section “{label}”").format(chapter=chapter, label=label)

    def _headline(self) -> str:
        return _("{task}: {points:g} of {max_points:g} points").format(
            task=self.task, points=self.points, max_points=self.max_points
        )

    def _words(self) -> list[tuple[str, str]]:
        """Return sentences with their labels, in reading order."""
        if self.finding is None:
            return [("", self.notice)] if self.notice else []
        said = [
            ("", self.finding.problem),
            (_("Wanted: "), self.finding.wanted),
            (_("Got: "), self.finding.got),
            (_("Think: "), self.finding.hint),
            (_("Read: "), self._section()),
        ]
        return [(label, text) for label, text in said if text]


# --- explanations ---------------------------------------------------------------------------------


class Explained(Protocol):
    """What `explain` needs of a task; see `course_lib.checks.tasks.Task`."""

    @property
    def name(self) -> str: ...

    @property
    def reference(self) -> Any: ...

    @property
    def facts(self) -> bool: ...

    def counted(self, part: str, case: Case) -> tuple[str, ...]: ...

    def method(self, what: str) -> str: ...

    def without_upstream(self, what: str, case: Case) -> Any: ...


# Prefix of the names of values that are judgements.
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
    task: Explained, part: str, cases: list[Case], seen: list[Seen], want: list[Seen]
) -> Finding:
    """Return the first fault, in the first case that has one, of a part that was not earned."""
    for case, got, right in zip(cases, seen, want, strict=True):
        for what in task.counted(part, case):
            if isinstance(right[what], bool):
                finding = None if got[what] is right[what] else _broken(task, what)
            else:
                finding = _wrong(task, what, case, got, right)
            if finding:
                return finding
    raise AssertionError(f"{task.name}: nothing is wrong in {part!r}")


def _broken(task: Explained, what: str) -> Finding:
    problem, question = _BROKEN[what]
    name = str(task.reference.__name__)
    return Finding(problem.format(name=name, method=f"{name}.backward"), hint=question)


def _wrong(task: Explained, what: str, case: Case, seen: Seen, want: Seen) -> Finding | None:
    """Return what is wrong with one value, or None."""
    got, right, method = seen[what], want[what], task.method(what)
    words = {"what": what, "method": method}
    if isinstance(got, Failure):
        return _failure(method, got)
    if isinstance(got, WrongCount):
        return Finding(
            _("{method} returns the wrong number of values.").format(**words),
            f"{len(got.names)}: {', '.join(got.names)}",
            str(got.count),
            _("Every input of forward gets a gradient of its own, in the order of the inputs."),
        )
    if isinstance(got, NumericalGradient):
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
            _structure(task, what, case, seen, want),
        )
    if agrees(got, right):
        return None
    if task.facts:
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
        _structure(task, what, case, seen, want),
    )


def _failure(method: str, failure: Failure) -> Finding:
    if failure.unanswered:
        return Finding(_("{method} is not written yet.").format(method=method))
    if failure.kind == UnexpectedResult.__name__:
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


def _structure(task: Explained, what: str, case: Case, seen: Seen, want: Seen) -> str:
    """Return a hint from the relation of a wrong value to other values, or nothing.

    A wrong hint is worse than none, so there is one only where the numbers leave no doubt.
    """
    got, right = seen[what], want[what]
    if not np.isfinite(got).all():
        return _("Some of these are nan or inf. Which step divides by zero or overflows?")
    if got.shape != right.shape:
        if got.shape == right.shape[::-1]:
            return _("The shape is the wanted one turned round. Which factor has to be transposed?")
        return _("A gradient has exactly the shape of what it belongs to. Where does yours change?")
    if not got.any():
        return (
            _("Every value is 0. Where should the gradient come through?")
            if what.startswith("d")
            else _("Every value is 0, whatever comes in.")
            if got.ndim
            else ""
        )
    for other, value in want.items():
        if other != what and isinstance(value, np.ndarray) and agrees(got, value):
            return _("These are the values of {other}. Has something changed places?").format(
                other=other
            )
    if what.startswith("d"):
        plain = task.without_upstream(what, case)
        if isinstance(plain, np.ndarray) and agrees(got, plain):
            return _("These are the values for dout = 1. What does your backward do with dout?")
    if agrees(got, -right):
        return _("Every value has the wrong sign, and nothing else is wrong.")
    if got.ndim == 2 and got.shape[0] == got.shape[1] > 1 and agrees(got, right.T):
        return _("This is the wanted array, transposed.")
    return _factor(got, right)


def _factor(got: np.ndarray, right: np.ndarray) -> str:
    there = right != 0
    if got[~there].any() or there.sum() < 2:
        return ""
    ratio = got[there] / right[there]
    if np.ptp(ratio) > 1e-6 * abs(ratio[0]):
        return ""
    return _("Every value is {ratio} times what it should be.").format(
        ratio=number(float(ratio[0]))
    )
