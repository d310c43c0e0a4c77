"""Right answers to the tasks of 09_deeper that are not layers of the library."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.arrays import Array

EPS = 1e-5


class RunningNorm:
    """Normalise columns, with running statistics for single images at test time."""

    def __init__(self, D: int, momentum: float) -> None:
        self.momentum = momentum
        self.running_mean = np.zeros(D)
        self.running_var = np.ones(D)

    def forward(self, x: Array, train: bool = True) -> Array:
        """Return `x` normalised by the statistics of the batch, or by the running statistics."""
        if train:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.remember(mean, var)
        else:
            mean, var = self.running_mean, self.running_var
        self.std = np.sqrt(var + EPS)
        return (x - mean) / self.std

    def remember(self, mean: Array, var: Array) -> None:
        """Update the running statistics with those of a batch."""
        old, new = self.momentum, 1 - self.momentum
        self.running_mean = old * self.running_mean + new * mean
        self.running_var = old * self.running_var + new * var

    def backward(self, dout: Array) -> Array:
        """Return `dx` after a forward with ``train=False``, where the statistics are constants."""
        return dout / self.std


class LayerNorm:
    """Normalise each row by itself, then scale and shift each column."""

    def __init__(self, gamma: Array, beta: Array, eps: float = EPS) -> None:
        self.gamma = gamma
        self.beta = beta
        self.eps = eps

    def forward(self, x: Array) -> Array:
        mean = x.mean(axis=1, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=1, keepdims=True)
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout: Array) -> Array:
        self.dgamma = (dout * self.x_hat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        dx_hat = dout * self.gamma
        by_mean = dx_hat.mean(axis=1, keepdims=True)
        by_var = self.x_hat * (dx_hat * self.x_hat).mean(axis=1, keepdims=True)
        return (dx_hat - by_mean - by_var) / self.std


def add_weight_decay(
    loss: float, grads: dict[str, Array], params: dict[str, Array], weight_decay: float
) -> Any:
    """Return loss and gradients with half the sum of all squared weights added to the loss."""
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads | new
