"""Mutants: copies of a right answer with one small change each."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from course_lib.grading.course import Course, CourseError

# Replacements for operators. Mutants also drop one operand, or swap the two if the order counts.
_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.Sub),
    ast.Pow: (ast.Mult, ast.Div),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_COMMUTES = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_PAIRS = (
    ("maximum", "minimum"),
    ("max", "min"),
    ("argmax", "argmin"),
    ("sum", "mean"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("log1p", "log"),
    ("expm1", "exp"),
    ("sin", "cos"),
    ("any", "all"),
)
_FUNCTIONS = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_SYMMETRIC = ("maximum", "minimum", "max", "min", "array_equal", "multiply", "add")
_AXES = (0, 1, -1, None)


@dataclass(frozen=True)
class Scope:
    """The names that can be mistaken for one another at a place in the code.

    Attributes
    ----------
    arguments, variables : tuple of str
        The arguments and local variables of the function.
    attributes : tuple of str
        The attributes of self that methods of the class set.
    keys : tuple of str
        The string keys of dictionaries.
    """

    arguments: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def instead_of_expression(node: ast.AST, scope: Scope) -> Iterator[ast.expr]:
    """Yield wrong replacements for an expression."""
    match node:
        case ast.BinOp():
            yield from _products_and_sums(node)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for kind in _COMPARISONS[type(op)]:
                yield ast.Compare(left, [kind()], [right])
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from (body, orelse, ast.IfExp(test, orelse, body))
        case ast.Constant(value=value):
            yield from _constants(value, scope)
        case ast.Attribute(value=inner, attr="T"):
            yield inner
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Load()):
            if name in scope.attributes:
                yield from _names(name, (*scope.arguments, *_of_self(scope)))
        case ast.Name(id=name, ctx=ast.Load()) if name in (*scope.arguments, *scope.variables):
            yield from _names(name, (*scope.arguments, *scope.variables))
            if name in scope.arguments:
                yield from _names(name, _of_self(scope))
        case ast.Subscript(value=inner, ctx=ast.Load()):
            yield inner
        case ast.Slice(lower=lower, upper=upper, step=step):
            yield from _slices(lower, upper, step)
        case ast.Tuple(elts=items, ctx=ast.Load()) if len(items) > 1:
            yield from (ast.Tuple(swapped, ast.Load()) for swapped in _swaps(items))
        case ast.Dict(keys=keys, values=values):
            for i in range(len(keys)):
                yield ast.Dict(keys[:i] + keys[i + 1 :], values[:i] + values[i + 1 :])
        case ast.Call():
            yield from _calls(node)


def instead_of_statement(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    """Yield wrong replacements for a statement, each a list of statements."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
        return
    yield [ast.Pass()]
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ([ast.Assign(targets, new)] for new in _negated(value))
            match targets:
                case [ast.Attribute(value=ast.Name(id="self"), attr=name)]:
                    cls = ast.Attribute(ast.Name("self", ast.Load()), "__class__", ast.Load())
                    yield [ast.Assign([ast.Attribute(cls, name, ast.Store())], value)]
        case ast.AugAssign(target=target, op=op, value=value):
            for kind in _OPERATORS[type(op)]:
                yield [ast.AugAssign(target, kind(), value)]
            yield [ast.Assign([target], value)]
            if not isinstance(target, ast.Name):
                # Rebind to a new array: other references to the old one see no change.
                before: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
                yield [ast.Assign([target], ast.BinOp(before, op, value))]
        case ast.Return(value=ast.expr() as value):
            yield from ([ast.Return(new)] for new in _negated(value))
        case ast.If(body=body, orelse=orelse):
            yield from (body, orelse or [ast.Pass()])
        case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
            yield [ast.For(target, iterable, [*body, ast.Break()], orelse)]
        case ast.While(test=test, body=body, orelse=orelse):
            yield [ast.While(test, [*body, ast.Break()], orelse)]


def _products_and_sums(node: ast.BinOp) -> Iterator[ast.expr]:
    left, op, right = node.left, node.op, node.right
    yield from (left, right)
    for kind in _OPERATORS.get(type(op), ()):
        yield ast.BinOp(left, kind(), right)
    if not isinstance(op, _COMMUTES):
        yield ast.BinOp(right, op, left)
    if isinstance(op, ast.MatMult):
        yield ast.BinOp(_transposed(left), op, right)
        yield ast.BinOp(left, op, _transposed(right))


def _transposed(node: ast.expr) -> ast.expr:
    return ast.Attribute(node, "T", ast.Load())


def _negated(node: ast.expr) -> Iterator[ast.expr]:
    """Yield a value with the wrong sign; of a tuple, copies with one wrong sign each."""
    match node:
        case ast.Tuple(elts=items):
            for i, item in enumerate(items):
                for new in _negated(item):
                    yield ast.Tuple([*items[:i], new, *items[i + 1 :]], ast.Load())
        case ast.Dict() | ast.List() | ast.ListComp() | ast.Lambda():
            return
        case ast.Constant(value=str() | bool() | None):
            return
        case _:
            yield ast.UnaryOp(ast.USub(), node)


