"""What there is to say of the answer's side, wherever it is: see `answer_side`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Protocol


class Raised(Exception):
    """The learner's code raised an exception, on another side than this one.

    Attributes
    ----------
    kind : str
        Name of the exception's class.
    message : str
        What it says.
    where : str
        The line of the learner's code that raised it; empty if it cannot be told.
    """

    def __init__(self, kind: str, message: str, where: str = "") -> None:
        super().__init__(kind, message, where)
        self.kind, self.message, self.where = kind, message, where


class SideLost(BaseException):
    """The answer's side is gone for good: it ended, or it was ended. No check can go on."""


class Far:
    """Something of the learner's that lives on another side: an answer, or what it made.

    Attributes
    ----------
    side : Side
        Where it lives.
    type_name : str
        Name of its class, which is for the learner to read.
    plain : tuple, list, dict, array or number, or None
        What it holds, if its class inherits from one of these.
    """

    def __init__(self, side: Side, type_name: str, plain: Any = None) -> None:
        self.side, self.type_name, self.plain = side, type_name, plain


@dataclass(frozen=True)
class Kind:
    """What an answer is.

    Attributes
    ----------
    type_name : str
        Name of its class.
    callable, is_class, has_forward : bool
    origins : tuple of str
        The modules in which it, and the classes that it inherits from, were written.
    """

    type_name: str
    callable: bool
    is_class: bool
    has_forward: bool
    origins: tuple[str, ...] = ()


@dataclass
class Lent:
    """Something that the learner's code gets to hold, and may write into.

    Attributes
    ----------
    value : array, list, dict, function or object
        What was lent. It stays as it was: what the learner's code gets is a copy of data, and
        of a function or an object the right to call it.
    methods : tuple of str
        What may be called of an object; empty for data and functions.
    """

    value: Any
    methods: tuple[str, ...] = ()


@dataclass
class Watch:
    """Counts the calls of a method with other arguments than the usual ones.

    Attributes
    ----------
    method : str
    usual : tuple
        Arguments, lent or plain, whose values as they were when lent are not counted.
    calls : int
        How many there were with others; written when the watched call ends, also by an error.
    """

    method: str
    usual: tuple[Any, ...]
    calls: int = 0


@dataclass(frozen=True)
class Line:
    """One step of several that are done in one go; see `course_lib.checks.script`.

    Attributes
    ----------
    kind : str
        "call", "get", or "now".
    of : object or int
        What to call, or to read from; an int is the place of an earlier step whose value it is.
    name : str
        The method to call, or the attribute to read.
    args : tuple
    watch : Watch, optional
    """

    kind: str
    of: Any
    name: str
    args: tuple[Any, ...] = ()
    watch: Watch | None = None


# What is done to values that are on the answer's side already, for `calculate`: an operation,
# and the places of its operands in the list of all values so far. "+" and "*" take two operands;
# any other name is a method that takes none.
Step = tuple[str, int, int]


class Side(Protocol):
    """Where an answer lives.

    Every request that runs the learner's code runs it with NumPy's warnings on, except for
    underflow, and issues each `RuntimeWarning` of it again on the side of the checks. An
    exception of the learner's code comes out as itself, or as `Raised`.
    """

    def kind(self, thing: Any) -> Kind:
        """Return what an answer is."""
        ...

    def call(self, thing: Any, method: str, args: Sequence[Any], watch: Watch | None = None) -> Any:
        """Call a method, or the thing itself if `method` is empty, and return what it returns."""
        ...

    def call_each(self, thing: Any, method: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Call it with each of these arguments and return the results; stop at an error."""
        ...

    def get(self, thing: Any, name: str) -> Any:
        """Return an attribute."""
        ...

    def calculate(self, operands: Sequence[Any], steps: Sequence[Step]) -> Any:
        """Do some steps, at least one, and return what the last one gives."""
        ...

    def perform(self, lines: Sequence[Line]) -> list[tuple[Any, list[str]]]:
        """Do steps one after another; return the value, or `Raised`, and the warnings of each.

        A step with something whose own step failed has failed in the same way.
        """
        ...

    def codes(self, thing: Any, name: str, /) -> list[CodeType]:
        """Return the code of an answer, which has a name, and of the learner's that it uses."""
        ...

    def tries_nearby(
        self, thing: Any, init: Sequence[Any], inputs: Sequence[Any], dout: Any
    ) -> bool:
        """Tell whether a layer, in forward and backward, moves its numbers a little both ways.

        Or whether it makes complex numbers of them.
        """
        ...

    def lend(self, value: Any, methods: tuple[str, ...] = ()) -> Lent:
        """Make a copy of data for the learner's code, or let it call a function or an object."""
        ...

    def now(self, lent: Sequence[Lent]) -> list[Any]:
        """Return what has become of data that was lent."""
        ...
