"""An answer that lives apart from the checks is judged as it is beside them.

`Apart` is a side that hands over nothing but bytes, and holds whatever is no plain data. What
a check asks of it can be asked of another process.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest
from test_submissions import SUBMISSIONS, TASKS, answer_of, model

from course_lib.checks.answer_side import LOCAL, Far, Kind, Lent, Line, Raised, Step, Watch
from course_lib.checks.calls import Failure, attempt
from course_lib.grading.submissions import read_submission_file
from course_lib.misconceptions import all_misconceptions

PLAIN = (type(None), bool, int, float, complex, str, Kind)
MOST_VALUES = 10_000_000
DEEPEST = 64
HOLDERS = {tuple: tuple, list: list, dict: dict, np.ndarray: np.array, float: float, int: int}
OWN_LINES = Path(__file__).read_text(encoding="utf-8")

# Of a grading's time, so many requests are a small part. A check that compares times repeats up to
# four of its requests on a busy machine.
MOST_REQUESTS = 240


@dataclass
class Key:
    """Stands in a message for something that lives on the answer's side."""

    number: int
    type_name: str = ""
    plain: Any = None


@dataclass
class Apart:
    """The answer's side behind a wall through which only bytes pass."""

    things: list[Any] = field(default_factory=list)
    requests: int = 0

    def far(self, thing: Any) -> Far:
        """Put something behind the wall."""
        return self._in(self._out(thing, as_it_is=True))

    def kind(self, thing: Any) -> Kind:
        return self._ask(lambda: LOCAL.kind(self._thing(thing)))

    def call(self, thing: Any, method: str, args: Sequence[Any], watch: Watch | None = None) -> Any:
        return self._ask(lambda: LOCAL.call(self._thing(thing), method, self._args(args), watch))

    def call_each(self, thing: Any, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        there = [self._args(args) for args in calls]
        return self._ask(lambda: LOCAL.call_each(self._thing(thing), method, there))

    def get(self, thing: Any, name: str) -> Any:
        return self._ask(lambda: LOCAL.get(self._thing(thing), name))

    def calculate(self, operands: Sequence[Any], steps: Sequence[Step]) -> Any:
        return self._ask(lambda: LOCAL.calculate(self._args(operands), steps))

    def codes(self, thing: Any, _name: str, /) -> list[CodeType]:
        return LOCAL.codes(self._thing(thing), _name)

    def tries_nearby(
        self, thing: Any, init: Sequence[Any], inputs: Sequence[Any], dout: Any
    ) -> bool:
        there = self._args(init), self._args(inputs), self._args([dout])[0]
        return bool(self._ask(lambda: LOCAL.tries_nearby(self._thing(thing), *there)))

    def lend(self, value: Any, methods: tuple[str, ...] = ()) -> Lent:
        if callable(value):
            return LOCAL.lend(_over_and_back(value))
        if methods:
            called = {name: staticmethod(_over_and_back(getattr(value, name))) for name in methods}
            return LOCAL.lend(type("Lent", (), called)(), methods)
        return LOCAL.lend(value)

    def now(self, lent: Sequence[Lent]) -> list[Any]:
        return self._ask(lambda: LOCAL.now(lent))

    def perform(self, lines: Sequence[Line]) -> list[tuple[Any, list[str]]]:
        self.requests += 1
        before, things, done = self.requests, list[Any](), list[tuple[Any, list[str]]]()
        for line in lines:
            of = things[line.of] if type(line.of) is int else line.of
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    if isinstance(of, Raised):
                        value: Any = of
                    elif line.kind == "call":
                        value = self._step(of, line)
                    else:
                        value = (
                            self.get(of, line.name) if line.kind == "get" else self.now(line.args)
                        )
                except Raised as error:
                    value = error
            things.append(value)
            done.append((value, [str(one.message) for one in caught]))
        self.requests = before
        return done

    def _step(self, of: Any, line: Line) -> Any:
        if isinstance(of, Far):
            return self.call(of, line.name, line.args, line.watch)
        return self._ask(lambda: LOCAL.call(of, line.name, self._args(line.args), line.watch))

    def _ask(self, request: Any) -> Any:
        self.requests += 1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                answer = pickle.dumps(self._out(request()))
            except KeyboardInterrupt:
                raise
            except BaseException as error:

                def again(error: BaseException = error) -> None:
                    raise error

                failure, _ = attempt(again)
                assert isinstance(failure, Failure)
                where = "" if failure.where in OWN_LINES else failure.where
                raised = Raised(failure.kind, failure.message, where)
            else:
                raised = None
        for one in caught:
            if issubclass(one.category, RuntimeWarning):
                warnings.warn(str(one.message), RuntimeWarning, stacklevel=1)
        if raised:
            raise raised
        return self._in(pickle.loads(answer))

    def _thing(self, thing: Any) -> Any:
        assert isinstance(thing, Far)
        assert thing.side is self
        return self.things[thing.number]  # type: ignore[attr-defined]

    def _args(self, args: Sequence[Any]) -> list[Any]:
        return [
            self._thing(arg)
            if isinstance(arg, Far)
            else arg
            if isinstance(arg, Lent)
            else _over(arg)
            for arg in args
        ]

    def _out(self, value: Any, depth: int = 0, *, as_it_is: bool = False) -> Any:
        # Asked with `is`: a metaclass may say that its classes are equal to any other.
        if not as_it_is and depth < DEEPEST:
            if any(type(value) is kind for kind in PLAIN):
                return value
            if type(value) is np.ndarray or isinstance(value, np.generic):
                array = np.asarray(value)
                if array.dtype.kind in "biufcU" and array.size <= MOST_VALUES:
                    return array if isinstance(value, np.ndarray) else array[()]
            elif type(value) is dict:
                return {self._out(k, depth + 1): self._out(v, depth + 1) for k, v in value.items()}
            elif type(value) is list:
                return [self._out(one, depth + 1) for one in value]
            elif type(value) is tuple:
                return tuple(self._out(one, depth + 1) for one in value)
        self.things.append(value)
        as_plain = next((HOLDERS[base] for base in HOLDERS if isinstance(value, base)), None)
        small = as_plain and not as_it_is and depth < DEEPEST and np.size(value) <= MOST_VALUES
        plain = self._out(as_plain(value), depth + 1) if small else None
        return Key(len(self.things) - 1, type(value).__name__, plain)

    def _in(self, value: Any) -> Any:
        if isinstance(value, Key):
            far = Far(self, value.type_name, self._in(value.plain))
            far.number = value.number  # type: ignore[attr-defined]
            return far
        if isinstance(value, dict):
            return {self._in(k): self._in(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._in, value))
        return value


def _over_and_back(function: Callable[..., Any]) -> Callable[..., Any]:
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
    task, side = TASKS[slug, name], Apart()
    beside = task(answer_of(slug, cells, name), seed=0)
    apart = task(side.far(answer_of(slug, cells, name)), seed=0)
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
