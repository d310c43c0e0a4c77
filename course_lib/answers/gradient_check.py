"""Right answers to the tasks of 07_gradient_check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.arrays import Array


def numerical_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Return df/dx for every element of x, by central differences."""
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


def compare(a: Array, n: Array, rtol: float = 1e-6, atol: float = 1e-8) -> tuple[bool, Any]:
    """Return the verdict on two gradients, and the index of the worst element."""
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, tuple(int(i) for i in worst)


def check_layer(layer: Any, x: Array, dout: Array) -> bool:
    """Return whether a layer's dx agrees with a numerical gradient, for this upstream gradient."""
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: float(np.sum(dout * layer.forward(moved))), x.copy())
    return compare(dx, n)[0]
