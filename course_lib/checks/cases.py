"""Cases: random inputs for a check, away from kinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.arrays import Array

# Batches of several rows and of one row, and a vector; no two dimensions are equal.
SHAPES = ((2, 3), (1, 5), (4,))


@dataclass(frozen=True)
class Case:
    """Arguments for one run of an answer.

    Attributes
    ----------
    inputs : mapping of str to value
        The arguments of forward (or of a function), by name and in order.
    dout : value
        The upstream gradient; None if the answer is not a layer.
    init : tuple
        The parameters of the class.
    at : str
        The part of the check that a special case belongs to, such as "at zero"; else empty.
    """

    inputs: Mapping[str, Any]
    dout: Any = 1.0
    init: tuple[Any, ...] = field(default=())
    at: str = ""


def elementwise_cases(rng: np.random.Generator) -> list[Case]:
    """Return cases for a layer with one array in and one out.

    Every case has all four pairs of signs of x and dout, so that a mask of the wrong array is
    found. |x| is at least 0.1, so that no finite difference crosses the kink at 0.
    """
    pairs = [signed_pair(rng, shape) for shape in SHAPES]
    return [Case({"x": x}, dout) for x, dout in pairs]


def two_input_cases(rng: np.random.Generator) -> list[Case]:
    """Return cases for a layer with two inputs: numbers, and arrays of one shape."""
    cases = []
    for _ in range(2):
        x, y = rng.uniform(2, 9, 2)
        cases.append(Case({"x": float(x), "y": float(y)}, float(rng.uniform(1.5, 3))))
    for shape in SHAPES[:2]:
        x, dout = signed_pair(rng, shape)
        y, _ = signed_pair(rng, shape)
        cases.append(Case({"x": x, "y": y}, dout))
    return cases


def number_cases(
    **ranges: tuple[float, float],
) -> Callable[[np.random.Generator], list[Case]]:
    """Return a function that draws cases of numbers, each from its range."""

    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            Case(
                {name: float(rng.uniform(*between)) for name, between in ranges.items()},
                float(rng.uniform(1.5, 3)),
            )
            for _ in range(3)
        ]

    return cases


def signed_pair(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return two arrays of at least four elements, with all four pairs of signs among them."""
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    size = int(np.prod(shape))
    pairs = rng.permutation(np.resize(signs, (size, 2)))
    x, dout = (rng.uniform(0.1, 2.0, size) * pairs[:, i] for i in range(2))
    return x.reshape(shape), dout.reshape(shape)
