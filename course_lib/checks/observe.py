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

from course_lib.checks.answer_side import Lent, Side, Watch, plain, same_values
from course_lib.checks.calls import Failure
from course_lib.checks.script import Made, Script
from course_lib.checks.values import NotNumbers, agrees, as_numbers
from course_lib.text import _

# What was seen in one case: numbers as float64 arrays, `Failure`, `NotNumbers`, and facts that
# are true or false.
Seen = dict[str, Any]

# The gradients that backward returns, and those that it leaves on the layer.
_Names = tuple[tuple[str, ...], tuple[str, ...]]

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
    names = (returned, kept)
    script = Script(make)
    passes = [_Pass(script, make, case, names) for case in cases]
    ordinary = [i for i, case in enumerate(cases) if not case.at]
    pairs = list(pairwise([*ordinary, *ordinary[:1]]))
    after = [_after_another(script, make, cases[i], cases[j], names) for i, j in pairs]
    beside = [_beside_another(script, make, cases[j], cases[i], names) for i, j in pairs]
    script.run()
    seen = [one.seen() for one in passes]
    for (_i, j), used, another in zip(pairs, after, beside, strict=True):
        fresh = [seen[j][name] for name in (*returned, *kept)]
        seen[j]["earlier batch remembered"] = not alike([*used.values().values()], fresh)
        seen[j]["instances share state"] = not alike([*another.values().values()], fresh)
    return seen


def gradients_of(
    make: Any, cases: Sequence[Case], returned: tuple[str, ...], kept: tuple[str, ...]
) -> list[Seen]:
    """Return the gradients of a layer, case by case, and nothing else."""
    script = Script(make)
    gradients = []
    for case in cases:
        layer = _built(script, make, case)
        _forward(script, layer, case)
        grads = _backward(script, layer, case)
        gradients.append(_Gradients(script, layer, grads, (returned, kept)))
    script.run()
    return [one.values() for one in gradients]


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


class _Gradients:
    """The gradients that a layer gives: those that backward returns, and those that it keeps."""

    def __init__(self, script: Script, layer: Made, grads: Made, names: _Names) -> None:
        self.names, self.grads = names, grads
        self.kept = {name: script.get(layer, name) for name in names[1]}

    def values(self) -> Seen:
        """Return them by name."""
        returned, kept = self.names
        grads = plain(self.grads.value)
        if isinstance(grads, Failure):
            return dict.fromkeys((*returned, *kept), grads)
        several = isinstance(grads, tuple) or (isinstance(grads, list) and len(returned) > 1)
        # Not as a subclass may have it: this must not run the learner's code.
        values = _elements(grads) if several else [grads]
        if len(values) == len(returned):
            seen = dict(zip(returned, map(taken, values), strict=True))
        else:
            seen = dict.fromkeys(returned, WrongCount(len(values)))
        return seen | {name: _kept(name, made.value) for name, made in self.kept.items()}


class _Pass:
    """A layer's forward, and its backward twice."""

    def __init__(self, script: Script, make: Any, case: Case, names: _Names) -> None:
        side = script.side
        inputs, init = lend_all(side, list(case.inputs.values())), lend_all(side, case.init)
        dout, dout_again = lend_all(side, [case.dout, case.dout])
        self.watch = Watch("forward", tuple(inputs))
        self.layer = script.call(make, "", init)
        self.out = script.call(self.layer, "forward", inputs)
        self.grads = script.call(self.layer, "backward", [dout], self.watch)
        self.first = _Gradients(script, self.layer, self.grads, names)
        again = script.call(self.layer, "backward", [dout_again])
        self.second = _Gradients(script, self.layer, again, names)
        self.inputs, self.dout = _Lent(script, [*inputs, *init]), _Lent(script, [dout])

    def seen(self) -> Seen:
        """Return all that there is to know, once the script has run."""
        first, second = self.first.values(), self.second.values()
        return {
            "out": taken(self.out.value),
            **first,
            "inputs changed": self.inputs.changed(),
            "dout changed": self.dout.changed(),
            "second backward differs": not alike(second, first),
            "earlier batch remembered": False,
            "instances share state": False,
            "tries forward": self.watch.calls > 0,
            "warned": bool(self.out.warned or self.grads.warned),
        }


class _Lent:
    """What was lent, to be looked at in the end."""

    def __init__(self, script: Script, values: Sequence[Any]) -> None:
        self.lent = [value for value in values if isinstance(value, Lent)]
        self.now = script.now(self.lent)

    def changed(self) -> bool:
        """Tell whether the learner's code has written into any of it."""
        now = self.now.value
        return type(now) is not list or not same_values(now, [one.value for one in self.lent])


def _after_another(script: Script, make: Any, first: Case, case: Case, names: _Names) -> _Gradients:
    layer = _built(script, make, case)
    for one in (first, case):
        _forward(script, layer, one)
        grads = _backward(script, layer, one)
    return _Gradients(script, layer, grads, names)


def _beside_another(
    script: Script, make: Any, case: Case, other: Case, names: _Names
) -> _Gradients:
    layer, another = _built(script, make, case), _built(script, make, other)
    _forward(script, layer, case)
    _forward(script, another, other)
    grads = _backward(script, layer, case)
    # What the first layer keeps is read last: the other one must not have written over it.
    _backward(script, another, other)
    return _Gradients(script, layer, grads, names)


def _built(script: Script, make: Any, case: Case) -> Made:
    return script.call(make, "", lend_all(script.side, case.init))


def _forward(script: Script, layer: Made, case: Case) -> None:
    script.call(layer, "forward", lend_all(script.side, list(case.inputs.values())))


def _backward(script: Script, layer: Made, case: Case) -> Made:
    return script.call(layer, "backward", lend_all(script.side, [case.dout]))


def _kept(name: str, value: Any) -> Any:
    """Return the gradient that backward left on the layer, or say that there is none."""
    if value is None or (isinstance(value, Failure) and value.kind == "AttributeError"):
        return NotNumbers(_("nothing: the layer has no self.{name}").format(name=name))
    return taken(value)


def _elements(values: Any) -> list[Any]:
    base = tuple if isinstance(values, tuple) else list
    return list(base.__iter__(values))
