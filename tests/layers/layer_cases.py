"""Every layer with what its common tests need, read from the class: nothing is listed here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from course_lib import answers
from course_lib.answers.affine import AffineSample
from course_lib.layers import LAYERS, Layer, layers_of

Array = np.ndarray[Any, np.dtype[Any]]

# Inputs of the numerical gradient stay this far away from kinks and poles, which are at 0.
MARGIN = 0.1

# Extreme values reach to this magnitude, where the layer's domain does.
LARGEST = 1e4


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]


@dataclass(frozen=True)
class Case:
    """How to test one layer.

    `build` takes the number of columns D of its input. `count` is the number of the value inputs
    of `forward`; `targets` says whether it takes targets too.
    """

    layer: type[Any]
    build: Callable[[int], Any]
    count: int = 1
    targets: bool = False
    domain: tuple[float, float] = (-inf, inf)

    @property
    def name(self) -> str:
        return self.layer.__name__

    @property
    def negative(self) -> bool:
        return self.domain[0] < 0

    def inputs(self, rng: np.random.Generator, N: int, D: int) -> list[Array]:
        signs = [-1.0, 1.0] if self.negative else [1.0]
        return [
            rng.choice(signs, (N, D)) * rng.uniform(MARGIN, 3.0, (N, D)) for _ in range(self.count)
        ]

    def extremes(self) -> tuple[float, float]:
        """The smallest and the largest input to try: the ends of the domain lie outside it."""
        low, high = self.domain
        return max(-LARGEST, low + 1 / LARGEST), min(LARGEST, high)

    def constants(self, rng: np.random.Generator, N: int, D: int) -> list[Array]:
        return [one_hot(rng, (N, D))] if self.targets else []


class SameDraws:
    """Stands in for a generator: every call draws the same, so that a function stays a function."""

    def random(self, shape: tuple[int, ...]) -> Array:
        return np.random.default_rng(13).random(shape)


def case_of(layer: type[Layer]) -> Case:
    """The case of a layer, from its `example`, its `domain` and the signature of its `forward`."""

    def build(D: int) -> Any:
        built: Any = layer.example(D, np.random.default_rng(11))
        if hasattr(built, "rng"):
            built.rng = SameDraws()
        return built

    kinds = [str(p.annotation) for p in inspect.signature(layer.forward).parameters.values()]
    return Case(layer, build, kinds.count("Array"), "Targets" in kinds, layer.domain)


# An answer to an exercise is a layer too. One of them takes no batch.
CASES = [
    case_of(layer) for layer in (LAYERS | layers_of(answers)).values() if layer is not AffineSample
]


def in_dtype(layer: Any, dtype: Any) -> Any:
    """Give the layer's own parameters this dtype."""
    for name in parameters(layer):
        setattr(layer, name, getattr(layer, name).astype(dtype))
    return layer


def parameters(layer: Any) -> tuple[str, ...]:
    """The attributes in which a layer holds what it learns; the gradient of W is dW."""
    return getattr(layer, "parameters", ("W", "b") if hasattr(layer, "W") else ())


def as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def gradients(layer: Any, dout: Any) -> list[Array]:
    """Every gradient of one backward pass: of the inputs, then of the parameters."""
    returned = as_tuple(layer.backward(dout))
    return [*returned, *(getattr(layer, f"d{name}") for name in parameters(layer))]
