"""The check of functions, and of classes with methods other than forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.checks.answer_side import call, plain, side_of
from course_lib.checks.calls import Failure, NotAsked, attempt
from course_lib.checks.observe import Case, Seen, changed, lend_all, taken
from course_lib.checks.task import Task

# Names what is looked at, and a call that gives it. Arrays and dicts come as `Lent`.
Probe = Callable[..., Iterable[tuple[str, Callable[[], Any]]]]


def one_call(function: Any, **inputs: Any) -> Iterable[tuple[str, Any]]:
    """Look at what a function returns: the probe that suits a task with one function."""
    yield "value", lambda: call(function, "", *inputs.values())


def pair(value: Any, wanted: str) -> Any:
    """Return two values that came back together, or say what was wanted."""
    value = plain(value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise NotAsked(wanted)
    return value


@dataclass(frozen=True, kw_only=True)
class CallTask(Task):
    """A function, or a class with methods of its own, to write.

    Attributes
    ----------
    probe : callable
        Takes the answer and the inputs of a case by name; yields (name, call) pairs in the
        order in which to call. What the calls return is compared with what the reference
        returns. A call named "build" that fails ends the case.
    values : tuple of str
        The names that the probe yields and that count. A part of the check is one or more of
        them, or the `at` of special cases, in which all of them count.
    facts : bool
        Whether every value says how far something is true, and a right answer gives 1: then
        the reference need not run.
    methods : mapping of str to str
        The method that gives a value, where it is not called like the value; "" for the
        function or class itself.
    """

    probe: Probe = one_call
    values: tuple[str, ...] = ("value",)
    facts: bool = False
    methods: Mapping[str, str] = field(default_factory=dict)

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return what a right answer does, case by case."""
        if not self.facts:
            return super().expected(cases)
        right = dict.fromkeys(self.values, np.array(1.0))
        return [right | {"inputs changed": False, "warned": False} for _case in cases]

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return what the learner's (or any) answer does, case by case."""
        return [self._seen(answer, case) for case in cases]

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of what counts for `part` in a case."""
        if part == "contracts":
            return ("inputs changed",)
        if case.at:
            return (*self.values, "warned") if part == case.at else ()
        names = tuple(part.split(", "))
        return names if set(names) <= set(self.values) else ()

    def method(self, what: str) -> str:
        """Return "softmax" for a function's value, else "TwoLayerNet.loss"."""
        name = str(self.reference.__name__)
        method = self.methods.get(what, what)
        return name if method in ("", "value") or self.facts else f"{name}.{method}"

    def _seen(self, answer: Any, case: Case) -> Seen:
        side = side_of(answer)
        lent = lend_all(side, list(case.inputs.values()))
        inputs = dict(zip(case.inputs, lent, strict=True))
        seen: Seen = {}
        warned: list[str] = []
        for name, look in self.probe(answer, **inputs):
            value, said = attempt(look)
            warned += said
            if name != "build":
                seen[name] = taken(value)
            elif isinstance(value, Failure):
                seen |= dict.fromkeys(self.values, value)
                break
        return seen | {"inputs changed": changed(side, lent), "warned": bool(warned)}
