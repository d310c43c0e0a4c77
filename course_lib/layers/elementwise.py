"""Small nodes with one input."""

from __future__ import annotations

from math import inf
from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class ExpLayer(Layer):
    """Exponential, elementwise: ``out = exp(x)``.

    Backward, with ``dout = dL/dout``: ``dx = dout * out``. The local gradient is the output.
    """

    symbol = "exp"
    formula = "exp({x})"
    rules: ClassVar = {"x": "{dout} × {out}"}
    domain = (-inf, 700.0)  # exp(710) is no float64

    def forward(self, x: Array) -> Array:
        self.out = np.exp(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out


class LogLayer(Layer):
    """Natural logarithm, elementwise: ``out = log(x)`` for ``x > 0``.

    Backward, with ``dout = dL/dout``: ``dx = dout / x``.
    """

    symbol = "log"
    formula = "log({x})"
    rules: ClassVar = {"x": "{dout} / {x}"}
    domain = (0.0, inf)

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.log(x)

    def backward(self, dout: Array) -> Array:
        return dout / self.x


class SquareLayer(Layer):
    """Square, elementwise: ``out = x**2``.

    Backward, with ``dout = dL/dout``: ``dx = dout * 2 * x``.
    """

    symbol = "x²"
    formula = "{x}²"
    rules: ClassVar = {"x": "{dout} × 2 × {x}"}

    def forward(self, x: Array) -> Array:
        self.x = x
        return x**2

    def backward(self, dout: Array) -> Array:
        return dout * 2 * self.x


class ReciprocalLayer(Layer):
    """Reciprocal, elementwise: ``out = 1 / x`` for ``x != 0``.

    Backward, with ``dout = dL/dout``: ``dx = -dout * out**2``.
    """

    symbol = "1/x"
    formula = "1 / {x}"
    rules: ClassVar = {"x": "−{dout} × {out}²"}

    def forward(self, x: Array) -> Array:
        self.out = 1 / x
        return self.out

    def backward(self, dout: Array) -> Array:
        return -dout * self.out**2
