"""Calling a learner's code: whatever it does, what comes back is a value or a `Failure`."""

from __future__ import annotations

import contextlib
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.checks.answer_side import Raised, SideLost


class NotAsked(Exception):
    """What came back is not of the kind that was asked for; the message says what is."""


@dataclass(frozen=True)
class Failure:
    """An exception that a learner's code raised.

    Attributes
    ----------
    kind : str
        Name of the exception's class.
    message : str
        Its first line.
    where : str
        The line of the learner's code that raised it, if it can be told.
    """

    kind: str
    message: str
    where: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether the code is still the blank that the exercise came with."""
        return self.kind == "NotImplementedError"

    def same_as(self, other: Any) -> bool:
        """Whether another failure is of the same kind and says the same in essence."""
        return isinstance(other, Failure) and (self.kind, _essence(self.message)) == (
            other.kind,
            _essence(other.message),
        )


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, list[str]]:
    """Call `function` and return its value or a `Failure`, and NumPy's warnings.

    What it writes to stderr goes to stdout: nbgrader takes anything on stderr for an error.
    """
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        with _stderr_as_stdout():
            try:
                value = function(*args)
            except (KeyboardInterrupt, SideLost):
                # The learner's own Ctrl-C, or a time limit: there is nothing left to call.
                raise
            except BaseException as error:
                value = failure_of(error)
    # NumPy's own: overflow, division by zero, invalid value. What a learner's code has to say
    # in warnings of its own is no concern of a check.
    return value, [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]


@contextlib.contextmanager
def _stderr_as_stdout() -> Iterator[None]:
    with contextlib.redirect_stderr(sys.stdout):
        yield


def _essence(message: str) -> str:
    """Return a message without names of classes, and the same for ``x @ W`` as for ``dot``."""
    if sizes := re.search(r"size (\d+) is different from (\d+)", message):
        return f"mismatch {sizes[2]} {sizes[1]}"
    if sizes := re.search(r"not aligned: (\d+) \(dim \d+\) != (\d+) \(dim \d+\)", message):
        return f"mismatch {sizes[1]} {sizes[2]}"
    return re.sub(r"'\w+' object", "object", message)


def failure_of(error: BaseException) -> Failure:
    """Return what an exception of a learner's code says."""
    if isinstance(error, Raised):
        return Failure(error.kind, _first_line(error.message), error.where)
    try:
        message = str(error)
    except Exception:
        message = ""
    frames = traceback.extract_tb(error.__traceback__)
    # The frames of this package and of NumPy tell a learner nothing.
    own = [
        f for f in frames if "course_lib" not in f.filename and "site-packages" not in f.filename
    ]
    where = (own[-1].line or "") if own else ""
    return Failure(type(error).__name__, _first_line(message), where.strip())


def _first_line(message: str) -> str:
    return next(iter(message.splitlines()), "")[:300]
