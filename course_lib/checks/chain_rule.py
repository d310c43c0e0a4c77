"""The tasks of 02_chain_rule."""

from __future__ import annotations

import numpy as np

from course_lib.answers.chain_rule import Chain, Fork, ThreeUses
from course_lib.checks.cases import SHAPES, Case, elementwise_cases, signed_pair, two_input_cases
from course_lib.checks.tasks import LayerTask, NumberTask
from course_lib.layers import ExpLayer, LogLayer, SquareLayer
from course_lib.text import _

SLUG = "02_chain_rule"


def _numbers_too(rng: np.random.Generator) -> list[Case]:
    x, dout = rng.uniform(2, 3), rng.uniform(1.5, 2)
    return [*elementwise_cases(rng), Case({"x": float(x)}, float(dout))]


def _positive(rng: np.random.Generator) -> list[Case]:
    """Return cases with x on both sides of 1, where the logarithm changes its sign."""
    cases = []
    for shape in SHAPES:
        signs, dout = signed_pair(rng, shape)
        x = np.where(signs > 0, rng.uniform(1.2, 2.5, shape), rng.uniform(0.3, 0.9, shape))
        cases.append(Case({"x": x}, dout))
    number = Case({"x": float(rng.uniform(4, 8))}, float(rng.uniform(1.5, 3)))
    return [*cases, number]


square_layer = LayerTask(
    slug=SLUG,
    name="square_layer",
    reference=SquareLayer,
    returned=("dx",),
    cases=_numbers_too,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="02_chain_rule#square-layer",
    notice=_("This local gradient depends on x, so forward stores x."),
)

exp_layer = LayerTask(
    slug=SLUG,
    name="exp_layer",
    reference=ExpLayer,
    returned=("dx",),
    cases=_numbers_too,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="02_chain_rule#exp-layer",
    notice=_("exp is its own derivative, so backward needs only the output of forward."),
)

log_layer = LayerTask(
    slug=SLUG,
    name="log_layer",
    reference=LogLayer,
    returned=("dx",),
    cases=_positive,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="02_chain_rule#log-layer",
    notice=_("The local gradient is 1 / x. For a small x, it makes the gradient very large."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 4.5, "paths": 10},
    read="02_chain_rule#fork",
    notice=_("You needed two rules: multiply along a path, and add where paths meet."),
)

fork = LayerTask(
    slug=SLUG,
    name="fork",
    reference=Fork,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 2, "dy": 1, "contracts": 1},
    read="02_chain_rule#fork",
    notice=_("x has two paths to the output, y has one. So dx is a sum of two terms."),
)

chain = LayerTask(
    slug=SLUG,
    name="chain",
    reference=Chain,
    returned=("dx",),
    cases=_positive,
    points={"forward": 1, "dx": 3, "contracts": 1},
    read="02_chain_rule#chain",
    notice=_("dx is the product of five local gradients. A sixth node needs one more line."),
)

three_uses = LayerTask(
    slug=SLUG,
    name="three_uses",
    reference=ThreeUses,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 2, "dy": 1, "contracts": 1},
    read="02_chain_rule#fork",
    notice=_("The gradients of the three uses add up. Every backward pass starts again from 0."),
)
