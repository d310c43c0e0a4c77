"""The leaky rectified linear unit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class LeakyRelu(Layer):
    """Leaky rectified linear unit, elementwise: ``out = x`` where ``x > 0``, else ``alpha * x``.

    Backward, with ``dout = dL/dout``::

        dx = dout           where x > 0
        dx = alpha * dout   where x <= 0

    Parameters
    ----------
    alpha : float
        Slope on the negative side.

    References
    ----------
    Maas, Hannun, Ng: Rectifier nonlinearities improve neural network acoustic models (2013).
    """

    symbol = "leaky ReLU"
    formula = "{x} if {x} > 0 else α × {x}"
    rules: ClassVar = {"x": "{dout} if {x} > 0 else α × {dout}"}

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        return np.where(self.mask, self.alpha * x, x)

    def backward(self, dout: Array) -> Array:
        dx = np.where(self.mask, self.alpha * dout, dout)
        return dx
