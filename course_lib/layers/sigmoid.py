"""The logistic sigmoid."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.functions import sigmoid
from course_lib.layers.base import Layer


class Sigmoid(Layer):
    """Logistic sigmoid, elementwise: ``out = 1 / (1 + exp(-x))``.

    Backward, with ``dout = dL/dout``::

        dx = dout * out * (1 - out)

    The local gradient needs only the output, so `forward` stores the output. `out` and `dx` have
    the shape and dtype of `x`; no finite `x` overflows.
    """

    symbol = "sigmoid"
    formula = "1 / (1 + exp(−{x}))"
    rules: ClassVar = {"x": "{dout} × {out} × (1 − {out})"}

    def forward(self, x: Array) -> Array:
        self.out = sigmoid(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        dx = dout * self.out * (1 - self.out)
        return dx
