"""Right answers to 04_affine: affine maps of one sample, without a bias, scaled, shifted."""

from __future__ import annotations

from typing import Self

import numpy as np

from course_lib.arrays import Array
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
        self.W = W
        self.b = b

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = np.outer(self.x, dout)
        self.db = dout * 1
        dx = self.W @ dout
        return dx

    def check_inputs(self, x: Array) -> None:
        """Refuse a batch."""
        if x.shape != self.W.shape[:1]:
            raise ValueError(
                f"AffineSample.forward: x: expected shape {self.W.shape[:1]} to go with "
                f"W {self.W.shape}, got {x.shape}."
            )


class Linear(Layer):
    """Linear map without a bias, with one row of weights for each output: ``out = x @ W.T``.

    Backward, with ``dout = dL/dout``::

        dx = dout @ W        dW = dout.T @ x

    Parameters
    ----------
    W : ndarray of float, shape (K, D)
        A row for each output, as PyTorch keeps it; :class:`Affine` has a column for each.
    """

    def __init__(self, W: Array) -> None:
        self.W = W

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W.T

    def backward(self, dout: Array) -> Array:
        self.dW = dout.T @ self.x
        dx = dout @ self.W
        return dx

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:
        """Return a layer with D inputs and 4 outputs."""
        return cls(rng.standard_normal((4, D)))


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
        self.W = W
        self.b = b
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        self.x = x
        self.product = x @ self.W
        return self.alpha * self.product + self.b

    def backward(self, dout: Array) -> Array:
        self.db = dout.sum(axis=0)
        self.dalpha = np.sum(dout * self.product)
        dproduct = self.alpha * dout
        self.dW = self.x.T @ dproduct
        dx = dproduct @ self.W.T
        return dx

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:
        """Return a layer with D inputs and 4 outputs."""
        return cls(rng.standard_normal((D, 4)), rng.standard_normal(4), 2.5)


class ShiftedAffine(Layer):
    """Affine map of shifted inputs: ``out = (x - m) @ W + b``.

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
        self.W = W
        self.b = b
        self.m = m

    def forward(self, x: Array) -> Array:
        self.x = x
        self.centred = x - self.m
        return self.centred @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = self.centred.T @ dout
        self.db = dout.sum(axis=0)
        dx = dout @ self.W.T
        self.dm = -dx.sum(axis=0)
        return dx

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:
        """Return a layer with D inputs and 4 outputs."""
        return cls(rng.standard_normal((D, 4)), rng.standard_normal(4), rng.standard_normal(D))
