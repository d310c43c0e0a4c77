"""The answer's side: the process that runs a learner's code, and the steps of a check in it.

In a notebook, the code and the checks run in one process, and `LOCAL` is the side. While a
submission is graded, its code runs in a separate process. The checks then hold a `RemoteReference`,
and its side sends the steps to that process and returns the results. Checks work in the same way in
both cases: they see the results of steps, but no source, signature or identity of objects.

A result is None, a bool, a number, a string, an array, or a list, tuple or dict of these. Every
other object stays on its side, and a reference comes back. Arguments have the same types, or are
`Shared`.

The student process has no other module of the checks, so this module imports none.
"""

from __future__ import annotations

import contextlib
import copy
import difflib
import inspect
import operator
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import FrameType, FunctionType
from typing import Any, Protocol

import numpy as np

# Larger arrays are refused when they are compared, and never copied.
MAX_VALUES = 10_000_000

# Elements of longer lists are neither converted nor traced.
_SHORT = 1000


class SideLost(BaseException):
    """The answer's process has ended, so no check can continue."""


@dataclass(frozen=True)
class Failure:
    """An exception that a learner's code raised.

    Attributes
    ----------
    kind : str
        Name of the exception's class.
    message : str
        First line of its message.
    where : str
        The line of the learner's code that raised it; empty if unknown.
    """

    kind: str
    message: str
    where: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether the code is still the unsolved cell of the exercise."""
        return self.kind == "NotImplementedError"


class Raised(Exception):
    """A step failed; raised where its value is needed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    @property
    def kind(self) -> str:
        """Name of the class of the learner's exception."""
        return self.failure.kind

    @property
    def message(self) -> str:
        """First line of its message."""
        return self.failure.message


class RemoteReference:
    """A reference to a learner's object on another side: an answer, or an object that it made.

    Attributes
    ----------
    side : Side
        The side that holds the object.
    type_name : str
        Name of its class.
    plain : tuple, list, dict, array or number, or None
        The data in it, if its class inherits from one of these.
    """

    def __init__(self, side: Side, type_name: str, plain: Any = None) -> None:
        self.side, self.type_name, self.plain = side, type_name, plain


@dataclass(eq=False)
class Shared:
    """An argument that the learner's code may keep and change.

    Attributes
    ----------
    value : array, list, dict, function or object
        It stays unchanged: the learner's code gets a copy of data, and may call a function or the
        listed methods of an object.
    methods : tuple of str
        The methods of an object that may be called; empty for data and functions.
    handle : copy or int, optional
        The learner's copy, or the number of this value on the other side.
    """

    value: Any
    methods: tuple[str, ...] = ()
    handle: Any = None


@dataclass(frozen=True)
class Watch:
    """Count the calls of a method with arguments other than the usual ones.

    Attributes
    ----------
    method : str
    usual : tuple
        Arguments, shared or not. A call with their original values does not count, nor does one
        with the signs of a single argument changed.
    """

    method: str
    usual: tuple[Any, ...]


class Earlier:
    """An operand of a step: the value of an earlier step."""

    def __init__(self, place: int) -> None:
        self.place = place


@dataclass(frozen=True)
class Step:
    """One operation on the answer's side.

    Attributes
    ----------
    do : str
        A key of `OPERATIONS`.
    operands : tuple
        The object, then the arguments. Each may be an `Earlier`.
    watch : Watch, optional
        Which calls of the object's methods to count during the step.
    wanted : bool
        Whether the value is returned. If not, only later steps can use it.
    """

    do: str
    operands: tuple[Any, ...]
    watch: Watch | None = None
    wanted: bool = True


@dataclass(frozen=True)
class Done:
    """The result of a step: its value or a `Failure`, NumPy's warnings, and the watched calls."""

    value: Any
    warned: Sequence[str] = ()
    watched: int = 0


