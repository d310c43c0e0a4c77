"""Answer the grader's requests: run a cell, or steps as in `course_lib.checks.side`.

The requests are ``["cell", seconds, source]``, ``["files", contents]``, ``["steps", seconds,
all_seconds, steps]`` and ``["forget"]``. A step is ``[do, operands, [method, usual] or None,
wanted]``. The answer is ``["value", value]``, or ``["error", message]`` if the value cannot be
sent. The value of steps is a list with ``[value, None or [kind, message, where], warnings,
watched]`` for each. While a step runs, ``["ask", id, method, args]`` calls an object that the
grader has shared.
"""

from __future__ import annotations

import builtins
import contextlib
import pathlib
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.checks.side import (
    OPERATIONS,
    Done,
    Earlier,
    Failure,
    Shared,
    Step,
    Watch,
    run_steps,
    similar_name,
)

from .cells import Cells, Shown, TooLong, no_alarm, own_frames, said, time_limit
from .frames import MAX_DEPTH, MAX_ITEMS, Loan, Ref, good_keys
from .wire import Wire

_LARGEST = 10_000_000
# An answer holds its values three lists deep.
_DEEPEST = MAX_DEPTH - 4
# Seconds for each step after one that took too long.
LATER = 1.0
# Names of the references that come from the grader. No class can be named "earlier step".
OBJECT, EARLIER = "object", "earlier step"
# Sets compare hashes first: a learner's metaclass may claim to equal any type.
_PLAIN = frozenset((bool, int, float, complex, str))
_CONTAINERS = frozenset((list, tuple, dict))
_BASES: dict[Any, None] = dict.fromkeys((tuple, list, dict, np.ndarray, float, int))


class Server:
    """Answer requests, and keep the learner's objects and the shared ones by number."""

    def __init__(self, wire: Wire, cells: Cells) -> None:
        self.wire, self.cells = wire, cells
        self.objects: list[Any] = []
        self.lent: dict[int, Shared] = {}

    def serve(self) -> None:
        """Answer requests until the connection ends."""
        while True:
            kind, *content = self.wire.receive()
            if kind == "cell":
                seconds, source = content
                self._send(self.cells.run(source, seconds))
            elif kind == "steps":
                self._send(self._perform(*content))
            elif kind == "files":
                _write(content[0])
                self._send(None)
            elif kind == "forget":
                self.objects.clear()
                self.lent.clear()
            else:
                raise ValueError(f"unknown request {kind!r}")

    def _send(self, value: Any) -> None:
        try:
            self.wire.send(["value", value])
        except TypeError as error:
            self.wire.send(["error", f"the result is {error}"])

    def _perform(self, seconds: float, all_seconds: float, sent: Sequence[Any]) -> list[Any]:
        """Run steps; each has its own limit of `seconds`, and all have `all_seconds`."""
        until = time.monotonic() + all_seconds
        steps = [
            Step(do, self._from(operands), watch and Watch(watch[0], self._from(watch[1])), wanted)
            for do, operands, watch, wanted in sent
        ]
        limit = seconds

        def attempt(work: Callable[[], Any]) -> tuple[Any, list[str]]:
            nonlocal limit
            value, warned = _attempt(work, max(min(limit, until - time.monotonic()), 0.001))
            if isinstance(value, Failure) and value.kind == TooLong.__name__:
                # The next steps that hang must not take as long again.
                limit = min(limit, LATER)
            return value, warned

        operations = {**OPERATIONS, "name": self._name}
        done = run_steps(steps, attempt, lambda value, _last: self._to(value), operations)
        return [self._reply(one) for one in done]

    def _reply(self, done: Done) -> list[Any]:
        said = [list(done.warned), done.watched]
        if isinstance(done.value, Failure):
            return [None, [done.value.kind, done.value.message, done.value.where], *said]
        return [done.value, None, *said]

    def _name(self, name: str) -> Any:
        if name not in self.cells.names:
            raise NameError(f"name {name!r} is not defined")
        return Held(self.cells.names[name])

    # --- encode and decode values -------------------------------------------------------------

    def _from(self, value: Any) -> Any:
        """Return a received value, with references replaced by the objects themselves."""
        kind = type(value)
        if value is None or kind in _PLAIN:
            return value
        if kind is Ref:
            if value.name == EARLIER:
                return Earlier(value.id)
            return self.objects[value.id] if value.name else self.lent[value.id]
        if kind is Loan:
            thing = _caller(self, value) if value.methods else self._from(value.value)
            self.lent[value.id] = Shared(thing, value.methods)
            return self.lent[value.id]
        if kind in (list, tuple):
            return kind([self._from(item) for item in value])
        if kind is dict:
            return {key: self._from(item) for key, item in value.items()}
        return value

    def _to(self, value: Any, depth: int = 0) -> Any:
        """Return a value that can be sent, with other objects replaced by references."""
        kind = type(value)
        if value is None or kind in _PLAIN:
            return self._ref(value) if kind is int and value.bit_length() > 4000 else value
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._numbers(value)
        if kind in _CONTAINERS:
            if depth > _DEEPEST or len(value) > MAX_ITEMS:
                return self._ref(value)
            if kind is dict:
                if not good_keys(value):
                    return self._ref(value)
                return {key: self._to(item, depth + 1) for key, item in value.items()}
            return kind(self._to(item, depth + 1) for item in value)
        return self._ref(value.value) if kind is Held else self._ref(value, depth)

    def _numbers(self, value: Any) -> Any:
        if value.dtype.char in "gG":
            value = value.astype("d" if value.dtype.char == "g" else "D")
        if value.dtype.kind not in "biufc" or value.size > _LARGEST:
            return self._ref(value)
        # The next step may write into the original.
        return value.copy()

    def _ref(self, value: Any, depth: int = MAX_DEPTH) -> Ref:
        """Return a reference to a value, with its data if its class inherits from a data type."""
        self.objects.append(value)
        number, name = len(self.objects) - 1, str(type(value).__name__) or "object"
        base = next((base for base in _BASES if isinstance(value, base)), None)
        if base is None or type(value) in _BASES or depth > _DEEPEST:
            return Ref(number, name)
        # For arrays a view; for other types, what the object's own class returns.
        data = np.asarray(value) if base is np.ndarray else base(value)
        return Ref(number, name, self._to(data, depth + 1))


