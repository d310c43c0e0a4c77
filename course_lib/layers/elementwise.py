"""Small nodes with one input, the bricks from which the sigmoid's graph is built."""

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


class ReciprocalLayer(Layer):
    """Reciprocal, elementwise: ``out = 1 / x`` for ``x != 0``.

    Backward, with ``dout = dL/dout``: ``dx = -dout * out**2``.
    """

    def forward(self, x: Any) -> Any:
        self.out = 1 / x
        return self.out

    def backward(self, dout: Any) -> Any:
        return -dout * self.out**2
