"""Jupyter's part of a notebook, where there is no Jupyter: in the grader's sandbox, in the page.

Cells are Python with IPython's additions: `%magic`, `!command`, `name?`. IPython itself runs them
in the sandbox; Python in the page has none. This module holds what both answer in the same way,
because neither has a shell, a keyboard or a terminal. It imports only the standard library.
"""

from __future__ import annotations

import glob
import os
import shlex
from pathlib import Path

# Cell magics that give the cell's text to another program.
PROGRAMS = (
    *("bash", "cmd", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh"),
)
# Line magics of Jupyter's kernel, about the front end or a pager. They change no result.
FRONT_END = (
    *("autosave", "clear", "connect_info", "edit", "less", "man", "more", "qtconsole", "subshell"),
)
# Signs that the shell reads, so that the text is more than one command with its arguments.
_SYNTAX = frozenset("|&;<>()$`\\\n")


def command_output(command: str) -> list[str]:
    """Return the output of a shell command, by lines; most commands only say that they did not run.

    `ls`, `pwd`, `cat` and `echo` are answered without a shell. No answer is empty: code such as
    ``files = !ls`` may read the first line.
    """
    try:
        name, *words = [] if _SYNTAX & set(command) else shlex.split(command, comments=True)
    except ValueError:
        name, words = "", []
    named = [
        path for word in words if word[:1] != "-" for path in sorted(glob.glob(word)) or [word]
    ]
    try:
        if name == "echo":
            return [" ".join(words)]
        if name == "pwd":
            return [os.getcwd()]
        if name == "cat" and named:
            return [line for path in named for line in Path(path).read_text().splitlines()]
        if name == "ls":
            return [one for path in named or ["."] for one in _listed(path)] or [""]
    except (OSError, UnicodeDecodeError) as error:
        return [f"{name}: {error}"]
    return [f"(There is no shell here. Not run: {command.strip()[:300]})"]


def _listed(path: str) -> list[str]:
    if not os.path.isdir(path):
        os.stat(path)
        return [path]
    return sorted(one for one in os.listdir(path) if one[:1] != ".")


NO_INPUT = "input() can't ask anybody here. Write the value into the code instead."
