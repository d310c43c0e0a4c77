"""The check of networks: scores, loss, accuracy, and gradients against central differences."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.answer_side import Lent, call, plain
from course_lib.checks.call_task import CallTask
from course_lib.checks.calls import NotAsked
from course_lib.checks.observe import Case, Seen
from course_lib.functions import softmax
from course_lib.gradients import numerical_gradient
from course_lib.text import _

# How near to its kink a unit may be: a step of a central difference moves it far less.
_CLEAR_OF_KINKS = 0.05

# How large the largest element of every gradient is at least: a central difference is exact to
# some 1e-10, whatever the size of the gradient.
_LARGE_ENOUGH = 0.01

# What stands behind the names of values that are looked at later: on another batch, and there
# on a network that has seen none before.
_SECOND, _NEW = " (second batch)", " (new network)"


@dataclass(frozen=True, kw_only=True)
class MethodsTask(CallTask):
    """A class to write, of whose methods many values are looked at.

    Attributes
    ----------
    groups : mapping of str to tuple of str
        The values that make up a part, where its name is not theirs.
    calls : mapping of str to str
        What to call the code that gives a value, where its name does not tell.
    """

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of what counts for `part` in a case."""
        return self.groups.get(part) or super().counted(part, case)

    def method(self, what: str) -> str:
        """Return "TwoLayerNet.gradient" for "dW1"."""
        name = str(self.reference.__name__)
        if not isinstance(self.reference, type):
            return name
        call = self.calls.get(what) or ("gradient" if what.startswith("d") else what)
        return f"{name}.{call}"


class NetTask(MethodsTask):
    """A network to write: a class that is built with its parameters, a dict of arrays.

    Right gradients are central differences of the reference's loss.
    """

    @property
    def gradients(self) -> tuple[str, ...]:
        """Return the names of the gradients, of all batches and networks."""
        return tuple(name for name in self.values if name.startswith("d"))

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return what a right network gives, its gradients taken numerically."""
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


def _numerical_gradients(
    make: Any, params: Mapping[str, Array], x: Array, t: Array
) -> dict[str, Array]:
    params = {name: param.copy() for name, param in params.items()}
    net = make(params)
    return {
        name: numerical_gradient(lambda _: net.loss(x, t), param) for name, param in params.items()
    }


def draw_params(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, Array]:
    """Return random parameters, large enough for gradients that are far from 0."""
    params = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        params[f"W{i}"] = rng.normal(size=(n_in, n_out))
        params[f"b{i}"] = rng.normal(size=n_out)
    return params


def draw_batch(
    rng: np.random.Generator, params: Mapping[str, Array], N: int
) -> tuple[Array, Array] | None:
    """Return a batch and its labels; None if this one is no good, and has to be drawn again.

    A good one is away from kinks, has units on and off in every layer, guesses that differ, and
    no gradient that is nearly 0 everywhere, as in a network that is sure of itself. A third of
    the labels are those that the network guesses, at least one, and the others not.
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
    scores = out @ params[f"W{last}"] + params[f"b{last}"]
    guesses = scores.argmax(axis=1)
    if N > 1 and np.ptp(guesses) == 0:
        return None
    wrong = np.arange(N) >= max(1, N // 3)
    K = len(params[f"b{last}"])
    t = (guesses + wrong * rng.integers(1, K, N)) % K
    dout = (softmax(scores) - np.eye(K)[t]) / N
    for i in range(last, 0, -1):
        if min(np.abs(outs[i - 1].T @ dout).max(), np.abs(dout.sum(axis=0)).max()) < _LARGE_ENOUGH:
            return None
        dout = (dout @ params[f"W{i}"].T) * (outs[i - 1] > 0)
    return x, t


def draw_net(
    rng: np.random.Generator, sizes: tuple[int, ...], *rows: int
) -> tuple[dict[str, Array], list[tuple[Array, Array]]]:
    """Return parameters, and a good batch of each number of rows."""
    while True:
        params = draw_params(rng, sizes)
        batches = [batch for N in rows if (batch := draw_batch(rng, params, N)) is not None]
        if len(batches) == len(rows):
            return params, batches


def net_cases(*shapes: tuple[int, ...]) -> Callable[[np.random.Generator], list[Case]]:
    """Return a function that draws networks of these sizes, each with two batches.

    The first numbers of a shape are the rows of the two batches.
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
    params: Lent,
    x: Lent,
    t: Lent,
    x_other: Lent,
    t_other: Lent,
    params_other: Lent,
) -> Iterable[tuple[str, Callable[[], Any]]]:
    """Look at all methods of a network, in several orders."""
    nets: list[Any] = []

    def build(with_params: Lent) -> float:
        nets.append(call(answer, "", with_params))
        return 1.0

    def gradients(when: str, number: int, x: Lent, t: Lent) -> Iterable[tuple[str, Any]]:
        kept: dict[str, Any] = {}

        def take(name: str) -> Any:
            if not kept:
                grads = plain(call(nets[number], "gradient", x, t))
                if not isinstance(grads, dict):
                    return grads
                # They may be the layers' own arrays, which later calls change.
                kept.update({key: copy.copy(value) for key, value in grads.items()})
            if name not in kept:
                raise NotAsked(
                    _("an entry {name} is wanted; there are only {names}").format(
                        name=repr(name), names=", ".join(map(repr, kept))
                    )
                )
            return kept[name]

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
    # A new network that has seen nothing yet, and another one built after it.
    yield "another build", lambda: build(params) + build(params_other)
    yield from gradients(_NEW, 1, x_other, t_other)


def values_of(layers: int) -> tuple[str, ...]:
    """Return the names of all that `probe_net` looks at."""
    grads = tuple(f"d{kind}{i}" for i in range(1, layers + 1) for kind in "Wb")
    return ("predict", "loss", "accuracy", "one-hot accuracy", *grads, *later_values(layers))


def later_values(layers: int) -> tuple[str, ...]:
    """Return the names of what it looks at after the first batch."""
    grads = tuple(f"d{kind}{i}" for i in range(1, layers + 1) for kind in "Wb")
    return (f"predict{_SECOND}", *(f"{grad}{when}" for when in (_SECOND, _NEW) for grad in grads))


CALLS = {"one-hot accuracy": "accuracy", f"predict{_SECOND}": "predict"}
