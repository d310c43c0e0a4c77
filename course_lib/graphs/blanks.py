"""Texts with blanks for numbers: filled in here, and again in the page when an input moves.

A key tells which number: ``v3`` is the value of the graph's values[3], ``g3`` its gradient,
``c3.0`` the gradient that the node behind values[3] sends back to its first input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from course_lib.graphs.numbers import in_words
from course_lib.graphs.values import Node, Value

if TYPE_CHECKING:
    from course_lib.graphs.graph import Graph

# Characters for private use: no name and no rule holds them.
OPEN, CLOSE = "\ue000", "\ue001"
_BLANK = re.compile(rf"{OPEN}(\(?)([^{CLOSE}]+){CLOSE}")


def value_key(value: Value) -> str:
    """Return the key of a value."""
    return f"v{value.graph.values.index(value)}"


def grad_key(value: Value) -> str:
    """Return the key of the gradient of a value, all uses together."""
    return f"g{value.graph.values.index(value)}"


def sent_key(node: Node, index: int) -> str:
    """Return the key of the gradient that a node sends back to one of its inputs."""
    return f"c{node.output.graph.values.index(node.output)}.{index}"


def blank(key: str, brackets: bool = False) -> str:
    """Return a blank; `brackets` asks for them around a number below zero."""
    return f"{OPEN}{'(' if brackets else ''}{key}{CLOSE}"


def numbers_of(graph: Graph) -> dict[str, Any]:
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