def _write(files: dict[str, Any]) -> None:
    """Write the files from beside the notebook, and let cells import them, as in Jupyter."""
    for name, content in files.items():
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())
    if "" not in sys.path:
        sys.path.insert(0, "")


def _attempt(work: Callable[[], Any], seconds: float) -> tuple[Any, list[str]]:
    """Return the value of a step, or a `Failure`, and NumPy's warnings."""
    quiet = Shown()
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", under="ignore"),
        contextlib.redirect_stdout(quiet),
        contextlib.redirect_stderr(quiet),
    ):
        warnings.simplefilter("always")
        try:
            with time_limit(seconds):
                value = work()
        except BaseException as error:
            message = said(error)[:300] + _similar_name(error)
            value = Failure(str(type(error).__name__), message, _where(error))
    numeric = [w.message for w in caught if issubclass(w.category, RuntimeWarning)]
    return value, [str(message)[:300] for message in numeric[:10]]


class Held:
    """A value to send as a reference, even if it could be sent as data."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _caller(server: Server, loan: Loan) -> Any:
    """Return an object, or a function, whose calls run on the grader's side."""

    def method(name: str) -> Any:
        def ask(*args: Any) -> Any:
            with no_alarm():
                server.wire.send(["ask", loan.id, name, server._to(args)])
                kind, *content = server.wire.receive()
            if kind == "value":
                return content[0]
            error = getattr(builtins, content[0], RuntimeError)
            if not (isinstance(error, type) and issubclass(error, Exception)):
                error = RuntimeError
            raise error(content[1])

        return ask

    if loan.methods == ("",):
        return method("")
    names = {name: staticmethod(method(name)) for name in loan.methods}
    return type("Layer", (), names)()


def _similar_name(error: BaseException) -> str:
    # The learner's __dir__ may stop, never end, or return too much.
    try:
        with time_limit(LATER):
            return similar_name(error)
    except BaseException:
        return ""


def _where(error: BaseException) -> str:
    try:
        frames = own_frames(error)
        return str(frames[-1].line or "").strip()[:200] if frames else ""
    except Exception:
        return ""
