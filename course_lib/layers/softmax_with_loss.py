"""Softmax and cross entropy as one layer, for classification."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array, Targets, as_labels_or_rows
from course_lib.functions import count_rows, log_softmax
from course_lib.layers.base import Layer


class SoftmaxWithLoss(Layer):
    """Cross entropy of softmax: ``y = softmax(x)``, ``out = -sum(t * log(y)) / N``.

    Backward, with ``dout = dL/dout``::

        dx = dout * (y - t) / N

    The division by N belongs to the mean in `forward`. The loss is computed from the logits
    (:func:`~course_lib.functions.log_softmax`), so it stays finite where y rounds to 0.

    Notes
    -----
    `x` holds the logits, (N, K) or (K,). `t` holds integer labels (N,) or rows (N, K), one-hot
    or soft. `out` is a scalar; `dx` has the shape and dtype of `x`.
    """

    symbol = "Softmax with loss"
    formula = "cross entropy of softmax({x})"
    rules: ClassVar = {"x": "{dout} × (y − t) / N"}

    def forward(self, x: Array, t: Targets) -> Array:
        log_y = log_softmax(x)
        self.y = np.exp(log_y)
        self.t = as_labels_or_rows(t, self.y, "SoftmaxWithLoss.forward: t")
        return -(self.t * log_y).sum() / count_rows(self.y)

    def backward(self, dout: Array | float = 1) -> Array:
        dx = dout * (self.y - self.t) / count_rows(self.y)
        return dx

    @staticmethod
    def row_losses(x: Array, t: Array) -> Array:
        """Return each row's loss, ``-sum_k t_k * log softmax(x)_k``; `forward` returns the mean."""
        return -(t * log_softmax(x)).sum(axis=-1)