class Side(Protocol):
    """The process that runs an answer.

    Attributes
    ----------
    sources : sequence of str
        The cells that ran there. Empty if objects there can be inspected.
    """

    @property
    def sources(self) -> Sequence[str]: ...

    def perform(self, steps: Sequence[Step]) -> list[Done]:
        """Run steps in order and return a result for each.

        Later steps run after a failed one, too. A step that needs the value of a failed step
        fails in the same way.

        Raises
        ------
        SideLost
        """
        ...


def run_steps(
    steps: Sequence[Step],
    attempt: Callable[[Callable[[], Any]], tuple[Any, Sequence[str]]],
    hand_over: Callable[[Any, bool], Any],
    operations: Mapping[str, Callable[..., Any]],
) -> list[Done]:
    """Run steps in the process of the learner's code; see `Side.perform`.

    Parameters
    ----------
    steps : sequence of Step
    attempt : callable
        Calls a function; returns its value or a `Failure`, and NumPy's warnings.
    hand_over : callable
        Takes a value, and whether its step is the last; returns the value for the checks.
    operations : mapping of str to callable
    """
    values: list[Any] = []
    done: list[Done] = []
    for step in steps:
        needed = [one.place for one in step.operands if isinstance(one, Earlier)]
        failed = [done[i] for i in needed if isinstance(done[i].value, Failure)]
        values.append(None)
        if failed:
            done.append(Done(failed[0].value))
            continue
        count = [0]

        def work(step: Step = step, count: list[int] = count) -> Any:
            thing, *args = (_operand(one, values) for one in step.operands)
            with _counting(thing, step.watch, count):
                values[-1] = operations[step.do](thing, *args)
            if not step.wanted:
                return None
            return hand_over(_as_floats(values[-1]), len(values) == len(steps))

        value, warned = attempt(work)
        done.append(Done(value, warned, count[0]))
    return done


def _as_floats(value: Any, depth: int = 3) -> Any:
    """Return a result with floats in place of fractions and decimal numbers."""
    kind = type(value)
    if kind in (Fraction, Decimal):
        return float(value)
    if kind is np.ndarray and value.dtype == object and 0 < value.size <= _SHORT:
        numbers = all(type(one) in (Fraction, Decimal, int, float) for one in value.flat)
        return value.astype(float) if numbers else value
    if depth and kind in (list, tuple) and len(value) <= _SHORT:
        return kind(_as_floats(one, depth - 1) for one in value)
    if depth and kind is dict and len(value) <= _SHORT:
        return {key: _as_floats(one, depth - 1) for key, one in value.items()}
    return value


def _operand(value: Any, values: Sequence[Any]) -> Any:
    """Return an operand for the learner's code: its copy of shared data, or a new copy."""
    kind = type(value)
    if isinstance(value, Earlier):
        return values[value.place]
    if isinstance(value, Shared):
        if value.methods or callable(value.value):
            return value.value
        if value.handle is None:
            value.handle = copy.deepcopy(value.value)
        return value.handle
    if kind is list or kind is tuple:
        return kind(_operand(one, values) for one in value)
    # Other types are not copied: the learner's objects keep their identity.
    copies = kind is dict or (kind is np.ndarray and value.flags.writeable)
    return copy.deepcopy(value) if copies else value


@contextmanager
def _counting(thing: Any, watch: Watch | None, count: list[int]) -> Iterator[None]:
    """Count the calls of a watched method inside the context."""
    cls = type(thing)
    original = inspect.getattr_static(cls, watch.method, None) if watch else None
    if watch is None or not isinstance(original, FunctionType):
        yield
        return
    usual = [arg.value if isinstance(arg, Shared) else arg for arg in watch.usual]

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        count[0] += bool(kwargs) or not (same_values(args, usual) or _reflected(args, usual))
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


def _reflected(args: Sequence[Any], usual: Sequence[Any]) -> bool:
    """Return whether the only argument is the usual one, apart from its shape and its signs.

    A right backward may use ``sigmoid(-x)``.
    """
    if len(args) != 1 or len(usual) != 1:
        return False
    now, before = (np.abs(np.ravel(values[0])) for values in (args, usual))
    return bool(now.dtype.kind == "f") and _same(now, before)


