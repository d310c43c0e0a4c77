"""Stateless functions: activations, softmax and losses, numerically stable and for any batch."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats, as_labels_or_rows, as_values_like


def sigmoid(x: Any) -> Any:
    """Logistic sigmoid ``1 / (1 + exp(-x))``, elementwise, without overflow.

    For negative `x`, the equal form ``exp(x) / (1 + exp(x))`` keeps the argument of ``exp`` from
    being positive.

    Parameters
    ----------
    x : array_like of float

    Returns
    -------
    ndarray, shape and dtype of `x`
    """
    x = as_floats(x, "sigmoid: x")
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + z), z / (1 + z))


def softmax(x: Any) -> Array:
    """Softmax over the last axis: ``exp(x_k) / sum_j exp(x_j)``.

    The largest logit of each row is subtracted first. This does not change the result in exact
    arithmetic, and ``exp`` cannot overflow.

    Parameters
    ----------
    x : array_like of float, shape (..., K)
        Logits.

    Returns
    -------
    ndarray, shape and dtype of `x`
        Rows of probabilities.
    """
    z = np.exp(_below_zero(x, "softmax: x"))
    return z / z.sum(axis=-1, keepdims=True)


def log_softmax(x: Any) -> Array:
    """Logarithm of :func:`softmax`, finite even where the probability rounds to 0.

    ``x_k - max(x) - log(sum_j exp(x_j - max(x)))`` over the last axis.

    Parameters
    ----------
    x : array_like of float, shape (..., K)
        Logits.

    Returns
    -------
    ndarray, shape and dtype of `x`
    """
    x = _below_zero(x, "log_softmax: x")
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def cross_entropy_error(y: Any, t: Any) -> Any:
    """Cross entropy, averaged over the rows: ``-sum(t * log(y)) / N``.

    No constant is added inside the logarithm, because the gradient of softmax with this loss would
    then differ from ``(y - t) / N``. A probability of exactly 0 counts as the
    smallest normal number of its dtype, so the loss stays finite.

    Parameters
    ----------
    y : array_like of float, shape (..., K)
        Rows of probabilities.
    t : array_like
        Integer labels of shape (...), or one-hot (or soft) rows of shape (..., K).

    Returns
    -------
    float
        The loss, in the dtype of `y`.

    Raises
    ------
    ValueError, TypeError
        If `y` holds negative values or `t` does not fit `y`.
    """
    y, _largest = _as_logits(y, "cross_entropy_error: y")
    if (y < 0).any():
        raise ValueError(
            f"cross_entropy_error: y: expected probabilities, got a value of {y.min()}. "
            "Pass the output of softmax, not the logits."
        )
    t = as_labels_or_rows(t, y, "cross_entropy_error: t")
    log_y = np.log(np.maximum(y, np.finfo(y.dtype).tiny))
    return -(t * log_y).sum() / count_rows(y)


def mean_squared_error(y: Any, t: Any) -> Any:
    """Halved squared error, averaged over the rows: ``sum((y - t)**2) / (2 N)``.

    Parameters
    ----------
    y, t : array_like of float, shape (N, K) or (K,)
        Outputs and targets; a single row counts as N = 1.

    Returns
    -------
    float
        The loss, in the dtype of `y`.

    Raises
    ------
    ValueError
        If the shapes differ. Broadcasting (N, 1) against (N,) would compare every row with
        every other.
    """
    y = as_floats(y, "mean_squared_error: y")
    t = as_values_like(t, y, "mean_squared_error: t")
    return ((y - t) ** 2).sum() / (2 * count_rows(y))


def count_rows(y: Array) -> int:
    """Return N, the number of rows that a loss averages over; a single row counts as 1."""
    return prod(y.shape[:-1])


def _below_zero(x: Any, name: str) -> Array:
    """Return logits minus the largest logit of their row."""
    x, largest = _as_logits(x, name)
    return x - largest


def _as_logits(x: Any, name: str) -> tuple[Array, Array]:
    """Return logits (or probabilities) as floats, and the largest value of each row."""
    x = as_floats(x, name)
    if x.ndim == 0 or x.size == 0:
        raise ValueError(
            f"{name}: expected at least one row of K values, shape (..., K), got shape {x.shape}."
        )
    largest = x.max(axis=-1, keepdims=True)
    # A logit of -inf gives probability 0. A row with +inf, or with -inf only, has no softmax.
    if not np.isfinite(largest).all():
        raise ValueError(
            f"{name}: expected a finite largest value in each row, got inf or -inf. "
            "Look for an overflow where these values come from."
        )
    return x, largest
