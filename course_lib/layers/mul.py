"""The product node of a computational graph."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class MulLayer(Layer):
    """Product of two inputs, elementwise: ``out = x * y``.

    Backward, with ``dout = dL/dout``::

        dx = dout * y        dy = dout * x

    Each input's gradient is the upstream gradient times the *other* input, so `forward` keeps
    both. `x` and `y` are numbers or arrays of one shape; the gradients have that shape.
    """

    symbol = "×"
    formula = "{x} × {y}"
    rules: ClassVar = {"x": "{dout} × {y}", "y": "{dout} × {x}"}

    def forward(self, x: Array, y: Array) -> Array:
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout: Array) -> tuple[Array, Array]:
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy
