"""The difference node of a computational graph."""

from __future__ import annotations

from typing import Any

from course_lib.layers.base import Layer


class SubLayer(Layer):
    """Difference of two inputs, elementwise: ``out = x - y``.

    Backward, with ``dout = dL/dout``::

        dx = dout * 1        dy = dout * -1

    `x` and `y` are numbers or arrays of one shape; the gradients have that shape.
    """

    def forward(self, x: Any, y: Any) -> Any:
        return x - y

    def backward(self, dout: Any) -> tuple[Any, Any]:
        dx = dout * 1
        dy = dout * -1
        return dx, dy
