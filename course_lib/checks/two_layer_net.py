"""The tasks of 06_two_layer_net."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from course_lib.answers import two_layer_net as answers
from course_lib.checks.answer_side import Lent, call, get, item, plain, side_of, type_name
from course_lib.checks.calls import NotAsked
from course_lib.checks.net_task import (
    CALLS,
    MethodsTask,
    NetTask,
    draw_net,
    later_values,
    net_cases,
    probe_net,
    values_of,
)
from course_lib.checks.number_task import NumberTask
from course_lib.checks.observe import Case
from course_lib.text import _

SLUG = "06_two_layer_net"

two_layer_net = NetTask(
    slug=SLUG,
    name="two_layer_net",
    reference=answers.TwoLayerNet,
    cases=net_cases((6, 4, 5, 3, 2), (1, 3, 2, 4, 5), (5, 2, 3, 3, 3)),
    probe=probe_net,
    values=values_of(2),
    points={
        "predict": 1,
        "loss": 1,
        "accuracy": 1,
        "one-hot accuracy": 1,
        "dW2, db2": 1,
        "dW1, db1": 2,
        "any order": 1,
        "contracts": 1,
    },
    groups={"any order": later_values(2)},
    calls=CALLS,
    read="06_two_layer_net#two-layer-net",
    notice=_("No line of gradient() knows what a layer does: the order is all that it adds."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": float(np.log(3)),
        "deeper": 231,
    },
    read="06_two_layer_net#learning-procedure",
    notice=_("Central differences pay for each parameter. One backward pass pays once for all."),
)


def _learn_cases(rng: np.random.Generator) -> list[Case]:
    drawn = []
    for N, *sizes in ((6, 5, 3, 2), (3, 2, 4, 5)):
        params, [(x, t)] = draw_net(rng, tuple(sizes), N)
        rate = float(rng.uniform(0.1, 1))
        drawn.append(Case({"params": params, "x": x, "t": t, "learning_rate": rate}, dout=None))
    return drawn


def _probe_learn(
    answer: Any, params: Lent, x: Lent, t: Lent, learning_rate: float
) -> Iterable[tuple[str, Callable[[], Any]]]:
    nets: list[Any] = []
    said: list[Any] = []
    # The network may write into its parameters: into its own, not into those of the case.
    own = side_of(answer).lend(params.value)

    def build() -> float:
        nets.append(call(answer, "", own))
        said.append(call(nets[0], "learn", x, t, learning_rate))
        said.append(get(nets[0], "forward_passes"))
        return 1.0

    def held(name: str) -> Any:
        return item(get(nets[0], "params"), name)

    yield "build", build
    yield "loss", lambda: said[0]
    yield "forward passes", lambda: said[1]
    for name in params.value:
        yield f'params["{name}"]', partial(held, name)
    yield "scores after the step", lambda: call(nets[0], "predict", x.value)


_LEARNED = ("loss", "forward passes", *(f'params["{name}"]' for name in ("W1", "b1", "W2", "b2")))

learn = MethodsTask(
    slug=SLUG,
    name="learn",
    reference=answers.LearningNet,
    cases=_learn_cases,
    probe=_probe_learn,
    values=(*_LEARNED, "scores after the step"),
    points={
        "params": 2,
        "scores after the step": 2,
        "loss": 1,
        "forward passes": 1,
        "contracts": 1,
    },
    # A saved pass is worth nothing to a network that has not learned.
    groups={"params": _LEARNED[2:], "forward passes": ("forward passes", *_LEARNED)},
    calls=dict.fromkeys((*_LEARNED, "scores after the step"), "learn"),
    read="06_two_layer_net#in-place",
    notice=_("One forward pass, one backward pass, one step: nothing was computed twice."),
)


def _init_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"sizes": sizes, "std": float(rng.uniform(0.1, 0.5)), "seed": int(rng.integers(1000))})
        for sizes in ((4, 3, 5, 2), (2, 6, 3, 5))
    ]


def _probe_init(
    answer: Any, sizes: tuple[int, ...], std: float, seed: int
) -> Iterable[tuple[str, Callable[[], Any]]]:
    made: list[Any] = []

    def build() -> float:
        for some in (sizes, sizes[:3]):
            made.append(plain(call(answer, "", some, std, seed)))
            if not isinstance(made[-1], dict):
                got = type_name(made[-1])
                raise NotAsked(_("a dict is wanted, and not {type}").format(type=got))
        return 1.0

    def made_first(name: str) -> Any:
        return made[0].get(name)

    yield "build", build
    for name in _INITIAL:
        yield name, partial(made_first, name)
    yield "entries for two layers", lambda: len(made[1])
    yield "W2 for two layers", lambda: made[1].get("W2")


_INITIAL = ("W1", "W2", "W3", "b1", "b2", "b3")

init_params = MethodsTask(
    slug=SLUG,
    name="init_params",
    reference=answers.init_params,
    cases=_init_cases,
    probe=_probe_init,
    values=(*_INITIAL, "entries for two layers", "W2 for two layers"),
    points={"weights": 2, "biases": 1, "any depth": 1},
    groups={
        "weights": _INITIAL[:3],
        "biases": _INITIAL[3:],
        "any depth": ("entries for two layers", "W2 for two layers"),
    },
    read="06_two_layer_net#two-layer-net",
    notice=_("Chance makes the units different. Without it they would stay alike for ever."),
)

three_layer_net = NetTask(
    slug=SLUG,
    name="three_layer_net",
    reference=answers.ThreeLayerNet,
    cases=net_cases((6, 4, 5, 3, 4, 2), (1, 3, 2, 5, 4, 3), (5, 2, 3, 3, 3, 3)),
    probe=probe_net,
    values=values_of(3),
    points={
        "predict": 1,
        "loss": 1,
        "accuracy": 1,
        "dW3, db3": 1,
        "dW2, db2": 1,
        "dW1, db1": 2,
        "any order": 1,
        "contracts": 1,
    },
    groups={"accuracy": ("accuracy", "one-hot accuracy"), "any order": later_values(3)},
    calls=CALLS,
    read="06_two_layer_net#gradient",
    notice=_("The two loops stayed as they were. A network of twenty layers needs no third one."),
)
