"""The report of a check: the points for each part, and an explanation of the first error."""

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

# Override the table styles of the notebook and of the feedback page.
_CELL = "style='padding: 0.15em 1em 0.15em 0; text-align: left; vertical-align: top'"


# Names of parts and values that a report shows in other words.
_LABELS = {
    "contracts": _("inputs unchanged, repeatable"),
    "value": _("returned value"),
    "tensors": _("for a batch of tensors"),
    "at extremes": _("for extreme inputs"),
    # 06_two_layer_net
    "one-hot accuracy": _("accuracy with one-hot targets"),
    "any order": _("for other batches and networks"),
    "scores after the step": _("logits after the step"),
    "any depth": _("for two layers"),
    "entries for two layers": _("number of entries for two layers"),
    # 07_gradient_check
    "verdict": _("ordinary gradients"),
    "worst": _("index of the worst element"),
    "zeros": _("gradients of 0"),
    "shapes": _("gradients of different shapes"),
    "upstream": _("layers that use dout wrongly"),
    "every element": _("layers with a few wrong elements"),
    "shape": _("layers whose dx has another shape"),
    # 08_training
    "held": _("arrays that the layers hold"),
    "batch_size rows and targets": _("a batch has batch_size rows and targets"),
    "rows and targets belong together": _("each row comes with its own target"),
    "every row can come": _("every row can be drawn"),
    "another batch each time": _("different seeds draw different batches"),
    "one loss a step": _("one loss for each step"),
    "accuracy reached": _("the test accuracy is high enough"),
    "network and batches as asked": _("initial weights and batches are drawn as described"),
    # 09_deeper
    "about the share p is left out": _("about a fraction p of the values is dropped"),
    "each value is drawn for itself": _("each value is dropped independently"),
    "what is left out gets no gradient": _("dropped values get the gradient 0"),
    "what stays gets the right gradient": _("kept values get the right gradient"),
    "every forward has a new mask": _("every forward draws a new mask"),
    "nothing happens at test time": _("no dropout at test time"),
    "running_mean afterwards": _("running_mean after the test"),
    # 10_autodiff
    "nothing else comes": _("no other name appears"),
    "no name comes twice": _("no name appears twice"),
}


def label_of(name: str) -> str:
    """Return the name of a part or value as a report shows it."""
    return _LABELS.get(name) or ", ".join(_LABELS.get(one, one) for one in name.split(", "))


