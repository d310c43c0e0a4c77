"""Run a layer on given cases and write down everything that a check may want to know.

The learner's class, the reference and every known misconception are observed in the same way
on the same numbers. That makes them comparable, whatever their code looks like.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.checks.calls import Failure, attempt
from course_lib.checks.values import NotNumbers, as_numbers


@dataclass(frozen=True)
class Case:
    """The inputs of one forward and the upstream gradient of the backward after it.

    `at` says which part of a check the case belongs to: "values" for ordinary numbers, or
    the name of a special part, such as "at zero".
    """

    inputs: tuple[Any, ...]
    dout: Any
    at: str = "values"


@dataclass
class CaseRun:
    """What one case gave: numbers as float64 arrays, or a `Failure`, or a `NotNumbers`."""

    case: Case
    out: Any = None
    grads: Any = None
    inputs_changed: bool = False
    dout_changed: bool = False
    second_grads: Any = None
    warnings: list[str] = field(default_factory=list)
    forwards_elsewhere: int = 0


@dataclass
class Observation:
    """All that was seen of one class."""

    runs: list[CaseRun]
    # The gradients of a case, once the instance had already worked on another case, and once
    # another instance worked in between. Both must equal those of a fresh instance.
    reused: list[Any] = field(default_factory=list)
    shared: list[Any] = field(default_factory=list)
    fresh: list[Any] = field(default_factory=list)


def observe(make: Callable[[], Any], cases: list[Case]) -> Observation:
    """Return what the instances that `make` builds do on `cases`."""
    observation = Observation([_run(make, case) for case in cases])
    plain = [run for run in observation.runs if run.case.at == "values"]
    for first, second in pairwise([*plain, plain[0]]):
        observation.fresh.append(second.grads)
        observation.reused.append(_reused(make, first.case, second.case))
        observation.shared.append(_shared(make, second.case, first.case))
    return observation


def _run(make: Callable[[], Any], case: Case) -> CaseRun:
    run = CaseRun(case)
    layer, _ = attempt(make)
    if isinstance(layer, Failure):
        run.out = run.grads = run.second_grads = layer
        return run
    inputs, dout = copy.deepcopy(case.inputs), copy.deepcopy(case.dout)
    out, warned = attempt(lambda: layer.forward(*inputs))
    run.out = _taken(out)
    counter = _ForwardsElsewhere(type(layer), case.inputs)
    grads, warned_backward = attempt(lambda: layer.backward(dout))
    run.forwards_elsewhere = counter.stop()
    run.grads = _taken_all(grads)
    run.warnings = warned + warned_backward
    run.inputs_changed = not _all_same(inputs, case.inputs)
    run.dout_changed = not _same(dout, case.dout)
    run.second_grads = _taken_all(attempt(lambda: layer.backward(copy.deepcopy(case.dout)))[0])
    return run


def _reused(make: Callable[[], Any], first: Case, second: Case) -> Any:
    def work() -> Any:
        layer = make()
        for case in (first, second):
            layer.forward(*copy.deepcopy(case.inputs))
            grads = layer.backward(copy.deepcopy(case.dout))
        return grads

    return _taken_all(attempt(work)[0])


def _shared(make: Callable[[], Any], case: Case, other: Case) -> Any:
    def work() -> Any:
        layer, another = make(), make()
        layer.forward(*copy.deepcopy(case.inputs))
        another.forward(*copy.deepcopy(other.inputs))
        return layer.backward(copy.deepcopy(case.dout))

    return _taken_all(attempt(work)[0])


def _same(now: Any, before: Any) -> bool:
    return bool(np.array_equal(now, before, equal_nan=True))


def _all_same(now: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return len(now) == len(before) and all(map(_same, now, before))


def _taken(value: Any) -> Any:
    if isinstance(value, Failure):
        return value
    try:
        return as_numbers(value)
    except NotNumbers as what:
        return what


def _taken_all(value: Any) -> Any:
    """Take in what backward returned: a tuple (or list) of gradients, or a single one."""
    if isinstance(value, Failure):
        return value
    if type(value) in (tuple, list):
        return tuple(_taken(item) for item in value)
    return (_taken(value),)


class _ForwardsElsewhere:
    """Count calls of `forward` with other inputs while backward runs: a gradient by trying."""

    def __init__(self, cls: type, inputs: tuple[Any, ...]) -> None:
        self.calls, self.cls = 0, cls
        self.forward = vars(cls).get("forward")
        if callable(self.forward):
            original = self.forward

            def forward(layer: Any, *args: Any, **kwargs: Any) -> Any:
                self.calls += kwargs != {} or not _all_same(args, inputs)
                return original(layer, *args, **kwargs)

            cls.forward = forward  # type: ignore[attr-defined]

    def stop(self) -> int:
        if callable(self.forward):
            self.cls.forward = self.forward  # type: ignore[attr-defined]
        return self.calls
