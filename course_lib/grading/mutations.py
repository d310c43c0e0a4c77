"""The small mistakes that the mutator makes: for a piece of code, what could stand there instead.

Nothing here decides whether a change matters: that is what the audit finds out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# What an operator becomes besides losing one side. Where order counts, sides are swapped too.
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
    """What can be taken for something else at a place in the code.

    Attributes
    ----------
    arguments, variables : tuple of str
        Of the function.
    attributes : tuple of str
        What methods of the class keep on self.
    keys : tuple of str
        Names by which entries of dictionaries are looked up.
    """

    arguments: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def instead_of_expression(node: ast.AST, scope: Scope) -> Iterator[ast.expr]:
    """Yield what an expression could be by mistake."""
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
    """Yield the statements that could stand in the place of one, by mistake."""
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
                # A new array in place of the old one: whoever holds the old one sees nothing.
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
    """Yield a value with the wrong sign; of several values, with one wrong sign each."""
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
    """Yield a list with two neighbours changed about."""
    for i, j in pairwise(range(len(items))):
        yield [*items[:i], items[j], items[i], *items[j + 1 :]]


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    func, args, keywords = node.func, node.args, node.keywords
    called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if isinstance(func, ast.Attribute) and called in _FUNCTIONS:
        yield ast.Call(ast.Attribute(func.value, _FUNCTIONS[called], ast.Load()), args, keywords)
    # The call left out: x for np.exp(x), x for x.copy(), and a or b for np.where(c, a, b).
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