def same_values(now: Sequence[Any], before: Sequence[Any]) -> bool:
    """Return whether values, also inside dicts, are exactly equal to earlier ones."""
    return len(now) == len(before) and all(map(_same, now, before))


def only_numbers(value: Any, depth: int = 32) -> bool:
    """Return whether nested lists and tuples contain nothing but numbers and arrays of numbers.

    NumPy needs gigabytes to make an array of a list with a long text in it.
    """
    if isinstance(value, (list, tuple)):
        return depth > 0 and all(only_numbers(one, depth - 1) for one in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "biufc"
    return isinstance(value, (bool, int, float, complex))


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, dict):
        return (
            isinstance(now, dict)
            and now.keys() == before.keys()
            and same_values(list(now.values()), list(before.values()))
        )
    if isinstance(before, str):
        return isinstance(now, str) and now == before
    if isinstance(before, (list, tuple)) and not only_numbers(before):
        return isinstance(now, (list, tuple)) and same_values(now, before)
    if isinstance(now, (list, tuple)) and not only_numbers(now):
        return False
    return np.array_equal(now, before, equal_nan=np.asarray(before).dtype.kind == "f")


# --- operations -----------------------------------------------------------------------------------


def _call(thing: Any, method: str, *args: Any) -> Any:
    return (getattr(thing, method) if method else thing)(*args)


def _kind(thing: Any) -> list[Any]:
    origins = [thing, *(thing.__mro__ if isinstance(thing, type) else ())]
    return [
        callable(thing),
        isinstance(thing, type),
        hasattr(thing, "forward"),
        [str(getattr(origin, "__module__", "")) for origin in origins],
    ]


def _perturbs(make: Any, init: Sequence[Any], calls: Sequence[Sequence[Any]]) -> str:
    """Return `COMPLEX` or `STEPS` if an object's methods use these, else an empty string."""
    tracer = PerturbationTracer()
    with contextlib.suppress(Exception), tracer.watching():
        made = make(*map(tracer.follow, init))
        for method, *args in calls:
            getattr(made, method)(*map(tracer.follow, args))
        tracer.look([*vars(made).values()])
    return COMPLEX if tracer.complex else STEPS if tracer.found else ""


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,  # object, method (empty for the object itself), arguments
    "get": getattr,  # object, attribute
    "+": operator.add,
    "*": operator.mul,
    "now": lambda *shared: [*shared],  # shared values: the learner's copies as they are now
    "kind": _kind,  # object: see `course_lib.checks.calls.Kind`
    "perturbs": _perturbs,  # class, its parameters, calls: lists of a method and its arguments
}


# --- the local side ------------------------------------------------------------------------------


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, list[str]]:
    """Call `function` and return its value or a `Failure`, and NumPy's warnings.

    stderr is redirected to stdout, because nbgrader reports any output on stderr as an error.
    """
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        with contextlib.redirect_stderr(sys.stdout):
            try:
                value = function(*args)
            except (KeyboardInterrupt, SideLost):
                # Ctrl-C by the learner, or a time limit: stop the check.
                raise
            except BaseException as error:
                value = failure_of(error)
    # Overflow, division by zero, invalid value. Warnings of other kinds, which the learner's code
    # may issue itself, are ignored.
    return value, [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]


def failure_of(error: BaseException) -> Failure:
    """Return a learner's exception as a `Failure`."""
    if isinstance(error, Raised):
        return error.failure
    try:
        message = str(error)
    except Exception:
        message = ""
    frames = traceback.extract_tb(error.__traceback__)
    # Frames of this package and of NumPy do not help a learner.
    own = [
        f for f in frames if "course_lib" not in f.filename and "site-packages" not in f.filename
    ]
    where = (own[-1].line or "") if own else ""
    return Failure(type(error).__name__, first_line(message) + similar_name(error), where.strip())


