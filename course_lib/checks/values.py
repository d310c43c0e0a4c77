"""Values that a learner's code returned: taken in with care, compared, and shown small."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.answer_side import plain, type_name
from course_lib.text import _

RTOL = 1e-6
ATOL = 2e-7

# What a layer returns in an exercise has a few values; a claim of billions must not be copied.
_MOST_VALUES = 10_000_000


class NotNumbers(Exception):
    """What came back is no number and no array of numbers; the message says what it is."""


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
        raise NotNumbers(_("nothing (None): is there a return?"))
    if isinstance(value, (list, tuple)):
        value = _listed(value)
    if not (isinstance(value, (np.ndarray, np.generic)) or type(value) in (bool, int, float)):
        raise NotNumbers(_no_number(value))
    # A view of the base class: whatever a subclass overrides is out of the way.
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise NotNumbers(_no_number(value))
    if array.size > _MOST_VALUES:
        raise NotNumbers(_("an array of shape {shape}, far too large").format(shape=array.shape))
    return np.array(array, dtype=np.float64)


def _listed(value: Any) -> Any:
    """Return nested lists of numbers as an array."""
    try:
        return np.array(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # elements may be objects whose own code runs here
        raise NotNumbers(_("a list that is no array of numbers")) from error


def _no_number(value: Any) -> str:
    return _("{type}, which is no number and no array of numbers").format(type=type_name(value))


def agrees(got: Array, want: Array) -> bool:
    """Tell whether `got` has the shape of `want` and its values, up to rounding.

    The second term is for a difference of large terms in single precision.

    ``|got - want| <= 1e-6 max(|got|, |want|) + 2e-7 max over the array of |want|``
    """
    if got.shape != want.shape:
        return False
    # Mostly they are the same to the last bit, which is seen sooner.
    return bool((got == want).all() or (excess(got, want) <= 1).all())


def excess(got: Array, want: Array) -> Array:
    """Return how far each value is off, in units of what is allowed there."""
    with np.errstate(all="ignore"):
        error = np.abs(got - want)
        scale = np.maximum(np.abs(got), np.abs(want))
        floor = ATOL * np.abs(want).max(initial=0.0) + np.finfo(float).tiny
        off = error / (RTOL * scale + floor)
    # inf is like inf and nan like nan; anything else that is not a number is infinitely wrong.
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    return np.where(same, 0.0, np.where(np.isfinite(off), off, np.inf))


def worst_index(got: Array, want: Array) -> tuple[int, ...]:
    """Return where two arrays of one shape differ most."""
    flat = int(excess(got, want).argmax())
    return tuple(int(i) for i in np.unravel_index(flat, want.shape))


def small(value: Any) -> str:
    """Show a value in a few characters: a number, a tiny array, or a shape."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number(float(array))
    if array.size <= 6:
        return str(np.vectorize(number, otypes=[object])(array).tolist()).replace("'", "")
    return _("an array of shape {shape}").format(shape=array.shape)


def number(value: float) -> str:
    """Show a number with at most six significant digits."""
    return f"{value:.6g}"
