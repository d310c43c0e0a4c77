"""Answer the grader's requests: run a cell, or do what `course_lib.checks.answer_side` lists.

A request is a list: its kind, seconds, and what belongs to it. The answer is ``["value", value,
warnings, watched]`` or ``["error", kind, message, where, warnings, watched]``. While a call runs,
``["ask", id, method, args]`` calls something that the grader lent.
"""

from __future__ import annotations

import builtins
import contextlib
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from course_lib.checks.answer_side import LOCAL, Lent, Watch

from .cells import Cells, Shown, TooLong, no_alarm, own_frames, said, time_limit
from .frames import MAX_DEPTH, MAX_ITEMS, Loan, Ref, good_keys
from .wire import Wire

_LARGEST = 10_000_000
# Seconds for what comes after a call that took too long.
LATER = 1.0
# A set, since a learner's metaclass may say that it is equal to any type.
_PLAIN = frozenset((bool, int, float, complex, str))
_HOLDERS = frozenset((list, tuple, dict))
_BASES: dict[Any, None] = dict.fromkeys((tuple, list, dict, np.ndarray, float, int))


class Server:
    """The learner's objects, by number, and what can be done with them."""

    def __init__(self, wire: Wire, cells: Cells) -> None:
        self.wire, self.cells = wire, cells
        self.objects: list[Any] = []
        self.lent: dict[int, Lent] = {}
        self.watch: Watch | None = None

    def serve(self) -> None:
        """Answer requests until the connection ends."""
        while True:
            kind, seconds, *content = self.wire.receive()
            if kind == "run":
                self._send(["value", self.cells.run(content[0], seconds), [], 0])
            elif kind == "forget":
                self.objects.clear()
                self.lent.clear()
            elif kind == "perform":
                until, steps = time.monotonic() + content[0], self._from(content[1])
                self._send(["value", self._perform(steps, seconds, until), [], 0])
            else:
                asked = [self._from(value) for value in content]
                self._send(self._answer(seconds, partial(getattr(self, f"_{kind}"), *asked)))

    def _send(self, answer: list[Any]) -> None:
        try:
            self.wire.send(answer)
        except TypeError as error:
            self.wire.send(["error", "TypeError", f"what came back is {error}", "", [], 0])

    def _answer(self, seconds: float, run: Callable[[], Any]) -> list[Any]:
        """Return what a piece of work gives, in the form in which it crosses."""
        self.watch = None
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
                    answer = ["value", self._to(run())]
            except BaseException as error:
                answer = ["error", type(error).__name__, said(error)[:300], _where(error)]
        numeric = [w.message for w in caught if issubclass(w.category, RuntimeWarning)]
        watched = int(self.watch.calls) if self.watch else 0
        return [*answer, [str(message)[:300] for message in numeric[:10]], watched]

    def _perform(self, steps: Sequence[Any], seconds: float, until: float) -> list[Any]:
        """Do steps one after another; each has its own limit, warnings and error."""
        things: list[Any] = []
        answers: list[list[Any]] = []

        def keep(thing: Any) -> Any:
            things[-1] = thing
            return thing

        for kind, of, name, args, watched in steps:
            things.append(None)
            if type(of) is int and answers[of][0] == "error":
                answers.append([*answers[of][:4], [], 0])
                continue
            thing = things[of] if type(of) is int else of
            left = max(min(seconds, until - time.monotonic()), 0.001)
            if kind == "call":
                run = partial(self._call, thing, name, args, watched)
            else:
                run = partial(self._get, thing, name) if kind == "get" else partial(self._now, args)
            answers.append(self._answer(left, lambda run=run: keep(run())))  # type: ignore[misc]
            if answers[-1][0] == "error" and answers[-1][1] == TooLong.__name__:
                # Whatever else hangs shall not take as long again.
                seconds = min(seconds, LATER)
        return answers

    # --- what can be asked for ----------------------------------------------------------------

    def _name(self, name: str) -> Any:
        if name not in self.cells.names:
            raise NameError(f"name {name!r} is not defined")
        return Held(self.cells.names[name])

    def _kind(self, thing: Any) -> Any:
        kind = LOCAL.kind(thing)
        return [kind.type_name, kind.callable, kind.is_class, kind.has_forward, [*kind.origins]]

    def _call(self, thing: Any, method: str, args: Sequence[Any], watched: Any) -> Any:
        if watched is not None:
            self.watch = Watch(watched[0], tuple(watched[1]))
        return LOCAL.call(thing, method, args, self.watch)

    def _call_each(self, thing: Any, method: str, calls: Sequence[Sequence[Any]]) -> Any:
        return LOCAL.call_each(thing, method, calls)

    def _get(self, thing: Any, name: str) -> Any:
        return LOCAL.get(thing, name)

    def _tries_nearby(
        self, thing: Any, init: Sequence[Any], inputs: Sequence[Any], dout: Any
    ) -> bool:
        return LOCAL.tries_nearby(thing, init, inputs, dout)

    def _calculate(self, operands: Sequence[Any], steps: Sequence[Any]) -> Any:
        return LOCAL.calculate(operands, steps)

    def _now(self, lent: Sequence[Lent]) -> Any:
        return LOCAL.now(lent)

    # --- values on their way ------------------------------------------------------------------

    def _from(self, value: Any) -> Any:
        """Return a value that came, with the things themselves in the place of references."""
        kind = type(value)
        if value is None or kind in _PLAIN:
            return value
        if kind is Ref:
            return self.objects[value.id] if value.name else self.lent[value.id]
        if kind is Loan:
            thing = _caller(self, value) if value.methods else self._from(value.value)
            self.lent[value.id] = LOCAL.lend(thing, value.methods)
            return self.lent[value.id]
        if kind in (list, tuple):
            return kind([self._from(item) for item in value])
        if kind is dict:
            return {key: self._from(item) for key, item in value.items()}
        return value

    def _to(self, value: Any, depth: int = 0) -> Any:
        """Return a value that may cross, with references in the place of other objects."""
        kind = type(value)
        if value is None or kind in _PLAIN:
            return self._ref(value) if kind is int and value.bit_length() > 4000 else value
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._numbers(value)
        if kind in _HOLDERS:
            if depth > MAX_DEPTH - 2 or len(value) > MAX_ITEMS:
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
        # What comes next may write into it.
        return value.copy()

    def _ref(self, value: Any, depth: int = MAX_DEPTH) -> Ref:
        """Return a reference; with the data in it, if its class inherits from one of data."""
        self.objects.append(value)
        number, name = len(self.objects) - 1, str(type(value).__name__) or "object"
        base = next((base for base in _BASES if isinstance(value, base)), None)
        if base is None or type(value) in _BASES or depth > MAX_DEPTH - 2:
            return Ref(number, name)
        # A view of an array, and of others what the class itself says it holds.
        data = np.asarray(value) if base is np.ndarray else base(value)
        return Ref(number, name, self._to(data, depth + 1))


class Held:
    """A value that is to stay here, even if it could cross."""

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


def _where(error: BaseException) -> str:
    try:
        frames = own_frames(error)
        return str(frames[-1].line or "").strip()[:200] if frames else ""
    except Exception:
        return ""
