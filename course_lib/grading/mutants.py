"""Make wrong answers from a right one, by one small change each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_lib.grading.mutations import Scope, instead_of_expression, instead_of_statement

_SOLVED = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", flags=re.DOTALL)

# Where a node hangs: the node above, the field in it, and the place in that field's list.
Place = tuple[ast.AST, str, int | None]


@dataclass(frozen=True)
class Mutant:
    """A right answer with one small change.

    Attributes
    ----------
    where : str
        The function that was changed, as in "Relu.backward".
    before, after : str
        The lines that differ.
    source : str
        The whole of the code.
    """

    where: str
    before: str
    after: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a model solution's cell, each once.

    Parameters
    ----------
    source : str
        With the marks of nbgrader. Only what stands between them is changed: the rest is given
        to the student. Code without marks is changed everywhere.
    """
    tree = ast.parse(source)
    lines = _solved_lines(source)
    keys = _keys(tree)
    original = ast.unparse(tree)
    seen = {original}
    for place, node, where, scope in _walk(tree, keys):
        if lines and getattr(node, "lineno", 0) not in lines:
            continue
        for new in _instead_of(node, scope):
            code = _unparsed_with(tree, place, new)
            if code not in seen:
                seen.add(code)
                yield Mutant(where, *_difference(original, code), code)


def _instead_of(node: ast.AST, scope: Scope) -> Iterator[Any]:
    if isinstance(node, ast.stmt):
        if not _is_docstring(node):
            yield from instead_of_statement(node)
    else:
        yield from instead_of_expression(node, scope)


def _unparsed_with(tree: ast.Module, place: Place, new: Any) -> str:
    """Return the code with something else in one place, and leave the tree as it was."""
    above, field, index = place
    held = getattr(above, field)
    if index is None:
        setattr(above, field, new)
    else:
        new = [new] if isinstance(new, ast.AST) else new
        setattr(above, field, [*held[:index], *new, *held[index + 1 :]])
    code = ast.unparse(ast.fix_missing_locations(tree))
    setattr(above, field, held)
    return code


def _solved_lines(source: str) -> set[int]:
    """Return the numbers of the lines between the marks."""
    lines: set[int] = set()
    for match in _SOLVED.finditer(source):
        first = source.count("\n", 0, match.start(1)) + 1
        lines.update(range(first, first + match[1].count("\n")))
    return lines


def _walk(tree: ast.Module, keys: tuple[str, ...]) -> Iterator[tuple[Place, ast.AST, str, Scope]]:
    """Yield each place with what stands there, the function around it and what that one sees."""

    def below(node: ast.AST, where: tuple[str, ...], scope: Scope) -> Iterator[Any]:
        for field, value in ast.iter_fields(node):
            several = isinstance(value, list)
            for index, child in enumerate(value if several else [value]):
                if isinstance(child, ast.AST) and not isinstance(child, ast.arguments):
                    yield (node, field, index if several else None), child, ".".join(where), scope
                    yield from below(child, *_inside(child, where, scope))

    yield from below(tree, (), Scope(keys=keys))


def _inside(node: ast.AST, where: tuple[str, ...], scope: Scope) -> tuple[tuple[str, ...], Scope]:
    if isinstance(node, ast.ClassDef):
        kept = {name for n in ast.walk(node) if (name := _kept(n))}
        return (*where, node.name), Scope(attributes=tuple(sorted(kept)), keys=scope.keys)
    if isinstance(node, ast.FunctionDef):
        arguments = [a.arg for a in node.args.args if a.arg != "self"]
        stored = {
            n.id
            for n in ast.walk(node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id not in arguments
        }
        # A function in a function sees what the outer one has.
        known = (*scope.arguments, *arguments), tuple(sorted({*scope.variables, *stored}))
        return (*where, node.name), Scope(*known, scope.attributes, scope.keys)
    return where, scope


def _kept(node: ast.AST) -> str:
    """Return the name of an attribute of self that is written here, or nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
            return name
    return ""


def _keys(tree: ast.Module) -> tuple[str, ...]:
    """Return the strings by which dictionaries are read or made."""
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            found.append(node.slice)
        elif isinstance(node, ast.Dict):
            found += node.keys
    names = [n.value for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return tuple(dict.fromkeys(names))


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _difference(before: str, after: str) -> tuple[str, str]:
    """Return the lines in which two versions differ, without those around them."""
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return "; ".join(line.strip() for line in old), "; ".join(line.strip() for line in new)
