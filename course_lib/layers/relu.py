"""The rectified linear unit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class Relu(Layer):
    """Rectified linear unit, elementwise: ``out = max(x, 0)``.

    A switch: on where ``x > 0``, and off where ``x <= 0``. Backward, with ``dout = dL/dout``::

        dx = dout   where x > 0
        dx = 0      where x <= 0

    At exactly 0, the function has no derivative; this course uses 0. `mask` is true where the
    switch is off. `out` and `dx` have the shape and dtype of `x`.
    """

    symbol = "ReLU"
    formula = "max({x}, 0)"
    rules: ClassVar = {"x": "{dout} if {x} > 0 else 0"}

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        return np.maximum(x, 0)

    def backward(self, dout: Array) -> Array:
        dx = np.where(self.mask, 0, dout)
        return dx
