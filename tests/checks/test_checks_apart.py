"""An answer that lives apart from the checks is judged as it is beside them.

`Apart` is a side that hands over nothing but bytes, and holds whatever is no plain data. What
a check asks of it can be asked of another process.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from test_submissions import SUBMISSIONS, TASKS, answer_of, given, model

from course_lib.checks.side import (
    OPERATIONS,
    Done,
    Earlier,
    RemoteReference,
    Shared,
    Step,
    Watch,
    attempt,
    run_steps,
)
from course_lib.grading.authoring.trial import read_submission_file
from course_lib.misconceptions import all_misconceptions

PLAIN = (type(None), bool, int, float, complex, str)
MOST_VALUES = 10_000_000
DEEPEST = 64
HOLDERS = {tuple: tuple, list: list, dict: dict, np.ndarray: np.array, float: float, int: int}

# Of a grading's time, so many requests are a small part. A check that compares times repeats up to
# four of its requests on a busy machine.
MOST_REQUESTS = 240


@dataclass
class Key:
    """Stands in a message for something that lives on the answer's side, or is shared with it."""

    table: str
    number: int
    type_name: str = ""
    plain: Any = None


@dataclass
class Apart:
    """The answer's side behind a wall through which only bytes pass."""

    sources: Sequence[str] = ()
    requests: int = 0
    objects: list[Any] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)

    def reference(self, thing: Any) -> RemoteReference:
        """Put something behind the wall."""
        made = self._in(self._out(thing, as_it_is=True))
        assert isinstance(made, RemoteReference)
        return made

    def perform(self, steps: Sequence[Step]) -> list[Done]:
        self.requests += 1
        sent = pickle.dumps([self._sent(step) for step in steps])
        there = [self._step(step) for step in pickle.loads(sent)]
        done = run_steps(there, attempt, lambda value, _last: self._out(value), OPERATIONS)
        return [replace(one, value=self._in(one.value)) for one in pickle.loads(pickle.dumps(done))]

    # What the checks send, and what arrives.

    def _sent(self, step: Step) -> Step:
        watch = step.watch and Watch(step.watch.method, self._keys(step.watch.usual))
        return replace(step, operands=self._keys(step.operands), watch=watch)

    def _step(self, step: Step) -> Step:
        watch = step.watch and Watch(step.watch.method, self._things(step.watch.usual))
        return replace(step, operands=self._things(step.operands), watch=watch)

    def _keys(self, value: Any) -> Any:
        if isinstance(value, RemoteReference):
            assert value.side is self
            return Key("object", value.number)  # type: ignore[attr-defined]
        if isinstance(value, Earlier):
            return Key("earlier", value.place)
        if isinstance(value, Shared):
            if value.handle is None:
                value.handle = len(self.shared)
                self.shared.append(_over_and_back(value))
            return Key("shared", value.handle)
        if type(value) in (list, tuple):
            return type(value)(map(self._keys, value))
        return value

    def _things(self, value: Any) -> Any:
        if isinstance(value, Key):
            if value.table == "earlier":
                return Earlier(value.number)
            return (self.objects if value.table == "object" else self.shared)[value.number]
        if type(value) in (list, tuple):
            return type(value)(map(self._things, value))
        return value

    # What comes back.

    def _out(self, value: Any, depth: int = 0, *, as_it_is: bool = False) -> Any:
        # Asked with `is`: a metaclass may say that its classes are equal to any other.
        if not as_it_is and depth < DEEPEST:
            if any(type(value) is kind for kind in PLAIN):
                return value
            if type(value) is np.ndarray or isinstance(value, np.generic):
                array = np.asarray(value)
                if array.dtype.kind in "biufcU" and array.size <= MOST_VALUES:
                    return array.copy() if isinstance(value, np.ndarray) else array[()]
            elif type(value) is dict:
                return {self._out(k, depth + 1): self._out(v, depth + 1) for k, v in value.items()}
            elif type(value) is list:
                return [self._out(one, depth + 1) for one in value]
            elif type(value) is tuple:
                return tuple(self._out(one, depth + 1) for one in value)
        self.objects.append(value)
        as_plain = next((HOLDERS[base] for base in HOLDERS if isinstance(value, base)), None)
        small = as_plain and not as_it_is and depth < DEEPEST and np.size(value) <= MOST_VALUES
        number = len(self.objects) - 1
        plain = self._out(as_plain(value), depth + 1) if small else None
        return Key("object", number, type(value).__name__, plain)

    def _in(self, value: Any) -> Any:
        if isinstance(value, Key):
            reference = RemoteReference(self, value.type_name, self._in(value.plain))
            reference.number = value.number  # type: ignore[attr-defined]
            return reference
        if isinstance(value, dict):
            return {self._in(k): self._in(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._in, value))
        return value


