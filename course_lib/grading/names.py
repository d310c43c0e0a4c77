"""The namespace of grade cells: which names are the instructor's, and which the learner's."""

from __future__ import annotations

import ast
import builtins
import contextlib
import symtable
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class Statement:
    """A statement of an instructor's cell.

    Attributes
    ----------
    code : code object
        Its value is that of the statement, if it is an expression.
    imports : bool
        Whether it is an import.
    bound, used : frozenset of str
        The global names that it binds, and those that it reads, also in functions.
    """

    code: CodeType
    imports: bool
    bound: frozenset[str]
    used: frozenset[str]


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of an instructor's cell, which may contain magics."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        transform = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
        return ast.parse(transform(source))


@lru_cache(maxsize=256)
def statements(source: str) -> tuple[Statement, ...]:
    """Return the statements of an instructor's cell."""
    return tuple(map(_statement, parsed(source).body))


def _statement(node: ast.stmt) -> Statement:
    module = ast.Module([node], [])
    table = symtable.symtable(ast.unparse(module), "<cell>", "exec")
    bound = (s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported())
    used, tables = set[str](), [table]
    while tables:
        inner = tables.pop()
        tables += inner.get_children()
        for symbol in inner.get_symbols():
            if symbol.is_referenced() and (inner is table or symbol.is_global()):
                used.add(symbol.get_name())
    imports = isinstance(node, ast.Import | ast.ImportFrom)
    if isinstance(node, ast.Expr):
        code = compile(ast.Expression(node.value), "<check>", "eval")
    else:
        code = compile(module, "<check>", "exec")
    return Statement(code, imports, frozenset(bound), frozenset(used))


class Unavailable(Exception):
    """An instructor's cell failed to define a name that a grade cell uses; says why."""


class Names(dict[str, Any]):
    """The namespace of grade cells: the instructor's names, and the learner's answers.

    A name that an instructor's cell binds is never looked up among the learner's, unless the
    answers bind it, too. Of the instructor's other cells, the imports run here, and before each
    grade cell the statements that it depends on.

    Parameters
    ----------
    given, checks : iterables of str
        The instructor's cells: those without points, and the grade cells.
    answers : frozenset of str
        The names that the answers bind.
    learners : callable
        Returns what the learner's code bound to a name.
    """

    def __init__(
        self,
        given: Iterable[str],
        checks: Iterable[str],
        answers: frozenset[str],
        learners: Callable[[str], Any],
    ) -> None:
        super().__init__()
        self.learners = learners
        self.given = [one for source in given for one in statements(source)]
        self.own = {name for one in self.given for name in one.bound}
        for source in checks:
            # A syntax error in a grade cell is reported when that cell is evaluated.
            with contextlib.suppress(SyntaxError):
                self.own |= {name for one in statements(source) for name in one.bound}
        self.own -= answers
        self.lost: dict[str, str] = {}
        for one in self.given:
            if one.imports:
                self._import(one)

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        if name in self.own:
            raise Unavailable(f"{name}: {self.lost.get(name, 'no cell above defines it')}")
        return self.learners(name)

    def evaluate(self, source: str) -> Any:
        """Run a grade cell and return the value of its last expression."""
        graded = statements(source)
        needed = {name for one in graded for name in one.used} & self.own
        before: list[Statement] = []
        for one in reversed(self.given):
            if not one.imports and one.bound & needed:
                needed |= one.used & self.own
                before.insert(0, one)
        value = None
        for one in (*before, *graded):
            value = eval(one.code, self)
        return value

    def _import(self, one: Statement) -> None:
        try:
            eval(one.code, self)
        except Exception as error:
            why = f"{type(error).__name__}: {str(error)[:300]}"
            self.lost |= dict.fromkeys(one.bound, why)
