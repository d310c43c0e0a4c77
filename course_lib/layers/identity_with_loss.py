"""Identity and squared error as one layer, for regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats
from course_lib.functions import count_rows
from course_lib.layers.base import Layer


class IdentityWithLoss(Layer):
    """Halved squared error of the outputs themselves: ``y = x``, ``out = sum((y - t)**2) / (2N)``.

    Backward, with ``dout = dL/dout``::

        dx = dout * (y - t) / N

    The same tidy ``y - t`` as for softmax with cross entropy: that is why the two are paired.

    Notes
    -----
    `x` and `t` are real, (N, K) or (K,), and have one shape. `out` is a scalar; `dx` has the
    shape and dtype of `x`.
    """

    def forward(self, x: Any, t: Any) -> Any:
        self.y = np.asarray(x)
        self.t = np.asarray(as_floats(t, "IdentityWithLoss.forward: t"), dtype=self.y.dtype)
        if self.t.shape != self.y.shape:
            raise ValueError(
                f"IdentityWithLoss.forward: expected t in the shape of x, {self.y.shape}, "
                f"got {self.t.shape}."
            )
        return self.row_losses(self.y, self.t).mean()

    def backward(self, dout: Any = 1) -> Array:
        dx = dout * (self.y - self.t) / count_rows(self.y)
        return dx.astype(self.y.dtype, copy=False)

    @staticmethod
    def row_losses(x: Array, t: Array) -> Array:
        """Return the loss of each row, ``sum_k (x_k - t_k)**2 / 2``; `forward` is their mean."""
        return ((x - t) ** 2).sum(axis=-1) / 2
