"""Numerical gradients of a whole network with many perturbations in one forward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.affine import Affine
from course_lib.layers.base import Layer

# Values that one stacked pass may hold at a time, 1.6 MB: few enough to stay in the cache of the
# processor, and memory stays flat however large the network is.
_CHUNK_VALUES = 200_000


def affine_gradients(
    layer: Affine, x: Array, row_losses: Callable[[Array], Array], h: float
) -> tuple[Array, Array]:
    """Central differences of the mean of `row_losses` for every element of `W` and `b`.

    Moving ``W[d, k]`` by h moves column k of ``x @ W + b`` by ``h * x[:, d]``, and nothing else:
    so P perturbations need no new matrix product, only P copies of the output, which go
    through the rest of the network as one batch of P * N rows. This holds because every later
    layer treats each row by itself.

    Parameters
    ----------
    layer : Affine
    x : ndarray, shape (N, D)
        Its input.
    row_losses : callable
        Takes outputs of `layer`, (P * N, K), and returns the loss of each row, (P * N,).
    h : float

    Returns
    -------
    dW, db : ndarray
    """
    out = layer.forward(x)
    D, K = layer.W.shape
    # The bias is a weight whose input is 1.
    inputs = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    grad = np.zeros((D + 1, K))
    # Where every sample's input is 0, the loss is the same number before and after.
    moving = [(d, k) for d in np.flatnonzero(inputs.any(axis=0)) for k in range(K)]
    chunk = max(1, _CHUNK_VALUES // out.size)
    for start in range(0, len(moving), chunk):
        d, k = np.array(moving[start : start + chunk]).T
        change = (
            _moved_losses(out, inputs[:, d].T * h, k, row_losses)
            - _moved_losses(out, inputs[:, d].T * -h, k, row_losses)
        )  # fmt: skip
        grad[d, k] = change.mean(axis=1) / (2 * h)
    return grad[:-1], grad[-1]


def _moved_losses(
    out: Array, moves: Array, columns: Array, row_losses: Callable[[Array], Array]
) -> Array:
    """Return the row losses (P, N) with column ``columns[p]`` of copy p moved by ``moves[p]``."""
    P = len(columns)
    N, K = out.shape
    copies = np.repeat(out[None], P, axis=0)
    copies[np.arange(P), :, columns] += moves
    return row_losses(copies.reshape(P * N, K)).reshape(P, N)


def run(layers: Sequence[Layer], x: Array) -> Array:
    """Return the output of `layers` called in order."""
    for layer in layers:
        x = layer.forward(x)
    return x
