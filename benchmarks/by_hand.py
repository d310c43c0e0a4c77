"""Train the course's network with NumPy and nothing around it: no layers, no checks, no history.

It tells what layers and checks cost: float32, arrays written over where they can be, and only what
the next line needs. It is no way to write a library: it fits one network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
# Rows that a measurement of the accuracy takes at a time, as the library does.
ROWS = 1000


class ByHand:
    """Affine 784-50, ReLU, affine 50-10, softmax with loss."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.W1 = (0.01 * rng.standard_normal((784, 50))).astype(np.float32)
        self.b1 = np.zeros(50, np.float32)
        self.W2 = (0.01 * rng.standard_normal((50, 10))).astype(np.float32)
        self.b2 = np.zeros(10, np.float32)

    def scores(self, x: Array) -> tuple[Array, Array]:
        hidden = x @ self.W1
        hidden += self.b1
        np.maximum(hidden, 0, out=hidden)
        scores = hidden @ self.W2
        scores += self.b2
        return hidden, scores

    def step(self, x: Array, t: Array, rate: np.float32) -> float:
        hidden, scores = self.scores(x)
        scores -= scores.max(axis=1, keepdims=True)
        y = np.exp(scores)
        total = y.sum(axis=1, keepdims=True)
        scores -= np.log(total)
        loss = -float((t * scores).sum()) / len(x)
        y /= total
        y -= t
        y /= np.float32(len(x))
        dW2, db2 = hidden.T @ y, y.sum(axis=0)
        dhidden = y @ self.W2.T
        dhidden *= hidden > 0
        dW1, db1 = x.T @ dhidden, dhidden.sum(axis=0)
        self.W1 -= rate * dW1
        self.b1 -= rate * db1
        self.W2 -= rate * dW2
        self.b2 -= rate * db2
        return loss

    def accuracy(self, x: Array, t: Array) -> float:
        labels = t.argmax(axis=1)
        pieces = range(0, len(x), ROWS)
        return sum(int((self.scores(x[i : i + ROWS])[1].argmax(axis=1)
                        == labels[i : i + ROWS]).sum()) for i in pieces) / len(x)  # fmt: skip
