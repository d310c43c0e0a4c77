"""The sum node of a computational graph."""

from __future__ import annotations

from typing import ClassVar

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class AddLayer(Layer):
    """Sum of two inputs, elementwise: ``out = x + y``.

    Backward, with ``dout = dL/dout``::

        dx = dout * 1        dy = dout * 1

    Both local gradients are always 1, so `forward` stores nothing.
    `x` and `y` are numbers or arrays of one shape; the gradients have that shape.
    """

    symbol = "+"
    formula = "{x} + {y}"
    rules: ClassVar = {"x": "{dout} × 1", "y": "{dout} × 1"}

    def forward(self, x: Array, y: Array) -> Array:
        return x + y

    def backward(self, dout: Array) -> tuple[Array, Array]:
        dx = dout * 1
        dy = dout * 1
        return dx, dy
