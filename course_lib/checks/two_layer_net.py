"""The tasks of 06_two_layer_net."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from course_lib.answers import two_layer_net as answers
from course_lib.arrays import Array
from course_lib.checks.calls import UnexpectedResult, call, get, item, plain, type_name
from course_lib.checks.cases import Case
from course_lib.checks.compare import Seen, loss_with_constant
from course_lib.checks.side import Shared
from course_lib.checks.tasks import CallTask, NumberTask
from course_lib.functions import softmax
from course_lib.gradients import numerical_gradient
from course_lib.text import _

SLUG = "06_two_layer_net"

# Smallest distance of a unit from its kink: much more than a central difference moves it.
_CLEAR_OF_KINKS = 0.05

# Smallest allowed maximum of every gradient: the error of a central difference is about 1e-10,
# however small the gradient is.
_LARGE_ENOUGH = 0.01

# Suffixes of the names of later values: from a second batch on the same network, and from that
# batch on a new network.
_SECOND, _NEW = " (second batch)", " (new network)"


class NetTask(CallTask):
    """A network to write: a class that takes its parameters, a dict of arrays.

    The right gradients are central differences of the reference's loss.
    """

    apart: ClassVar = {"predict": {"__init__", "predict"}}

    @property
    def gradients(self) -> tuple[str, ...]:
        """Return the names of the gradients for all batches and networks."""
        return tuple(name for name in self.values if name.startswith("d"))

    def calls(self, case: Case) -> tuple[list[Any], list[list[Any]]]:
        """Return the parameters of the network, and a call of gradient."""
        return [case.inputs["params"]], [["gradient", case.inputs["x"], case.inputs["t"]]]

    def other_values(self, case: Case) -> Seen:
        """Return the loss with a small constant in the logarithm."""
        return {"loss": _loss_with_constant(self.reference, case)}

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return the values of a right network, with numerical gradients."""
        seen = super().expected(cases)
        for case, one in zip(cases, seen, strict=True):
            case_of = case.inputs
            for when, (x, t) in {
                "": (case_of["x"], case_of["t"]),
                _SECOND: (case_of["x_other"], case_of["t_other"]),
            }.items():
                grads = _numerical_gradients(self.reference, case_of["params"], x, t)
                one |= {f"d{name}{when}": grad for name, grad in grads.items()}
            one |= {name.replace(_SECOND, _NEW): value for name, value in one.items()}
        return seen


class _LearnTask(CallTask):
    """A network that learns: a class that takes its parameters, a dict of arrays."""

    def calls(self, case: Case) -> tuple[list[Any], list[list[Any]]]:
        """Return the parameters of the network, and a call of learn."""
        x, t, rate = (case.inputs[name] for name in ("x", "t", "learning_rate"))
        return [case.inputs["params"]], [["learn", x, t, rate]]

    def other_values(self, case: Case) -> Seen:
        """Return the loss with a small constant in the logarithm."""
        return {"loss": _loss_with_constant(self.reference, case)}


def _loss_with_constant(make: Any, case: Case) -> float:
    net = make({name: param.copy() for name, param in case.inputs["params"].items()})
    return loss_with_constant(softmax(net.predict(case.inputs["x"])), case.inputs["t"])


def _numerical_gradients(
    make: Any, params: Mapping[str, Array], x: Array, t: Array
) -> dict[str, Array]:
    params = {name: param.copy() for name, param in params.items()}
    net = make(params)
    return {
        name: numerical_gradient(lambda _: net.loss(x, t), param) for name, param in params.items()
    }


def draw_params(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, Array]:
    """Return random parameters that are large enough for gradients far from 0."""
    params = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        params[f"W{i}"] = rng.normal(size=(n_in, n_out))
        params[f"b{i}"] = rng.normal(size=n_out)
    return params


