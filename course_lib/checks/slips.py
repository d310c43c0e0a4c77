"""Slips: the right answer with one small change, such as a missing pair of brackets.

A slip gives the wrong numbers of a mistake that no misconception describes. Its hint states only
what the change is, so it is true wherever the numbers agree.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from course_lib.checks.misconceptions import Misconception, MisconceptionError, definitions_of
from course_lib.text import _

_BRACKETS = _(
    "The right formula gives these numbers when one pair of brackets is left out. In which order "
    "does Python calculate your expression?"
)
_SIGN = _(
    "One plus or minus is turned round; everything else is right. When you raise each value in "
    "your formula a little, does the result rise or fall?"
)
_FACTOR = _("One factor is missing in a product. Which values have to be multiplied here?")
_UPSTREAM = _("One term of your gradient is not multiplied by dout. Which one?")
_TERM = _("One term of a sum is missing; the others are right. Which one have you left out?")
_DIVISION = _("One division is missing. By what does the formula divide?")
_SQUARE = _("One power is missing. Which value does the formula square?")
_UPSIDE_DOWN = _("One fraction is upside down. Which value stands above the line?")
_COMPARISON = _("One comparison is turned round. For which values should it be true?")
_AXIS = _("These numbers come from the wrong axis. Which axis counts the samples?")
_NUMBER = _("One fixed number of the formula is wrong or missing. Which numbers does it contain?")
_TRANSPOSED = _("One factor is transposed, or is not. Which shape has each factor of the product?")

_OPERATION = _("Your code uses {wrong} where another operation belongs. Which one is it?")
_FUNCTION = _("These are the numbers of {wrong}. Which function belongs there?")
_VALUE = _("Your code uses {wrong} in a place where another value belongs. Where do you use it?")

_OPERATIONS: dict[type[ast.operator], tuple[tuple[type[ast.operator], str], ...]] = {
    ast.Add: ((ast.Mult, _("a product")),),
    ast.Sub: ((ast.Mult, _("a product")),),
    ast.Mult: (
        (ast.Add, _("a sum")),
        (ast.Sub, _("a difference")),
        (ast.Div, _("a division")),
        (ast.Pow, _("a power")),
    ),
    ast.Div: (
        (ast.Mult, _("a product")),
        (ast.FloorDiv, _("the division // without remainder")),
        (ast.Sub, _("a difference")),
    ),
    ast.Pow: ((ast.Mult, _("a product")),),
}

_FUNCTIONS = {
    "log": ("log10", "log2", "log1p"),
    "log1p": ("log",),
    "exp": ("exp2", "expm1"),
    "tanh": ("sinh", "cosh", "arctan", "tan"),
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max", "median"),
    "max": ("min", "sum", "mean"),
    "argmax": ("argmin",),
    "maximum": ("minimum",),
    "var": ("std",),
    "std": ("var",),
    "sqrt": ("square", "abs"),
    "abs": ("square",),
}


@dataclass(frozen=True)
class Slip:
    """A wrong answer that differs from the right one in one place, with its hint."""

    hint: str
    answer: Any


@cache
def slips_of(right: Any, name: str) -> list[Slip]:
    """Return the slips in a function, or in the method `name` of a class."""
    found: dict[str, str] = {}
    for method in definitions_of(right):
        if isinstance(method, ast.FunctionDef) and method.name == name:
            for hint, code in _variants(method):
                found.setdefault(code, hint)
    slips = []
    for code, hint in found.items():
        wrong = Misconception(name="Slip", slug="", task="", hint=hint, right=right, code=code)
        try:
            slips.append(Slip(hint, wrong.answer))
        except MisconceptionError:
            continue
    return slips


def _variants(method: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield hints with the source of a method that has one slip."""
    yield from ((_BRACKETS, text) for text in _without_brackets(ast.unparse(method)))
    names = _names(method)
    settings = {id(word.value) for word in ast.walk(method) if isinstance(word, ast.keyword)}
    for i, node in enumerate(list(ast.walk(method))):
        if id(node) in settings:
            continue
        for hint, new in _instead_of(node, names):
            changed = copy.deepcopy(method)
            _Replace(list(ast.walk(changed))[i], new).visit(changed)
            yield hint, ast.unparse(ast.fix_missing_locations(changed))


def _without_brackets(text: str) -> Iterator[str]:
    right = ast.dump(ast.parse(text))
    for opening in re.finditer(r"(?<![\w\])])\(", text):
        depth = 0
        for end in range(opening.start(), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        shorter = text[: opening.start()] + text[opening.end() : end] + text[end + 1 :]
        try:
            changed = ast.parse(shorter)
        except SyntaxError:
            continue
        if ast.dump(changed) != right:
            yield shorter


def _names(method: ast.FunctionDef) -> tuple[str, ...]:
    """Return what the method can read: its arguments, and attributes that it uses."""
    arguments = [one.arg for one in method.args.args if one.arg != "self"]
    used = [
        ast.unparse(node)
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and isinstance(node.ctx, ast.Load)
    ]
    return tuple(dict.fromkeys([*arguments, *used]))


def _instead_of(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            yield from _operations(left, op, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield _SIGN, operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            turned = {ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.Gt: ast.Lt}
            if type(op) in turned:
                yield _COMPARISON, ast.Compare(left, [turned[type(op)]()], [right])
        case ast.Constant(value=int(value) | float(value)) if not isinstance(value, bool):
            for number in {0, 1, 2, -value, value + 1, value - 1} - {value}:
                yield _NUMBER, ast.Constant(number)
        case ast.Attribute(value=inner, attr="T"):
            yield _TRANSPOSED, inner
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            for other in _FUNCTIONS.get(name, ()):
                call = copy.deepcopy(node)
                call.func = ast.Attribute(owner, other, ast.Load())
                yield _FUNCTION.format(wrong=other), call
            yield from _axes(node)
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
            here = ast.unparse(node)
            if here in names:
                for other in names:
                    if other != here:
                        wrong = other.removeprefix("self.")
                        yield _VALUE.format(wrong=wrong), ast.parse(other, mode="eval").body


def _operations(
    left: ast.expr, op: ast.operator, right: ast.expr
) -> Iterator[tuple[str, ast.expr]]:
    both = {ast.Add: ast.Sub, ast.Sub: ast.Add}
    if type(op) in both:
        yield _SIGN, ast.BinOp(left, both[type(op)](), right)
        if isinstance(op, ast.Sub):
            yield _SIGN, ast.BinOp(right, op, left)
        yield from ((_TERM, one) for one in (left, right))
    elif isinstance(op, ast.Mult):
        for kept, gone in ((left, right), (right, left)):
            yield (_UPSTREAM if ast.unparse(gone) == "dout" else _FACTOR), kept
    elif isinstance(op, ast.Div):
        yield _DIVISION, left
        yield _UPSIDE_DOWN, ast.BinOp(right, op, left)
    elif isinstance(op, ast.Pow):
        yield _SQUARE, left
    elif isinstance(op, ast.MatMult):
        yield _TRANSPOSED, ast.BinOp(right, op, left)
    for other, wrong in _OPERATIONS.get(type(op), ()):
        yield _OPERATION.format(wrong=wrong), ast.BinOp(left, other(), right)


def _axes(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for i, given in enumerate(call.keywords):
        if given.arg == "axis":
            for axis in ("0", "1", "-1", "None"):
                if ast.unparse(given.value) != axis:
                    changed = copy.deepcopy(call)
                    changed.keywords[i].value = ast.parse(axis, mode="eval").body
                    yield _AXIS, changed


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return copy.deepcopy(self.new) if node is self.old else super().visit(node)
