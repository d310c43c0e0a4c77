"""The grader's end of a student process: remote references and the values they return."""

from __future__ import annotations

import contextlib
import math
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.checks.calls import call, get, values_of
from course_lib.checks.side import (
    Done,
    Earlier,
    Failure,
    Raised,
    RemoteReference,
    Shared,
    SideLost,
    Step,
    first_line,
)
from course_lib.grading.sanitize import printable_text
from course_lib.grading.student.frames import BadFrame, Loan, Ref
from course_lib.grading.student.serve import EARLIER, LATER, OBJECT
from course_lib.grading.student.wire import Closed, TooLate, Wire

_NUMBER = (bool, int, float, complex, np.generic)


def numbers(value: Any) -> float:
    """Return how many numbers a value contains; infinity for any other value."""
    if isinstance(value, np.ndarray):
        return value.size
    if type(value) in (list, tuple):
        return 1 + sum(map(numbers, value))
    return 1 if value is None or isinstance(value, _NUMBER) else math.inf


def word(name: str) -> str:
    """Return a printable name: only the characters of a Python name."""
    return re.sub(r"\W", "", name, flags=re.ASCII)[:60] or "object"


# Seconds after the time limit until a process that has not stopped by itself is killed.
GRACE = 1.0
_MOST_ASKED = 1_000_000
# Most numbers in a call of a shared function: two arrays can become a table of all pairs.
_MOST_NUMBERS = 5_000
_TOO_LONG = "TooLong"
_PLAIN = frozenset((type(None), bool, int, float, str))


