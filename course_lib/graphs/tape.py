"""The record of a computational graph: values on its edges, and nodes with layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from course_lib.arrays import as_floats
from course_lib.layers import LAYERS

Kind = Literal["input", "constant", "parameter", "result"]


@dataclass(eq=False, repr=False)
class Value:
    """A number or array on an edge of a graph, made by the methods of the graph.

    Attributes
    ----------
    value : float or ndarray
        The result of the forward pass.
    grad : float, ndarray or None
        The gradient from the backward pass, in the shape of `value`: the sum over all uses.
        None before a backward pass, and if no gradient reaches this value.
    name : str
        Empty for an unnamed result.
    kind : {"input", "constant", "parameter", "result"}
    range : (first, last, step) or None
        The range of a slider of this input; None for the default.
    """

    graph: Tape
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
    """One layer in a graph, with its inputs, its output and its gradients.

    Attributes
    ----------
    layer : object
        The layer itself. No other node uses it.
    inputs : list of Value
        The arguments of `forward`, then the layer's parameters.
    parameters : list of str
        The attributes of `layer` that are the last of `inputs`, such as "W" and "b".
    output : Value
    grads : list
        The gradient of each of `inputs` from this node; None if there is none.
    label, rules : str or None, sequence of str or None
        Override the `symbol` and the `rules` of the layer's class.
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


