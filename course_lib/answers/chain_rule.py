"""Right answers to 02_chain_rule: small graphs of nodes, a chain and values used more than once."""

from __future__ import annotations

from math import inf
from typing import Any

from course_lib.arrays import Array
from course_lib.layers.add import AddLayer
from course_lib.layers.base import Layer
from course_lib.layers.elementwise import ExpLayer, LogLayer, SquareLayer
from course_lib.layers.mul import MulLayer


class Fork(Layer):
    """Three nodes, with `x` used twice, elementwise: ``out = (x + y)**2 * x``.

    Backward, with ``dout = dL/dout`` and ``s = x + y``::

        dx = dout * s**2 + dout * x * 2 * s        dy = dout * x * 2 * s

    Two paths lead from `x` to `out`; what comes back along them adds.
    """

    def __init__(self) -> None:
        self.add = AddLayer()
        self.square = SquareLayer()
        self.mul = MulLayer()

    def forward(self, x: Array, y: Array) -> Array:
        s = self.add.forward(x, y)
        q = self.square.forward(s)
        return self.mul.forward(q, x)

    def backward(self, dout: Array) -> tuple[Array, Array]:
        dq, dx_direct = self.mul.backward(dout)
        ds = self.square.backward(dq)
        dx_by_sum, dy = self.add.backward(ds)
        dx = dx_direct + dx_by_sum
        return dx, dy


class ThreeUses(Layer):
    """One value used three times, elementwise: ``out = x * y + x**2 + x``.

    Backward, with ``dout = dL/dout``::

        dx = dout * y + dout * 2 * x + dout        dy = dout * x
    """

    def forward(self, x: Array, y: Array) -> Array:
        self.x = x
        self.y = y
        return x * y + x**2 + x

    def backward(self, dout: Array) -> tuple[Array, Array]:
        grad: dict[str, Any] = {"x": 0, "y": 0}
        grad["x"] += dout * self.y
        grad["y"] += dout * self.x
        grad["x"] += dout * 2 * self.x
        grad["x"] += dout
        return grad["x"], grad["y"]


class Chain(Layer):
    """Five nodes in a row, elementwise: ``out = exp(-(log(x) - 1)**2 / 2)`` for ``x > 0``.

    Backward, with ``dout = dL/dout``: ``dx = dout * out * -1/2 * 2 * (log(x) - 1) / x``, one
    factor for each node that has a slope other than 1.
    """

    domain = (0.0, inf)

    def __init__(self) -> None:
        self.log = LogLayer()
        self.square = SquareLayer()
        self.exp = ExpLayer()

    def forward(self, x: Array) -> Array:
        a = self.log.forward(x)
        b = a - 1
        c = self.square.forward(b)
        d = c * -0.5
        return self.exp.forward(d)

    def backward(self, dout: Array) -> Array:
        dd = self.exp.backward(dout)
        dc = dd * -0.5
        db = self.square.backward(dc)
        da = db * 1
        return self.log.backward(da)
