"""IPython in the student process: cells run as in Jupyter, but without a kernel.

As ipykernel does, it subclasses IPython's shell, to say where outputs go and what answers for the
user's shell, keyboard and pager.
"""

from __future__ import annotations

import base64
import builtins
import os
import re
import sys
import tempfile
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import LSString, SList
from traitlets import Type
from traitlets.config import Config

from course_lib.notebook import FRONT_END, NO_INPUT, PROGRAMS, command_output

from .cells import MOST_OUTPUT, failed
from .frames import MAX_STR, MAX_STRUCTURE

# The grader keeps twenty outputs of a cell: leave room for the printed text and an error.
_MOST_OUTPUTS = 15


# The characters of magics, commands and help; prompts, calls without brackets, and indented cells.
_IPYTHON = re.compile(r"[%!?]|^\s*(?:>>>|\.\.\.|In \[|[,;/])|\A\s", flags=re.MULTILINE)


class Compiler(CachingCompiler):
    """Names the code of a cell so that tracebacks and messages can tell it from other code."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:  # noqa: ARG002
        return f"<cell {number}>"


class Result(DisplayHook):
    """Takes the value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        """Write nothing: the output has its number."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:  # noqa: ARG002
        shell: Any = self.shell
        shell.add("execute_result", format_dict, execution_count=self.prompt_count)

    def finish_displayhook(self) -> None:
        self._is_active = False

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """Keep no copy, which would have no limit."""


class Display(DisplayPublisher):
    """Takes what `display` shows, such as figures."""

    # Otherwise IPython would keep a copy of all printed text, without a limit.
    is_publishing = True

    def publish(
        self, data: dict[str, Any], *_args: Any, update: bool = False, **_more: Any
    ) -> None:
        if not update:
            self.shell.add("display_data", data)

    def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002
        self.shell.clear_outputs()


class Shell(InteractiveShell):
    """IPython's shell, whose outputs are collected in `outputs`, up to a limit."""

    compiler_class = Type(Compiler)
    displayhook_class = Type(Result)
    display_pub_class = Type(Display)

    def __init__(self, **settings: Any) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.clear_outputs()
        with tempfile.TemporaryDirectory() as folder:
            # Without its settings and history: a submission's home is empty.
            super().__init__(profile_dir=ProfileDir(location=folder), config=_CONFIG, **settings)
        extensions: Any = self.extension_manager
        extensions.load_extension("storemagic")
        for name in PROGRAMS:
            self.register_magic_function(_another_program(name), "cell", name)
        for name in FRONT_END:
            self.register_magic_function(_silent(), "line", name)
        # The documentation that `name?` shows is no output of the cell.
        self.set_hook("show_in_pager", lambda *_args, **_more: None, 0)
        builtins.input = _no_input
        # The first cell loads modules: do it before a fork, for all submissions.
        self.run_cell("def first():\n    return 1\ndel first")
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

    def run_cell(self, raw_cell: str, *args: Any, **settings: Any) -> Any:
        """Run a cell. Only with `await`, it is compiled once more to find out whether it waits."""
        self.autoawait = "await" in raw_cell or "async" in raw_cell
        return super().run_cell(raw_cell, *args, **settings)

    def transform_cell(self, raw_cell: str) -> str:
        """Return a cell as Python code; most answers have no sign of IPython, which saves time."""
        if "\n" in raw_cell and not _IPYTHON.search(raw_cell):
            return raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
        return super().transform_cell(raw_cell)

    # --- outputs ------------------------------------------------------------------------------

    def clear_outputs(self) -> None:
        """Forget the outputs so far."""
        self.outputs.clear()
        self.room = MAX_STRUCTURE // 2

    def add(self, kind: str, data: dict[str, Any], **more: Any) -> None:
        """Add an output in the notebook format: its text, and its picture."""
        if len(self.outputs) > _MOST_OUTPUTS:
            return
        kept = {"text/plain": str(data.get("text/plain", ""))[:MOST_OUTPUT]}
        picture = data.get("image/png", "")
        if isinstance(picture, bytes):
            picture = base64.b64encode(picture).decode()
        if len(picture) > MAX_STR:
            kept["text/plain"] += " (too large to keep)"
        elif picture:
            kept["image/png"] = picture
        self.room -= sum(len(text.encode(errors="replace")) for text in kept.values())
        if self.room < 0 or len(self.outputs) == _MOST_OUTPUTS:
            kind, kept, more = "display_data", {"text/plain": "... and more"}, {}
        self.outputs.append({"output_type": kind, "metadata": {}, "data": kept, **more})

    def showtraceback(self, exc_tuple: Any = None, *_args: Any, **_more: Any) -> None:
        _kind, error, _trace = exc_tuple or sys.exc_info()
        if error is not None:
            self.outputs.append(failed(error))

    def showsyntaxerror(self, *_args: Any, **_more: Any) -> None:
        self.showtraceback()

    # --- no shell, no terminal ----------------------------------------------------------------

    def system(self, cmd: str) -> None:
        print(*self.getoutput(cmd, depth=1), sep="\n")

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        lines = command_output(self.var_expand(cmd, depth=depth + 1))
        return SList(lines) if split else LSString("\n".join(lines))

    def enable_matplotlib(self, gui: Any = None) -> Any:
        """Draw figures into the notebook: there is no screen, and no front end with widgets."""
        if gui not in (None, "inline"):
            print(f"Figures are drawn into the notebook here, not with {gui}.")
        return super().enable_matplotlib("inline")

    def enable_gui(self, gui: Any = None) -> None:
        """Open no window."""

    def ask_exit(self) -> None:
        """Go on with the next cell."""


_CONFIG = Config(
    HistoryManager={"enabled": False},
    InteractiveShell={"colors": "nocolor", "xmode": "Minimal", "cache_size": 100},
)


def _another_program(name: str) -> Any:
    def magic(line: str, cell: str) -> None:
        print(*command_output(f"%%{name} {line}\n{cell}"), sep="\n")

    return magic


def _silent() -> Any:
    return lambda _line: None


def _no_input(_prompt: object = "", /) -> str:
    raise StdinNotImplementedError(NO_INPUT)
