"""What the numbers themselves say, where no known misconception gives exactly these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.checks.evidence import gradient
from course_lib.checks.observe import CaseRun
from course_lib.checks.values import agrees, number
from course_lib.text import _

if TYPE_CHECKING:
    from course_lib.checks.layer_task import LayerTask


def structure(task: LayerTask, what: str, got: Any, want: Any, run: CaseRun, true: CaseRun) -> str:
    """Return a hint from how `got` is related to `want`, or nothing: a wrong hint is worse."""
    if not np.isfinite(got).all():
        return _("Some of these are nan or inf. Which step divides by zero or overflows?")
    if got.shape != want.shape:
        if got.shape == want.shape[::-1]:
            return _("The shape is the wanted one turned round. Which factor has to be transposed?")
        return _("A gradient has exactly the shape of what it belongs to. Where does yours change?")
    if not got.any():
        return (
            _("Every value is 0, whatever comes in.")
            if what == "out"
            else _("Every value is 0. Where should the gradient come through?")
        )
    if what != "out":
        for i, other in enumerate(task.gradients):
            if other != what and agrees(got, gradient(true, i, len(task.gradients))):
                return _(
                    "These are the values of {other}. Is the order that of the inputs?"
                ).format(other=other)
        if agrees(got, _without_upstream(task, what, run)):
            return _("These are the values for dout = 1. What does your backward do with dout?")
    if agrees(got, -want):
        return _("Every value has the wrong sign, and nothing else is wrong.")
    if got.ndim == 2 and got.shape[0] == got.shape[1] and agrees(got, want.T):
        return _("This is the wanted array, transposed.")
    with np.errstate(all="ignore"):
        ratio = got / want
    ratio = ratio[np.isfinite(ratio)]
    if got.size > 2 and ratio.size == got.size and np.ptp(ratio) <= 1e-6 * abs(ratio.flat[0]):
        return _("Every value is {ratio} times what it should be.").format(
            ratio=number(float(ratio.flat[0]))
        )
    return ""


def _without_upstream(task: LayerTask, what: str, run: CaseRun) -> Any:
    layer = task.reference()
    layer.forward(*run.case.inputs)
    grads = layer.backward(np.ones(np.shape(run.case.dout)))
    grads = grads if isinstance(grads, tuple) else (grads,)
    return np.asarray(grads[task.gradients.index(what)])
