"""The affine layer: a matrix product and a bias."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Self

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class Affine(Layer):
    """Affine map of every row: ``out = x @ W + b``.

    Backward, with ``dout = dL/dout``::

        dx = dout @ W.T        dW = x.T @ dout        db = sum of dout over the rows

    Each of the N rows uses `b`, so `db` is the sum of the gradients of all rows.

    Parameters
    ----------
    W : ndarray of float, shape (D, K)
    b : ndarray of float, shape (K,)
        Not copied: the next `forward` uses their values at that time.

    Attributes
    ----------
    dW, db : ndarray
        Gradients of the last `backward`, in the shapes of `W` and `b`.

    Notes
    -----
    `x` is one sample (D,), a batch (N, D), or a batch of tensors such as (N, C, H, W) with
    C*H*W = D, which is flattened. `out` is (K,) or (N, K); `dx` has the shape of `x`.
    """

    symbol = "Affine"
    formula = "{x} @ W + b"
    rules: ClassVar = {"x": "{dout} @ Wᵀ", "W": "xᵀ @ {dout}", "b": "Σ rows of {dout}"}

    def __init__(self, W: Array, b: Array) -> None:
        if W.ndim != 2 or b.shape != W.shape[1:]:
            raise ValueError(
                f"Affine: expected W of shape (D, K) and b of shape (K,), "
                f"got {W.shape} and {b.shape}."
            )
        self.W = W
        self.b = b
        self.dW: Array | None = None
        self.db: Array | None = None

    def __repr__(self) -> str:
        D, K = self.W.shape
        return f"Affine({D} -> {K})"

    def forward(self, x: Array) -> Array:
        self.x_shape = x.shape
        self.x = x.reshape(-1, len(self.W))
        out = self.x @ self.W + self.b
        return out if x.ndim > 1 else out[0]

    def backward(self, dout: Array) -> Array:
        dout = dout.reshape(-1, dout.shape[-1])
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        dx = dout @ self.W.T
        return dx.reshape(self.x_shape)

    def check_inputs(self, x: Array) -> None:
        """Raise ValueError unless each sample has D values; `forward` would mix the samples."""
        D = len(self.W)
        sample_shape = x.shape if x.ndim == 1 else x.shape[1:]
        if x.ndim == 0 or prod(sample_shape) != D:
            raise ValueError(
                f"Affine.forward: x: expected shape (N, {D}) to go with W {self.W.shape} "
                f"(or ({D},), or (N, ...) with {D} values a sample), got {x.shape}."
            )

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:
        """Return a layer with D inputs and 4 outputs."""
        return cls(rng.standard_normal((D, 4)), rng.standard_normal(4))