def _constants(value: object, scope: Scope) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield from (ast.Constant(new) for new in (value + 1, value - 1, 0, -value) if new != value)
    elif isinstance(value, str) and value in scope.keys:
        after = scope.keys.index(value) + 1
        yield ast.Constant(scope.keys[after % len(scope.keys)])


def _names(name: str, others: Sequence[str]) -> Iterator[ast.expr]:
    for other in others:
        if other.removeprefix("self.") != name:
            yield ast.parse(other, mode="eval").body


def _of_self(scope: Scope) -> list[str]:
    return [f"self.{name}" for name in scope.attributes]


def _slices(
    lower: ast.expr | None, upper: ast.expr | None, step: ast.expr | None
) -> Iterator[ast.expr]:
    if lower:
        yield ast.Slice(None, upper, step)
    if upper:
        yield ast.Slice(lower, None, step)
        yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), ast.Constant(1)), step)
    if step:
        yield ast.Slice(lower, upper, None)


def _swaps(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Yield copies of a list, each with two neighbours swapped."""
    for i, j in pairwise(range(len(items))):
        yield [*items[:i], items[j], items[i], *items[j + 1 :]]


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    func, args, keywords = node.func, node.args, node.keywords
    called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if isinstance(func, ast.Attribute) and called in _FUNCTIONS:
        yield ast.Call(ast.Attribute(func.value, _FUNCTIONS[called], ast.Load()), args, keywords)
    # Drop the call: np.exp(x) and x.copy() become x; np.where(c, a, b) becomes a or b.
    if isinstance(func, ast.Attribute) and not _is_namespace(func.value):
        yield func.value
    else:
        yield from args[1:] if called == "where" else args
    if called not in _SYMMETRIC:
        yield from (ast.Call(func, swapped, keywords) for swapped in _swaps(args))
    if len(args) > 1:
        yield ast.Call(func, args[:-1], keywords)
    for i, keyword in enumerate(keywords):
        yield ast.Call(func, args, keywords[:i] + keywords[i + 1 :])
        if keyword.arg == "axis":
            for axis in _AXES:
                other = ast.keyword("axis", ast.Constant(axis))
                yield ast.Call(func, args, [*keywords[:i], other, *keywords[i + 1 :]])
    if called == "range" and len(args) == 1:
        yield ast.Call(func, [ast.Constant(1), *args], [])
        for op in (ast.Add(), ast.Sub()):
            yield ast.Call(func, [ast.BinOp(args[0], op, ast.Constant(1))], [])


def _is_namespace(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "self", "checks")


_SOLVED = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", flags=re.DOTALL)

# The position of a node: its parent, the parent's field, and the index if that is a list.
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
        All the code, with the change.
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
        The cell. If it has nbgrader's solution marks, only the code between them is changed: the
        rest is given to the student.
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
    """Return the code with one node replaced; the tree itself stays unchanged."""
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
    """Return the line numbers between the solution marks."""
    lines: set[int] = set()
    for match in _SOLVED.finditer(source):
        first = source.count("\n", 0, match.start(1)) + 1
        lines.update(range(first, first + match[1].count("\n")))
    return lines


def _walk(tree: ast.Module, keys: tuple[str, ...]) -> Iterator[tuple[Place, ast.AST, str, Scope]]:
    """Yield each node with its place, its function's name and the names in scope."""

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
        # A nested function also sees the outer function's names.
        known = (*scope.arguments, *arguments), tuple(sorted({*scope.variables, *stored}))
        return (*where, node.name), Scope(*known, scope.attributes, scope.keys)
    return where, scope


def _kept(node: ast.AST) -> str:
    """Return the name of the attribute of self that a node sets, or an empty string."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
            return name
    return ""


def _keys(tree: ast.Module) -> tuple[str, ...]:
    """Return the string keys of dictionaries, in displays and in subscripts."""
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
    """Return the lines that differ, of the old and of the new version."""
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return "; ".join(line.strip() for line in old), "; ".join(line.strip() for line in new)


# Assignment, task, function, original line and mutated line.
Key = tuple[str, str, str, str, str]


def equivalent_path(course: Course) -> Path:
    """Return the path of the table of equivalent mutants."""
    return course.root / "tests" / "mutants" / "equivalent.toml"


def read_equivalent(course: Course) -> dict[Key, str]:
    """Return the equivalent mutants of the table, with the reasons.

    An entry of the table is for one line of code: ``task = "03_activations/relu"``,
    ``where = "Relu.backward"``, ``line``, a list of ``mutants``, and the ``reason``.
    """
    file = equivalent_path(course)
    if not file.is_file():
        return {}
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("equivalent", [])
        found: dict[Key, str] = {}
        for entry in entries:
            slug, task = entry["task"].split("/")
            for mutant in entry["mutants"]:
                key = (slug, task, entry["where"], entry["line"], mutant)
                if key in found:
                    raise CourseError(f"{file} has {describe(key)} twice.")
                found[key] = " ".join(entry["reason"].split())
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{file} is not TOML: {error}.") from None
    except KeyError as missing:
        raise CourseError(f"{file}: the entry {entry} has no {missing}.") from None
    return found


def describe(key: Key) -> str:
    """Return a one-line description of a mutant."""
    slug, task, where, before, after = key
    return f"{slug}/{task}, {where}: {before}  →  {after}"
