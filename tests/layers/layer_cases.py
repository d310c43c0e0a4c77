"""Every layer with what its common tests need: how to build it and what to feed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib import layers
from course_lib.layers import Layer

Array = np.ndarray[Any, np.dtype[Any]]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

# Inputs of the numerical gradient stay this far away from kinks and poles.
MARGIN = 0.1


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(MARGIN, 3.0, shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(MARGIN, 3.0, shape)


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]


@dataclass(frozen=True)
class Case:
    """How to test one layer.

    `build` takes the number of columns D of its input. `draws` are the value inputs of
    `forward`, each drawn for a shape (N, D); `target` draws the constant t of a loss.
    `largest` is the largest magnitude whose output and gradient can be represented. `negative`
    says whether the layer is defined below 0.
    """

    layer: type[Layer]
    build: Callable[[int], Layer]
    draws: tuple[Draw, ...] = (normal,)
    target: Draw | None = None
    largest: float = 1e4
    negative: bool = True

    @property
    def name(self) -> str:
        return self.layer.__name__

    def inputs(self, rng: np.random.Generator, N: int, D: int) -> list[Array]:
        return [draw(rng, (N, D)) for draw in self.draws]

    def constants(self, rng: np.random.Generator, N: int, D: int) -> list[Array]:
        return [] if self.target is None else [self.target(rng, (N, D))]


# Widths that differ from every N the tests use, so that no transposed shape can fit.
AFFINE_OUT = 4

# The attributes in which layers hold what they learn; the gradient of W is dW.
PARAMETERS = ("W", "b", "m", "gamma", "beta")


def build_affine(D: int) -> Layer:
    rng = np.random.default_rng(11)
    return layers.Affine(rng.standard_normal((D, AFFINE_OUT)), rng.standard_normal(AFFINE_OUT))


def build_linear(D: int) -> Layer:
    return layers.Linear(np.random.default_rng(11).standard_normal((AFFINE_OUT, D)))


def build_scaled_affine(D: int) -> Layer:
    affine: Any = build_affine(D)
    return layers.ScaledAffine(affine.W, affine.b, 2.5)


def build_shifted_affine(D: int) -> Layer:
    affine: Any = build_affine(D)
    return layers.ShiftedAffine(affine.W, affine.b, np.random.default_rng(12).standard_normal(D))


class SameDraws:
    """Stands in for a generator: every call draws the same, so that a function stays a function."""

    def random(self, shape: tuple[int, ...]) -> Array:
        return np.random.default_rng(13).random(shape)


def build_dropout(D: int) -> Layer:
    layer: Any = layers.Dropout(0.4)
    layer.rng = SameDraws()
    return layer


def build_batch_norm(D: int) -> Layer:
    rng = np.random.default_rng(11)
    # A large eps keeps columns that hardly vary smooth enough for a difference.
    return layers.BatchNorm(rng.standard_normal(D), rng.standard_normal(D), eps=0.1)


def _plain(layer: type[Layer], *draws: Draw, **rest: Any) -> Case:
    return Case(layer, lambda D: layer(), draws or (normal,), **rest)


CASES = [
    _plain(layers.AddLayer, normal, normal),
    _plain(layers.SubLayer, normal, normal),
    _plain(layers.MulLayer, normal, normal),
    _plain(layers.DivLayer, normal, away_from_zero),
    _plain(layers.ShoppingCart, *[normal] * 5),
    _plain(layers.CouponCart, *[normal] * 4),
    _plain(layers.ExpLayer, largest=50.0),
    _plain(layers.ReciprocalLayer, away_from_zero),
    _plain(layers.SquareLayer),
    _plain(layers.LogLayer, positive, negative=False),
    _plain(layers.Fork, normal, normal),
    _plain(layers.ThreeUses, normal, normal),
    _plain(layers.Chain, positive, negative=False),
    _plain(layers.Relu, away_from_zero),
    _plain(layers.LeakyRelu, away_from_zero),
    _plain(layers.Sigmoid),
    _plain(layers.Softplus),
    _plain(layers.Swish),
    _plain(layers.Tanh),
    Case(layers.Affine, build_affine),
    Case(layers.Linear, build_linear),
    Case(layers.ScaledAffine, build_scaled_affine),
    Case(layers.ShiftedAffine, build_shifted_affine),
    Case(layers.BatchNorm, build_batch_norm),
    Case(layers.Dropout, build_dropout),
    _plain(layers.SoftmaxWithLoss, target=one_hot),
    _plain(layers.IdentityWithLoss, target=normal),
    _plain(layers.TemperatureWithLoss, target=one_hot),
]


def in_dtype(layer: Layer, dtype: Any) -> Layer:
    """Give the layer's own parameters this dtype."""
    for name in PARAMETERS:
        if hasattr(layer, name):
            setattr(layer, name, getattr(layer, name).astype(dtype))
    return layer


def as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def parameter_gradients(layer: Layer) -> list[Array]:
    return [getattr(layer, f"d{name}") for name in PARAMETERS if hasattr(layer, name)]


def gradients(layer: Layer, dout: Any) -> list[Array]:
    """Every gradient of one backward pass: of the inputs, then of the parameters."""
    return [*as_tuple(layer.backward(dout)), *parameter_gradients(layer)]
