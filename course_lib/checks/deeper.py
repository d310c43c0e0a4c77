"""The tasks of 09_deeper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_lib.answers import deeper as answers
from course_lib.arrays import Array
from course_lib.checks.calls import call, get, item, pair
from course_lib.checks.cases import Case
from course_lib.checks.compare import NotNumbers, agrees, as_numbers
from course_lib.checks.side import Shared
from course_lib.checks.tasks import CallTask, LayerTask, NumberTask
from course_lib.layers import BatchNorm, Dropout
from course_lib.text import _

SLUG = "09_deeper"

# (N, D), never equal. The normalised axis has at least three elements, because any two different
# numbers become 1 and -1.
_COLUMNS = ((4, 3), (7, 2), (5, 6))
_ROWS = ((2, 4), (1, 5), (6, 3))


def _away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2, shape)


def _dropout_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "x": _away_from_zero(rng, shape),
                "dout": _away_from_zero(rng, shape),
                "p": p,
                "seed": int(rng.integers(1000)),
            }
        )
        for shape, p in (((60, 50), 0.25), ((20, 10, 15), 0.6))
    ]


# Tolerance of the dropped fraction: more than five standard deviations.
_SHARE = 0.05


def _probe_dropout(
    answer: Any, x: Shared, dout: Shared, p: float, seed: int
) -> Iterable[tuple[str, Any]]:
    """Yield requirements of a Dropout with `p` and `seed`: 1 where one is met."""
    # Learners may draw masks in any way, so the masks of the reference are not compared.
    layers: list[Any] = []
    found: dict[str, Any] = {}

    def build() -> float:
        layers.extend(call(answer, "", p, s) for s in (seed, seed, seed + 1))
        return 1.0

    def out() -> Array:
        if "out" not in found:
            found["given"] = call(layers[0], "forward", x)
            found["out"] = _like(found["given"], x.value)
            found["other"] = call(layers[2], "forward", x)
        return found["out"]

    def dx() -> Array:
        if "dx" not in found:
            call(layers[0], "backward", dout)
            found["dx"] = _like(call(layers[0], "backward", dout), x.value)
        return found["dx"]

    def shape() -> Any:
        if not np.isnan(out()).any():
            return 1.0
        size = np.size(found["given"])
        # Return a single value as it is, and distinguish a smaller array (0.5) from others (0).
        return 0.5 if 1 < size < x.value.size else 0.0 if size > 1 else found["given"]

    def left_out() -> float:
        share = float((out() == 0).mean())
        # -1 marks p as the probability to keep, to recognise this misconception.
        return 1.0 if abs(share - p) < _SHARE else -1.0 if abs(share - 1 + p) < _SHARE else 0.0

    def one_by_one() -> float:
        rows = (out() == 0).reshape(len(x.value), -1)
        together = any((lines == lines[0]).all() for lines in (rows, rows.T))
        # Independent draws hardly ever drop exactly the fraction p, let alone six times.
        others = [call(answer, "", p, seed + i) for i in range(2, 8)]
        counts = [(_like(call(one, "forward", x), x.value) == 0).sum() for one in others]
        exact = all(abs(count - p * x.value.size) < 1 for count in counts)
        # -1 distinguishes this misconception from rows or columns that are dropped together.
        return 0.0 if together else -1.0 if exact else 1.0

    def no_gradient() -> float:
        gone = out() == 0
        # Requires dropped values, and gradients that are not all 0.
        return float(gone.any() and not dx()[gone].any() and dx()[~gone].any())

    def at_test() -> float:
        # A batch of another size, so that an old mask does not fit.
        rows, drows = x.value[1:], dout.value[1:]
        tested = _like(call(layers[0], "forward", rows, False), rows)
        if agrees(tested, rows * (1 - p)):
            return -1.0
        same = np.array_equal(tested, rows)
        back = _like(call(layers[0], "backward", drows), rows)
        return (same + np.array_equal(back, drows)) / 2

    yield "build", build
    yield "out has the shape of x", shape
    yield "about the share p is left out", left_out
    yield "each value is drawn for itself", one_by_one
    yield "the mean stays the same", lambda: (1 - p) * _factor(out(), x.value, out())
    yield "dx has the shape of dout", lambda: float(not np.isnan(dx()).any())
    yield "what is left out gets no gradient", no_gradient
    yield "what stays gets the right gradient", lambda: (1 - p) * _factor(dx(), dout.value, out())
    yield (
        "every forward has a new mask",
        lambda: float(not np.array_equal(out(), _like(call(layers[0], "forward", x), x.value))),
    )
    yield (
        "the same seed gives the same masks",
        lambda: float(np.array_equal(out(), _like(call(layers[1], "forward", x), x.value))),
    )
    yield (
        "another seed gives other masks",
        lambda: float(not np.array_equal(out(), _like(found["other"], x.value))),
    )
    yield "nothing happens at test time", at_test


def _like(value: Any, x: Array) -> Array:
    """Return a result as an array, filled with nan if it lacks the shape of `x`."""
    try:
        array = as_numbers(value)
    except NotNumbers:
        return np.full(x.shape, np.nan)
    return array if array.shape == x.shape else np.full(x.shape, np.nan)


def _factor(got: Array, given: Array, out: Array) -> float:
    """Return the common factor of all kept values, or 0 if they have none.

    Of factors that differ by rounding, it is the one farthest from the others.
    """
    ratios = (got / given)[out != 0]
    if ratios.size and np.ptp(ratios) < 1e-5 * abs(ratios[0]):
        return float(ratios[np.abs(ratios - np.median(ratios)).argmax()])
    return 0.0


def _norm_cases(
    shapes: tuple[tuple[int, int], ...],
) -> Callable[[np.random.Generator], list[Case]]:
    """Return a function that draws batches of these shapes, with gamma and beta."""

    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            Case(
                {"x": rng.normal(1, 2, (N, D))},
                rng.normal(size=(N, D)),
                (_away_from_zero(rng, (D,)), _away_from_zero(rng, (D,)), *eps),
            )
            for (N, D), eps in zip(shapes, ((), (0.2,), (0.01,)), strict=True)
        ]

    return cases


def _running_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "momentum": float(rng.uniform(0.6, 0.8)),
                "first": rng.normal(2, 3, (6, D)),
                "second": rng.normal(-1, 2, (5, D)),
                "x": rng.normal(size=(2, D)),
                "dout": rng.normal(size=(2, D)),
            },
            dout=None,
        )
        for D in (3, 4)
    ]


def _probe_running(
    answer: Any, momentum: float, first: Shared, second: Shared, x: Shared, dout: Shared
) -> Iterable[tuple[str, Any]]:
    made: list[Any] = []
    D = first.value.shape[1]

    def build() -> float:
        made.append(call(answer, "", D, momentum))
        return 1.0

    def train() -> Array:
        return np.concatenate([call(made[0], "forward", x, True) for x in (first, second)])

    def beside_another() -> Any:
        # Another layer must not change the state of this one.
        call(call(answer, "", D, momentum), "forward", first, True)
        return call(made[0], "backward", dout)

    yield "build", build
    yield "out in training", train
    yield "running_mean", lambda: get(made[0], "running_mean")
    yield "running_var", lambda: get(made[0], "running_var")
    yield "out at test time", lambda: call(made[0], "forward", x, False)
    yield "dx at test time", beside_another
    yield "running_mean afterwards", lambda: get(made[0], "running_mean")


def _decay_cases(rng: np.random.Generator) -> list[Case]:
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 4), "b2": (4,), "W3": (4, 5), "b3": (5,)}
    return [
        Case(
            {
                "loss": float(rng.uniform(1, 3)),
                "grads": {name: rng.normal(size=shape) for name, shape in shapes.items()},
                "params": {name: _away_from_zero(rng, shape) for name, shape in shapes.items()},
                "weight_decay": float(rng.uniform(0.1, 0.4)),
            },
            dout=None,
        )
        for _case in range(2)
    ]


def _probe_decay(answer: Any, **inputs: Any) -> Iterable[tuple[str, Any]]:
    came: list[Any] = []

    def build() -> float:
        both = call(answer, "", *inputs.values())
        came.extend(pair(both, _("expected two values: the loss and the gradients")))
        return 1.0

    yield "build", build
    yield "loss", lambda: came[0]
    for name in inputs["params"].value:
        yield f"d{name}", lambda name=name: item(came[1], name)


_NEW_MASKS = (
    "every forward has a new mask, the same seed gives the same masks, "
    "another seed gives other masks"
)
_DECAYED = ("loss", "dW1", "dW2", "dW3", "db1", "db2", "db3")

dropout = CallTask(
    slug=SLUG,
    name="dropout",
    reference=Dropout,
    cases=_dropout_cases,
    probe=_probe_dropout,
    values=(
        "out has the shape of x",
        "about the share p is left out",
        "each value is drawn for itself",
        "the mean stays the same",
        "dx has the shape of dout",
        "what is left out gets no gradient",
        "what stays gets the right gradient",
        "every forward has a new mask",
        "the same seed gives the same masks",
        "another seed gives other masks",
        "nothing happens at test time",
    ),
    gradient_values=("what stays gets the right gradient",),
    facts=True,
    points={
        "out has the shape of x, about the share p is left out": 1,
        "each value is drawn for itself, the mean stays the same": 1,
        "dx has the shape of dout, what is left out gets no gradient": 1,
        "what stays gets the right gradient": 1,
        _NEW_MASKS: 1,
        "nothing happens at test time": 1,
        "contracts": 1,
    },
    read="09_deeper#dropout",
    notice=_("In one pass, the mask is a constant. So this is the gradient of a product."),
)

batch_norm = LayerTask(
    slug=SLUG,
    name="batch_norm",
    reference=BatchNorm,
    returned=("dx",),
    kept=("dgamma", "dbeta"),
    parameters=("gamma", "beta"),
    cases=_norm_cases(_COLUMNS),
    points={"forward": 1, "dgamma": 1, "dbeta": 1, "dx": 3, "contracts": 1},
    read="09_deeper#batch-norm",
    notice=_("Each column of dx sums to 0, because shifting a whole column changes nothing."),
)

running_norm = CallTask(
    slug=SLUG,
    name="running_norm",
    reference=answers.RunningNorm,
    cases=_running_cases,
    probe=_probe_running,
    values=(
        "out in training",
        "running_mean",
        "running_var",
        "out at test time",
        "dx at test time",
        "running_mean afterwards",
    ),
    gradient_values=("dx at test time",),
    methods={
        "out in training": "forward",
        "running_mean": "forward",
        "running_var": "forward",
        "out at test time": "forward",
        "dx at test time": "backward",
        "running_mean afterwards": "forward",
    },
    points={
        "out in training": 1,
        "running_mean, running_var": 1,
        "out at test time, running_mean afterwards": 1,
        "dx at test time": 1,
        "contracts": 1,
    },
    read="09_deeper#batch-norm",
    notice=_("At test time, mean and variance are constants, so only one of three paths is left."),
)

layer_norm = LayerTask(
    slug=SLUG,
    name="layer_norm",
    reference=answers.LayerNorm,
    returned=("dx",),
    kept=("dgamma", "dbeta"),
    parameters=("gamma", "beta"),
    cases=_norm_cases(_ROWS),
    points={"forward": 1, "dgamma, dbeta": 1, "dx": 2, "contracts": 1},
    read="09_deeper#batch-norm",
    notice=_("Each row is normalised by itself, so a batch of one sample works, too."),
)

add_weight_decay = CallTask(
    slug=SLUG,
    name="add_weight_decay",
    reference=answers.add_weight_decay,
    cases=_decay_cases,
    probe=_probe_decay,
    values=_DECAYED,
    gradient_values=_DECAYED[1:],
    methods=dict.fromkeys(_DECAYED, ""),
    points={"loss": 1, "dW1, dW2, dW3": 2, "db1, db2, db3": 1, "contracts": 1},
    read="09_deeper#weight-decay",
    notice=_("The network and the penalty both use W, so its two gradients add up."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    },
    read="09_deeper#batch-norm",
    notice=_("Only one row had an upstream gradient, but another row got a gradient as large."),
)

find_the_cause = NumberTask(
    slug=SLUG,
    name="find_the_cause",
    answers={"twice": 1, "alone": 2, "later": 3, "stands_still": 4, "shrinks": 5},
    read="09_deeper#building-blocks",
    notice=_("None of these errors stops the program. You find them only if you know them."),
)
