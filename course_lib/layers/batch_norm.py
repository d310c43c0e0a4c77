"""Batch normalisation: normalise each column of a batch, then scale and shift it."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class BatchNorm(Layer):
    """Batch normalisation of each column: ``out = gamma * x_hat + beta``.

    ``x_hat = (x - mean) / std`` with ``std = sqrt(var + eps)``, where ``mean`` and ``var`` are
    those of the column, over the N rows of the batch. They depend on `x`, so `x` has three
    paths to the output: directly, through the mean, and through the variance. Backward,
    with ``dout = dL/dout``, means over the rows and ``dx_hat = dout * gamma``::

        dx = (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) / std
        dgamma = sum of dout * x_hat over the rows        dbeta = sum of dout over the rows

    Parameters
    ----------
    gamma, beta : ndarray of float, shape (D,)
        Not copied: the next `forward` uses their values at that time.
    momentum : float
        Weight of the old value in each update of a running statistic.
    eps : float
        Prevents a division by 0 in a constant column.

    Attributes
    ----------
    dgamma, dbeta : ndarray, shape (D,)
        Gradients of the last `backward`.
    running_mean, running_var : ndarray, shape (D,)
        Moving averages of the batch statistics, for ``forward(x, train=False)``. They are
        constants there, so ``dx = dx_hat / std``.

    Notes
    -----
    `x`, `out` and `dx` have shape (N, D). The variance divides by N, in the running average too.

    References
    ----------
    Ioffe, Szegedy: Batch normalization: accelerating deep network training by reducing internal
    covariate shift (2015).
    """

    symbol = "Batch norm"
    formula = "gamma × x_hat + beta"
    rules: ClassVar = {
        "x": "({dout} × gamma less two means) / std",
        "gamma": "Σ rows of {dout} × x_hat",
        "beta": "Σ rows of {dout}",
    }

    def __init__(self, gamma: Array, beta: Array, eps: float = 1e-5, momentum: float = 0.9) -> None:
        if gamma.ndim != 1 or beta.shape != gamma.shape:
            raise ValueError(
                f"BatchNorm: expected gamma and beta of one shape (D,), "
                f"got {gamma.shape} and {beta.shape}."
            )
        if not 0 <= momentum < 1:
            raise ValueError(
                f"BatchNorm: momentum: expected a number from 0 to below 1, got {momentum!r}. "
                "At 1 the running statistics would never move."
            )
        if not eps > 0:
            raise ValueError(f"BatchNorm: eps: expected a number above 0, got {eps!r}.")
        self.gamma = gamma
        self.beta = beta
        self.momentum = float(momentum)
        self.eps = float(eps)
        self.running_mean = np.zeros_like(self.gamma)
        self.running_var = np.ones_like(self.gamma)
        self.dgamma: Array | None = None
        self.dbeta: Array | None = None

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.gamma)})"

    def forward(self, x: Array, train: bool = True) -> Array:
        if train:
            mean = x.mean(axis=0)
            var = ((x - mean) ** 2).mean(axis=0)
            new = 1 - self.momentum
            self.running_mean += new * (mean - self.running_mean)
            self.running_var += new * (var - self.running_var)
        else:
            mean = self.running_mean
            var = self.running_var
        self.train = train
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout: Array) -> Array:
        self.dbeta = dout.sum(axis=0)
        self.dgamma = (dout * self.x_hat).sum(axis=0)
        dx_hat = dout * self.gamma
        if not self.train:
            return dx_hat / self.std
        by_mean = dx_hat.mean(axis=0)
        by_var = self.x_hat * (dx_hat * self.x_hat).mean(axis=0)
        dx = (dx_hat - by_mean - by_var) / self.std
        return dx

    def check_inputs(self, x: Array) -> None:
        """Refuse an `x` of another shape than (N, D), or without rows."""
        D = len(self.gamma)
        if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != D:
            raise ValueError(
                f"BatchNorm.forward: x: expected shape (N, {D}) with at least one row, to go "
                f"with gamma ({D},), got {x.shape}."
            )

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:
        """Return a layer with D columns, smooth even where a column hardly varies."""
        return cls(rng.standard_normal(D), rng.standard_normal(D), eps=0.1)
