"""Run the cells of a notebook without a kernel, and collect their outputs."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import linecache
import signal
import sys
import traceback
import types
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
    """The learner's notebook: its namespace, and a method to run a cell in it."""

    def __init__(self) -> None:
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.names: dict[str, Any] = main.__dict__
        self.count = 0

    def run(self, source: str, seconds: float) -> list[dict[str, Any]]:
        """Run one cell and return its outputs in the notebook format."""
        self.count += 1
        file = f"<cell {self.count}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        shown, outputs = Shown(), []
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            try:
                with time_limit(seconds):
                    value = run_source(source, file, self.names)
                    if value is not None:
                        outputs.append(self._result(value))
            except BaseException as error:
                outputs.append(failed(error))
            outputs = [*_pictures(), *outputs]
        if text := shown.take():
            outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": text})
        return outputs

    def _result(self, value: Any) -> dict[str, Any]:
        text = repr(value)[:MOST_OUTPUT]
        return {
            "output_type": "execute_result",
            "execution_count": self.count,
            "metadata": {},
            "data": {"text/plain": text},
        }


def run_source(source: str, file: str, names: dict[str, Any]) -> Any:
    """Run a cell and return its result: the value of its last expression, if it ends in one."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError:
        source = _without_magics(source)
        tree = ast.parse(source, file)
    value = run_tree(tree, file, names)
    return None if source.rstrip().endswith(";") else value


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


def _without_magics(source: str) -> str:
    """Return a cell without magics, shell commands and help requests."""
    lines = source.splitlines()
    kept = ["pass" if line.lstrip()[:1] in ("%", "!", "?") else line for line in lines]
    if kept == lines:
        # No such line: the syntax error is the learner's. Keep the source to show the line.
        return source
    return "\n".join(
        " " * (len(line) - len(line.lstrip())) + new if new == "pass" else new
        for line, new in zip(lines, kept, strict=True)
    )


def _pictures() -> list[dict[str, Any]]:
    """Return the open matplotlib figures as outputs, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    outputs = []
    try:
        for number in pyplot.get_fignums()[:5]:
            file = io.BytesIO()
            pyplot.figure(number).savefig(file, format="png", dpi=72)
            data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "figure"}
            outputs.append({"output_type": "display_data", "metadata": {}, "data": data})
        pyplot.close("all")
    except Exception:
        return outputs
    return outputs
