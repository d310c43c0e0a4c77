"""Swish, the input times its sigmoid."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.functions import sigmoid
from course_lib.layers.base import Layer


class Swish(Layer):
    """Swish (SiLU), elementwise: ``out = x * sigmoid(x)``.

    `x` has two paths to the output, as a factor and through the sigmoid. Their gradients are
    added. Backward, with ``dout = dL/dout`` and ``s = sigmoid(x)``::

        dx = dout * (s + x * s * (1 - s))

    References
    ----------
    Ramachandran, Zoph, Le: Searching for activation functions (2017).
    """

    symbol = "swish"
    formula = "{x} × sigmoid({x})"
    rules: ClassVar = {"x": "{dout} × ({out} + sigmoid({x}) × (1 − {out}))"}

    def forward(self, x: Array) -> Array:
        self.x = x
        self.s = sigmoid(x)
        return x * self.s

    def backward(self, dout: Array) -> Array:
        dx = dout * (self.s + self.x * self.s * (1 - self.s))
        return dx
