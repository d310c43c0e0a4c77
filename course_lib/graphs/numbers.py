"""Short texts for the values on edges, rounded to a few digits."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

Show = Literal["values", "shapes", "both"]

# Larger arrays are shown by their shape.
_TINY = 6


def number_text(value: Any) -> str:
    """Return a number as text for an edge.

    Whole numbers below a million are written in full, others with four significant digits;
    below one, with three: 220.00000000000003 reads 220, 0.7310585786 reads 0.731.

    >>> [number_text(v) for v in (220.00000000000003, 1.1, 0.7310585786, -0.19661, 12345.678)]
    ['220', '1.1', '0.731', '−0.197', '12346']
    """
    v = float(value)
    if math.isnan(v):
        return "nan"
    if math.isinf(v):
        return "∞" if v > 0 else "−∞"
    size = abs(v)
    whole = size > 0.5 and math.isclose(v, round(v), rel_tol=1e-12)
    if size < 999_999.5 and (whole or size >= 1000):
        text = str(round(v))
    elif 1 <= size < 1000:
        text = f"{v:.4g}"
    elif 1e-3 <= size < 1 or v == 0:
        text = f"{v + 0.0:.3g}"
    else:
        digits, exponent = f"{v:.2e}".split("e")
        digits = digits.rstrip("0").rstrip(".")
        text = f"{digits}e{int(exponent)}"
    return text.replace("-", "−")


def value_lines(value: Any, show: Show) -> list[str]:
    """Return the lines of text for a value on an edge: a number, rows of numbers, a shape."""
    array = np.asarray(value)
    if array.ndim == 0:
        return [number_text(array)]
    shape = [shape_text(array.shape)]
    if show == "shapes" or array.size > _TINY or array.ndim > 2 or array.size == 0:
        return shape
    rows = array if array.ndim == 2 else array[None]
    lines = ["[" + ", ".join(map(number_text, row)) + "]" for row in rows]
    return lines if show == "values" else lines + shape


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as Python writes it."""
    return str(tuple(int(n) for n in shape))


def in_words(value: Any) -> str:
    """Return a value for a sentence: a number, a tiny array written out, or else a shape."""
    array = np.asarray(value)
    return _nested(array) if is_short(array) else shape_text(array.shape)


def is_short(value: Any) -> bool:
    """Return whether a value is short enough to be written out in a sentence."""
    return np.ndim(value) == 0 or 0 < np.size(value) <= _TINY


def _nested(array: Any) -> str:
    if array.ndim == 0:
        return number_text(array)
    return "[" + ", ".join(map(_nested, array)) + "]"
