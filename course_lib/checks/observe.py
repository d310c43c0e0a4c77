"""Run an answer on given cases and write down everything that a check may want to know.

The learner's answer, the reference and every known misconception are observed in the same way
on the same numbers. That makes them comparable, whatever their code looks like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.checks.answer_side import Lent, Side, Watch, call, get, plain, same_values, side_of
from course_lib.checks.calls import Failure, attempt
from course_lib.checks.values import NotNumbers, agrees, as_numbers
from course_lib.text import _

# What was seen in one case: numbers as float64 arrays, `Failure`, `NotNumbers`, and facts that
# are true or false.
Seen = dict[str, Any]

# The promises of a layer. In an observation, true means broken.
CONTRACTS = (
    "inputs changed",
    "dout changed",
    "second backward differs",
    "earlier batch remembered",
    "instances share state",
)


@dataclass(frozen=True)
class Case:
    """What to call an answer with.

    Attributes
    ----------
    inputs : mapping of str to value
        The arguments of forward (or of a function), by name and in order.
    dout : value
        The upstream gradient.
    init : tuple
        What the class is built with.
    at : str
        Empty for an ordinary case, else the part of the check that it belongs to: "at zero".
    """

    inputs: Mapping[str, Any]
    dout: Any = 1.0
    init: tuple[Any, ...] = field(default=())
    at: str = ""


class WrongCount(NotNumbers):
    """Backward returned more or fewer values than there are gradients to return."""

    @property
    def count(self) -> int:
        """How many it returned."""
        return int(self.args[0])


def observe_layer(
    make: Any,
    cases: list[Case],
    returned: tuple[str, ...],
    kept: tuple[str, ...] = (),
) -> list[Seen]:
    """Return what the layers that `make` builds do, case by case.

    Parameters
    ----------
    make : callable
        Takes ``*case.init`` and builds a layer.
    cases : list of Case
    returned, kept : tuple of str
        Names of the gradients that backward returns, and of those that it leaves on the layer.
    """
    gradients = (returned, kept)
    seen = [_one_pass(make, case, gradients) for case in cases]
    ordinary = [i for i, case in enumerate(cases) if not case.at]
    for i, j in pairwise([*ordinary, *ordinary[:1]]):
        fresh = [seen[j][name] for name in (*returned, *kept)]
        used = _pass_after_another(make, cases[i], cases[j], gradients)
        seen[j]["earlier batch remembered"] = not alike(used, fresh)
        beside = _pass_beside_another(make, cases[j], cases[i], gradients)
        seen[j]["instances share state"] = not alike(beside, fresh)
    return seen


def gradients_of(make: Any, case: Case, returned: tuple[str, ...], kept: tuple[str, ...]) -> Seen:
    """Return the gradients of a layer in one case, and nothing else."""
    layer = _built(make, case)
    _forward(layer, case)
    return _gradients(layer, _backward(layer, case), (returned, kept))


def alike(a: Any, b: Any) -> bool:
    """Tell whether two observations, or parts of them, say the same."""
    if isinstance(a, dict):
        return alike(list(a.values()), list(b.values()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and agrees(a, b)
    if isinstance(a, Failure):
        return a.same_as(b)
    if isinstance(a, NotNumbers):
        return type(a) is type(b) and a.args == b.args
    return a is b


def taken(value: Any) -> Any:
    """Take in one value, or say what it is instead."""
    if isinstance(value, (Failure, NotNumbers)):
        return value
    try:
        return as_numbers(value)
    except NotNumbers as what:
        return what


def lend_all(side: Side, values: Sequence[Any]) -> list[Any]:
    """Lend what the learner's code could write into; numbers and words go as they are."""
    return [
        side.lend(value) if isinstance(value, (np.ndarray, list, dict)) else value
        for value in values
    ]