class Tape:
    """A record of layers in running order, for the backward pass; see :class:`Graph`.

    Attributes
    ----------
    values : list of Value
        In the order in which they were added.
    nodes : list of Node
        In the order in which their layers ran.
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.nodes: list[Node] = []

    def __repr__(self) -> str:
        layers = ", ".join(type(node.layer).__name__ for node in self.nodes)
        return f"{type(self).__name__}({layers})"

    def input(
        self, name: str, value: Any, range: tuple[float, float, float] | None = None
    ) -> Value:
        """Add a leaf with a gradient, and return it.

        Parameters
        ----------
        name : str
        value : float or array_like
        range : (first, last, step), optional
            The range and step of the input's slider, in figures with sliders. The value must be one
            of its stops, unless it has more than six decimals.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"Graph.input: expected a name and a value, got {name!r} for the name. "
                'Write g.input("x", 2.0).'
            )
        added = self._add_value(name, _real(value, f"Graph.input: {name}"), "input")
        if range is not None:
            added.range = _check_range(name, added.value, range)
        return added

    def constant(self, value: Any, name: str = "") -> Value:
        """Add a leaf without a gradient: a fixed number, or the targets of a loss.

        It is drawn smaller. Integer arrays (labels) stay integers.
        """
        if not (isinstance(value, np.ndarray) and value.dtype.kind in "iu"):
            value = _real(value, "Graph.constant: value")
        return self._add_value(name, value, "constant")

    def apply(
        self,
        layer: Any,
        *inputs: Value,
        name: str = "",
        label: str | None = None,
        rule: str | Sequence[str] | None = None,
        params: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Value:
        """Run ``layer.forward(*inputs)`` and return its result as a value of the graph.

        Parameters
        ----------
        layer : object with `forward` and `backward`
            A layer of the course or a custom one. Each layer makes one node: `forward` stores what
            `backward` needs, and a second call would overwrite it.
        *inputs : Value
            Values of this graph.
        name : str
            The name of the result.
        label : str, optional
            Text of the node, in place of the class's symbol.
        rule : str or sequence of str, optional
            The local rule of `backward`, for each input: ``"dout * y"``.
        params : mapping, optional
            Attributes of the layer to draw as leaves, with their names: ``{"W": "W1"}``. By
            default, the attributes W, b, gamma and beta of the layer; ``{}`` draws none.
        **options
            Passed on to `forward`.
        """
        where = _check_layer(self, layer)
        for value in inputs:
            _check_value(self, value, f"{where}: inputs")
        if not inputs:
            raise ValueError(f"{where}: expected at least one input, got none.")
        if params is None:
            params = {key: key for key in parameters_of(layer)}
        leaves = [
            self._add_value(text, getattr(layer, key), "parameter") for key, text in params.items()
        ]
        out = layer.forward(*(snapshot(value.value) for value in inputs), **options)
        if out is None:
            raise ValueError(
                f"{type(layer).__name__}.forward: expected a number or an array, got None. "
                "Does it end in a return?"
            )
        self._forget_gradients()
        node = Node(
            layer,
            [*inputs, *leaves],
            list(params),
            self._add_value(name, out, "result"),
            label=label,
            rules=[rule] if isinstance(rule, str) else rule,
        )
        for i, value in enumerate(node.inputs):
            value.uses.append((node, i))
        self.nodes.append(node)
        return node.output

    def backward(self, dout: Any = 1, of: Value | None = None) -> None:
        """Run the backward pass from the output to every leaf.

        Parameters
        ----------
        dout : float or ndarray
            The upstream gradient that starts the pass, in the shape of the output.
        of : Value, optional
            The value to start from. Needed only if the graph has several outputs.

        Notes
        -----
        The gradients from all uses of a value are added. Gradients of an earlier pass are reset
        first.
        """
        output = self._single_output() if of is None else of
        _check_value(self, output, "Graph.backward: of")
        dout = _real(dout, "Graph.backward: dout")
        if np.shape(dout) != np.shape(output.value):
            raise ValueError(
                f"Graph.backward: dout: expected the shape of the output, "
                f"{np.shape(output.value)}, got {np.shape(dout)}."
            )
        self._forget_gradients()
        output.grad = snapshot(dout)
        for node in reversed(self.nodes):
            if node.output.grad is not None:
                self._run_backward(node)

    def outputs(self) -> list[Value]:
        """Return the results that no node uses."""
        return [value for value in self.values if value.kind == "result" and not value.uses]

    def _add_value(self, name: str, value: Any, kind: Kind) -> Value:
        added = Value(self, name, snapshot(value), kind)
        self.values.append(added)
        return added

    def _forget_gradients(self) -> None:
        for value in self.values:
            value.grad = None
        for node in self.nodes:
            node.grads = []

    def _single_output(self) -> Value:
        outputs = self.outputs()
        if not outputs:
            raise RuntimeError(
                "Graph.backward: expected a graph with at least one applied layer, got "
                f"{len(self.values)} leaves and no layer. Call g.apply(layer, ...) first."
            )
        if len(outputs) > 1:
            names = ", ".join(repr(value.name or "unnamed") for value in outputs)
            raise ValueError(
                f"Graph.backward: expected one output, got {len(outputs)}: {names}. "
                "Say which one to start from: g.backward(1, of=value)."
            )
        return outputs[0]

    def _run_backward(self, node: Node) -> None:
        where = f"{type(node.layer).__name__}.backward"
        returned = node.layer.backward(snapshot(node.output.grad))
        grads = list(returned) if isinstance(returned, tuple) else [returned]
        node.grads = _match_gradients(node, grads, where)
        for key in node.parameters:
            if not hasattr(node.layer, f"d{key}"):
                raise AttributeError(
                    f"{where}: expected it to keep the gradient of {key} as d{key}, got no such "
                    f"attribute. Set self.d{key} in backward."
                )
            node.grads.append(getattr(node.layer, f"d{key}"))
        for value, grad in zip(node.inputs, node.grads, strict=True):
            if grad is None:
                continue
            if np.shape(grad) != np.shape(value.value):
                raise ValueError(
                    f"{where}: expected the gradient of {value.name or 'its input'!r} in its "
                    f"shape, {np.shape(value.value)}, got {np.shape(grad)}."
                )
            value.grad = snapshot(grad) if value.grad is None else value.grad + grad


def snapshot(value: Any) -> Any:
    """Return `value`, copied if it is an array, so that later changes do not affect the graph."""
    return np.array(value) if isinstance(value, np.ndarray) else value


def parameters_of(layer: Any) -> list[str]:
    """Return the attributes of a layer that are arrays with a parameter's name."""
    names = dict.fromkeys(name for known in LAYERS.values() for name in known.parameters)
    return [name for name in names if isinstance(getattr(layer, name, None), np.ndarray)]


def _real(value: Any, name: str) -> Any:
    """Return plain numbers unchanged, so that 2 stays an integer, and all else as floats."""
    array = as_floats(value, name)
    return value if type(value) in (int, float) else array


def _check_layer(graph: Tape, layer: Any) -> str:
    """Refuse a layer that is invalid or already in the graph; return its name for messages."""
    where = f"Graph.apply({type(layer).__name__})"
    if isinstance(layer, type):
        raise TypeError(
            f"Graph.apply: layer: expected a layer, got the class {layer.__name__} itself. "
            f"Make one: {layer.__name__}()."
        )
    for method in ("forward", "backward"):
        if not callable(getattr(layer, method, None)):
            raise TypeError(
                f"{where}: layer: expected an object with forward and backward, "
                f"got one without {method}. Give its class that method."
            )
    if any(node.layer is layer for node in graph.nodes):
        raise ValueError(
            f"{where}: layer: expected a layer of its own for every node, got one that is "
            "already in this graph. A second forward would overwrite what its backward "
            f"needs. Make another: {type(layer).__name__}(...)."
        )
    return where


def _check_value(graph: Tape, value: Any, where: str) -> None:
    """Refuse anything but a value of this graph."""
    if not isinstance(value, Value):
        raise TypeError(
            f"{where}: expected a value of this graph, got {value!r}. "
            'Make a leaf of it first: g.input("x", ...) or g.constant(...).'
        )
    if value.graph is not graph:
        raise ValueError(
            f"{where}: expected a value of this graph, got {value.name or 'one'!r} "
            "of another graph. Make a leaf for it here."
        )


def _match_gradients(node: Node, grads: list[Any], where: str) -> list[Any]:
    """Return one gradient, or None, for each argument of `forward`."""
    arguments = node.arguments
    wanting = [i for i, value in enumerate(arguments) if value.kind != "constant"]
    if any(grad is None for grad in grads):
        raise ValueError(f"{where}: expected gradients, got None. Does it end in a return?")
    if len(grads) == len(arguments):
        return grads
    if len(grads) == len(wanting):
        matched: list[Any] = [None] * len(arguments)
        for i, grad in zip(wanting, grads, strict=True):
            matched[i] = grad
        return matched
    raise ValueError(
        f"{where}: expected one gradient for each of {len(arguments)} inputs, "
        f"got {len(grads)}. Return them all; an input that needs none, such as targets t, "
        "goes in by g.constant."
    )


def _check_range(name: str, value: Any, span: Any) -> tuple[float, float, float]:
    """Return a slider's range as (first, last, step), or refuse it."""
    where = f"Graph.input: {name}: range"
    if getattr(value, "ndim", 0):
        raise ValueError(
            f"{where}: expected a number to slide, got an array of shape {value.shape}. "
            "Leave out range=."
        )
    try:
        first, last, step = map(float, span)
    except (TypeError, ValueError):
        raise TypeError(
            f"{where}: expected (first, last, step), got {span!r}. Write range=(0, 10, 0.5)."
        ) from None
    if not (first <= value <= last and first < last and 0 < step <= last - first):
        raise ValueError(
            f"{where}: expected first <= {value:g} <= last and a step that fits between, "
            f"got {span!r}. Write range=(0, 10, 0.5)."
        )
    number = float(value)
    stops = (number - first) / step
    # No step of a reasonable size hits log(3).
    if abs(stops - round(stops)) > 1e-6 and number == round(number, 6):
        raise ValueError(
            f"{where}: expected a step that hits the input's value, {number:g}, got {span!r}: the "
            f"stops next to it are {first + int(stops) * step:g} and "
            f"{first + (int(stops) + 1) * step:g}. Choose a smaller step, or another first."
        )
    return first, last, step
