"""What the drawing knows about each kind of layer: its symbol and its local rules.

The table is keyed by class name, so that a student's own `MulLayer` is drawn like the course's.
A class that is not in it is drawn under its name; `label=` and `rule=` of
:meth:`course_lib.graphs.Graph.apply` override what stands here.

In a rule, ``{x}`` and ``{y}`` are the first and second input, ``{out}`` the output and ``{dout}``
the upstream gradient. The same text serves twice: with letters on the edge, with numbers in
the caption.
"""

# ruff: noqa: RUF001
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from course_lib.graphs.numbers import number_text
from course_lib.graphs.values import Node


@dataclass(frozen=True)
class Operation:
    """Symbol of a node, its forward formula, and the rule by which each input gets its gradient."""

    symbol: str
    forward: str = ""
    backward: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


OPERATIONS: dict[str, Operation] = {
    "MulLayer": Operation("×", "{x} × {y}", ("{dout} × {y}", "{dout} × {x}")),
    "AddLayer": Operation("+", "{x} + {y}", ("{dout} × 1", "{dout} × 1")),
    "ExpLayer": Operation("exp", "exp({x})", ("{dout} × {out}",)),
    "ReciprocalLayer": Operation("1/x", "1 / {x}", ("−{dout} × {out}²",)),
    "Relu": Operation("ReLU", "max({x}, 0)", ("{dout} if {x} > 0 else 0",)),
    "Sigmoid": Operation(
        "sigmoid",
        "1 / (1 + exp(−{x}))",
        ("{dout} × {out} × (1 − {out})",),
    ),
    "Tanh": Operation("tanh", "tanh({x})", ("{dout} × (1 − {out}²)",)),
    "Affine": Operation(
        "Affine",
        "{x} @ W + b",
        ("{dout} @ Wᵀ",),
        {"W": "xᵀ @ {dout}", "b": "Σ rows of {dout}"},
    ),
    "SoftmaxWithLoss": Operation(
        "Softmax with loss",
        "cross entropy of softmax({x})",
        ("{dout} × (y − t) / N",),
    ),
    "IdentityWithLoss": Operation(
        "Identity with loss",
        "Σ ({x} − t)² / 2N",
        ("{dout} × (y − t) / N",),
    ),
}


def symbol(node: Node) -> str:
    """Return what stands in the node."""
    return node.label if node.label is not None else _operation(node).symbol


def rule(node: Node, index: int) -> str:
    """Return the rule for the gradient of one input, in letters; empty if none is known."""
    return _fill(_rule(node, index), {key: key for key in ("x", "y", "out", "dout")})


def rule_in_numbers(node: Node, index: int) -> str:
    """Return the same with numbers, where all are plain numbers; otherwise in letters."""
    numbers = _numbers(node)
    return rule(node, index) if numbers is None else _fill(_rule(node, index), numbers)


def formula_in_numbers(node: Node) -> str:
    """Return the forward formula with numbers, or in letters where there are arrays."""
    if node.label is not None:
        return ""
    numbers = _numbers(node) or {key: key for key in ("x", "y", "out")}
    return _fill(_operation(node).forward, numbers)


def _operation(node: Node) -> Operation:
    for cls in type(node.layer).__mro__:
        if cls.__name__ in OPERATIONS:
            return OPERATIONS[cls.__name__]
    return Operation(type(node.layer).__name__)


def _rule(node: Node, index: int) -> str:
    arguments = len(node.arguments)
    if node.rules is not None:
        return node.rules[index] if index < len(node.rules) else ""
    operation = _operation(node)
    if index < len(operation.backward):
        return operation.backward[index]
    if index >= arguments:
        return operation.parameters.get(node.parameters[index - arguments], "")
    return ""


def _numbers(node: Node) -> dict[str, str] | None:
    values = [*node.inputs, node.output]
    if any(np.ndim(value.value) for value in values):
        return None
    numbers = {"x": node.inputs[0].value, "out": node.output.value}
    if len(node.inputs) > 1:
        numbers["y"] = node.inputs[1].value
    if node.output.grad is not None:
        numbers["dout"] = node.output.grad
    return {key: number_text(value) for key, value in numbers.items()}


def _fill(template: str, parts: Mapping[str, str]) -> str:
    """Fill in the braces that have a part; a rule of one's own may hold any others."""

    def part(match: re.Match[str]) -> str:
        text = parts.get(match[1], match[0])
        # A negative number needs brackets where a sign stands before it, or a power after it.
        before, after = template[: match.start()], template[match.end() :]
        if text.startswith("−") and (before[-1:] not in ("", "(") or after.startswith("²")):
            return f"({text})"
        return text

    return re.sub(r"\{(\w+)\}", part, template)
