"""The tasks of 03_activations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from course_lib.checks.cases import Case, elementwise_cases
from course_lib.checks.tasks import LayerTask, NumberTask
from course_lib.layers import LeakyRelu, Relu, Sigmoid, Softplus, Swish, Tanh
from course_lib.text import _

SLUG = "03_activations"


def _with_zero(rng: np.random.Generator) -> list[Case]:
    x = np.array([[0.0, 1.5], [-2.0, 0.0], [3.0, -0.5]])
    return [*elementwise_cases(rng), Case({"x": x}, rng.uniform(1, 2, x.shape), at="at zero")]


def _with_slopes(rng: np.random.Generator) -> list[Case]:
    """Return the cases with slopes of their own, and one with the usual slope."""
    ordinary = elementwise_cases(rng)
    own = [replace(case, init=(float(rng.uniform(0.05, 0.4)),)) for case in ordinary[:-1]]
    zero = _with_zero(rng)[-1]
    return [*own, ordinary[-1], zero, replace(zero, init=(0.25,))]


def _with_extremes(rng: np.random.Generator) -> list[Case]:
    x = np.array([-1e4, -800.0, -1.0, 1.0, 800.0, 1e4])
    # In an array of its own: beside 1e4, an error of 0.001 would be a rounding.
    between = np.array([-11.0, -7.0, -5.5, 5.5, 7.0, 11.0]) * rng.uniform(0.95, 1.05, 6)
    return [
        *elementwise_cases(rng),
        *(Case({"x": some}, rng.uniform(1, 2, 6), at="at extremes") for some in (x, between)),
    ]


relu = LayerTask(
    slug=SLUG,
    name="relu",
    reference=Relu,
    returned=("dx",),
    cases=_with_zero,
    points={"forward": 1, "dx": 2, "at zero": 1, "contracts": 1},
    read="03_activations#relu",
    notice=_("The mask comes from x in forward, not from the gradient in backward."),
)

sigmoid = LayerTask(
    slug=SLUG,
    name="sigmoid",
    reference=Sigmoid,
    returned=("dx",),
    cases=_with_extremes,
    points={"forward": 1, "dx": 2, "at extremes": 1, "contracts": 1},
    read="03_activations#sigmoid",
    notice=_("One layer replaces four nodes, and its gradient needs only the output."),
)

tanh = LayerTask(
    slug=SLUG,
    name="tanh",
    reference=Tanh,
    returned=("dx",),
    cases=_with_extremes,
    points={"forward": 1, "dx": 2, "at extremes": 1, "contracts": 1},
    read="03_activations#tanh",
    notice=_("Again, backward needs only the output. At 0, the slope is four times the sigmoid's."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "relu_on": 0.5,
        "relu_off": 0,
        "sigmoid_dx": 0.32,
        "steepest_sigmoid": 0.25,
        "five_sigmoids": 0.0009765625,
    },
    read="03_activations#sigmoid",
    notice=_("After five sigmoids, less than 0.001 is left. So deep networks often use ReLU."),
)

leaky_relu = LayerTask(
    slug=SLUG,
    name="leaky_relu",
    reference=LeakyRelu,
    returned=("dx",),
    cases=_with_slopes,
    points={"forward": 1, "dx": 2, "at zero": 1, "contracts": 1},
    read="03_activations#relu",
    notice=_("For negative x, the gradient is small but not 0."),
)

softplus = LayerTask(
    slug=SLUG,
    name="softplus",
    reference=Softplus,
    returned=("dx",),
    cases=_with_extremes,
    points={"forward": 1, "dx": 2, "at extremes": 1, "contracts": 1},
    read="03_activations#sigmoid",
    notice=_("The derivative of softplus is the sigmoid."),
)

swish = LayerTask(
    slug=SLUG,
    name="swish",
    reference=Swish,
    returned=("dx",),
    cases=elementwise_cases,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="03_activations#sigmoid",
    notice=_("Two paths lead from x to the output, so dx is the sum of two terms."),
)