@dataclass(frozen=True)
class Finding:
    """The first error in an answer, and help to correct it.

    Attributes
    ----------
    problem : str
        The error in one sentence.
    wanted, got : str
        The right and the learner's value, where there is one to compare; else empty.
    hint : str
        The hint of the misconception that gives the same numbers, or a hint from their structure.
    misconception : str
        Name of that misconception; empty if none matches.
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

    @property
    def label(self) -> str:
        """The name as a report shows it."""
        return label_of(self.name)


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Its ``repr`` is the number of points, because nbgrader reads partial credit from the output of
    a grade cell. A notebook shows a table; ``print`` shows the same table as text.
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
        width = max(len(part.label) for part in self.parts)
        lines = [self._headline()]
        for part in self.parts:
            score = f"{part.earned:g}/{part.points:g}"
            lines.append(f"  {part.label:<{width}}  {score:>5}  {part.reason}".rstrip())
        return "\n".join([*lines, *(f"{label}{text}" for label, text in self._words())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td {_CELL}>{'✓' if part.earned == part.points else '✗'} "
            f"{html.escape(part.label)}</td>"
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
        if not label:
            return chapter
        return _("chapter {chapter}, section “{label}”").format(chapter=chapter, label=label)

    def _headline(self) -> str:
        return _("{task}: {points:g} of {max_points:g} points").format(
            task=self.task, points=self.points, max_points=self.max_points
        )

    def _words(self) -> list[tuple[str, str]]:
        """Return pairs of a label and a sentence, in reading order."""
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

    def without_upstream(self, what: str, case: Case) -> Any: ...


# Prefix of values that are the verdicts of a learner's gradient check.
_VERDICT = "verdict on "

# Values that are 1 where a requirement is met.
_REQUIREMENTS = ("grads unchanged",)

_BROKEN = {
    "inputs changed": (
        _("{name} changes its input arrays."),
        _("Which line writes into an input? What does the caller find in that array afterwards?"),
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
        _("When do you store what backward needs: only once, or in every forward?"),
    ),
    "instances share state": (
        _("Two {name} objects share data: one changes the gradients of the other."),
        _("Where does forward store its values: on the object (self), or outside of it?"),
    ),
    "tries forward": (
        _("{method} computes a numerical gradient. The task asks for the chain rule."),
        _("Which local gradient does the chain rule multiply by dout here?"),
    ),
    "warned": (
        _("{name} is right here, but NumPy warns that an intermediate value is not finite."),
        _("Which intermediate value becomes too large? Is there an equal formula without it?"),
    ),
}


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
    return Finding(problem.format(name=name, method=f"{name}.backward"), hint=question)


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
    if isinstance(got, NumericalGradient):
        problem, question = _BROKEN["tries forward"]
        return Finding(problem.format(method=method), hint=question)
    if isinstance(got, NotNumbers):
        shape = np.shape(right)
        wanted = _("numbers of shape {shape}").format(shape=shape) if shape else _("a number")
        return Finding(_("{method}: {what} is not a number.").format(**words), wanted, str(got))
    if got.shape != right.shape:
        return Finding(
            _("{method}: {what} has the wrong shape.").format(**words),
            _("shape {shape}").format(shape=right.shape),
            _("shape {shape}").format(shape=got.shape),
            _structure(task, what, case, seen, want),
        )
    if agrees(got, right):
        return None
    if task.facts or what in _REQUIREMENTS:
        return Finding(_("{method} does not meet this requirement: {what}.").format(**words))
    at = f" {label_of(case.at)}" if case.at else ""
    wanted, shown = _side_by_side(task, what, case, got, right)
    problem = _("{method}: {what} is wrong{at}.")
    if what.startswith(_VERDICT):
        problem = _("{method} returns the wrong {what}.")
        wanted = str(bool(right))
        shown = str(bool(got)) if got in (0, 1) else shown
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


def _structure(task: Explained, what: str, case: Case, seen: Seen, want: Seen) -> str:
    """Return a hint from the relation of a wrong value to other values, or an empty string.

    A wrong hint does harm, so there is a hint only where the numbers prove the relation.
    """
    got, right = seen[what], want[what]
    if not np.isfinite(got).all():
        return _("Some values are nan or inf. Which step divides by zero or overflows?")
    if got.shape != right.shape:
        if got.shape == right.shape[::-1]:
            return _("Your shape is the right one, transposed. Which factor needs a transpose?")
        return _("Which line changes the shape? A gradient has exactly the shape of its array.")
    if not got.any():
        return (
            _("Every value is 0. For which inputs should the gradient not be 0?")
            if what.startswith("d")
            else _("Every value is 0, for every input.")
            if got.ndim
            else ""
        )
    for other, value in want.items():
        if other != what and isinstance(value, np.ndarray) and agrees(got, value):
            return _("These are the values of {other}. Did you swap the two?").format(other=other)
    if what.startswith("d"):
        plain = task.without_upstream(what, case)
        if isinstance(plain, np.ndarray) and agrees(got, plain):
            return _("These are the values for dout = 1. Where does your backward use dout?")
    if agrees(got, -right):
        return _("Every value has the wrong sign. Apart from the sign, all are right.")
    if got.ndim == 2 and got.shape[0] == got.shape[1] > 1 and agrees(got, right.T):
        return _("This is the right array, transposed.")
    return _factor(got, right)


def _factor(got: np.ndarray, right: np.ndarray) -> str:
    there = right != 0
    if got[~there].any() or there.sum() < 2:
        return ""
    ratio = got[there] / right[there]
    if np.ptp(ratio) > 1e-6 * abs(ratio[0]):
        return ""
    return _("Every value is {ratio} times the right value.").format(ratio=number(float(ratio[0])))
