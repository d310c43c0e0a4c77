"""Conversion and checks of the arrays that callers pass to the library."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Targets of a loss: integer labels, or rows of real numbers.
Targets = Annotated[Array, "integers stay integers"]

# NumPy 1 has other dtype rules: float32 times a float64 number would become float64. Every part of
# the library imports this module, so the check runs first.
if int(np.__version__.split(".")[0]) < 2:
    raise ImportError(
        f"course_lib needs NumPy 2.0 or newer, and NumPy {np.__version__} is installed. "
        "Run `python -m pip install --upgrade numpy`, then restart Python (in a notebook: the "
        "kernel)."
    )


def as_reals(value: Any, name: str) -> Array:
    """Return `value` as an array of real numbers.

    Parameters
    ----------
    value : array_like
        A number becomes an array of shape (). Arrays are not copied.
    name : str
        Name of the value in error messages.

    Returns
    -------
    ndarray
        Of a floating, integer or Boolean dtype.

    Raises
    ------
    TypeError
        If `value` does not consist of real numbers.
    ValueError
        If it holds NaN, or is a list whose rows differ in length.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name}: expected an array, got a list whose rows differ in length or shape. "
            "Give every row the same length."
        ) from None
    kind = array.dtype.kind
    if kind not in "iubf":
        got = f"dtype {array.dtype}" if kind == "c" else type(value).__name__
        raise TypeError(
            f"{name}: expected real numbers (a float or an array of floats), got {got}. "
            "Convert it first, for example with np.asarray(..., dtype=float)."
        )
    if kind == "f" and has_nan(array):
        first = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
        raise ValueError(
            f"{name}: expected finite numbers, got nan{f' at index {first}' if first else ''}. "
            "Look for a division 0/0, a log of a negative number, or gaps in the data."
        )
    return array


def as_floats(value: Any, name: str) -> Array:
    """Return `value` as a floating array; :func:`as_reals` lists the errors.

    Floating arrays keep their dtype, integers and Booleans become float64.
    """
    array = as_reals(value, name)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def has_nan(array: Array) -> bool:
    """Return whether a floating array holds NaN, in one fast pass.

    The sum of squares is NaN only if one of them is, because infinities of one sign do not cancel.
    A dot product computes this sum without warnings and without a second array.
    """
    total = np.vdot(array, array)
    return bool(total != total)


def as_labels_or_rows(t: Any, scores: Array, name: str) -> Array:
    """Return targets `t` as rows of probabilities with the shape and dtype of the logits.

    Parameters
    ----------
    t : array_like
        Either one integer label per row, or one row of probabilities (one-hot or soft) per row of
        logits.
    scores : ndarray, shape (..., K)
        The logits, or probabilities, that `t` belongs to.
    name : str
        Name of the targets in error messages.

    Returns
    -------
    ndarray, shape and dtype of `scores`

    Raises
    ------
    TypeError
        If labels are not integers.
    ValueError
        If the shape fits neither form, a label is no class, or a row does not sum to 1.
    """
    t = np.asarray(t)
    rows, K = scores.shape[:-1], scores.shape[-1]
    if t.shape == scores.shape:
        t = as_floats(t, name)
        if (t < 0).any() or (np.abs(t.sum(axis=-1) - 1) > 1e-6).any():
            raise ValueError(
                f"{name}: expected each row to be one-hot or probabilities (no value below 0, "
                f"sum 1), got a row that is not. For labels, pass integers of shape {rows}."
            )
        return t.astype(scores.dtype, copy=False)
    if t.shape != rows:
        raise ValueError(
            f"{name}: expected labels of shape {rows} or one-hot rows of shape {scores.shape}, "
            f"got shape {t.shape}."
        )
    if t.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected integer labels, got dtype {t.dtype}. Use t.astype(int) if they are."
        )
    if t.size and not (0 <= t.min() and t.max() < K):
        raise ValueError(
            f"{name}: expected labels from 0 to {K - 1}, got labels from {t.min()} to {t.max()}."
        )
    return np.eye(K, dtype=scores.dtype)[t]


def as_values_like(t: Any, outputs: Array, name: str) -> Array:
    """Return real targets `t` in the dtype of the outputs; refuse another shape.

    Broadcasting (N, 1) against (N,) would compare every row with every other.

    Parameters
    ----------
    t : array_like of float
    outputs : ndarray
        The outputs to compare with `t`.
    name : str
        Name of the targets in error messages.

    Returns
    -------
    ndarray, shape and dtype of `outputs`

    Raises
    ------
    TypeError, ValueError
        If `t` does not consist of real numbers, or has another shape.
    """
    t = as_floats(t, name).astype(outputs.dtype, copy=False)
    if t.shape != outputs.shape:
        raise ValueError(
            f"{name}: expected outputs and targets of one shape, got {outputs.shape} and {t.shape}."
        )
    return t
