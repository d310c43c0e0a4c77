"""The symbol, the formula and the gradient rules of a node, with blanks for numbers.

A layer holds them as class attributes: `symbol`, `formula` and `rules`. In them, ``{x}`` and
``{y}`` are the first and second input, ``{out}`` the output and ``{dout}`` the upstream gradient.
The same text appears with letters on an edge and with numbers in a caption.

Blanks are filled in here, and again in the page when a slider moves. The key of a blank names its
number: ``v3`` is the value of the graph's values[3], ``g3`` its gradient, ``c3.0`` the gradient
that the node with the output values[3] returns for its first input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib.graphs.numbers import in_words
from course_lib.graphs.tape import Node, Tape, Value
from course_lib.layers import LAYERS, Layer

# Private-use characters, which occur in no name or rule.
OPEN, CLOSE = "\ue000", "\ue001"
_BLANK = re.compile(rf"{OPEN}(\(?)([^{CLOSE}]+){CLOSE}")


def value_key(value: Value) -> str:
    """Return the key of a value."""
    return f"v{value.graph.values.index(value)}"


def grad_key(value: Value) -> str:
    """Return the key of the gradient of a value, summed over its uses."""
    return f"g{value.graph.values.index(value)}"


def sent_key(node: Node, index: int) -> str:
    """Return the key of the gradient that a node returns for one of its inputs."""
    return f"c{node.output.graph.values.index(node.output)}.{index}"


def blank(key: str, brackets: bool = False) -> str:
    """Return a blank; `brackets` puts negative numbers in brackets."""
    return f"{OPEN}{'(' if brackets else ''}{key}{CLOSE}"


def numbers_of(graph: Tape) -> dict[str, Any]:
    """Return all values and gradients of a graph by their keys."""
    numbers = {value_key(value): value.value for value in graph.values}
    numbers |= {grad_key(value): value.grad for value in graph.values}
    numbers |= {sent_key(n, i): grad for n in graph.nodes for i, grad in enumerate(n.grads)}
    return {key: number for key, number in numbers.items() if number is not None}


def fill(text: str, numbers: Mapping[str, Any]) -> str:
    """Return `text` with its blanks filled in."""

    def written(match: re.Match[str]) -> str:
        number = in_words(numbers[match[2]])
        return f"({number})" if match[1] and number.startswith("−") else number

    return _BLANK.sub(written, text)


_LETTERS = {key: key for key in ("x", "y", "out", "dout")}


def symbol(node: Node) -> str:
    """Return the text in a node: its label, or else the symbol of its layer."""
    if node.label is not None:
        return node.label
    return _drawn_as(node).symbol or type(node.layer).__name__


def rule(node: Node, index: int) -> str:
    """Return the rule for the gradient of one input in letters, or an empty string."""
    return _fill(_rule(node, index), _LETTERS)


def rule_with_blanks(node: Node, index: int) -> str:
    """Return the rule with blanks for plain numbers, or with letters for arrays."""
    return _fill(_rule(node, index), _blanks(node))


def formula_with_blanks(node: Node) -> str:
    """Return the forward formula with blanks for plain numbers, or with letters for arrays."""
    return "" if node.label is not None else _fill(_drawn_as(node).formula, _blanks(node))


def _drawn_as(node: Node) -> type[Layer]:
    """Return the class whose symbol, formula and rules a node shows.

    This is the library's layer with the name of the node's class or of one of its bases, so that a
    learner's `MulLayer` looks like the library's.
    """
    for cls in type(node.layer).__mro__:
        if cls.__name__ in LAYERS:
            return LAYERS[cls.__name__]
        if issubclass(cls, Layer) and "symbol" in vars(cls):
            return cls
    return Layer


def _rule(node: Node, index: int) -> str:
    if node.rules is not None:
        return node.rules[index] if index < len(node.rules) else ""
    arguments = len(node.arguments)
    name = node.parameters[index - arguments] if index >= arguments else "xy"[index : index + 1]
    return _drawn_as(node).rules.get(name, "")


def _blanks(node: Node) -> dict[str, str]:
    if any(np.ndim(value.value) for value in [*node.inputs, node.output]):
        return _LETTERS
    keys = dict(zip("xy", map(value_key, node.inputs), strict=False))
    keys["out"] = value_key(node.output)
    if node.output.grad is not None:
        keys["dout"] = grad_key(node.output)
    return {letter: blank(key) for letter, key in keys.items()}


def _fill(template: str, parts: Mapping[str, str]) -> str:
    """Return `template` with the known braces filled in; a custom rule may contain others."""

    def part(match: re.Match[str]) -> str:
        text = parts.get(match[1], match[0])
        # A negative number needs brackets where a sign stands before it, or a power after it.
        before, after = template[: match.start()], template[match.end() :]
        if text.startswith(OPEN) and (before[-1:] not in ("", "(") or after.startswith("²")):
            return blank(text[1:-1], brackets=True)
        return text

    return re.sub(r"\{(\w+)\}", part, template)
