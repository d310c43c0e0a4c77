"""Identity and squared error as one layer, for regression."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array, Targets, as_values_like
from course_lib.functions import count_rows, mean_squared_error
from course_lib.layers.base import Layer


class IdentityWithLoss(Layer):
    """Halved squared error of the outputs themselves: ``y = x``, ``out = sum((y - t)**2) / (2N)``.

    Backward, with ``dout = dL/dout``::

        dx = dout * (y - t) / N

    The gradient contains the same ``y - t`` as that of softmax with cross entropy.

    Notes
    -----
    `x` and `t` are real, (N, K) or (K,), and have one shape. `out` is a scalar; `dx` has the
    shape and dtype of `x`.
    """

    symbol = "Identity with loss"
    formula = "Σ ({x} − t)² / 2N"
    rules: ClassVar = {"x": "{dout} × (y − t) / N"}

    def forward(self, x: Array, t: Targets) -> Array:
        self.y = x
        self.t = as_values_like(t, self.y, "IdentityWithLoss.forward: t")
        return mean_squared_error(self.y, self.t)

    def backward(self, dout: Array | float = 1) -> Array:
        dx = dout * (self.y - self.t) / count_rows(self.y)
        return dx

    @staticmethod
    def row_losses(x: Array, t: Array) -> Array:
        """Return the loss of each row, ``sum_k (x_k - t_k)**2 / 2``; `forward` is their mean."""
        return ((x - t) ** 2).sum(axis=-1) / 2
