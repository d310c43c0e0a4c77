"""In a notebook: whether an answer comes from the last run of its cell.

If a cell has a syntax error, it defines nothing, and the name still has the class of an earlier
run. A check of that class would call the broken code right.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from types import FunctionType
from typing import Any

from course_lib.text import _

# A cell that is no valid Python is a new version of a cell with which it shares this many lines.
_ALIKE = 0.5


def is_outdated(answer: Any) -> str:
    """Return why an answer, or what it uses, is from an earlier run; else an empty string.

    Without IPython's history, nothing is known. nbgrader starts a new kernel and runs each cell
    once, so that there is no earlier run.
    """
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or "NBGRADER_EXECUTION" in os.environ:
        return ""
    cells = [cell.strip() for cell in shell.user_ns.get("In", ())]
    todo: list[Any] = [answer]
    seen: list[Any] = []
    while todo:
        thing = todo.pop()
        if any(thing is one for one in seen):
            continue
        seen.append(thing)
        for function in _functions(thing):
            if _is_newer(str(thing.__name__), _source(function), cells):
                return _(
                    "The last run of the cell with {name} ended in an error, so this {name} comes "
                    "from an earlier run. Correct that cell and run it again. Before you hand in, "
                    "restart the kernel and run all cells."
                ).format(name=thing.__name__)
            used = function.__globals__
            todo += [used[name] for name in function.__code__.co_names if name in used]
    return ""


def _functions(thing: Any) -> Iterator[FunctionType]:
    """Yield a function itself, or the functions in a class."""
    for one in [*vars(thing).values()] if isinstance(thing, type) else [thing]:
        function = getattr(one, "__func__", one)
        if isinstance(function, FunctionType):
            yield function


def _source(function: FunctionType) -> str:
    """Return the cell that defines a function, as IPython has stored it for tracebacks."""
    return "".join(linecache.getlines(function.__code__.co_filename)).strip()


def _is_newer(name: str, source: str, cells: Sequence[str]) -> bool:
    """Return whether a cell that ran later should have defined a name anew."""
    if source not in cells:
        # From a module, or from another notebook.
        return False
    last = len(cells) - cells[::-1].index(source)
    return any(
        re.search(rf"^(?:async +)?(?:class|def) +{re.escape(name)}\b", cell, flags=re.MULTILINE)
        or (not _is_python(cell) and _alike(cell, source))
        for cell in cells[last:]
    )


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _alike(cell: str, source: str) -> bool:
    return SequenceMatcher(None, cell.splitlines(), source.splitlines()).ratio() >= _ALIKE
