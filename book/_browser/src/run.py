"""Runs the code cells of a page as a notebook does. The worker loads it once."""

from __future__ import annotations

import ast
import base64
import builtins
import io
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

# There is no screen: figures are drawn into files.
os.environ["MPLBACKEND"] = "agg"

Show = Callable[[str, str], object]
cells: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}


class Printed(io.TextIOBase):
    """A file that shows at once what is written into it."""

    def __init__(self, kind: str, show: Show) -> None:
        self.kind, self.show = kind, show

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.show(self.kind, str(text))
        return len(text)


def show_value(value: Any, show: Show) -> None:
    """Show what a notebook shows of a value: its HTML if it has any, else its repr."""
    html = getattr(value, "_repr_html_", None)
    made = html() if callable(html) and not isinstance(value, type) else None
    show("html" if made else "text", made or repr(value))


def show_figures(show: Show) -> None:
    """Show the figures of pyplot that are open, and close them, as a notebook does."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else ():
        file = io.BytesIO()
        pyplot.figure(number).savefig(file, format="png", dpi=144, bbox_inches="tight")
        show("image", base64.b64encode(file.getvalue()).decode())
        pyplot.close(number)


def run(source: str, name: str, show: Show) -> bool:
    """Run a cell; return whether it came to its end.

    Parameters
    ----------
    source, name : str
        The code, and what tracebacks call it, such as ``<cell 3>``.
    show : callable
        Takes what the cell shows, as it comes: ``show(kind, text)``. The kinds are stdout, stderr,
        text, html, image (PNG in base64) and error.
    """

    def display(*values: Any) -> None:
        for value in values:
            show_value(value, show)

    def no_input(_prompt: object = "") -> str:
        raise RuntimeError("input() can't ask here. Write the value into the code instead.")

    # Where tracebacks and `inspect` look for the lines.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    cells.update(display=display, input=no_input)
    with redirect_stdout(Printed("stdout", show)), redirect_stderr(Printed("stderr", show)):
        try:
            tree = ast.parse(source, name)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), cells)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), name, "eval"), cells)
                if value is not None and not source.rstrip().endswith(";"):
                    cells["_"] = value
                    show_value(value, show)
            show_figures(show)
        except BaseException as error:  # Also what ends a program: the page goes on.
            trace = error.__traceback__
            while trace and trace.tb_frame.f_code.co_filename != name:
                trace = trace.tb_next
            show("error", "".join(traceback.format_exception(type(error), error, trace)))
            return False
    return True


run  # noqa: B018  (the value of this file, for the worker)
