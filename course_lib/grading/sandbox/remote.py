"""The grader's end of a student process: remote references and the values they return."""

from __future__ import annotations

import contextlib
import math
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from course_lib.checks.answer_side import Far, Kind, Lent, Line, Raised, SideLost, Step, Watch
from course_lib.checks.imaginary import code_named
from course_lib.grading.sanitize import readable
from course_lib.grading.student.frames import BadFrame, Loan, Ref
from course_lib.grading.student.serve import LATER
from course_lib.grading.student.wire import Closed, TooLate, Wire

_NUMBER = (bool, int, float, complex, np.generic)


def numbers(value: Any) -> float:
    """Return how many numbers a value is; what is none could be endless."""
    if isinstance(value, np.ndarray):
        return value.size
    if type(value) in (list, tuple):
        return 1 + sum(map(numbers, value))
    return 1 if value is None or isinstance(value, _NUMBER) else math.inf


def watched_as(watch: Watch | None) -> list[Any] | None:
    """Return what is sent of a watch."""
    return None if watch is None else [watch.method, list(watch.usual)]


def say_again(said: list[Any]) -> None:
    """Issue the warnings here that there were over there."""
    for message in said[:10]:
        warnings.warn(readable(message, 300), RuntimeWarning, stacklevel=2)


def word(name: str) -> str:
    """Return a name that can be shown: nothing in it but what a Python name has."""
    return re.sub(r"\W", "", name, flags=re.ASCII)[:60] or "object"


# A process that does not stop by itself when its time is over is ended so many seconds later.
GRACE = 1.0
_MOST_ASKED = 1_000_000
# What was lent is called with at most so many numbers: two arrays can become a table of all pairs.
_MOST_NUMBERS = 5_000
_TOO_LONG = "TooLong"
_AS_THEY_ARE = frozenset((type(None), bool, int, float, str))


