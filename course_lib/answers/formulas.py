"""Layers that are built of other layers, each written as one formula.

The right numbers are those of the references. Hints look here for slips in the formula: a learner
may write it out, and a chain of calls has no brackets to forget.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class ShoppingCart:
    """Price of two kinds of fruit with tax."""

    def forward(self, apple: Any, apple_num: Any, orange: Any, orange_num: Any, tax: Any) -> Any:
        self.apple, self.apple_num = apple, apple_num
        self.orange, self.orange_num = orange, orange_num
        self.tax = tax
        return (apple * apple_num + orange * orange_num) * tax

    def backward(self, dout: Any) -> Any:
        return (
            dout * self.tax * self.apple_num,
            dout * self.tax * self.apple,
            dout * self.tax * self.orange_num,
            dout * self.tax * self.orange,
            dout * (self.apple * self.apple_num + self.orange * self.orange_num),
        )


class CouponCart:
    """Price of one kind of fruit with tax, minus a coupon."""

    def forward(self, apple: Any, apple_num: Any, tax: Any, coupon: Any) -> Any:
        self.apple, self.apple_num, self.tax = apple, apple_num, tax
        return apple * apple_num * tax - coupon

    def backward(self, dout: Any) -> Any:
        return (
            dout * self.tax * self.apple_num,
            dout * self.tax * self.apple,
            dout * self.apple * self.apple_num,
            -dout,
        )


class Fork:
    """``(x + y)**2 * x``."""

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return (x + y) ** 2 * x

    def backward(self, dout: Any) -> Any:
        dx = dout * (self.x + self.y) ** 2 + dout * 2 * (self.x + self.y) * self.x
        return dx, dout * 2 * (self.x + self.y) * self.x


class Chain:
    """``exp(-0.5 * (log(x) - 1)**2)``."""

    def forward(self, x: Any) -> Any:
        self.x = x
        self.out = np.exp(-0.5 * (np.log(x) - 1) ** 2)
        return self.out

    def backward(self, dout: Any) -> Any:
        return dout * self.out * -0.5 * 2 * (np.log(self.x) - 1) / self.x


class ThreeUses:
    """``x * y + x**2 + x``."""

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y + x**2 + x

    def backward(self, dout: Any) -> Any:
        return dout * self.y + dout * 2 * self.x + dout, dout * self.x


FORMULAS = {made.__name__: made for made in (ShoppingCart, CouponCart, Fork, Chain, ThreeUses)}
