"""Right answers to the tasks of 08_training."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.networks import TwoLayerNet


def draw_batch(x: Array, t: Array, batch_size: int, seed: int) -> Any:
    """Return a mini-batch: randomly drawn rows of x and the same rows of t."""
    batch = np.random.default_rng(seed).integers(len(x), size=batch_size)
    return x[batch], t[batch]


class Updater:
    """Gradient descent on a network's dictionary of parameters.

    `held` are the same arrays as the layers of the network hold them.
    """

    def __init__(self, params: dict[str, Array]) -> None:
        self.params = params
        self.held = dict(params)

    def step(self, grads: dict[str, Array], learning_rate: float) -> None:
        """Update every parameter against its gradient, in place."""
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]


def accuracy(scores: Array, t: Array) -> float:
    """Return the fraction of rows whose largest logit is at the target."""
    return float((scores.argmax(axis=1) == t).mean())


def train(
    x: Array, t: Array, steps: int, batch_size: int, learning_rate: float, seed: int
) -> tuple[list[float], dict[str, Array]]:
    """Train a two-layer network; return the losses and the parameters."""
    net = TwoLayerNet(784, 50, 10, dtype=np.float32, rng=seed)
    updater, losses = Updater(dict(net.params)), []
    for step in range(steps):
        x_batch, t_batch = draw_batch(x, t, batch_size, seed + step)
        loss, grads = net.loss_and_gradient(x_batch, t_batch)
        losses.append(float(loss))
        updater.step(grads, learning_rate)
    return losses, dict(net.params)
