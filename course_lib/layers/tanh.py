"""The hyperbolic tangent."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class Tanh(Layer):
    """Hyperbolic tangent, elementwise: ``out = tanh(x)``.

    Backward, with ``dout = dL/dout``::

        dx = dout * (1 - out**2)

    `out` and `dx` have the shape and dtype of `x`.
    """

    symbol = "tanh"
    formula = "tanh({x})"
    rules: ClassVar = {"x": "{dout} × (1 − {out}²)"}

    def forward(self, x: Array) -> Array:
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        dx = dout * (1 - self.out**2)
        return dx
