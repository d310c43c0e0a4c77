"""Misconceptions: wrong answers with hints, read from ``course_lib/misconceptions/<slug>.toml``.

Each assignment has one file. Each entry ``[[<task>]]`` is one wrong answer: its ``name``, a
``hint``, and one of

- ``change = { "from" = "to" }``: edits of the reference's source (of a class, without its bases).
  Each `from` occurs exactly once in it; docstrings do not count.
- ``code``: methods that replace those of the reference or are added to them, or a function.
- ``answers``: wrong numbers, for a task that asks for numbers.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.layers.base import Layer

FOLDER = Path(__file__).parents[1] / "misconceptions"

_KINDS = {"change": dict, "code": str, "answers": dict}


class MisconceptionError(ValueError):
    """A file or an entry is invalid. The message names the file and the entry."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Misconception:
    """One wrong answer.

    Attributes
    ----------
    name : str
    slug, task : str
        The assignment and the task.
    hint : str
        A tutor's hint: the likely cause, and a question about it.
    right : class, function or mapping of str to number
        The right answer to the task.
    change, code, answers : mapping, str, mapping
        The difference from the right answer, as in the file. Two of the three are empty.
    """

    name: str
    slug: str
    task: str
    hint: str
    right: Any
    change: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def answer(self) -> Any:
        """The wrong answer to a task with code: a class or function.

        Compiled once, with ``np`` and the globals of the reference's module.
        """
        name = self.right.__name__
        namespace = (
            {"np": np} | vars(sys.modules[self.right.__module__]) | {name: _plain(self.right)}
        )
        is_class = isinstance(self.right, type)
        module = _subclass(self.name, name, self._wrong) if is_class else self._wrong
        try:
            exec(compile(module, f"<{self._where}>", "exec"), namespace)
        except Exception as error:
            raise self.error(f"the code stops with {type(error).__name__}: {error}") from None
        return namespace[self.name if is_class else name]

    @property
    def methods(self) -> set[str]:
        """The names of the wrong methods; "" for anything else that is wrong in a class."""
        return {getattr(item, "name", "") for item in self._wrong.body}

    @property
    def body(self) -> str:
        """The wrong methods, function or numbers, as a chapter shows them."""
        if self.answers:
            return "\n".join(f"{name} = {number!r}" for name, number in self.answers.items())
        return self.code.strip() or "\n\n".join(map(ast.unparse, self._wrong.body))

    def source(self, model: str) -> str:
        """Return the code of a submission: the model solution with this mistake.

        If a `change` does not fit the source of the model solution, the wrong methods follow it in
        a subclass.

        Parameters
        ----------
        model : str
            The source of the cell that defines the class or function in the model solution.
        """
        if self.answers:
            return _with_numbers(model, self.answers)
        if self.change and all(model.count(old) == 1 for old in self.change):
            return self._edited(model)
        if not isinstance(self.right, type):
            return f"import numpy as np\n\n{ast.unparse(self._wrong)}\n"
        name = self.right.__name__
        # Not named like the misconception, which would give the mistake away.
        wrong = ast.unparse(_subclass("Mine", name, self._wrong))
        return f"{model}\n\n{wrong}\n\n{name} = Mine\n"

    def error(self, problem: str) -> MisconceptionError:
        """Return an error that names the file and this entry."""
        return MisconceptionError(f"{self._where}: {problem}.")

    @property
    def _where(self) -> str:
        return _where(self.slug, self.task, self.name)

    @cached_property
    def _wrong(self) -> ast.Module:
        """The definitions in `code`, or those of the reference that `change` affects."""
        try:
            if self.code:
                found = ast.parse(self.code).body
            else:
                before = {ast.dump(item) for item in _definitions(_source(self.right))}
                after = _definitions(self._changed())
                found = [item for item in after if ast.dump(item) not in before]
        except SyntaxError as error:
            raise self.error(f"invalid Python in line {error.lineno}: {error.msg}") from None
        name = self.right.__name__
        if isinstance(self.right, type):
            if not any(isinstance(item, (ast.FunctionDef, ast.Assign)) for item in found):
                raise self.error(f"it defines no method or attribute of {name}")
        elif name not in {getattr(item, "name", "") for item in found}:
            raise self.error(f"it does not define the function {name}")
        return ast.Module(found, [])

    def _changed(self) -> str:
        """Return the reference's source with the edits."""
        text = _source(self.right)
        for old in self.change:
            if (count := text.count(old)) != 1:
                raise self.error(
                    f"{old!r} must occur once in the source of {self.right.__name__}, but "
                    f"occurs {count} times"
                )
        return self._edited(text)

    def _edited(self, text: str) -> str:
        anywhere = "|".join(map(re.escape, self.change))
        text, edits = re.subn(anywhere, lambda found: self.change[found[0]], text)
        if edits != len(self.change):
            raise self.error("two of its edits overlap")
        return text


