"""Layers, right and wrong, for a learner's check to judge."""

from __future__ import annotations

from typing import Any

from course_lib.arrays import Array
from course_lib.functions import softmax


class _Square:
    # The input that forward had seen last when backward was called.
    answered_for: Array | None = None

    def forward(self, x: Array) -> Array:
        # A copy: a backward after forward at another place answers for that place.
        self.x = x.copy()
        return x**2

    def backward(self, dout: Array) -> Array:
        self.answered_for = self.x
        return 2 * self.x * dout


class _Softmax:
    answered_for = None

    def forward(self, x: Array) -> Array:
        self.out = softmax(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return self.out * (dout - (self.out * dout).sum(axis=1, keepdims=True))


class _WithoutUpstream(_Square):
    def backward(self, dout: Array) -> Array:  # noqa: ARG002
        return 2 * self.x


class _PlainMeans(_Softmax):
    def backward(self, dout: Array) -> Array:
        return self.out * (dout - dout.mean(axis=1, keepdims=True))


class _OneWrong(_Square):
    def backward(self, dout: Array) -> Array:
        dx = super().backward(dout)
        dx[-1, -1] *= 1.5
        return dx


class _NearlyRight(_Square):
    def backward(self, dout: Array) -> Array:
        return 1.001 * super().backward(dout)


class _Summed(_Square):
    def backward(self, dout: Array) -> Array:
        return super().backward(dout).sum(axis=0)


LAYERS: dict[str, Any] = {
    "a right layer": _Square,
    "a right layer that mixes its inputs": _Softmax,
    "a layer that leaves out dout": _WithoutUpstream,
    "a softmax of plain means": _PlainMeans,
    "a layer with one wrong element": _OneWrong,
    "a layer that is off by one in a thousand": _NearlyRight,
    "a layer whose dx has another shape": _Summed,
}
