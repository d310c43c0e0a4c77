"""What a computational graph consists of: values on its edges, and nodes that hold a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from course_lib.graphs.graph import Graph

Kind = Literal["input", "constant", "parameter", "result"]


@dataclass(eq=False, repr=False)
class Value:
    """A number or array that flows through a graph. Made by the graph, not by hand.

    Attributes
    ----------
    value : float or ndarray
        What the forward pass put here.
    grad : float, ndarray or None
        What the backward pass brought here, in the shape of `value`: the sum over all uses of
        this value. None before a backward pass, and where none arrives.
    name : str
        What to call it; empty for a result that got no name.
    kind : {"input", "constant", "parameter", "result"}
    range : (first, last, step) or None
        Where a slider of this input goes; None for the usual range.
    """

    graph: Graph
    name: str
    value: Any
    kind: Kind
    grad: Any = None
    uses: list[tuple[Node, int]] = field(default_factory=list)
    range: tuple[float, float, float] | None = None

    def __repr__(self) -> str:
        grad = "" if self.grad is None else f", grad={self.grad!r}"
        return f"Value({self.name!r}, {self.value!r}{grad})"


@dataclass(eq=False, repr=False)
class Node:
    """One layer in a graph, with what went in, what came out, and what it sent back.

    Attributes
    ----------
    layer : object
        The layer itself. Nobody else in the graph uses it.
    inputs : list of Value
        What `forward` took, then the layer's own parameters.
    parameters : list of str
        Attributes of `layer` behind the last of `inputs`, such as "W" and "b".
    output : Value
    grads : list
        The gradient sent back to each of `inputs`; None where there is none.
    label, rules : str or None, sequence of str or None
        Override what :mod:`course_lib.graphs.operations` knows about the layer's class.
    """

    layer: Any
    inputs: list[Value]
    parameters: list[str]
    output: Value
    grads: list[Any] = field(default_factory=list)
    label: str | None = None
    rules: Sequence[str] | None = None

    def __repr__(self) -> str:
        return f"Node({self.layer!r})"

    @property
    def arguments(self) -> list[Value]:
        """The inputs without the layer's own parameters."""
        return self.inputs[: len(self.inputs) - len(self.parameters)]


def snapshot(value: Any) -> Any:
    """Return `value` so that nobody can change it behind the graph's back."""
    return np.array(value) if isinstance(value, np.ndarray) else value
