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
    """Return cases on both sides of 1, where the logarithm changes its sign."""
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
    notice=_("Notice that this slope depends on where you stand, so forward had to keep x."),
)

exp_layer = LayerTask(
    slug=SLUG,
    name="exp_layer",
    reference=ExpLayer,
    returned=("dx",),
    cases=_numbers_too,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="02_chain_rule#exp-layer",
    notice=_("The one function that is its own slope: backward asks forward's output, not x."),
)

log_layer = LayerTask(
    slug=SLUG,
    name="log_layer",
    reference=LogLayer,
    returned=("dx",),
    cases=_positive,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="02_chain_rule#log-layer",
    notice=_("Where x is small the curve is steep: this node can make a gradient very large."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 4.5, "paths": 10},
    read="02_chain_rule#fork",
    notice=_("Two rules did all of it: multiply along a path, add where paths meet."),
)

fork = LayerTask(
    slug=SLUG,
    name="fork",
    reference=Fork,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 2, "dy": 1, "contracts": 1},
    read="02_chain_rule#fork",
    notice=_("x has two paths and y has one. That is all the difference between dx and dy."),
)

chain = LayerTask(
    slug=SLUG,
    name="chain",
    reference=Chain,
    returned=("dx",),
    cases=_positive,
    points={"forward": 1, "dx": 3, "contracts": 1},
    read="02_chain_rule#chain",
    notice=_("Five local slopes, one product. A sixth node would have cost one more line."),
)

three_uses = LayerTask(
    slug=SLUG,
    name="three_uses",
    reference=ThreeUses,
    returned=("dx", "dy"),
    cases=two_input_cases,
    points={"forward": 1, "dx": 2, "dy": 1, "contracts": 1},
    read="02_chain_rule#fork",
    notice=_("Add with +=, and start from 0 at every pass: you needed both halves of the rule."),
)
