"""From evidence to words: what is wrong, what was wanted, and what to think about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.checks.calls import Failure
from course_lib.checks.evidence import WrongCount, alike, contracts, gradient
from course_lib.checks.observe import CaseRun, Observation
from course_lib.checks.report import Finding
from course_lib.checks.structure import structure
from course_lib.checks.values import NotNumbers, agrees, number, worst_index
from course_lib.misconceptions import Misconception
from course_lib.text import _

if TYPE_CHECKING:
    from course_lib.checks.layer_task import LayerTask

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
        _(
            "Two {name} objects get in each other's way: "
            "the forward of one changes the backward of the other."
        ),
        _(
            "Where do you keep what forward remembers: "
            "on the object (self), or in one place for all?"
        ),
    ),
}


def explain(
    task: LayerTask,
    part: str,
    got: Observation,
    want: Observation,
    known: Mapping[Misconception, Observation],
) -> Finding:
    """Return what to tell a learner about a part that was not earned.

    `known` holds what each known misconception does on the same cases. One is named only if
    its evidence for this part is the learner's, and no other's is.
    """
    name = task.reference.__name__
    match = _recognise(task, part, got, known)
    hint = match.hint if match else ""
    label = match.name if match else ""
    if part == "contracts":
        broken = [kind for kind, is_so in contracts(got).items() if is_so]
        if not broken:
            return Finding("", hint=hint, misconception=label)
        problem, question = _BROKEN[broken[0]]
        return Finding(problem.format(name=name), "", "", hint or question, label)
    for run, true in zip(got.runs, want.runs, strict=True):
        for what, value, right in _values(task, part, run, true):
            finding = _wrong(task, part, what, value, right, run, true)
            if finding:
                return Finding(
                    finding.problem, finding.wanted, finding.got, hint or finding.hint, label
                )
    if any(run.forwards_elsewhere for run in got.runs):
        return Finding(
            _(
                "{name}.backward calls forward again and again: that is a numerical gradient."
            ).format(name=name),
            hint=_("The gradient check does that already. What does the chain rule say at once?"),
        )
    warned = next((run.warnings[0] for run in got.runs if run.case.at == part and run.warnings), "")
    return Finding(
        _("{name} gives the right numbers for {part}, and a warning: {warned}.").format(
            name=name, part=part, warned=warned
        ),
        hint=hint or _("Which intermediate value grows beyond all bounds? Is there an equal form?"),
        misconception=label,
    )


def _recognise(
    task: LayerTask, part: str, got: Observation, known: Mapping[Misconception, Observation]
) -> Misconception | None:
    mine = task.evidence(got)
    matches = [m for m, seen in known.items() if alike(task.evidence(seen)[part], mine[part])]
    if len(matches) > 1:
        # Several mistakes look alike in this part: only all parts together can tell.
        matches = [m for m in matches if alike(task.evidence(known[m]), mine)]
    return matches[0] if len(matches) == 1 else None


def _values(task: LayerTask, part: str, run: CaseRun, true: CaseRun) -> list[tuple[str, Any, Any]]:
    """Return (name, learner's value, right value) of all that counts for a part in one run."""
    special = part != "forward" and not set(part.split(", ")) <= set(task.gradients)
    if run.case.at != (part if special else "values"):
        return []
    rows = [("out", run.out, true.out)] if part == "forward" or special else []
    names = task.gradients if special else [n for n in part.split(", ") if n != "forward"]
    count = len(task.gradients)
    for name in names:
        i = task.gradients.index(name)
        rows.append((name, gradient(run, i, count), gradient(true, i, count)))
    return rows


def _wrong(
    task: LayerTask, part: str, what: str, value: Any, right: Any, run: CaseRun, true: CaseRun
) -> Finding | None:
    method = f"{task.reference.__name__}.{'forward' if what == 'out' else 'backward'}"
    if isinstance(value, Failure):
        return _failure(method, value)
    if isinstance(value, WrongCount):
        return Finding(
            _("{method} returns the wrong number of values.").format(method=method),
            _("{n}: {names}").format(n=len(task.gradients), names=", ".join(task.gradients)),
            str(value.count),
            _("Every input of forward gets a gradient of its own, in the order of the inputs."),
        )
    if isinstance(value, NotNumbers):
        return Finding(
            _("{method} returns something that is not a number or an array.").format(method=method),
            _("numbers of shape {shape}").format(shape=np.shape(right)),
            str(value),
        )
    if value.shape != right.shape:
        return Finding(
            _("{what}, which {method} returns, has the wrong shape.").format(
                what=what, method=method
            ),
            _("shape {shape}").format(shape=right.shape),
            _("shape {shape}").format(shape=value.shape),
            structure(task, what, value, right, run, true),
        )
    if agrees(value, right):
        return None
    at = _(" for inputs {part}").format(part=part) if run.case.at == part else ""
    wanted, got = _side_by_side(task, what, value, right, run)
    return Finding(
        _("{what}, which {method} returns, has wrong values{at}.").format(
            what=what, method=method, at=at
        ),
        wanted,
        got,
        structure(task, what, value, right, run, true),
    )


def _failure(method: str, failure: Failure) -> Finding:
    if failure.unanswered:
        return Finding(_("{method} is not written yet.").format(method=method))
    where = _(", in the line: {line}").format(line=failure.where) if failure.where else ""
    return Finding(
        _("{method} stops with {kind}: {message}{where}").format(
            method=method, kind=failure.kind, message=failure.message, where=where
        )
    )


def _side_by_side(
    task: LayerTask, what: str, value: Any, right: Any, run: CaseRun
) -> tuple[str, str]:
    """Show both values where they differ most, with the inputs that belong to that place."""
    inputs = list(zip(task.arguments, run.case.inputs, strict=True))
    if what != "out":
        inputs.append(("dout", run.case.dout))
    index = worst_index(value, right)
    at = _("at [{index}], ").format(index=", ".join(map(str, index))) if index else ""
    given = ", ".join(
        f"{name} = {number(float(np.asarray(x)[index]))}"
        for name, x in inputs
        if np.shape(x) == right.shape
    )
    wanted = _("{value} ({at}for {given})").format(
        value=number(float(right[index])), at=at, given=given
    )
    return wanted, number(float(value[index]))
