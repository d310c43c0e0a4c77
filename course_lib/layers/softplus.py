"""Softplus, a smooth ReLU."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.functions import sigmoid
from course_lib.layers.base import Layer


class Softplus(Layer):
    """Softplus, elementwise: ``out = log(1 + exp(x))``.

    Backward, with ``dout = dL/dout``::

        dx = dout * sigmoid(x)

    Computed as ``max(x, 0) + log(1 + exp(-|x|))``, which is equal and cannot overflow.
    """

    symbol = "softplus"
    formula = "log(1 + exp({x}))"
    rules: ClassVar = {"x": "{dout} × sigmoid({x})"}

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, dout: Array) -> Array:
        dx = dout * sigmoid(self.x)
        return dx
