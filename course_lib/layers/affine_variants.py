"""Relatives of the affine layer: one sample, no bias, a scale, a shift."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats
from course_lib.layers.base import Layer


class AffineSample(Layer):
    """Affine map of a single sample: ``out = x @ W + b`` with `x` of shape (D,).

    Backward, with ``dout = dL/dout`` of shape (K,)::

        dx = W @ dout        dW = outer product of x and dout        db = dout

    The step before :class:`Affine`, which does this for one sample and for batches.

    Parameters
    ----------
    W : ndarray of float, shape (D, K)
    b : ndarray of float, shape (K,)
    """

    def __init__(self, W: Array, b: Array) -> None:
        self.W = np.asarray(as_floats(W, "AffineSample: W"))
        self.b = np.asarray(as_floats(b, "AffineSample: b"))

    def forward(self, x: Any) -> Array:
        if np.shape(x) != self.W.shape[:1]:
            raise ValueError(
                f"AffineSample.forward: x: expected shape {self.W.shape[:1]} to go with "
                f"W {self.W.shape}, got {np.shape(x)}."
            )
        self.x = x
        return np.asarray(x @ self.W + self.b)

    def backward(self, dout: Any) -> Array:
        self.dW = np.outer(self.x, dout)
        self.db = dout * 1
        dx = self.W @ dout
        return np.asarray(dx)


class Linear(Layer):
    """Linear map without a bias, its weights stored row by output: ``out = x @ W.T``.

    Backward, with ``dout = dL/dout``::

        dx = dout @ W        dW = dout.T @ x

    Parameters
    ----------
    W : ndarray of float, shape (K, D)
        A row for each output, as PyTorch keeps it; :class:`Affine` has a column for each.
    """

    def __init__(self, W: Array) -> None:
        self.W = np.asarray(as_floats(W, "Linear: W"))

    def forward(self, x: Any) -> Array:
        self.x = x
        return np.asarray(x @ self.W.T)

    def backward(self, dout: Any) -> Array:
        self.dW = dout.T @ self.x
        dx = dout @ self.W
        return np.asarray(dx)


class ScaledAffine(Layer):
    """Affine map with one scale for all products: ``out = alpha * (x @ W) + b``.

    Backward, with ``dout = dL/dout``::

        dx = alpha * (dout @ W.T)        dW = alpha * (x.T @ dout)
        db = sum of dout over the rows   dalpha = sum of dout * (x @ W) over all elements

    Parameters
    ----------
    W : ndarray of float, shape (D, K)
    b : ndarray of float, shape (K,)
    alpha : float
        Learned too: its gradient `dalpha` is a number.
    """

    def __init__(self, W: Array, b: Array, alpha: float) -> None:
        self.W = np.asarray(as_floats(W, "ScaledAffine: W"))
        self.b = np.asarray(as_floats(b, "ScaledAffine: b"))
        self.alpha = as_floats(alpha, "ScaledAffine: alpha")

    def forward(self, x: Any) -> Array:
        self.x = x
        self.product = x @ self.W
        return np.asarray(self.alpha * self.product + self.b)

    def backward(self, dout: Any) -> Array:
        self.db = dout.sum(axis=0)
        self.dalpha = np.sum(dout * self.product)
        dproduct = self.alpha * dout
        self.dW = self.x.T @ dproduct
        dx = dproduct @ self.W.T
        return np.asarray(dx)


class ShiftedAffine(Layer):
    """Affine map of the distance from a point: ``out = (x - m) @ W + b``.

    Backward, with ``dout = dL/dout``::

        dx = dout @ W.T      dW = (x - m).T @ dout
        db = sum of dout over the rows       dm = -(sum of dx over the rows)

    Parameters
    ----------
    W : ndarray of float, shape (D, K)
    b : ndarray of float, shape (K,)
    m : ndarray of float, shape (D,)
        Taken off every row, and learned too.
    """

    def __init__(self, W: Array, b: Array, m: Array) -> None:
        self.W = np.asarray(as_floats(W, "ShiftedAffine: W"))
        self.b = np.asarray(as_floats(b, "ShiftedAffine: b"))
        self.m = np.asarray(as_floats(m, "ShiftedAffine: m"))

    def forward(self, x: Any) -> Array:
        self.x = x
        self.centred = x - self.m
        return np.asarray(self.centred @ self.W + self.b)

    def backward(self, dout: Any) -> Array:
        self.dW = self.centred.T @ dout
        self.db = dout.sum(axis=0)
        dx = dout @ self.W.T
        self.dm = -dx.sum(axis=0)
        return np.asarray(dx)
