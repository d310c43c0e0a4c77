"""The tasks of 05_softmax_with_loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_lib import functions
from course_lib.answers.softmax_with_loss import TemperatureWithLoss
from course_lib.arrays import Array
from course_lib.checks.cases import Case
from course_lib.checks.compare import Seen, loss_with_constant
from course_lib.checks.tasks import CallTask, LayerTask, NumberTask
from course_lib.layers import IdentityWithLoss, SoftmaxWithLoss
from course_lib.text import _

SLUG = "05_softmax_with_loss"

# (N, K) of the batches.
_SHAPES = ((3, 5), (1, 4), (4, 2))


def _scores(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(-2, 2, shape)


def _labels(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return a label for each row, not all equal and independent of the logits."""
    N, K = shape
    return (rng.integers(K) + np.arange(N)) % K


def _one_hot(labels: Array, K: int) -> Array:
    return np.eye(K)[labels]


def _softmax_cases(rng: np.random.Generator) -> list[Case]:
    rows = [Case({"x": _scores(rng, shape)}) for shape in _SHAPES]
    large = np.array([[1000.0, 1001.0, 1002.0], [-1000.0, -998.0, -997.0], [-900.0, 0.0, 900.0]])
    return [
        *rows,
        Case({"x": _scores(rng, (5,))}, at="for one sample"),
        Case({"x": large}, at="at extremes"),
    ]


def _entropy_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for shape in _SHAPES:
        y, labels = functions.softmax(_scores(rng, shape)), _labels(rng, shape)
        cases.append(Case({"y": y, "t": _one_hot(labels, shape[1])}))
        cases.append(Case({"y": y, "t": labels}, at="for labels"))
    return cases


def _loss_cases(*init: float) -> Callable[[np.random.Generator], list[Case]]:
    """Return a function that draws logits, targets in both forms, and an upstream gradient."""

    def cases(rng: np.random.Generator) -> list[Case]:
        drawn = []
        for shape in _SHAPES:
            x, labels, dout = _scores(rng, shape), _labels(rng, shape), float(rng.uniform(1.5, 3))
            one_hot = _one_hot(labels, shape[1])
            drawn.append(Case({"x": x, "t": one_hot}, dout, init))
            drawn.append(Case({"x": x, "t": labels}, dout, init, at="for labels"))
        large = np.array([[1000.0, 1001.0, 1002.0], [0.0, 2000.0, 0.0], [-3000, -3001, -3003]])
        # In the second row, the probability of the right class rounds to 0.
        targets = _one_hot(np.array([0, 2, 1]), 3)
        drawn.append(Case({"x": large, "t": targets}, 2.0, init, at="at extremes"))
        return drawn

    return cases


def _regression_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"x": _scores(rng, shape), "t": _scores(rng, shape)}, float(rng.uniform(1.5, 3)))
        for shape in _SHAPES
    ]


class _LossTask(LayerTask):
    """A layer with a cross entropy, whose loss may contain a small constant in the logarithm."""

    def other_values(self, case: Case) -> Seen:
        if case.at == "at extremes":
            return {}
        y = functions.softmax(case.inputs["x"] / (case.init[0] if case.init else 1))
        return {"out": loss_with_constant(y, case.inputs["t"])}


class _EntropyTask(CallTask):
    """A cross entropy, which may contain a small constant in the logarithm."""

    def other_values(self, case: Case) -> Seen:
        return {"value": loss_with_constant(case.inputs["y"], case.inputs["t"])}


softmax = CallTask(
    slug=SLUG,
    name="softmax",
    reference=functions.softmax,
    cases=_softmax_cases,
    points={"value": 2, "for one sample": 1, "at extremes": 1, "contracts": 1},
    read="05_softmax_with_loss#softmax",
    notice=_("You may subtract a constant from all logits: softmax depends only on differences."),
)

cross_entropy_error = _EntropyTask(
    slug=SLUG,
    name="cross_entropy_error",
    reference=functions.cross_entropy_error,
    cases=_entropy_cases,
    points={"value": 2, "for labels": 1},
    read="05_softmax_with_loss#cross-entropy",
    notice=_("In each row, the loss depends only on the probability of the right class."),
)

softmax_with_loss = _LossTask(
    slug=SLUG,
    name="softmax_with_loss",
    reference=SoftmaxWithLoss,
    returned=("dx",),
    cases=_loss_cases(),
    points={"forward": 1, "dx": 2, "for labels": 1, "at extremes": 1, "contracts": 1},
    read="05_softmax_with_loss#softmax-with-loss",
    notice=_("The two formulas are long, but the gradient is short: (y - t) / N."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={"right_class": -0.8, "wrong_class": 0.7, "batch_of_four": -0.2, "row_sum": 0},
    read="05_softmax_with_loss#softmax-with-loss",
    notice=_("Each row of the gradient sums to 0: if one logit must rise, others must fall."),
)

identity_with_loss = LayerTask(
    slug=SLUG,
    name="identity_with_loss",
    reference=IdentityWithLoss,
    returned=("dx",),
    cases=_regression_cases,
    points={"forward": 1, "dx": 2, "contracts": 1},
    read="05_softmax_with_loss#identity-with-loss",
    notice=_("The gradient is (y - t) / N, as for softmax with cross entropy."),
)

temperature_with_loss = _LossTask(
    slug=SLUG,
    name="temperature_with_loss",
    reference=TemperatureWithLoss,
    returned=("dx",),
    cases=_loss_cases(2.5),
    points={"forward": 1, "dx": 1, "for labels": 1, "at extremes": 1, "contracts": 1},
    read="05_softmax_with_loss#softmax-with-loss",
    notice=_("The temperature is one more node, so the gradient has one more factor."),
)
