"""What the check of dropout looks at: facts that hold for any way to draw a mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.answer_side import Lent, call
from course_lib.checks.values import NotNumbers, agrees, as_numbers

# How far the share that is left out may be from p: more than five standard deviations.
_SHARE = 0.05


def probe_dropout(
    answer: Any, x: Lent, dout: Lent, p: float, seed: int
) -> Iterable[tuple[str, Any]]:
    """Yield facts about a Dropout that is built with `p` and `seed`: 1 where one is true."""
    # Learners may draw as they like, so nothing is compared with the draws of the reference.
    layers: list[Any] = []
    found: dict[str, Any] = {}

    def build() -> float:
        layers.extend(call(answer, "", p, s) for s in (seed, seed, seed + 1))
        return 1.0

    def out() -> Array:
        if "out" not in found:
            found["given"] = call(layers[0], "forward", x)
            found["out"] = _like(found["given"], x.value)
            call(layers[2], "forward", x)
        return found["out"]

    def dx() -> Array:
        if "dx" not in found:
            call(layers[0], "backward", dout)
            found["dx"] = _like(call(layers[0], "backward", dout), x.value)
        return found["dx"]

    def shape() -> Any:
        if not np.isnan(out()).any():
            return 1.0
        size = np.size(found["given"])
        # What is no array at all is said as it is; what lost a part of its values is told apart.
        return 0.5 if 1 < size < x.value.size else 0.0 if size > 1 else found["given"]

    def left_out() -> float:
        share = float((out() == 0).mean())
        # A probability to keep in place of one to drop is told apart from any other fault.
        return 1.0 if abs(share - p) < _SHARE else -1.0 if abs(share - 1 + p) < _SHARE else 0.0

    def one_by_one() -> float:
        rows = (out() == 0).reshape(len(x.value), -1)
        return float(not any((lines == lines[0]).all() for lines in (rows, rows.T)))

    def no_gradient() -> float:
        gone = out() == 0
        # Where nothing is left out, or no gradient comes back at all, nothing has been shown.
        return float(gone.any() and not dx()[gone].any() and dx()[~gone].any())

    def at_test() -> float:
        # A batch of another size than those before: what is left of their masks does not fit.
        rows, drows = x.value[1:], dout.value[1:]
        tested = _like(call(layers[0], "forward", rows, False), rows)
        if agrees(tested, rows * (1 - p)):
            return -1.0
        same = np.array_equal(tested, rows)
        back = _like(call(layers[0], "backward", drows), rows)
        return (same + np.array_equal(back, drows)) / 2

    yield "build", build
    yield "out has the shape of x", shape
    yield "about the share p is left out", left_out
    yield "each value is drawn for itself", one_by_one
    yield "the mean stays the same", lambda: (1 - p) * _factor(out(), x.value, out())
    yield "dx has the shape of dout", lambda: float(not np.isnan(dx()).any())
    yield "what is left out gets no gradient", no_gradient
    yield "what stays gets the right gradient", lambda: (1 - p) * _factor(dx(), dout.value, out())
    yield (
        "every forward has a new mask",
        lambda: float(not np.array_equal(out(), _like(call(layers[0], "forward", x), x.value))),
    )
    yield (
        "the same seed gives the same masks",
        lambda: float(np.array_equal(out(), _like(call(layers[1], "forward", x), x.value))),
    )
    yield "nothing happens at test time", at_test


def _like(value: Any, x: Array) -> Array:
    """Return what came back, or nothing but nan if it is no array in the shape of `x`."""
    try:
        array = as_numbers(value)
    except NotNumbers:
        return np.full(x.shape, np.nan)
    return array if array.shape == x.shape else np.full(x.shape, np.nan)


def _factor(got: Array, given: Array, out: Array) -> float:
    """Return by what everything that stayed was multiplied, or 0 if not all by the same."""
    ratios = (got / given)[out != 0]
    if ratios.size and np.ptp(ratios) < 1e-5 * abs(ratios[0]):
        return float(ratios[0])
    return 0.0
