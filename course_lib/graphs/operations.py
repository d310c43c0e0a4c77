"""What the drawing knows about each kind of layer: its symbol and its local rules.

The table is keyed by class name, so that a student's own `MulLayer` is drawn like the course's.
A class that is not in it is drawn under its name; `label=` and `rule=` of
:meth:`course_lib.graphs.Graph.apply` override what stands here.

In a rule, ``{x}`` and ``{y}`` are the first and second input, ``{out}`` the output and ``{dout}``
the upstream gradient. The same text serves twice: with letters on the edge, with numbers in
the caption.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from course_lib.graphs.blanks import OPEN, blank, grad_key, value_key
from course_lib.graphs.values import Node


@dataclass(frozen=True)
class Operation:
    """Symbol of a node, its forward formula, and the rule by which each input gets its gradient."""

    symbol: str
    forward: str = ""
    backward: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


_AFFINE = {"W": "xᵀ @ {dout}", "b": "Σ rows of {dout}"}

OPERATIONS: dict[str, Operation] = {
    # arithmetic
    "AddLayer": Operation("+", "{x} + {y}", ("{dout} × 1", "{dout} × 1")),
    "SubLayer": Operation("−", "{x} − {y}", ("{dout} × 1", "{dout} × (−1)")),
    "MulLayer": Operation("×", "{x} × {y}", ("{dout} × {y}", "{dout} × {x}")),
    "DivLayer": Operation("÷", "{x} / {y}", ("{dout} / {y}", "−{dout} × {x} / {y}²")),
    "ExpLayer": Operation("exp", "exp({x})", ("{dout} × {out}",)),
    "LogLayer": Operation("log", "log({x})", ("{dout} / {x}",)),
    "SquareLayer": Operation("x²", "{x}²", ("{dout} × 2 × {x}",)),
    "ReciprocalLayer": Operation("1/x", "1 / {x}", ("−{dout} × {out}²",)),
    # activations
    "Relu": Operation("ReLU", "max({x}, 0)", ("{dout} if {x} > 0 else 0",)),
    "LeakyRelu": Operation(
        "leaky ReLU", "{x} if {x} > 0 else α × {x}", ("{dout} if {x} > 0 else α × {dout}",)
    ),
    "Sigmoid": Operation("sigmoid", "1 / (1 + exp(−{x}))", ("{dout} × {out} × (1 − {out})",)),
    "Tanh": Operation("tanh", "tanh({x})", ("{dout} × (1 − {out}²)",)),
    "Softplus": Operation("softplus", "log(1 + exp({x}))", ("{dout} × sigmoid({x})",)),
    "Swish": Operation(
        "swish", "{x} × sigmoid({x})", ("{dout} × ({out} + sigmoid({x}) × (1 − {out}))",)
    ),
    # layers with parameters
    "Affine": Operation("Affine", "{x} @ W + b", ("{dout} @ Wᵀ",), _AFFINE),
    "AffineSample": Operation(
        "Affine", "{x} @ W + b", ("W @ {dout}",), {"W": "outer(x, {dout})", "b": "{dout} × 1"}
    ),
    "Linear": Operation("Linear", "{x} @ Wᵀ", ("{dout} @ W",), {"W": "{dout}ᵀ @ x"}),
    "ScaledAffine": Operation(
        "Scaled affine",
        "α × ({x} @ W) + b",
        ("α × {dout} @ Wᵀ",),
        _AFFINE | {"W": "α × xᵀ @ {dout}", "alpha": "Σ of {dout} × (x @ W)"},
    ),
    "ShiftedAffine": Operation(
        "Shifted affine",
        "({x} − m) @ W + b",
        ("{dout} @ Wᵀ",),
        _AFFINE | {"W": "(x − m)ᵀ @ {dout}", "m": "−Σ rows of {dout} @ Wᵀ"},
    ),
    "BatchNorm": Operation(
        "Batch norm",
        "gamma × x_hat + beta",
        ("({dout} × gamma less two means) / std",),
        {"gamma": "Σ rows of {dout} × x_hat", "beta": "Σ rows of {dout}"},
    ),
    "Dropout": Operation("Dropout", "{x} × mask", ("{dout} × mask",)),
    # losses
    "SoftmaxWithLoss": Operation(
        "Softmax with loss", "cross entropy of softmax({x})", ("{dout} × (y − t) / N",)
    ),
    "TemperatureWithLoss": Operation(
        "Softmax with loss at T",
        "cross entropy of softmax({x} / T)",
        ("{dout} × (y − t) / (N × T)",),
    ),
    "IdentityWithLoss": Operation(
        "Identity with loss", "Σ ({x} − t)² / 2N", ("{dout} × (y − t) / N",)
    ),
}

_LETTERS = {key: key for key in ("x", "y", "out", "dout")}


def symbol(node: Node) -> str:
    """Return what stands in the node."""
    return node.label if node.label is not None else _operation(node).symbol


def rule(node: Node, index: int) -> str:
    """Return the rule for the gradient of one input, in letters; empty if none is known."""
    return _fill(_rule(node, index), _LETTERS)


def rule_with_blanks(node: Node, index: int) -> str:
    """Return the same with blanks for numbers, where all are plain numbers; or in letters."""
    return _fill(_rule(node, index), _blanks(node))


def formula_with_blanks(node: Node) -> str:
    """Return the forward formula with blanks for numbers, or in letters for arrays."""
    return "" if node.label is not None else _fill(_operation(node).forward, _blanks(node))


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


def _blanks(node: Node) -> dict[str, str]:
    if any(np.ndim(value.value) for value in [*node.inputs, node.output]):
        return _LETTERS
    keys = dict(zip("xy", map(value_key, node.inputs), strict=False))
    keys["out"] = value_key(node.output)
    if node.output.grad is not None:
        keys["dout"] = grad_key(node.output)
    return {letter: blank(key) for letter, key in keys.items()}


def _fill(template: str, parts: Mapping[str, str]) -> str:
    """Fill in the braces that have a part; a rule of one's own may hold any others."""

    def part(match: re.Match[str]) -> str:
        text = parts.get(match[1], match[0])
        # A negative number needs brackets where a sign stands before it, or a power after it.
        before, after = template[: match.start()], template[match.end() :]
        if text.startswith(OPEN) and (before[-1:] not in ("", "(") or after.startswith("²")):
            return blank(text[1:-1], brackets=True)
        return text

    return re.sub(r"\{(\w+)\}", part, template)