class RemoteSide:
    """Implements `course_lib.checks.answer_side.Side` for one student process.

    Parameters
    ----------
    wire : Wire

    Attributes
    ----------
    gone : str
        Empty as long as the process answers, then what happened to it.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.gone = ""
        self.deadline = 0.0
        self.longest = float("inf")
        self.watched = 0
        self.lent: list[_Loaned] = []
        self.sources: list[str] = []

    # --- cells and checks ---------------------------------------------------------------------

    def run(self, source: str, seconds: float) -> Any:
        """Run a cell over there and return its outputs as it tells them."""
        self.deadline = time.monotonic() + seconds
        self.longest = seconds
        self.sources.append(source)
        return self._exchange("run", source)

    @contextlib.contextmanager
    def check(self, seconds: float) -> Iterator[None]:
        """Give all that is asked inside so many seconds together; forget its objects afterwards."""
        self.deadline = time.monotonic() + seconds
        self.longest = seconds / 3
        try:
            yield
        finally:
            self.lent.clear()
            if not self.gone:
                with contextlib.suppress(SideLost):
                    self._guarded(lambda: self.wire.send(["forget", 0], self.deadline + GRACE))

    def name(self, name: str) -> Any:
        """Return what the learner's notebook has under a name; always a `Far`."""
        return self._exchange("name", name)

    # --- the protocol of a side ---------------------------------------------------------------

    def kind(self, thing: Any) -> Kind:
        match self._exchange("kind", thing):
            case [str(name), bool(can_call), bool(is_class), bool(has_forward), list(origins)]:
                modules = tuple(map(str, origins))
                return Kind(word(name), can_call, is_class, has_forward, modules)
            case _:
                raise self._lost("no answer to what was asked")

    def call(self, thing: Any, method: str, args: Sequence[Any], watch: Watch | None = None) -> Any:
        try:
            return self._exchange("call", thing, method, list(args), watched_as(watch))
        finally:
            if watch is not None:
                watch.calls = self.watched

    def call_each(self, thing: Any, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        values = self._exchange("call_each", thing, method, [list(args) for args in calls])
        if type(values) is list and len(values) == len(calls):
            return values
        raise self._lost("no answer to what was asked")

    def get(self, thing: Any, name: str) -> Any:
        return self._exchange("get", thing, name)

    def calculate(self, operands: Sequence[Any], steps: Sequence[Step]) -> Any:
        return self._exchange("calculate", list(operands), list(steps))

    def perform(self, lines: Sequence[Line]) -> list[tuple[Any, list[str]]]:
        left = max(self.deadline - time.monotonic(), 0.001)
        steps = [
            [line.kind, line.of, line.name, list(line.args), watched_as(line.watch)]
            for line in lines
        ]
        try:
            done = self._exchange("perform", left, steps)
        except Raised as error:
            # No step has failed, but what they gave together can't cross.
            return [(error, []) for _line in lines]
        if type(done) is not list or len(done) != len(lines):
            raise self._lost("no answer to what was asked")
        return [self._done(line, one) for line, one in zip(lines, done, strict=True)]

    def _done(self, line: Line, done: Any) -> tuple[Any, list[str]]:
        match done:
            case ["value", value, list(said), int(watched)]:
                got = value
            case ["error", str(kind), str(message), str(where), list(said), int(watched)]:
                got = self._raised(kind, message, where)
            case _:
                raise self._lost("no answer to what was asked")
        if line.watch is not None:
            line.watch.calls = watched
        return got, [readable(text, 300) for text in said[:10]]

    def codes(self, _thing: Any, name: str, /) -> list[CodeType]:
        # What that process says of its code need not be true.
        return code_named(name, self.sources)

    def tries_nearby(
        self, thing: Any, init: Sequence[Any], inputs: Sequence[Any], dout: Any
    ) -> bool:
        return self._exchange("tries_nearby", thing, list(init), list(inputs), dout) is True

    def lend(self, value: Any, methods: tuple[str, ...] = ()) -> Lent:
        return _Loaned(value, methods or (("",) if callable(value) else ()))

    def now(self, lent: Sequence[Lent]) -> list[Any]:
        values = self._exchange("now", list(lent))
        if type(values) is list and len(values) == len(lent):
            return values
        raise self._lost("no answer to what was asked")

    # --- requests -----------------------------------------------------------------------------

    def _exchange(self, kind: str, *content: Any) -> Any:
        if self.gone:
            raise SideLost(self.gone)
        left = max(min(self.deadline - time.monotonic(), self.longest), 0.001)
        request = [kind, left, *(self._out(value) for value in content)]
        return self._guarded(lambda: self._talk(request))

    def _guarded(self, talk: Callable[[], Any]) -> Any:
        try:
            return talk()
        except TooLate:
            raise self._lost("it ran too long and was stopped") from None
        except Closed as error:
            raise self._lost(str(error)) from None
        except BadFrame as error:
            raise self._lost(f"it sent what is no answer: {error}") from None

    def _lost(self, why: str) -> SideLost:
        self.gone = why
        return SideLost(why)

    def _talk(self, request: list[Any]) -> Any:
        until = self.deadline + GRACE
        self.wire.send(request, until)
        for _asked in range(_MOST_ASKED):
            answer = self.wire.receive(until)
            # An array, asked whether it equals a word, has no answer.
            if not (type(answer) is list and answer and type(answer[0]) is str):
                raise BadFrame("no answer to what was asked")
            match answer:
                case ["ask", int(number), str(name), tuple(args)]:
                    self.wire.send(self._called_back(number, name, args), until)
                case ["value", value, list(said), int(watched)]:
                    self.watched = watched
                    say_again(said)
                    return self._in(value)
                case ["error", str(kind), str(message), str(where), list(said), int(watched)]:
                    self.watched = watched
                    say_again(said)
                    raise self._raised(kind, message, where)
                case _:
                    raise BadFrame("no answer to what was asked")
        raise TooLate

    def _raised(self, kind: str, message: str, where: str) -> Raised:
        if kind == _TOO_LONG:
            # Whatever else hangs in this check shall not take as long again.
            self.longest = min(self.longest, LATER)
        return Raised(word(kind), readable(message, 300), readable(where, 200))

    def _called_back(self, number: int, name: str, args: tuple[Any, ...]) -> list[Any]:
        """Call what was lent, as the learner's code asks; return the answer to send."""
        if not 0 <= number < len(self.lent) or name not in self.lent[number].methods:
            raise BadFrame("a call of what was never lent")
        target = self.lent[number].value
        if sum(map(numbers, args)) > _MOST_NUMBERS:
            return ["error", "TypeError", "numbers and small arrays of them are wanted"]
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                value = (getattr(target, name) if name else target)(*(self._in(a) for a in args))
                return ["value", self._out(value)]
        except Exception as error:
            return ["error", type(error).__name__, str(error)[:300]]

    # --- values on their way ------------------------------------------------------------------

    def _out(self, value: Any) -> Any:
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind in (list, tuple):
            return kind([self._out(item) for item in value])
        if isinstance(value, RemoteThing):
            return Ref(value.number, value.type_name)
        if isinstance(value, _Loaned):
            return self._lend(value)
        if isinstance(value, dict):
            return {key: self._out(item) for key, item in value.items()}
        return np.asarray(value) if isinstance(value, np.ndarray) else value

    def _lend(self, loan: _Loaned) -> Any:
        if loan.number is not None:
            return Ref(loan.number)
        loan.number = len(self.lent)
        self.lent.append(loan)
        return Loan(loan.number, loan.methods, None if loan.methods else self._out(loan.value))

    def _in(self, value: Any) -> Any:
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind in (list, tuple):
            return kind([self._in(item) for item in value])
        if kind is Ref and value.name:
            return RemoteThing(self, value, self._in(value.plain))
        if kind in (Ref, Loan):
            raise BadFrame("a loan from the wrong side")
        if kind is dict:
            return {key: self._in(item) for key, item in value.items()}
        if kind is np.ndarray:
            value.setflags(write=False)
        return value


@dataclass
class _Loaned(Lent):
    number: int | None = None


class RemoteThing(Far):
    """Something in the student process.

    Checks go through its `side`. For plain grade cells it can be called, and has attributes.
    """

    def __init__(self, side: RemoteSide, ref: Ref, plain: Any = None) -> None:
        super().__init__(side, word(ref.name), plain)
        self.number = ref.id

    def __call__(self, *args: Any) -> Any:
        return self.side.call(self, "", args)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.side.get(self, name)

    def __repr__(self) -> str:
        return f"<{self.type_name}>"
