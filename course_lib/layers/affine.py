"""The affine layer: a matrix product and a bias."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats
from course_lib.layers.base import Layer


class Affine(Layer):
    """Affine map of every row: ``out = x @ W + b``.

    Backward, with ``dout = dL/dout``::

        dx = dout @ W.T        dW = x.T @ dout        db = sum of dout over the rows

    `b` is added to each of the N rows, so each row sends a gradient back to it: they add.

    Parameters
    ----------
    W : ndarray of float, shape (D, K)
    b : ndarray of float, shape (K,)
        Held as they are, not copied: a change in place is seen by the next `forward`.

    Attributes
    ----------
    dW, db : ndarray
        Gradients of the last `backward`, in the shapes of `W` and `b`.
    needs_dx : bool
        Whether `backward` computes `dx`; otherwise it returns None. A network sets this to False
        for its first layer while it trains: that `dx`, which nobody reads, costs as much as `dW`.

    Notes
    -----
    `x` is one sample (D,), a batch (N, D), or a batch of tensors such as (N, C, H, W) with
    C*H*W = D, which is flattened. `out` is (K,) or (N, K); `dx` has the shape of `x`.
    """

    needs_dx = True

    def __init__(self, W: Array, b: Array) -> None:
        self.W = np.asarray(as_floats(W, "Affine: W"))
        self.b = np.asarray(as_floats(b, "Affine: b"))
        if self.W.ndim != 2 or self.b.shape != self.W.shape[1:]:
            raise ValueError(
                f"Affine: expected W of shape (D, K) and b of shape (K,), "
                f"got {self.W.shape} and {self.b.shape}."
            )
        self.dW: Array | None = None
        self.db: Array | None = None

    def __repr__(self) -> str:
        D, K = self.W.shape
        return f"Affine({D} -> {K})"

    def forward(self, x: Any) -> Array:
        self._check_x(x)
        self.x_shape = x.shape
        self.x = x.reshape(-1, len(self.W))
        out = self.x @ self.W + self.b
        return out if x.ndim > 1 else out[0]

    def backward(self, dout: Any) -> Array | None:
        dout = dout.reshape(-1, dout.shape[-1])
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        if not self.needs_dx:
            return None
        dx = dout @ self.W.T
        return dx.reshape(self.x_shape)

    def _check_x(self, x: Any) -> None:
        """Refuse samples that do not have D values: `forward` would cut them anew."""
        D = len(self.W)
        shape = np.shape(x)
        sample_shape = shape if len(shape) == 1 else shape[1:]
        if len(shape) == 0 or prod(sample_shape) != D:
            raise ValueError(
                f"Affine.forward: x: expected shape (N, {D}) to go with W {self.W.shape} "
                f"(or ({D},), or (N, ...) with {D} values a sample), got {shape}."
            )
