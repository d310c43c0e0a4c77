"""Small nodes with one input, the bricks of larger graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.layers.base import Layer


class ExpLayer(Layer):
    """Exponential, elementwise: ``out = exp(x)``.

    Backward, with ``dout = dL/dout``: ``dx = dout * out``. The slope is the output itself.
    """

    def forward(self, x: Any) -> Any:
        self.out = np.exp(x)
        return self.out

    def backward(self, dout: Any) -> Any:
        return dout * self.out


class LogLayer(Layer):
    """Natural logarithm, elementwise: ``out = log(x)`` for ``x > 0``.

    Backward, with ``dout = dL/dout``: ``dx = dout / x``.
    """

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.log(x)

    def backward(self, dout: Any) -> Any:
        return dout / self.x


class SquareLayer(Layer):
    """Square, elementwise: ``out = x**2``.

    Backward, with ``dout = dL/dout``: ``dx = dout * 2 * x``.
    """

    def forward(self, x: Any) -> Any:
        self.x = x
        return x**2

    def backward(self, dout: Any) -> Any:
        return dout * 2 * self.x


class ReciprocalLayer(Layer):
    """Reciprocal, elementwise: ``out = 1 / x`` for ``x != 0``.

    Backward, with ``dout = dL/dout``: ``dx = -dout * out**2``.
    """

    def forward(self, x: Any) -> Any:
        self.out = 1 / x
        return self.out

    def backward(self, dout: Any) -> Any:
        return -dout * self.out**2
