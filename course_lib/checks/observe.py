"""Run an answer on given cases and write down everything that a check may want to know.

The learner's answer, the reference and every known misconception are observed in the same way
on the same numbers. That makes them comparable, whatever their code looks like.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import FunctionType
from typing import Any

import numpy as np

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
    make: Callable[..., Any],
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
    if isinstance(value, Failure):
        return value
    try:
        return as_numbers(value)
    except NotNumbers as what:
        return what


def same_inputs(now: Iterable[Any], before: Iterable[Any]) -> bool:
    """Tell whether values, and the values in dicts, are to the last bit what they were."""
    now, before = list(now), list(before)
    return len(now) == len(before) and all(map(_same, now, before))


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, dict):
        return now.keys() == before.keys() and same_inputs(now.values(), before.values())
    return np.array_equal(now, before, equal_nan=np.asarray(before).dtype.kind == "f")


def _one_pass(
    make: Callable[..., Any], case: Case, gradients: tuple[tuple[str, ...], tuple[str, ...]]
) -> Seen:
    inputs, dout = _copies(case), copy.deepcopy(case.dout)
    init = copy.deepcopy(case.init)
    layer, _ = attempt(make, *init)
    out, warned = attempt(lambda: layer.forward(*inputs))
    out = taken(layer if isinstance(layer, Failure) else out)
    elsewhere = _ForwardsElsewhere(type(layer), case)
    grads, warned_back = attempt(lambda: layer.backward(dout))
    tries = elsewhere.stop()
    seen = {"out": out, **_gradients(layer, grads, gradients)}
    again, _ = attempt(lambda: layer.backward(copy.deepcopy(case.dout)))
    second = _gradients(layer, again, gradients)
    return seen | {
        "inputs changed": not same_inputs([*inputs, *init], [*case.inputs.values(), *case.init]),
        "dout changed": not same_inputs([dout], [case.dout]),
        "second backward differs": not alike(second, {name: seen[name] for name in second}),
        "earlier batch remembered": False,
        "instances share state": False,
        "tries forward": tries > 0,
        "warned": bool(warned or warned_back),
    }


def _pass_after_another(make: Any, first: Case, case: Case, gradients: Any) -> list[Any]:
    layer, _ = attempt(make, *copy.deepcopy(case.init))
    for one in (first, case):
        attempt(lambda one=one: layer.forward(*_copies(one)))
        grads, _ = attempt(lambda one=one: layer.backward(copy.deepcopy(one.dout)))
    return list(_gradients(layer, grads, gradients).values())


def _pass_beside_another(make: Any, case: Case, other: Case, gradients: Any) -> list[Any]:
    layer, _ = attempt(make, *copy.deepcopy(case.init))
    another, _ = attempt(make, *copy.deepcopy(other.init))
    attempt(lambda: layer.forward(*_copies(case)))
    attempt(lambda: another.forward(*_copies(other)))
    grads, _ = attempt(lambda: layer.backward(copy.deepcopy(case.dout)))
    # What the first layer keeps is read last: the other one must not have written over it.
    attempt(lambda: another.backward(copy.deepcopy(other.dout)))
    return list(_gradients(layer, grads, gradients).values())


def _gradients(layer: Any, grads: Any, names: tuple[tuple[str, ...], tuple[str, ...]]) -> Seen:
    """Return the gradients by name: those that backward returned and those that it kept."""
    returned, kept = names
    if isinstance(layer, Failure):
        grads = layer
    if isinstance(grads, Failure):
        return dict.fromkeys((*returned, *kept), grads)
    several = type(grads) is tuple or (type(grads) is list and len(returned) > 1)
    values = list(grads) if several else [grads]
    if len(values) == len(returned):
        seen = dict(zip(returned, map(taken, values), strict=True))
    else:
        seen = dict.fromkeys(returned, WrongCount(len(values)))
    return seen | {name: _kept(layer, name) for name in kept}


def _kept(layer: Any, name: str) -> Any:
    """Return the gradient that backward left on the layer, or say that there is none."""
    value, _warned = attempt(getattr, layer, name, None)
    if value is None:
        return NotNumbers(_("nothing: the layer has no self.{name}").format(name=name))
    return taken(value)


def _copies(case: Case) -> tuple[Any, ...]:
    return copy.deepcopy(tuple(case.inputs.values()))


class _ForwardsElsewhere:
    """Count calls of `forward` with other inputs while backward runs: a gradient by trying."""

    def __init__(self, cls: type, case: Case) -> None:
        self.calls, self.cls = 0, cls
        self.own = vars(cls).get("forward")
        original = inspect.getattr_static(cls, "forward", None)
        self.watching = isinstance(original, FunctionType)
        if isinstance(original, FunctionType):

            def forward(layer: Any, *args: Any, **kwargs: Any) -> Any:
                self.calls += bool(kwargs) or not same_inputs(args, case.inputs.values())
                return original(layer, *args, **kwargs)

            cls.forward = forward  # type: ignore[attr-defined]

    def stop(self) -> int:
        if self.watching and self.own is not None:
            self.cls.forward = self.own  # type: ignore[attr-defined]
        elif self.watching:
            del self.cls.forward  # type: ignore[attr-defined]
        return self.calls
