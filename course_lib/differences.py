"""Central differences, and more careful ones where a central difference is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.progress import progress_bar

# Weights of f(x), f(x + s), ..., f(x + 4 s) whose sum is 12 s f'(x), exact to fourth order.
_ONE_SIDED = np.array([-25.0, 48, -36, 16, -3])

# The steps of a second look, in units of h, and the longest of them.
LONGEST = 100
_STEPS = (LONGEST, 10, 1, 0.1, 0.01, 0.001)

# How many roundings of the loss a difference of a few losses may be off by.
_ROUNDINGS = 10


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, h: float = 1e-5, progress: bool | None = False
) -> Array:
    """Gradient of a scalar function by central differences.

    ``df/dx_i = (f(x + h e_i) - f(x - h e_i)) / (2 h)``

    The error is about ``h**2 |f'''| / 6 + eps |f| / h``: in float64 smallest near h = 1e-5.

    Parameters
    ----------
    f : callable
        Takes `x` and returns a scalar. It may also ignore its argument and read `x` from
        elsewhere, as ``lambda _: net.loss(x, t)`` does: `x` itself is perturbed, in place.
    x : ndarray of float
        Where to take the gradient. Restored exactly, even if `f` raises.
    h : float
        Step.
    progress : bool, optional
        Whether to show a progress bar; None decides by whether somebody watches.

    Returns
    -------
    ndarray, shape of `x`

    Raises
    ------
    TypeError
        If `x` is not a floating array. Adding h to an integer changes nothing.
    ValueError
        If `x` or a value of `f` is not finite, `f` returns no scalar, or h is not positive.

    References
    ----------
    CS231n, "Gradient checks"; PyTorch ``torch.autograd.gradcheck``.
    """
    check_step(h)
    check_point(x, "numerical_gradient: x")
    grad = np.empty(x.shape)
    bar = progress_bar(x.size, "numerical gradient", progress)
    try:
        for index in np.ndindex(x.shape):
            above, below = _at(f, x, index, h), _at(f, x, index, -h)
            grad[index] = (above - below) / (2 * h)
            bar.update()
    finally:
        bar.close()
    return grad


def careful_slope(
    f: Callable[[Array], Any],
    x: Array,
    index: tuple[int, ...],
    h: float,
    rounding: float,
    agrees: Callable[[float, float], bool],
) -> tuple[float | None, bool]:
    """Return a slope of fourth order that `agrees` (or None), and whether there is a kink.

    A long step keeps rounding small, a short one keeps out of the way of kinks. Where there
    is a kink within a step, the slopes on its two sides differ, and either is right. Then only
    a shorter step can tell, and `agrees`, called with a slope and its noise, is told so. A side
    whose slope stays the same with a shorter step is known, and the search is over.
    """
    middle = scalar(f(x))
    kink = False
    before = (np.inf, np.inf)
    for step in (h * factor for factor in _STEPS):
        up = [middle, *(_at(f, x, index, k * step) for k in (1, 2))]
        down = [middle, *(_at(f, x, index, -k * step) for k in (1, 2))]
        central = (8 * (up[1] - down[1]) - (up[2] - down[2])) / (12 * step)
        noise = _ROUNDINGS * rounding / step
        if agrees(central, noise if kink else 0.0):
            return central, kink
        up += [_at(f, x, index, k * step) for k in (3, 4)]
        down += [_at(f, x, index, -k * step) for k in (3, 4)]
        right = float(_ONE_SIDED @ up) / (12 * step)
        left = -float(_ONE_SIDED @ down) / (12 * step)
        if abs(left - right) > 1e-6 * max(abs(left), abs(right)) + noise:
            kink = True
            for slope in (left, right):
                if agrees(slope, noise):
                    return slope, kink
        for slope, longer in zip((left, right), before, strict=True):
            if abs(slope - longer) <= 1e-6 * abs(slope) + noise:
                return None, kink
        before = (left, right)
    return None, False


def rounding_of(f: Callable[[Any], Any], arrays: list[Array], h: float) -> float:
    """Return about how much rounding moves the value of `f`, which reads `arrays`.

    Along a straight line of tiny steps a smooth function has no second differences; what
    there is of them is rounding. The median leaves out a kink that lies between two steps.
    """
    kept = [array.copy() for array in arrays]
    rng = np.random.default_rng(0)
    directions = [rng.choice([-1.0, 1.0], array.shape) for array in arrays]
    values = []
    try:
        for i in range(9):
            for array, start, direction in zip(arrays, kept, directions, strict=True):
                array[...] = start + i * 1e-5 * h * direction
            values.append(scalar(f(None)))
    finally:
        for array, start in zip(arrays, kept, strict=True):
            array[...] = start
    jitter = float(np.median(np.abs(np.diff(values, 2))))
    return max(jitter, float(np.finfo(float).eps * np.abs(values).max()))


def noise_of(rounding: float, h: float) -> float:
    """Return how far rounding may move a slope taken with the longest step."""
    return _ROUNDINGS * rounding / (LONGEST * h)


def _at(f: Callable[[Array], Any], x: Array, index: tuple[int, ...], step: float) -> float:
    """Return f with one element of `x` moved by `step`, and put the element back."""
    kept = x[index].copy()
    x[index] = kept + step
    try:
        return scalar(f(x))
    finally:
        x[index] = kept


def scalar(value: Any) -> float:
    """Return `value` as a finite float, or say why it is none."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected a function (or loss) that returns one real number, got "
            f"{type(value).__name__} of shape {array.shape}. Sum or average it first."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"expected a finite value of the function (or loss), got {array.item()}. "
            "A gradient there means nothing; look for the first value that is not finite."
        )
    return float(array.item())


def check_step(h: float) -> None:
    """Refuse a step that is not positive and finite."""
    if not 0 < h < np.inf:
        raise ValueError(f"h: expected a small positive step such as 1e-5, got {h!r}.")


def check_point(x: Any, name: str) -> None:
    """Refuse what cannot be moved by a small step, in place."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        got = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"{name}: expected a NumPy array of floats, got {got}: a small step added to an "
            "integer changes nothing. Use x.astype(float)."
        )
    if not x.flags.writeable:
        raise ValueError(
            f"{name}: expected a writable array, since its elements are moved in turn."
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: expected finite numbers, got nan or inf.")