def similar_name(error: BaseException) -> str:
    """Return a question for an attribute of almost the same name, as Python's tracebacks do."""
    if type(error) is not AttributeError or not isinstance(error.name, str) or error.obj is None:
        return ""
    try:
        names = [name for name in dir(error.obj) if not name.startswith("_")]
    except Exception:
        return ""
    near = difflib.get_close_matches(error.name, names, n=1, cutoff=0.7)
    return f". Did you mean: '{near[0]}'?" if near else ""


def first_line(message: str) -> str:
    """Return the first line of a message, cut to 300 characters."""
    return next(iter(message.splitlines()), "")[:300]


class _Local:
    sources = ()

    def perform(self, steps: Sequence[Step]) -> list[Done]:
        return run_steps(steps, attempt, _handed_over, OPERATIONS)


LOCAL = _Local()


def _handed_over(value: Any, last: bool) -> Any:
    """Return a value, copied if later steps could change it."""
    return value if last else _copied(value)


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size <= MAX_VALUES:
        return np.array(value, subok=True)
    if isinstance(value, (list, tuple)):
        # A subclass may override iteration: this must not run the learner's code.
        base: Any = list if isinstance(value, list) else tuple
        return base(map(_copied, base.__iter__(value)))
    return value


# --- the perturbation tracer ----------------------------------------------------------------------

# What the tracer finds.
COMPLEX, STEPS = "complex numbers", "steps in both directions"

# A perturbation is small in absolute terms or relative to the number. Right answers may contain
# both x + 1 and x - 1.
_SMALL, _SMALL_BESIDE = 0.3, 1e-3

# The largest perturbation by a factor: right answers may contain both 1.01 x and 0.99 x.
_SMALL_FACTOR = 5e-3

# Functions of NumPy that return plain arrays, of which nothing could be traced.
_PLAIN = ("array", "asarray", "ascontiguousarray", "copy")


