"""The answer's side: all that a check ever does with a learner's code goes through here.

In a notebook the learner's code lives beside the checks, and `LOCAL` is its side. Where it lives
in a process of its own, the checks hold a `Far` in its place, whose side carries every request
over and the result back. A check cannot tell the difference, and must not try to: no source, no
signature, no identity of objects, no patching; only what stands in `Side`.

What comes back from any side is None, a bool, a number, a string, an array, or a list, tuple or
dict of such; everything else stays where it is and is only held. What goes there is the same, or
something `Lent`.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from course_lib.checks.side import (
    Far,
    Kind,
    Lent,
    Line,
    Raised,
    Side,
    SideLost,
    Step,
    Watch,
)
from course_lib.checks.trail import Trail

__all__ = [
    "LOCAL",
    "Far",
    "Kind",
    "Lent",
    "Line",
    "Raised",
    "Side",
    "SideLost",
    "Step",
    "Watch",
    "call",
    "get",
    "item",
    "plain",
    "same_values",
    "side_of",
    "type_name",
]


@dataclass
class _Here(Lent):
    there: Any = None


class _Local:
    """The learner's code lives in the same process as the checks."""

    def kind(self, thing: Any) -> Kind:
        origins = [thing, *(thing.__mro__ if isinstance(thing, type) else ())]
        return Kind(
            type(thing).__name__,
            callable(thing),
            isinstance(thing, type),
            hasattr(thing, "forward"),
            tuple(str(getattr(origin, "__module__", "")) for origin in origins),
        )

    def call(self, thing: Any, method: str, args: Sequence[Any], watch: Watch | None = None) -> Any:
        with _watching(thing, watch):
            function = getattr(thing, method) if method else thing
            return function(*map(_there, args))

    def call_each(self, thing: Any, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        return [copy.deepcopy(self.call(thing, method, args)) for args in calls]

    def get(self, thing: Any, name: str) -> Any:
        return getattr(thing, name)

    def calculate(self, operands: Sequence[Any], steps: Sequence[Step]) -> Any:
        values = list(operands)
        for operation, a, b in steps:
            if operation == "+":
                values.append(values[a] + values[b])
            elif operation == "*":
                values.append(values[a] * values[b])
            else:
                values.append(getattr(values[a], operation)())
        return values[-1]

    def perform(self, lines: Sequence[Line]) -> list[tuple[Any, list[str]]]:
        # `course_lib.checks.script` does them itself, for it knows what a failure is.
        raise NotImplementedError

    def codes(self, thing: Any, _name: str, /) -> list[CodeType]:
        # The student process has no such module, and is never asked.
        from course_lib.checks.imaginary import code_of

        return code_of(thing)

    def tries_nearby(
        self, thing: Any, init: Sequence[Any], inputs: Sequence[Any], dout: Any
    ) -> bool:
        trail = Trail()
        with contextlib.suppress(Exception):
            layer = thing(*(trail.follow(value) for value in map(_there, init)))
            layer.forward(*(trail.follow(value) for value in map(_there, inputs)))
            layer.backward(_there(dout))
        return trail.found

    def lend(self, value: Any, methods: tuple[str, ...] = ()) -> Lent:
        lent = value if methods or callable(value) else copy.deepcopy(value)
        return _Here(value, methods, lent)

    def now(self, lent: Sequence[Lent]) -> list[Any]:
        return list(map(_there, lent))


LOCAL = _Local()


def side_of(thing: Any) -> Side:
    """Return where something of the learner's lives."""
    return thing.side if isinstance(thing, Far) else LOCAL


def type_name(value: Any) -> str:
    """Return the name of the class of what came back."""
    return value.type_name if isinstance(value, Far) else type(value).__name__


def call(thing: Any, method: str = "", *args: Any, watch: Watch | None = None) -> Any:
    """Call a method of something of the learner's, or the thing itself."""
    return side_of(thing).call(thing, method, args, watch)


def get(thing: Any, name: str) -> Any:
    """Return an attribute of something of the learner's."""
    return side_of(thing).get(thing, name)


def plain(value: Any) -> Any:
    """Return what came back as data, if it holds any."""
    held = value.plain if isinstance(value, Far) else None
    return value if held is None else held


def item(thing: Any, key: Any) -> Any:
    """Return what stands under a key of what came back."""
    return call(thing, "__getitem__", key) if isinstance(thing, Far) else thing[key]


def _there(arg: Any) -> Any:
    """Return what a call passes on: what was lent itself, and of other data a copy."""
    if isinstance(arg, _Here):
        return arg.there
    if isinstance(arg, np.ndarray) and not arg.flags.writeable:
        return arg
    return copy.deepcopy(arg) if isinstance(arg, (np.ndarray, list, dict)) else arg


@contextmanager
def _watching(thing: Any, watch: Watch | None) -> Iterator[None]:
    """Count calls of a method while something runs, if there is something to watch."""
    cls = type(thing)
    original = inspect.getattr_static(cls, watch.method, None) if watch else None
    if watch is None or not isinstance(original, FunctionType):
        yield
        return
    usual = [arg.value if isinstance(arg, Lent) else arg for arg in watch.usual]

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        watch.calls += bool(kwargs) or not same_values(args, usual)
        return original(self, *args, **kwargs)

    own = vars(cls).get(watch.method)
    setattr(cls, watch.method, counted)
    try:
        yield
    finally:
        if own is not None:
            setattr(cls, watch.method, own)
        else:
            delattr(cls, watch.method)


def same_values(now: Sequence[Any], before: Sequence[Any]) -> bool:
    """Tell whether values, and the values in dicts, are to the last bit what they were."""
    return len(now) == len(before) and all(map(_same, now, before))


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, dict):
        return (
            isinstance(now, dict)
            and now.keys() == before.keys()
            and same_values(list(now.values()), list(before.values()))
        )
    return np.array_equal(now, before, equal_nan=np.asarray(before).dtype.kind == "f")
