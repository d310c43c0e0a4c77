"""The quotient node of a computational graph."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class DivLayer(Layer):
    """Quotient of two inputs, elementwise: ``out = x / y`` for ``y != 0``.

    Backward, with ``dout = dL/dout``::

        dx = dout / y        dy = -dout * x / y**2

    `x` and `y` are numbers or arrays of one shape; the gradients have that shape.
    """

    symbol = "÷"
    formula = "{x} / {y}"
    rules: ClassVar = {"x": "{dout} / {y}", "y": "−{dout} × {x} / {y}²"}

    def forward(self, x: Array, y: Array) -> Array:
        self.x = x
        self.y = y
        return x / y

    def backward(self, dout: Array) -> tuple[Array, Array]:
        dx = dout / self.y
        dy = -dout * self.x / self.y**2
        return dx, dy