class PerturbationTracer:
    """Trace numbers through code, and detect central differences and complex steps.

    A central difference adds a small step to a number or an array, and subtracts the same step
    from the same number. A complex step computes with complex numbers.

    Attributes
    ----------
    found, complex : bool
        Whether any number was perturbed by the same step in both directions, and whether any
        number was complex.
    """

    def __init__(self) -> None:
        self.found = self.complex = False
        self.moves: set[tuple[bytes, bytes]] = set()

    def follow(self, value: Any) -> Any:
        """Return a float or an array of floats that reports its perturbations to this tracer."""
        if isinstance(value, dict):
            return {key: self.follow(one) for key, one in value.items()}
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            followed = value.view(_TracedArray)
            followed.tracer = self
            self.complex |= value.dtype.kind == "c"
            return followed
        if isinstance(value, float):
            number = _TracedNumber(value)
            number.tracer = self
            return number
        return value

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every variable of the code that runs, and trace what NumPy would make plain."""

        def local(frame: FrameType, event: str, arg: Any) -> Any:
            self.look(frame.f_locals.values())
            if event == "return":
                self.look([arg])
            return local

        def enter(frame: FrameType, event: str, _arg: Any) -> Any:
            if frame.f_globals is globals():
                return None
            # Of NumPy's own functions, arguments and results are enough.
            frame.f_trace_lines = "site-packages" not in frame.f_code.co_filename
            return local(frame, event, None)

        before, plain = sys.gettrace(), {name: getattr(np, name) for name in _PLAIN}
        try:
            for name, make in plain.items():
                setattr(np, name, self._following(make))
            sys.settrace(enter)
            yield
        finally:
            sys.settrace(before)
            for name, make in plain.items():
                setattr(np, name, make)

    def _following(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **kwargs: Any) -> Any:
            result = make(*args, **kwargs)
            caller = sys._getframe(1).f_globals
            ours = caller is globals() or str(caller.get("__name__")).startswith("numpy.")
            return result if ours or type(result) is not np.ndarray else self.follow(result)

        return made

    def look(self, values: Iterable[Any], *, inside: bool = True) -> None:
        """Record whether any of some values, or of the elements of short lists, is complex."""
        for value in values:
            kind = type(value)
            if issubclass(kind, (np.ndarray, np.generic)):
                self.complex |= value.dtype.kind == "c"
            elif kind is complex:
                self.complex = True
            elif inside and kind in (list, tuple) and len(value) < _SHORT:
                self.look(value, inside=False)

    def moved(self, value: Any, by: Any, sign: int) -> None:
        """Record that ``sign * by`` was added to a value."""
        if np.iscomplexobj(by) or np.iscomplexobj(value):
            self.complex = True
            return
        if not isinstance(by, (int, float, np.number, np.ndarray)):
            return
        start, step = np.asarray(value, float), sign * np.asarray(by, float)
        most = np.abs(step).max(initial=0)
        if 0 < most < max(_SMALL, _SMALL_BESIDE * np.abs(start).max(initial=0)):
            step = np.broadcast_to(step, np.broadcast_shapes(step.shape, start.shape)) + 0.0
            self.found |= (start.tobytes(), (0.0 - step).tobytes()) in self.moves
            self.moves.add((start.tobytes(), step.tobytes()))

    def scaled(self, value: Any, by: Any) -> None:
        """Record a product as a perturbation: a factor of 1 + h adds h times the value."""
        if isinstance(by, (int, float)) and abs(by - 1.0) < _SMALL_FACTOR:
            self.moved(value, round(by - 1.0, 14), 1)


class _TracedArray(np.ndarray[Any, Any]):
    tracer: PerturbationTracer | None = None

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        tracer = next(one.tracer for one in (*inputs, self) if isinstance(one, _TracedArray))
        plain = [one.view(np.ndarray) if isinstance(one, _TracedArray) else one for one in inputs]
        if tracer and method == "__call__":
            _note(tracer, ufunc, plain, [isinstance(one, _TracedArray) for one in inputs])
        out = settings.get("out") or ()
        if out:
            settings["out"] = tuple(
                one.view(np.ndarray) if isinstance(one, _TracedArray) else one for one in out
            )
        result = getattr(ufunc, method)(*plain, **settings)
        if out:
            return out[0] if len(out) == 1 else out
        return tracer.follow(result) if tracer and type(result) is np.ndarray else result

    def __array_finalize__(self, other: Any) -> None:
        self.tracer = getattr(other, "tracer", None)
        if self.tracer and self.dtype.kind == "c":
            self.tracer.complex = True

    def tolist(self) -> Any:
        return _followed_list(self.tracer, super().tolist())

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return self.tracer.follow(part) if self.tracer and isinstance(part, float) else part


def _followed_list(tracer: PerturbationTracer | None, value: Any) -> Any:
    if isinstance(value, list):
        return [_followed_list(tracer, one) for one in value]
    return tracer.follow(value) if tracer else value


def _note(tracer: PerturbationTracer, ufunc: Any, operands: list[Any], traced: list[bool]) -> None:
    """Record what an operation of NumPy adds to traced arrays: 1 + e and 1 - e move no input."""
    if len(operands) != 2:
        return
    a, b = operands
    if ufunc in (np.add, np.subtract):
        sign = 1 if ufunc is np.add else -1
        if traced[0]:
            tracer.moved(a, b, sign)
        if sign > 0 and traced[1]:
            tracer.moved(b, a, sign)
    elif ufunc is np.multiply:
        tracer.scaled(a, b)
        tracer.scaled(b, a)


class _TracedNumber(float):
    tracer: PerturbationTracer

    def __add__(self, other: Any) -> Any:
        self.tracer.moved(float(self), other, 1)
        return self._followed(float(self) + other)

    def __sub__(self, other: Any) -> Any:
        self.tracer.moved(float(self), other, -1)
        return self._followed(float(self) - other)

    def __mul__(self, other: Any) -> Any:
        self.tracer.scaled(float(self), other)
        return self._followed(float(self) * other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __complex__(self) -> complex:
        self.tracer.complex = True
        return complex(float(self))

    def _followed(self, value: Any) -> Any:
        return self.tracer.follow(value) if type(value) is float else value
