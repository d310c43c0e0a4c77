"""Right answers to the tasks of 06_two_layer_net, and the given layers of its notebook.

The layers are written as the notebook has them, and not taken from the library: a wrong answer
built on them fails here with the same words as it does there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.arrays import Array


class Affine:
    """``out = x @ W + b``; dW and db are kept."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W = W
        self.b = b

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Relu:
    """``out = max(x, 0)``."""

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, 0, dout)


class SoftmaxWithLoss:
    """Softmax and cross entropy, for labels or one-hot rows."""

    def forward(self, x: Array, t: Array) -> float:
        x = x - x.max(axis=1, keepdims=True)
        log_y = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        self.y = np.exp(log_y)
        self.t = np.eye(x.shape[1])[t] if t.ndim == 1 else t
        return -(self.t * log_y).sum() / len(x)

    def backward(self, dout: float = 1) -> Array:
        return dout * (self.y - self.t) / len(self.y)


class TwoLayerNet:
    """Affine, ReLU, affine, softmax with loss."""

    def __init__(self, params: dict[str, Array]) -> None:
        self.params = params
        self.layers: dict[str, Any] = {
            "Affine1": Affine(params["W1"], params["b1"]),
            "Relu1": Relu(),
            "Affine2": Affine(params["W2"], params["b2"]),
        }
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x: Array) -> Array:
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array) -> float:
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: Array, t: Array) -> float:
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        return float((self.predict(x).argmax(axis=1) == labels).mean())

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        affines = {name: self.layers[f"Affine{name[1:]}"] for name in self.params}
        return {name: getattr(affine, f"d{name[0]}") for name, affine in affines.items()}


class ThreeLayerNet(TwoLayerNet):
    """Affine, ReLU, affine, ReLU, affine, softmax with loss."""

    def __init__(self, params: dict[str, Array]) -> None:
        self.params = params
        self.layers = {
            "Affine1": Affine(params["W1"], params["b1"]),
            "Relu1": Relu(),
            "Affine2": Affine(params["W2"], params["b2"]),
            "Relu2": Relu(),
            "Affine3": Affine(params["W3"], params["b3"]),
        }
        self.last_layer = SoftmaxWithLoss()


class Net:
    """The given network of the task `learn`, which counts its forward passes."""

    def __init__(self, params: dict[str, Array]) -> None:
        self.params = params
        self.first = Affine(params["W1"], params["b1"])
        self.relu = Relu()
        self.second = Affine(params["W2"], params["b2"])
        self.last_layer = SoftmaxWithLoss()
        self.forward_passes = 0

    def predict(self, x: Array) -> Array:
        self.forward_passes += 1
        return self.second.forward(self.relu.forward(self.first.forward(x)))

    def loss(self, x: Array, t: Array) -> float:
        return self.last_layer.forward(self.predict(x), t)

    def loss_and_gradient(self, x: Array, t: Array) -> tuple[float, dict[str, Array]]:
        loss = self.loss(x, t)
        dh = self.second.backward(self.last_layer.backward(1))
        self.first.backward(self.relu.backward(dh))
        grads = {
            "W1": self.first.dW,
            "b1": self.first.db,
            "W2": self.second.dW,
            "b2": self.second.db,
        }
        return loss, grads


class LearningNet(Net):
    """A network with a method for one training step."""

    def learn(self, x: Array, t: Array, learning_rate: float) -> float:
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]
        return loss


def init_params(sizes: Sequence[int], std: float, seed: int) -> dict[str, Array]:
    """Return small random weights and biases of 0 for layers of the given sizes."""
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params
