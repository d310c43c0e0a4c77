"""Calls of a learner's code: one at a time, or many in one batch.

If the code runs in another process, a batch saves one request per call, which would take longer
than the call itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checks.side import (
    COMPLEX,
    LOCAL,
    STEPS,
    Done,
    Earlier,
    Failure,
    Raised,
    RemoteReference,
    Shared,
    Side,
    SideLost,
    Step,
    Watch,
    same_values,
)


class UnexpectedResult(Exception):
    """The learner's code returned the wrong kind of value; the message says what is expected."""


@dataclass(frozen=True)
class Kind:
    """The kind of object that an answer is.

    Attributes
    ----------
    callable, is_class, has_forward : bool
    origins : tuple of str
        The modules that define it and the classes it inherits from.
    """

    callable: bool
    is_class: bool
    has_forward: bool
    origins: tuple[str, ...] = ()


def side_of(thing: Any) -> Side:
    """Return the side of a learner's object."""
    return thing.side if isinstance(thing, RemoteReference) else LOCAL


def kind_of(thing: Any) -> Kind:
    """Return the kind of object that an answer is."""
    match _value(side_of(thing), Step("kind", (thing,))):
        case [bool(can_call), bool(is_class), bool(has_forward), list(origins)]:
            return Kind(can_call, is_class, has_forward, tuple(map(str, origins)))
    raise SideLost("the answer's side sent no valid reply")


def call(thing: Any, method: str = "", *args: Any) -> Any:
    """Call a method of a learner's object, or the object itself.

    Raises
    ------
    Raised
        If the learner's code raises an exception.
    """
    return _value(side_of(thing), Step("call", (thing, method, *args)))


def get(thing: Any, name: str) -> Any:
    """Return an attribute of a learner's object."""
    return _value(side_of(thing), Step("get", (thing, name)))


def item(thing: Any, key: Any) -> Any:
    """Return the entry of a result for a key."""
    return call(thing, "__getitem__", key) if isinstance(thing, RemoteReference) else thing[key]


def perturbs(make: Any, init: Sequence[Any], calls: Sequence[Sequence[Any]]) -> str:
    """Return what of `COMPLEX` and `STEPS` a learner's class uses, or an empty string."""
    found = _value(side_of(make), Step("perturbs", (make, [*init], [[*one] for one in calls])))
    return found if found in (COMPLEX, STEPS) else ""


def values_of(side: Side, steps: Sequence[Step]) -> list[Any]:
    """Run steps in one batch and return their values; re-issue NumPy's warnings.

    Raises
    ------
    Raised
        If a step fails.
    """
    done = side.perform(steps)
    for one in done:
        for message in one.warned:
            warnings.warn(message, RuntimeWarning, stacklevel=3)
        if isinstance(one.value, Failure):
            raise Raised(one.value)
    return [one.value for one in done]


def _value(side: Side, step: Step) -> Any:
    return values_of(side, [step])[0]


def plain(value: Any) -> Any:
    """Return the data in a reference to a result; other results unchanged."""
    held = value.plain if isinstance(value, RemoteReference) else None
    return value if held is None else held


def type_name(value: Any) -> str:
    """Return the name of a result's class."""
    return value.type_name if isinstance(value, RemoteReference) else type(value).__name__


def pair(value: Any, wanted: str) -> Any:
    """Return two values that were returned together.

    Raises
    ------
    UnexpectedResult
        With `wanted` as its message, if there are not exactly two values.
    """
    value = plain(value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise UnexpectedResult(wanted)
    return value


def share_all(values: Sequence[Any]) -> list[Any]:
    """Return arguments with arrays, lists and dicts as `Shared`, and all others unchanged."""
    return [
        Shared(value) if isinstance(value, (np.ndarray, list, dict)) else value for value in values
    ]


def changed(thing: Any, values: Sequence[Any]) -> bool:
    """Return whether the learner's code has changed any shared value."""
    shared = [value for value in values if isinstance(value, Shared)]
    return bool(shared) and _written(_value(side_of(thing), Step("now", tuple(shared))), shared)


def _written(now: Any, shared: Sequence[Shared]) -> bool:
    return type(now) is not list or not same_values(now, [one.value for one in shared])


class Pending(Earlier):
    """The result of a step of a batch: `value`, `warned` and `watched`, once the batch has run."""

    done: Done

    @property
    def value(self) -> Any:
        """The value, or a `Failure`. Later steps cannot change its arrays."""
        return self.done.value


class Batch:
    """Steps to run together. A failed step does not stop later ones, unless they need its value.

    Parameters
    ----------
    answer : class or function
        The steps run on its side.
    """

    def __init__(self, answer: Any) -> None:
        self.side = side_of(answer)
        self.steps: list[Step] = []
        self.results: list[Pending] = []

    def add(self, step: Step) -> Pending:
        """Add a step."""
        self.steps.append(step)
        self.results.append(Pending(len(self.results)))
        return self.results[-1]

    def call(
        self,
        of: Any,
        method: str,
        args: Sequence[Any] = (),
        *,
        watch: Watch | None = None,
        wanted: bool = True,
    ) -> Pending:
        """Add a call of an object or an earlier step's value, or of a method of it."""
        return self.add(Step("call", (of, method, *args), watch, wanted))

    def get(self, of: Any, name: str) -> Pending:
        """Add a read of an attribute of an object, or of an earlier step's value."""
        return self.add(Step("get", (of, name)))

    def watch_shared(self, values: Sequence[Any]) -> SharedNow:
        """Add a read of the shared values as they are after the steps so far."""
        return SharedNow(self, [value for value in values if isinstance(value, Shared)])

    def run(self) -> None:
        """Run all steps."""
        for result, done in zip(self.results, self.side.perform(self.steps), strict=True):
            result.done = done


class SharedNow:
    """The state of shared values at one point of a batch."""

    def __init__(self, batch: Batch, shared: list[Shared]) -> None:
        self.shared = shared
        self.now = batch.add(Step("now", tuple(shared))) if shared else None

    def changed(self) -> bool:
        """Return whether the learner's code has changed any of the shared values."""
        return self.now is not None and _written(self.now.value, self.shared)
