"""Convert the results of a learner's code to numbers, and compare them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.calls import plain, type_name
from course_lib.checks.side import MAX_VALUES, Failure, only_numbers
from course_lib.text import _

RTOL = 1e-6
ATOL = 2e-7

# The largest constant inside a logarithm that changes no points.
MOST_ADDED = 1e-7

# Where 0 is right, a difference of two numbers near 1 may leave a few roundings.
ROUNDING = 1e-15

# The observed values of an answer in one case, by name: float64 arrays, `Failure`, `NotNumbers`,
# and bools for the contracts of a layer.
Seen = dict[str, Any]


class NotNumbers(Exception):
    """A result that is neither a number nor an array of numbers; the message describes it."""


class WrongCount(NotNumbers):
    """The wrong number of returned gradients.

    Parameters
    ----------
    count : int
        The number of values that backward returned.
    names : tuple of str
        The gradients that it should return.
    """

    def __init__(self, count: int, names: tuple[str, ...]) -> None:
        super().__init__(count, names)
        self.count, self.names = count, names


class DoubtfulGradient(NotNumbers):
    """Replaces a gradient that may not come from the chain rule; the message says why."""


def as_numbers(value: Any) -> Array:
    """Return a private float64 copy of what a learner's code returned.

    Python and NumPy numbers become 0-d arrays; arrays (subclasses too) become plain arrays;
    lists and tuples of numbers become arrays.

    Raises
    ------
    NotNumbers
    """
    value = plain(value)
    if value is None:
        raise NotNumbers(_("None (is there a return?)"))
    if isinstance(value, (list, tuple)):
        value = _listed(value)
    if not (isinstance(value, (np.ndarray, np.generic)) or type(value) in (bool, int, float)):
        raise NotNumbers(_no_number(value))
    # A view of the base class, so that no overridden method of a subclass runs.
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise NotNumbers(_no_number(value))
    if array.size > MAX_VALUES:
        raise NotNumbers(
            _("an array of shape {shape}, which is too large").format(shape=array.shape)
        )
    return np.array(array, dtype=np.float64)


def taken(value: Any) -> Any:
    """Return a result as numbers, or else as `NotNumbers` or `Failure`."""
    if isinstance(value, (Failure, NotNumbers)):
        return value
    try:
        return as_numbers(value)
    except NotNumbers as what:
        return what


def _listed(value: Any) -> Any:
    """Return nested lists of numbers as an array."""
    if not only_numbers(value):
        raise NotNumbers(_("a list that is not an array of numbers"))
    try:
        return np.array(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # elements may be objects whose own code runs here
        raise NotNumbers(_("a list that is not an array of numbers")) from error


def _no_number(value: Any) -> str:
    return _("{type}, not a number or an array of numbers").format(type=type_name(value))


def alike(a: Any, b: Any) -> bool:
    """Return whether two observations, or parts of them, agree."""
    if isinstance(a, dict):
        return alike(list(a.values()), list(b.values()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and agrees(a, b)
    if isinstance(a, Failure):
        return isinstance(b, Failure) and _essence(a) == _essence(b)
    if isinstance(a, NotNumbers):
        return type(a) is type(b) and a.args == b.args
    return a is b


def _essence(failure: Failure) -> tuple[str, str]:
    """Return kind and message of a failure, without class names and equal for `@` and `np.dot`."""
    message = failure.message
    if sizes := re.search(r"size (\d+) is different from (\d+)", message):
        return failure.kind, f"mismatch {sizes[2]} {sizes[1]}"
    if sizes := re.search(r"not aligned: (\d+) \(dim \d+\) != (\d+) \(dim \d+\)", message):
        return failure.kind, f"mismatch {sizes[1]} {sizes[2]}"
    return failure.kind, re.sub(r"'\w+' object", "object", message)


def agrees(got: Array, want: Array) -> bool:
    """Return whether `got` has the shape of `want` and its values, up to rounding.

    The second term allows for cancellation in single precision.

    ``|got - want| <= 1e-6 max(|got|, |want|) + 2e-7 max over the array of |want| + 1e-15``
    """
    if got.shape != want.shape:
        return False
    # Most pairs are equal to the last bit, and this comparison is faster.
    return bool((got == want).all() or (excess(got, want) <= 1).all())


def excess(got: Array, want: Array) -> Array:
    """Return the error of each value in units of its tolerance."""
    with np.errstate(all="ignore"):
        error = np.abs(got - want)
        scale = np.maximum(np.abs(got), np.abs(want))
        floor = ATOL * np.abs(want).max(initial=0.0) + ROUNDING
        off = error / (RTOL * scale + floor)
    # inf agrees with inf and nan with nan; any other error that is not finite counts as inf.
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    return np.where(same, 0.0, np.where(np.isfinite(off), off, np.inf))


def loss_with_constant(y: Array, t: Array) -> float:
    """Return the cross entropy with `MOST_ADDED` inside the logarithm."""
    right = y[np.arange(len(t)), t if t.ndim == 1 else t.argmax(axis=1)]
    return float(-np.log(right + MOST_ADDED).mean())


def worst_index(got: Array, want: Array) -> tuple[int, ...]:
    """Return the index at which two arrays of one shape differ most."""
    flat = int(excess(got, want).argmax())
    return tuple(int(i) for i in np.unravel_index(flat, want.shape))


def small(value: Any) -> str:
    """Return a short text for a value: a number, a tiny array, or a shape."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number(float(array))
    if array.size <= 6:
        return str(np.vectorize(number, otypes=[object])(array).tolist()).replace("'", "")
    return _("an array of shape {shape}").format(shape=array.shape)


def number(value: float) -> str:
    """Return a number as text with at most six significant digits."""
    return f"{value:.6g}"
