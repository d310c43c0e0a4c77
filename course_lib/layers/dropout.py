"""Dropout: set random values to 0 during training."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.layers.base import Layer


class Dropout(Layer):
    """Inverted dropout, elementwise: ``out = x * mask`` while training, ``out = x`` otherwise.

    With p for `drop_probability`, each element of `mask` is 0 with probability p and
    ``1 / (1 - p)`` otherwise. Each `forward` draws a new mask. The mean of `out` over many draws is
    `x`, so no scaling is needed at test time. Backward, with ``dout = dL/dout``::

        dx = dout * mask

    with the mask of the last `forward`: dropped values get the gradient 0.

    Parameters
    ----------
    drop_probability : float
        At least 0 and below 1.
    rng : numpy.random.Generator or int, optional
        Draws the masks.

    Notes
    -----
    `x`, `mask`, `out` and `dx` have the same shape and dtype. ``forward(x,
    train=False)`` draws nothing and stores a mask of ones.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout: a simple way to prevent
    neural networks from overfitting (2014).
    """

    symbol = "Dropout"
    formula = "{x} × mask"
    rules: ClassVar = {"x": "{dout} × mask"}

    def __init__(
        self, drop_probability: float = 0.5, rng: np.random.Generator | int | None = None
    ) -> None:
        if isinstance(drop_probability, bool) or not 0 <= drop_probability < 1:
            raise ValueError(
                f"Dropout: drop_probability: expected a number from 0 to below 1, "
                f"got {drop_probability!r}. At 1 nothing would pass."
            )
        self.drop_probability = float(drop_probability)
        self.rng = np.random.default_rng(rng)

    def __repr__(self) -> str:
        return f"Dropout({self.drop_probability:g})"

    def forward(self, x: Array, train: bool = True) -> Array:
        if train:
            p = self.drop_probability
            keep = self.rng.random(x.shape) >= p
            mask = keep / (1 - p)
        else:
            mask = np.ones(x.shape)
        self.mask = mask.astype(x.dtype)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        dx = dout * self.mask
        return dx