def _over_and_back(shared: Shared) -> Shared:
    """Return what is there of a shared value: a copy, or functions that call over the wall."""
    value = shared.value
    if callable(value):
        return Shared(_called_over(value))
    if shared.methods:
        called = {name: staticmethod(_called_over(getattr(value, name))) for name in shared.methods}
        return Shared(type("Layer", (), called)(), shared.methods)
    return Shared(_over(value))


def _called_over(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: _over(function(*_over(args)))


def _over(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


# Training takes seconds: one is enough.
SLOW = ("08_training", "train")
WRONG = [m for m in all_misconceptions() if (m.slug, m.task) != SLOW][::6]


def answers(kind: str) -> Iterator[tuple[str, dict[str, str], str, str]]:
    """Yield slug, cells, task and id of each answer in the submissions of a kind."""
    for path in sorted(SUBMISSIONS.glob(f"*/{kind}/*.py")):
        cells = read_submission_file(path)
        for name in cells:
            if (path.parts[-3], name) != SLOW:
                yield path.parts[-3], cells, name, f"{name}-{path.stem}"


def params(tried: Iterable[tuple[str, dict[str, str], str, str]]) -> list[Any]:
    """Return them as parameters; two of three are marked as slow."""
    return [
        pytest.param(slug, cells, name, id=id, marks=[pytest.mark.slow] if i % 3 else [])
        for i, (slug, cells, name, id) in enumerate(tried)
    ]


TRIED = [
    *(pytest.param(slug, {}, name, id=f"{name}-model") for slug, name in TASKS),
    *params(answers("accepted")),
    *params((m.slug, {m.task: m.source(model(m.slug)[m.task])}, m.task, m.name) for m in WRONG),
]


# The wall hides no module: what has the course's own code do the work is not for it to stop.
HOSTILE = params(one for one in answers("hostile") if not one[3].endswith("-borrows"))


def both(slug: str, cells: dict[str, str], name: str) -> tuple[Any, Any, int]:
    """The reports on an answer beside the checks and apart from them, and the requests."""
    task, side = TASKS[slug, name], Apart([*(given(slug) | model(slug) | cells).values()])
    beside = task(answer_of(slug, cells, name), seed=0)
    apart = task(side.reference(answer_of(slug, cells, name)), seed=0)
    return beside, apart, side.requests


@pytest.mark.parametrize(("slug", "cells", "name"), TRIED)
def test_the_report_is_the_same(slug: str, cells: dict[str, str], name: str) -> None:
    beside, apart, requests = both(slug, cells, name)
    assert apart == beside, f"beside:\n{beside}\n\napart:\n{apart}"
    # Of other answers some ask for more: one that fails is looked at again.
    assert cells or requests <= MOST_REQUESTS


@pytest.mark.parametrize(("slug", "cells", "name"), HOSTILE)
def test_hostile_answers_gain_nothing_from_the_wall(
    slug: str, cells: dict[str, str], name: str
) -> None:
    beside, apart, _ = both(slug, cells, name)
    # What can't be handed over is told in other words.
    assert apart.points <= beside.points
    assert apart.finding is not None
