"""Run the cells of a notebook, with a time limit, and return their outputs."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from typing import Any

MOST_OUTPUT = 100_000


class TooLong(BaseException):
    """A cell or call exceeded its time limit. `except Exception` does not catch it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLong` inside the context when the time is over."""

    def stop(_signal: int, _frame: Any) -> None:
        raise TooLong("this ran too long and was stopped. Is there a loop that never ends?")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def no_alarm() -> Iterator[None]:
    """Delay the time limit's signal until the end of the context."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])


class Shown(io.TextIOBase):
    """A stream that keeps the text that cells write, up to `MOST_OUTPUT` characters."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.room = MOST_OUTPUT

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(str(text)[: self.room])
            self.room -= len(text)
        return len(text)

    def take(self) -> str:
        text, self.parts = "".join(self.parts), []
        return text + "\n... and more" * (self.room < 0)


class Cells:
    """The learner's notebook: IPython's shell, and a method to run a cell in it."""

    def __init__(self) -> None:
        # The grader imports this module, too, and needs no IPython.
        from .shell import Shell

        self.shell = Shell.instance()
        # As in Jupyter, cells can import what is in their folder.
        sys.path.insert(0, "")

    @property
    def names(self) -> dict[str, Any]:
        """The namespace of the cells."""
        return self.shell.user_ns

    def run(self, source: str, seconds: float) -> list[dict[str, Any]]:
        """Run one cell and return its outputs in the notebook format."""
        shown = Shown()
        # An earlier cell may have written a module just after the folder was read for imports.
        with contextlib.suppress(OSError):
            sys.path_importer_cache.pop(os.getcwd(), None)
        self.shell.clear_outputs()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            try:
                with time_limit(seconds):
                    self.shell.run_cell(source, store_history=True)
            except BaseException as error:
                self.shell.outputs.append(failed(error))
        outputs = [*self.shell.outputs]
        if text := shown.take():
            outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": text})
        return outputs


def run_tree(tree: ast.Module, file: str, names: dict[str, Any]) -> Any:
    """Run code and return the value of its last expression, if it ends in one."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, file, "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, file, "exec"), names)
    return eval(compile(ast.Expression(last.value), file, "eval"), names)


def failed(error: BaseException) -> dict[str, Any]:
    """Return an error as an output: its type, message and position in the learner's code."""
    kind, message = type(error).__name__, said(error)
    lines = []
    try:
        own = [
            f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<cell")
        ]
        if isinstance(error, SyntaxError):
            message = f"{error.msg} (line {error.lineno})"
            lines = [f"    {(error.text or '').strip()}"]
        for frame in own[-10:]:
            lines += [f"  line {frame.lineno} of {frame.filename[1:-1]}", f"    {frame.line}"]
    except Exception:
        lines = []
    said_last = f"{kind}: {message}"
    return {
        "output_type": "error",
        "ename": kind,
        "evalue": message,
        "traceback": [*lines, said_last],
    }


def own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of an error's traceback that are in cells, the last call last."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename.startswith("<cell")]


def said(error: BaseException) -> str:
    """Return an exception's message; empty if its `__str__`, perhaps a learner's, fails."""
    try:
        return str(error)[:2000]
    except BaseException:
        return ""