def misconceptions_of(slug: str, task: str, right: Any) -> tuple[Misconception, ...]:
    """Return the wrong answers to a task, in the order of the file.

    Parameters
    ----------
    slug, task : str
    right : class, function or mapping of str to number
        The right answer: the reference, or the right numbers by name.
    """
    found = []
    for entry in read(slug).get(task, ()):
        m = Misconception(slug=slug, task=task, right=right, **entry)
        numbers = right if isinstance(right, Mapping) else {}
        if bool(numbers) != bool(m.answers):
            raise m.error("only tasks that ask for numbers have answers, and they need them")
        for name, number in m.answers.items():
            if name not in numbers:
                raise m.error(f"the task asks for no number {name}")
            if number == numbers[name]:
                raise m.error(f"{number!r} is the right number for {name}")
        found.append(m)
    return tuple(found)


def read(slug: str) -> Mapping[str, list[dict[str, Any]]]:
    """Return the entries of an assignment's file by task; empty if there is no file."""
    return _read(FOLDER / f"{slug}.toml")


@cache
def _read(path: Path) -> Mapping[str, list[dict[str, Any]]]:
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MisconceptionError(f"{path.name} is not valid TOML: {error}.") from None
    names: set[str] = set()
    for task, entries in tables.items():
        if not isinstance(entries, list):
            raise MisconceptionError(f"{path.name}: write [[{task}]] with two brackets.")
        for number, entry in enumerate(entries, start=1):
            name = entry.get("name", f"number {number}")
            if problem := _problem(entry) or ("a name that occurs twice" if name in names else ""):
                raise MisconceptionError(f"{_where(path.stem, task, name)}: {problem}.")
            names.add(name)
            entry["hint"] = " ".join(entry["hint"].split())
            if "answers" in entry:
                entry["answers"] = {key: _tuples(n) for key, n in entry["answers"].items()}
    return tables


def _problem(entry: Mapping[str, Any]) -> str:
    """Return the error in an entry, or an empty string."""
    for key in ("name", "hint"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            return f"{key} is missing or empty"
    if not entry["name"].isidentifier():
        return "the name must be one word, like the name of a class"
    if unknown := entry.keys() - _KINDS.keys() - {"name", "hint"}:
        return f"unknown key {', '.join(sorted(unknown))}"
    given = [key for key in _KINDS if key in entry]
    if len(given) != 1:
        return f"expected one of change, code and answers, got {' and '.join(given) or 'none'}"
    (kind,) = given
    if not isinstance(entry[kind], _KINDS[kind]) or not entry[kind]:
        return f"{kind} is empty, or not a {_KINDS[kind].__name__}"
    return ""


def _where(slug: str, task: str, name: str) -> str:
    return f"{slug}.toml, [[{task}]] {name}"


def _tuples(number: Any) -> Any:
    return tuple(map(_tuples, number)) if isinstance(number, list) else number


@cache
def _source(right: Any) -> str:
    """Return the source of a class or function without docstrings."""
    text = textwrap.dedent(inspect.getsource(right))
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            for number in range(node.body[0].lineno - 1, node.body[0].end_lineno or 0):
                lines[number] = ""
    return "".join(lines)


def definitions_of(right: Any) -> list[ast.stmt]:
    """Return the definitions in a class, or the function, without docstrings and annotations."""
    return _definitions(_source(right))


def _definitions(source: str) -> list[ast.stmt]:
    """Return the function in a source, or the definitions in its class.

    Annotations are removed, because students write none.
    """
    (found,) = _Unannotated().visit(ast.parse(source)).body
    return found.body if isinstance(found, ast.ClassDef) else [found]


class _Unannotated(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)


@cache
def _plain(right: Any) -> Any:
    """Return the reference without the base class `Layer`, which students' classes do not have.

    Its methods convert and check no arguments, so a wrong class gives the same values as a
    student's.
    """
    if not (isinstance(right, type) and issubclass(right, Layer)):
        return right
    body = {
        name: getattr(value, "__wrapped__", value) if inspect.isfunction(value) else value
        for base in reversed(right.__mro__)
        if base not in Layer.__mro__
        for name, value in vars(base).items()
        if name not in ("__dict__", "__weakref__")  # every class gets its own
    }
    return type(right.__name__, (), body)


def _subclass(name: str, base: str, module: ast.Module) -> ast.Module:
    """Return the source tree of a subclass with these definitions."""
    made = ast.parse(f"class {name}({base}): pass")
    assert isinstance(made.body[0], ast.ClassDef)
    made.body[0].body = module.body
    return made


def _with_numbers(model: str, answers: Mapping[str, Any]) -> str:
    """Return the source of a function with these numbers in the dict that it returns."""
    tree = ast.parse(model)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for i, key in enumerate(node.keys):
                name = str(getattr(key, "value", ""))
                if name in answers:
                    node.values[i] = ast.Constant(answers[name])
    return ast.unparse(tree) + "\n"
