"""A check gives a remote answer the same report as a local one.

`SerializedSide` exchanges only pickled data with the checks, as another process would.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from test_submissions import SUBMISSIONS, TASKS, answer_of, locked_cells, model_cells_of

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

SCALARS = (type(None), bool, int, float, complex, str)
MAX_VALUES = 10_000_000
MAX_DEPTH = 64
PLAIN_TYPES = {tuple: tuple, list: list, dict: dict, np.ndarray: np.array, float: float, int: int}

# So many requests take a small part of the grading time. A check that compares times repeats up
# to four of its requests on a busy machine.
MAX_REQUESTS = 420


@dataclass
class Key:
    """Represent an object of the answer's side, or a shared value, in a message."""

    table: str
    number: int
    type_name: str = ""
    plain: Any = None


@dataclass
class SerializedSide:
    """An answer's side that exchanges only bytes with the checks."""

    sources: Sequence[str] = ()
    requests: int = 0
    objects: list[Any] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)

    def reference(self, thing: Any) -> RemoteReference:
        """Return a remote reference to an object."""
        made = self._decode_result(self._encode_result(thing, by_reference=True))
        assert isinstance(made, RemoteReference)
        return made

    def perform(self, steps: Sequence[Step]) -> list[Done]:
        self.requests += 1
        sent = pickle.dumps([self._encode_step(step) for step in steps])
        there = [self._decode_step(step) for step in pickle.loads(sent)]
        done = run_steps(
            there, attempt, lambda value, _last: self._encode_result(value), OPERATIONS
        )
        return [
            replace(one, value=self._decode_result(one.value))
            for one in pickle.loads(pickle.dumps(done))
        ]

    # Requests

    def _encode_step(self, step: Step) -> Step:
        watch = step.watch and Watch(step.watch.method, self._encode_operand(step.watch.usual))
        return replace(step, operands=self._encode_operand(step.operands), watch=watch)

    def _decode_step(self, step: Step) -> Step:
        watch = step.watch and Watch(step.watch.method, self._decode_operand(step.watch.usual))
        return replace(step, operands=self._decode_operand(step.operands), watch=watch)

    def _encode_operand(self, value: Any) -> Any:
        if isinstance(value, RemoteReference):
            assert value.side is self
            return Key("object", value.number)  # type: ignore[attr-defined]
        if isinstance(value, Earlier):
            return Key("earlier", value.place)
        if isinstance(value, Shared):
            if value.handle is None:
                value.handle = len(self.shared)
                self.shared.append(_copied_shared(value))
            return Key("shared", value.handle)
        if type(value) in (list, tuple):
            return type(value)(map(self._encode_operand, value))
        return value

    def _decode_operand(self, value: Any) -> Any:
        if isinstance(value, Key):
            if value.table == "earlier":
                return Earlier(value.number)
            return (self.objects if value.table == "object" else self.shared)[value.number]
        if type(value) in (list, tuple):
            return type(value)(map(self._decode_operand, value))
        return value

    # Results

    def _encode_result(self, value: Any, depth: int = 0, *, by_reference: bool = False) -> Any:
        # Compare with `is`: a metaclass can make its classes equal to any other.
        if not by_reference and depth < MAX_DEPTH:
            if any(type(value) is kind for kind in SCALARS):
                return value
            if type(value) is np.ndarray or isinstance(value, np.generic):
                array = np.asarray(value)
                if array.dtype.kind in "biufcU" and array.size <= MAX_VALUES:
                    return array.copy() if isinstance(value, np.ndarray) else array[()]
            elif type(value) is dict:
                return {
                    self._encode_result(k, depth + 1): self._encode_result(v, depth + 1)
                    for k, v in value.items()
                }
            elif type(value) is list:
                return [self._encode_result(one, depth + 1) for one in value]
            elif type(value) is tuple:
                return tuple(self._encode_result(one, depth + 1) for one in value)
        self.objects.append(value)
        to_plain = next(
            (PLAIN_TYPES[base] for base in PLAIN_TYPES if isinstance(value, base)), None
        )
        small = to_plain and not by_reference and depth < MAX_DEPTH and np.size(value) <= MAX_VALUES
        number = len(self.objects) - 1
        plain = self._encode_result(to_plain(value), depth + 1) if small else None
        return Key("object", number, type(value).__name__, plain)

    def _decode_result(self, value: Any) -> Any:
        if isinstance(value, Key):
            reference = RemoteReference(self, value.type_name, self._decode_result(value.plain))
            reference.number = value.number  # type: ignore[attr-defined]
            return reference
        if isinstance(value, dict):
            return {self._decode_result(k): self._decode_result(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._decode_result, value))
        return value


def _copied_shared(shared: Shared) -> Shared:
    """Return the answer's side of a shared value: a copy, or functions that pickle their calls."""
    value = shared.value
    if callable(value):
        return Shared(_serialized_call(value))
    if shared.methods:
        called = {
            name: staticmethod(_serialized_call(getattr(value, name))) for name in shared.methods
        }
        return Shared(type("Layer", (), called)(), shared.methods)
    return Shared(_copied(value))


def _serialized_call(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: _copied(function(*_copied(args)))


def _copied(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


# Training takes seconds: the model solution is enough.
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
    """Return every third answer as test parameters; the audit checks all of them."""
    return [pytest.param(slug, cells, name, id=id) for slug, cells, name, id in list(tried)[::3]]


TRIED = [
    *(pytest.param(slug, {}, name, id=f"{name}-model") for slug, name in TASKS),
    *params(answers("accepted")),
    *params(
        (m.slug, {m.task: m.source(model_cells_of(m.slug)[m.task])}, m.task, m.name) for m in WRONG
    ),
]


# A serialized side runs in this process and can import the course, so it can't stop "borrows".
HOSTILE = params(one for one in answers("hostile") if not one[3].endswith("-borrows"))


def local_and_remote_reports(slug: str, cells: dict[str, str], name: str) -> tuple[Any, Any, int]:
    """Return the reports on a local and on a remote answer, and the number of requests."""
    task, side = (
        TASKS[slug, name],
        SerializedSide([*(locked_cells(slug) | model_cells_of(slug) | cells).values()]),
    )
    local = task(answer_of(slug, cells, name), seed=0)
    remote = task(side.reference(answer_of(slug, cells, name)), seed=0)
    return local, remote, side.requests


@pytest.mark.sample(every=3)
@pytest.mark.parametrize(("slug", "cells", "name"), TRIED)
def test_report_of_a_remote_answer_equals_that_of_a_local_one(
    slug: str, cells: dict[str, str], name: str
) -> None:
    local, remote, requests = local_and_remote_reports(slug, cells, name)
    assert remote == local, f"local:\n{local}\n\nremote:\n{remote}"
    # A check repeats some requests for an answer that fails.
    assert cells or requests <= MAX_REQUESTS


@pytest.mark.parametrize(("slug", "cells", "name"), HOSTILE)
def test_hostile_answer_earns_no_more_when_it_is_remote(
    slug: str, cells: dict[str, str], name: str
) -> None:
    local, remote, _ = local_and_remote_reports(slug, cells, name)
    # The findings may differ: some objects can't be serialized.
    assert remote.points <= local.points
    assert remote.passed or remote.finding is not None
