"""Whether an answer calculates with complex numbers, which no task of the course asks for.

``imag(f(x + ih)) / h`` is a gradient that is right to the last digit, so its numbers can't tell.
Its code can, and so can what becomes of the numbers that it is given.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

_TYPES = ("complex", "complex64", "complex128", "complex256", "complexfloating", "c8", "c16")
_NAMES = frozenset(("imag", "csingle", "cdouble", "clongdouble", "cmath", "emath", *_TYPES))


def uses_complex(codes: Iterable[CodeType]) -> bool:
    """Tell whether code has a complex number in it, or a name that leads to one."""
    return any(
        isinstance(const, complex) or (isinstance(const, str) and const in _NAMES)
        for code in codes
        for const in _constants(code.co_consts)
    ) or any(not _NAMES.isdisjoint(code.co_names) for code in codes)


def code_of(thing: Any) -> list[CodeType]:
    """Return the code of a class or function, and of what it uses of its own module."""
    found: dict[CodeType, None] = {}
    todo, seen = [thing], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, type):
            own = [base for base in one.__mro__ if base.__module__ == one.__module__]
            todo += [value for base in own for value in vars(base).values()]
        elif isinstance(one, (staticmethod, classmethod)):
            todo.append(one.__func__)
        elif isinstance(one, property):
            todo += [one.fget, one.fset]
        elif isinstance(one, FunctionType):
            codes = _nested(one.__code__)
            found |= dict.fromkeys(codes)
            names = {name for code in codes for name in code.co_names}
            used = [one.__globals__.get(name) for name in names]
            cells = [cell.cell_contents for cell in one.__closure__ or () if _is_full(cell)]
            module = getattr(thing, "__module__", "")
            todo += [v for v in (*used, *cells) if getattr(v, "__module__", None) == module]
    return list(found)


def code_named(name: str, sources: Iterable[str]) -> list[CodeType]:
    """Return the code of what is defined as `name` in pieces of code, and of what it uses there."""
    defined: dict[str, list[CodeType]] = {}
    bases: dict[str, list[str]] = {}
    for source in sources:
        codes, names = _defined(source)
        for code in codes:
            defined.setdefault(code.co_name, []).append(code)
        for own, used in names:
            bases.setdefault(own, []).extend(used)
    found: dict[CodeType, None] = {}
    seen: set[str] = set()
    todo = [name]
    while todo:
        if (own := todo.pop()) not in seen:
            seen.add(own)
            codes = [one for code in defined.get(own, ()) for one in _nested(code)]
            found |= dict.fromkeys(codes)
            todo += [*bases.get(own, ()), *(used for code in codes for used in code.co_names)]
    return list(found)


@lru_cache(maxsize=64)
def _defined(source: str) -> tuple[list[CodeType], list[tuple[str, list[str]]]]:
    """Return all code that a piece of code defines, and what each of its names is made with.

    Every task of a submission asks for the same pieces, and most learners for the given ones.
    """
    codes: list[CodeType] = []
    names: list[tuple[str, list[str]]] = []
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.parse(source)
        codes += _nested(compile(tree, "<cell>", "exec", dont_inherit=True))
        for node in tree.body:
            # What is said where a name gets its meaning: bases, decorators, and all else.
            if given := _names_given(node):
                used = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
                names += [(own, used) for own in given]
    return codes, names


def _names_given(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [
            one.id
            for target in node.targets
            for one in ast.walk(target)
            if isinstance(one, ast.Name)
        ]
    return []


def _nested(code: CodeType) -> list[CodeType]:
    inside = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [code, *(one for const in inside for one in _nested(const))]


def _constants(consts: Iterable[Any]) -> Iterable[Any]:
    for const in consts:
        if isinstance(const, (tuple, frozenset)):
            yield from _constants(const)
        else:
            yield const


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