def changed(side: Side, values: Sequence[Any]) -> bool:
    """Tell whether the learner's code has written into anything that it was lent."""
    lent = [value for value in values if isinstance(value, Lent)]
    return bool(lent) and not same_values(side.now(lent), [one.value for one in lent])


def _one_pass(make: Any, case: Case, gradients: tuple[tuple[str, ...], tuple[str, ...]]) -> Seen:
    side = side_of(make)
    inputs, init = lend_all(side, list(case.inputs.values())), lend_all(side, case.init)
    (dout,) = lend_all(side, [case.dout])
    watch = Watch("forward", tuple(inputs))
    layer, _ = attempt(call, make, "", *init)
    if isinstance(layer, Failure):
        out = grads = again = layer
        warned, warned_back = list[str](), list[str]()
    else:
        out, warned = attempt(call, layer, "forward", *inputs)
        # Before backward gets a chance to write into it.
        out = taken(out)
        grads, warned_back = attempt(lambda: call(layer, "backward", dout, watch=watch))
    seen = {"out": taken(out), **_gradients(layer, grads, gradients)}
    if not isinstance(layer, Failure):
        again, _ = attempt(call, layer, "backward", *lend_all(side, [case.dout]))
    second = _gradients(layer, again, gradients)
    return seen | {
        "inputs changed": changed(side, [*inputs, *init]),
        "dout changed": changed(side, [dout]),
        "second backward differs": not alike(second, {name: seen[name] for name in second}),
        "earlier batch remembered": False,
        "instances share state": False,
        "tries forward": watch.calls > 0,
        "warned": bool(warned or warned_back),
    }


def _pass_after_another(make: Any, first: Case, case: Case, gradients: Any) -> list[Any]:
    layer = _built(make, case)
    for one in (first, case):
        _forward(layer, one)
        grads = _backward(layer, one)
    return list(_gradients(layer, grads, gradients).values())


def _pass_beside_another(make: Any, case: Case, other: Case, gradients: Any) -> list[Any]:
    layer, another = _built(make, case), _built(make, other)
    _forward(layer, case)
    _forward(another, other)
    grads = _backward(layer, case)
    # What the first layer keeps is read last: the other one must not have written over it.
    _backward(another, other)
    return list(_gradients(layer, grads, gradients).values())


def _built(make: Any, case: Case) -> Any:
    return attempt(call, make, "", *lend_all(side_of(make), case.init))[0]


def _forward(layer: Any, case: Case) -> None:
    attempt(call, layer, "forward", *lend_all(side_of(layer), list(case.inputs.values())))


def _backward(layer: Any, case: Case) -> Any:
    return attempt(call, layer, "backward", *lend_all(side_of(layer), [case.dout]))[0]


def _gradients(layer: Any, grads: Any, names: tuple[tuple[str, ...], tuple[str, ...]]) -> Seen:
    """Return the gradients by name: those that backward returned and those that it kept."""
    returned, kept = names
    if isinstance(layer, Failure):
        grads = layer
    if isinstance(grads, Failure):
        return dict.fromkeys((*returned, *kept), grads)
    grads = plain(grads)
    several = isinstance(grads, tuple) or (isinstance(grads, list) and len(returned) > 1)
    # Not as a subclass may have it: this must not run the learner's code.
    values = _elements(grads) if several else [grads]
    if len(values) == len(returned):
        seen = dict(zip(returned, map(taken, values), strict=True))
    else:
        seen = dict.fromkeys(returned, WrongCount(len(values)))
    return seen | {name: _kept(layer, name) for name in kept}


def _kept(layer: Any, name: str) -> Any:
    """Return the gradient that backward left on the layer, or say that there is none."""
    value, _warned = attempt(get, layer, name)
    if value is None or (isinstance(value, Failure) and value.kind == "AttributeError"):
        return NotNumbers(_("nothing: the layer has no self.{name}").format(name=name))
    return taken(value)


def _elements(values: Any) -> list[Any]:
    base = tuple if isinstance(values, tuple) else list
    return list(base.__iter__(values))