class RemoteSide:
    """Implements `course_lib.checks.side.Side` for one student process.

    Parameters
    ----------
    wire : Wire

    Attributes
    ----------
    gone : str
        Empty while the process answers, then the reason why it no longer does.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.gone = ""
        self.deadline = 0.0
        self.longest = float("inf")
        self.shared: list[Shared] = []
        self.sources: list[str] = []

    # --- cells and checks ---------------------------------------------------------------------

    def run(self, source: str, seconds: float) -> Any:
        """Run a cell in the student process and return its raw outputs."""
        self.deadline = time.monotonic() + seconds
        self.longest = seconds
        self.sources.append(source)
        return self._exchange(["cell", max(seconds, 0.001), source])

    def put(self, files: Mapping[str, bytes], seconds: float) -> None:
        """Write files into the folder in which the student process runs."""
        self.deadline = time.monotonic() + seconds
        numbers = {name: np.frombuffer(data, np.uint8) for name, data in files.items()}
        self._exchange(["files", numbers])

    @contextlib.contextmanager
    def check(self, seconds: float) -> Iterator[None]:
        """Limit the total time of all requests in the block; then release its objects."""
        self.deadline = time.monotonic() + seconds
        self.longest = seconds / 3
        try:
            yield
        finally:
            self.shared.clear()
            if not self.gone:
                with contextlib.suppress(SideLost):
                    self._guarded(lambda: self.wire.send(["forget"], self.deadline + GRACE))

    def name(self, name: str) -> Any:
        """Return a `RemoteReference` to a name in the learner's notebook."""
        return values_of(self, [Step("name", (name,))])[0]

    # --- the protocol of a side ---------------------------------------------------------------

    def perform(self, steps: Sequence[Step]) -> list[Done]:
        """Run steps in the student process; see `course_lib.checks.side.Side`."""
        left = self.deadline - time.monotonic()
        limits = [max(min(left, self.longest), 0.001), max(left, 0.001)]
        sent = [
            [
                step.do,
                self._out(step.operands),
                step.watch and [step.watch.method, self._out(step.watch.usual)],
                step.wanted,
            ]
            for step in steps
        ]
        try:
            replies = self._exchange(["steps", *limits, sent])
        except Raised as error:
            # The steps succeeded, but their values together are too large to send.
            return [Done(error.failure) for _step in steps]
        if type(replies) is not list or len(replies) != len(steps):
            raise self._lost("it sent an answer that does not fit the request")
        return [self._done(reply) for reply in replies]

    def _done(self, reply: Any) -> Done:
        match reply:
            case [value, None, list(warned), int(watched)]:
                got = value
            case [_, [str(kind), str(message), str(where)], list(warned), int(watched)]:
                if kind == _TOO_LONG:
                    # The next calls that hang in this check must not take as long again.
                    self.longest = min(self.longest, LATER)
                got = _failure(kind, message, where)
            case _:
                raise self._lost("it sent an answer that does not fit the request")
        return Done(got, [printable_text(text, 300) for text in warned[:10]], watched)

    # --- requests -----------------------------------------------------------------------------

    def _exchange(self, request: list[Any]) -> Any:
        if self.gone:
            raise SideLost(self.gone)
        return self._guarded(lambda: self._talk(request))

    def _guarded(self, talk: Callable[[], Any]) -> Any:
        try:
            return talk()
        except TooLate:
            raise self._lost("it ran too long and was stopped") from None
        except Closed as error:
            raise self._lost(str(error)) from None
        except BadFrame as error:
            raise self._lost(f"it sent an invalid answer: {error}") from None

    def _lost(self, why: str) -> SideLost:
        self.gone = why
        return SideLost(why)

    def _talk(self, request: list[Any]) -> Any:
        until = self.deadline + GRACE
        self.wire.send(request, until)
        for _asked in range(_MOST_ASKED):
            answer = self.wire.receive(until)
            # Check the types first: comparing an array with a string gives an array, not a bool.
            if not (type(answer) is list and answer and type(answer[0]) is str):
                raise BadFrame("not an answer to the request")
            match answer:
                case ["ask", int(number), str(name), tuple(args)]:
                    self.wire.send(self._called_back(number, name, args), until)
                case ["value", value]:
                    return self._in(value)
                case ["error", str(message)]:
                    raise Raised(_failure("TypeError", message, ""))
                case _:
                    raise BadFrame("not an answer to the request")
        raise TooLate

    def _called_back(self, number: int, name: str, args: tuple[Any, ...]) -> list[Any]:
        """Call a shared function or object for the learner's code; return the answer to send."""
        if not 0 <= number < len(self.shared) or name not in _callable(self.shared[number]):
            raise BadFrame("a call of something that was never shared")
        target = self.shared[number].value
        if sum(map(numbers, args)) > _MOST_NUMBERS:
            return ["error", "TypeError", "expected numbers or small arrays of numbers"]
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                value = (getattr(target, name) if name else target)(*(self._in(a) for a in args))
                return ["value", self._out(value)]
        except Exception as error:
            return ["error", type(error).__name__, str(error)[:300]]

    # --- encode and decode values -------------------------------------------------------------

    def _out(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind in (list, tuple):
            return kind([self._out(item) for item in value])
        if isinstance(value, RemoteThing):
            return Ref(value.number, OBJECT)
        if isinstance(value, Earlier):
            return Ref(value.place, EARLIER)
        if isinstance(value, Shared):
            return self._share(value)
        if isinstance(value, dict):
            return {key: self._out(item) for key, item in value.items()}
        return np.asarray(value) if isinstance(value, np.ndarray) else value

    def _share(self, shared: Shared) -> Any:
        if shared.handle is not None:
            return Ref(shared.handle)
        shared.handle = len(self.shared)
        self.shared.append(shared)
        methods = _callable(shared)
        return Loan(shared.handle, methods, None if methods else self._out(shared.value))

    def _in(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind in (list, tuple):
            return kind([self._in(item) for item in value])
        if kind is Ref and value.name:
            return RemoteThing(self, value, self._in(value.plain))
        if kind in (Ref, Loan):
            raise BadFrame("a reference that only the grader may send")
        if kind is dict:
            return {key: self._in(item) for key, item in value.items()}
        if kind is np.ndarray:
            value.setflags(write=False)
        return value


class RemoteThing(RemoteReference):
    """An object in the student process.

    Checks go through its `side`. Plain grade cells can call it and read its attributes.
    """

    def __init__(self, side: RemoteSide, ref: Ref, plain: Any = None) -> None:
        super().__init__(side, word(ref.name), plain)
        self.number = ref.id

    def __call__(self, *args: Any) -> Any:
        return call(self, "", *args)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return get(self, name)

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


def _callable(shared: Shared) -> tuple[str, ...]:
    """Return the callable methods of a shared value; "" means the value itself."""
    return shared.methods or (("",) if callable(shared.value) else ())


def _failure(kind: str, message: str, where: str) -> Failure:
    return Failure(word(kind), first_line(printable_text(message, 300)), printable_text(where, 200))
