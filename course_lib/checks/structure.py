"""What the numbers themselves say, where no known misconception gives exactly these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from course_lib.checks.observe import Case, Seen
from course_lib.checks.values import agrees, number
from course_lib.text import _

if TYPE_CHECKING:
    from course_lib.checks.task import Task


def structure(task: Task, what: str, case: Case, seen: Seen, want: Seen) -> str:
    """Return a hint from how a wrong value is related to others, or nothing.

    A wrong hint is worse than none, so each is given only where the numbers leave no doubt.
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
    without_upstream = getattr(task, "without_upstream", None)
    if what.startswith("d") and without_upstream is not None and got.any():
        plain = without_upstream(what, case)
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