def draw_batch(
    rng: np.random.Generator, params: Mapping[str, Array], N: int
) -> tuple[Array, Array] | None:
    """Return a batch and its labels; None if this draw is unsuitable.

    A suitable batch is away from kinks, has active and inactive units in every hidden layer and
    different predictions, and no gradient is close to 0 everywhere. A third of the labels, at least
    one, are those that the network predicts. The others are not.
    """
    x = out = rng.normal(size=(N, len(params["W1"])))
    outs = [x]
    last = len(params) // 2
    for i in range(1, last):
        out = out @ params[f"W{i}"] + params[f"b{i}"]
        on = out > 0
        if (np.abs(out) < _CLEAR_OF_KINKS).any() or on.all() or not on.any():
            return None
        out = np.maximum(out, 0)
        outs.append(out)
    logits = out @ params[f"W{last}"] + params[f"b{last}"]
    guesses = logits.argmax(axis=1)
    if N > 1 and np.ptp(guesses) == 0:
        return None
    wrong = np.arange(N) >= max(1, N // 3)
    K = len(params[f"b{last}"])
    t = (guesses + wrong * rng.integers(1, K, N)) % K
    dout = (softmax(logits) - np.eye(K)[t]) / N
    for i in range(last, 0, -1):
        if min(np.abs(outs[i - 1].T @ dout).max(), np.abs(dout.sum(axis=0)).max()) < _LARGE_ENOUGH:
            return None
        dout = (dout @ params[f"W{i}"].T) * (outs[i - 1] > 0)
    return x, t


def draw_net(
    rng: np.random.Generator, sizes: tuple[int, ...], *rows: int
) -> tuple[dict[str, Array], list[tuple[Array, Array]]]:
    """Return parameters, and a suitable batch for each number of rows."""
    while True:
        params = draw_params(rng, sizes)
        batches = [batch for N in rows if (batch := draw_batch(rng, params, N)) is not None]
        if len(batches) == len(rows):
            return params, batches


def net_cases(*shapes: tuple[int, ...]) -> Callable[[np.random.Generator], list[Case]]:
    """Return a function that draws networks, each with two batches.

    A shape holds the numbers of rows of the two batches, then the sizes of the layers.
    """

    def cases(rng: np.random.Generator) -> list[Case]:
        drawn = []
        for N, N_other, *sizes in shapes:
            params, [(x, t), (x_other, t_other)] = draw_net(rng, tuple(sizes), N, N_other)
            other = draw_params(rng, tuple(sizes))
            inputs = {"params": params, "x": x, "t": t, "x_other": x_other, "t_other": t_other}
            drawn.append(Case(inputs | {"params_other": other}, dout=None))
        return drawn

    return cases


def probe_net(
    answer: Any,
    params: Shared,
    x: Shared,
    t: Shared,
    x_other: Shared,
    t_other: Shared,
    params_other: Shared,
) -> Iterable[tuple[str, Callable[[], Any]]]:
    """Yield calls of all methods of a network, in several orders."""
    nets: list[Any] = []

    def build(with_params: Shared) -> float:
        nets.append(call(answer, "", with_params))
        return 1.0

    def gradients(when: str, number: int, x: Shared, t: Shared) -> Iterable[tuple[str, Any]]:
        kept: dict[str, Any] = {}

        def take(name: str) -> Any:
            if not kept:
                grads = plain(call(nets[number], "gradient", x, t))
                if not isinstance(grads, dict):
                    raise UnexpectedResult(
                        _("expected a dict of gradients, got {type}").format(
                            type=_no_return() if grads is None else type_name(grads)
                        )
                    )
                # Copies, because later calls may change the layers' arrays.
                kept.update({key: copy.copy(value) for key, value in grads.items()})
            return _entry(kept, name)

        for name in params.value:
            yield f"d{name}{when}", partial(take, name)

    yield "build", lambda: build(params)
    yield "predict", lambda: call(nets[0], "predict", x)
    yield "loss", lambda: call(nets[0], "loss", x, t)
    yield "accuracy", lambda: call(nets[0], "accuracy", x, t)
    one_hot = np.eye(len(params.value[f"b{len(params.value) // 2}"]))[t.value]
    yield "one-hot accuracy", lambda: call(nets[0], "accuracy", x, one_hot)
    yield from gradients("", 0, x, t)
    yield f"predict{_SECOND}", lambda: call(nets[0], "predict", x_other)
    yield from gradients(_SECOND, 0, x_other, t_other)
    # A new network without an earlier forward, and another one that is built after it.
    yield "another build", lambda: build(params) + build(params_other)
    yield from gradients(_NEW, 1, x_other, t_other)


def _entry(made: Mapping[str, Any], name: str) -> Any:
    if name not in made:
        raise UnexpectedResult(
            _("expected an entry {name}, got only {names}").format(
                name=repr(name), names=", ".join(map(repr, made))
            )
        )
    return made[name]


def _no_return() -> str:
    return _("None (is there a return?)")


def values_of(layers: int) -> tuple[str, ...]:
    """Return the names of all values of `probe_net`."""
    grads = tuple(f"d{kind}{i}" for i in range(1, layers + 1) for kind in "Wb")
    return ("predict", "loss", "accuracy", "one-hot accuracy", *grads, *later_values(layers))


def later_values(layers: int) -> tuple[str, ...]:
    """Return the names of the values of `probe_net` after the first batch."""
    grads = tuple(f"d{kind}{i}" for i in range(1, layers + 1) for kind in "Wb")
    return (f"predict{_SECOND}", *(f"{grad}{when}" for when in (_SECOND, _NEW) for grad in grads))


METHODS = {
    "one-hot accuracy": "accuracy",
    f"predict{_SECOND}": "predict",
    **{name: "gradient" for name in values_of(3) if name.startswith("d")},
}


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
    methods=METHODS,
    read="06_two_layer_net#two-layer-net",
    notice=_(
        "gradient() contains no formula of a layer. It only calls the layers in reverse order."
    ),
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
    notice=_("Central differences need two losses per parameter. Backpropagation needs one pass."),
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
                got = _no_return() if made[-1] is None else type_name(made[-1])
                raise UnexpectedResult(_("expected a dict, got {type}").format(type=got))
        return 1.0

    def entry(name: str, of: int = 0) -> Any:
        return _entry(made[of], name)

    yield "build", build
    for name in _INITIAL:
        yield name, partial(entry, name)
    yield "entries for two layers", lambda: len(made[1])
    yield "W2 for two layers", lambda: entry("W2", 1)


_INITIAL = ("W1", "W2", "W3", "b1", "b2", "b3")

init_params = CallTask(
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
    notice=_("Random weights make the units different. Equal units would always stay equal."),
)


def _learn_cases(rng: np.random.Generator) -> list[Case]:
    drawn = []
    for N, *sizes in ((6, 5, 3, 2), (3, 2, 4, 5)):
        params, [(x, t)] = draw_net(rng, tuple(sizes), N)
        rate = float(rng.uniform(0.1, 1))
        drawn.append(Case({"params": params, "x": x, "t": t, "learning_rate": rate}, dout=None))
    return drawn


def _probe_learn(
    answer: Any, params: Shared, x: Shared, t: Shared, learning_rate: float
) -> Iterable[tuple[str, Callable[[], Any]]]:
    nets: list[Any] = []
    said: list[Any] = []
    # A copy, because the network may change its parameters.
    own = Shared(params.value)

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

learn = _LearnTask(
    slug=SLUG,
    name="learn",
    reference=answers.LearningNet,
    cases=_learn_cases,
    probe=_probe_learn,
    values=(*_LEARNED, "scores after the step"),
    gradient_values=_LEARNED[2:],
    points={
        "params": 2,
        "scores after the step": 2,
        "loss": 1,
        "forward passes": 1,
        "contracts": 1,
    },
    # Saving a forward pass earns points only if the network has learned.
    groups={"params": _LEARNED[2:], "forward passes": ("forward passes", *_LEARNED)},
    methods=dict.fromkeys((*_LEARNED, "scores after the step"), "learn"),
    read="06_two_layer_net#in-place",
    notice=_("One forward pass and one backward pass are enough for one step."),
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
    methods=METHODS,
    read="06_two_layer_net#gradient",
    notice=_("The two loops did not change. They also work for twenty layers."),
)
