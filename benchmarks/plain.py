"""The network of the course in plain style: no checks, no shared code, float64 parameters.

This is the measure that the benchmarks compare with: two affine layers, ReLU and softmax, a
small constant inside the logarithm, and a forward pass inside every call that needs one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


class PlainNet:
    def __init__(self, rng: np.random.Generator, sizes: tuple[int, int, int] = (784, 50, 10)):
        D, H, K = sizes
        self.params: dict[str, Array] = {
            "W1": 0.01 * rng.standard_normal((D, H)),
            "b1": np.zeros(H),
            "W2": 0.01 * rng.standard_normal((H, K)),
            "b2": np.zeros(K),
        }

    def predict(self, x: Array) -> Array:
        p = self.params
        self.x = x
        self.a1 = np.dot(x, p["W1"]) + p["b1"]
        self.mask = self.a1 <= 0
        self.z1 = self.a1.copy()
        self.z1[self.mask] = 0
        return np.dot(self.z1, p["W2"]) + p["b2"]

    def loss(self, x: Array, t: Array) -> float:
        scores = self.predict(x)
        scores = scores - scores.max(axis=1, keepdims=True)
        self.y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -float(np.sum(t * np.log(self.y + 1e-7))) / len(x)

    def accuracy(self, x: Array, t: Array) -> float:
        return float(np.sum(self.predict(x).argmax(axis=1) == t.argmax(axis=1))) / len(x)

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        self.loss(x, t)
        da2 = (self.y - t) / len(x)
        dz1 = np.dot(da2, self.params["W2"].T)
        da1 = dz1.copy()
        da1[self.mask] = 0
        np.dot(da1, self.params["W1"].T)  # the first layer's dx, which nobody reads
        return {
            "W1": np.dot(self.x.T, da1),
            "b1": da1.sum(axis=0),
            "W2": np.dot(self.z1.T, da2),
            "b2": da2.sum(axis=0),
        }

    def numerical_gradient(self, x: Array, t: Array, h: float = 1e-4) -> dict[str, Array]:
        grads = {}
        for name, param in self.params.items():
            grad = np.zeros_like(param)
            for index in np.ndindex(param.shape):
                kept = param[index]
                param[index] = kept + h
                above = self.loss(x, t)
                param[index] = kept - h
                below = self.loss(x, t)
                param[index] = kept
                grad[index] = (above - below) / (2 * h)
            grads[name] = grad
        return grads
