"""How misconceptions are marked, found and shown."""

from __future__ import annotations

import ast
import functools
import html
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T", bound=Callable[..., Any])


@dataclass(frozen=True)
class Misconception:
    """One wrong answer.

    Attributes
    ----------
    name : str
        Name of the class or function.
    slug, task : str
        The assignment and the task that it answers wrongly.
    hint : str
        What a tutor would say.
    code : class or function
        The wrong answer itself.
    """

    name: str
    slug: str
    task: str
    hint: str
    code: Any

    @property
    def body(self) -> str:
        """The wrong methods (or the function) as source, without docstring and decorator."""
        node = ast.parse(textwrap.dedent(inspect.getsource(self.code))).body[0]
        assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
        inner = [ast.unparse(item) for item in node.body[1:]]
        if isinstance(node, ast.FunctionDef):
            return ast.unparse(ast.fix_missing_locations(_plain(node)))
        return "\n\n".join(inner)

    def source(self, model: str) -> str:
        """Return code as a student would hand it in: the model answer with this mistake.

        Parameters
        ----------
        model : str
            The source of the model solution's cell, which defines the class or function.
        """
        node = ast.parse(textwrap.dedent(inspect.getsource(self.code))).body[0]
        assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
        if isinstance(node, ast.FunctionDef):
            answer = _plain(node)
            answer.name = self.task
            return f"import numpy as np\n\n{ast.unparse(answer)}\n"
        answer_name = self.code.__mro__[1].__name__
        wrong = _plain(node)
        # Not under its own name, which would tell what is wrong.
        wrong.name, wrong.bases = "Mine", [ast.Name(answer_name)]
        return f"{model}\n\n{ast.unparse(wrong)}\n\n{answer_name} = Mine\n"


def misconception(task: str) -> Callable[[T], T]:
    """Mark a class or function as a wrong answer to `task`; its docstring is the hint."""

    def mark(code: T) -> T:
        code.__misconception__ = task  # type: ignore[attr-defined]
        return code

    return mark


@functools.cache
def all_misconceptions() -> tuple[Misconception, ...]:
    """Return every misconception, in the order of the modules and of the source."""
    package = importlib.import_module(__package__)
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{__package__}.{info.name}")
        for name, code in vars(module).items():
            task = vars(code).get("__misconception__") if hasattr(code, "__dict__") else None
            if task is not None and code.__module__ == module.__name__:
                hint = " ".join((inspect.getdoc(code) or "").split())
                found.append(Misconception(name, module.SLUG, task, hint, code))
    return tuple(found)


def for_task(slug: str, task: str) -> tuple[Misconception, ...]:
    """Return the misconceptions about one task of one assignment."""
    return tuple(m for m in all_misconceptions() if (m.slug, m.task) == (slug, task))


class common_mistakes:
    """Show the wrong answers to a task with their hints, for a chapter of the book.

    Parameters
    ----------
    task : str
        As in "relu".
    *names : str
        Which ones, by name; all unless given.
    """

    def __init__(self, task: str, *names: str) -> None:
        self.mistakes = [m for m in all_misconceptions() if m.task == task]
        if names:
            self.mistakes = [m for m in self.mistakes if m.name in names]
        missing = set(names) - {m.name for m in self.mistakes}
        if missing or not self.mistakes:
            wanted = ", ".join(sorted(missing)) or "at all"
            tasks = ", ".join(sorted({m.task for m in all_misconceptions()}))
            raise ValueError(
                f"common_mistakes: no misconception {wanted} for the task {task!r}; "
                f"tasks with misconceptions are {tasks}."
            )

    def __repr__(self) -> str:
        return "\n\n".join(f"{m.body}\n\n{m.hint}" for m in self.mistakes)

    def _repr_html_(self) -> str:
        rows = (
            f"<dt><pre><code>{html.escape(m.body)}</code></pre></dt><dd>{html.escape(m.hint)}</dd>"
            for m in self.mistakes
        )
        return f"<dl class='mistakes'>{''.join(rows)}</dl>"


def _plain(node: Any) -> Any:
    node.decorator_list = []
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    return node
