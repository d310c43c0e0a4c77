"""Right answer to 05_softmax_with_loss: softmax with a temperature, and cross entropy."""

from __future__ import annotations

import numpy as np

from course_lib.arrays import Array, Targets, as_labels_or_rows
from course_lib.functions import count_rows, log_softmax
from course_lib.layers.base import Layer


class TemperatureWithLoss(Layer):
    """Cross entropy of a softmax with temperature: ``y = softmax(x / T)``.

    ``out = -sum(t * log(y)) / N``. Backward, with ``dout = dL/dout``::

        dx = dout * (y - t) / (N * T)

    A high temperature makes the probabilities equal; a low one favours the largest logit.

    Parameters
    ----------
    T : float
        The temperature, above 0.

    References
    ----------
    Hinton, Vinyals, Dean: Distilling the knowledge in a neural network (2015).
    """

    def __init__(self, T: float = 1.0) -> None:
        self.T = T

    def forward(self, x: Array, t: Targets) -> Array:
        log_y = log_softmax(x / self.T)
        self.y = np.exp(log_y)
        self.t = as_labels_or_rows(t, self.y, "TemperatureWithLoss.forward: t")
        return -(self.t * log_y).sum() / count_rows(self.y)

    def backward(self, dout: Array | float = 1) -> Array:
        dx = dout * (self.y - self.t) / (count_rows(self.y) * self.T)
        return dx
