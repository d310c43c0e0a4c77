"""A computational graph that runs as it is built, and then runs backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_lib.arrays import as_floats
from course_lib.graphs.contracts import check_layer, check_range, check_value, match_gradients
from course_lib.graphs.figure import Figure
from course_lib.graphs.numbers import Show
from course_lib.graphs.svg import draw
from course_lib.graphs.values import Kind, Node, Value, snapshot

# The attributes in which layers of this course hold what they learn.
_PARAMETERS = ("W", "b", "gamma", "beta")


class Graph:
    """A computational graph, recorded from layers that really run.

    Leaves are made by `input` and `constant`; `apply` runs a layer's `forward` at once; `backward`
    runs the layers' `backward` in exactly the reverse order. In a notebook the graph displays
    as a figure that can be stepped through.

    Examples
    --------
    >>> from course_lib.layers import MulLayer
    >>> g = Graph()
    >>> apple, number = g.input("apple", 100), g.input("number", 2)
    >>> price = g.apply(MulLayer(), apple, number, name="price")
    >>> g.backward(1)
    >>> price.value, apple.grad, number.grad
    (200.0, 2.0, 100.0)
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.nodes: list[Node] = []

    def __repr__(self) -> str:
        layers = ", ".join(type(node.layer).__name__ for node in self.nodes)
        return f"Graph({layers})"

    def input(
        self, name: str, value: Any, range: tuple[float, float, float] | None = None
    ) -> Value:
        """Add a leaf whose gradient is wanted, and return its handle.

        Parameters
        ----------
        name : str
        value : float or array_like
        range : (first, last, step), optional
            Where the input's slider goes, and in which steps, in figures that have sliders.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"Graph.input: expected a name and a value, got {name!r} for the name. "
                'Write g.input("x", 2.0).'
            )
        added = self._add_value(name, _real(value, f"Graph.input: {name}"), "input")
        if range is not None:
            added.range = check_range(name, added.value, range)
        return added

    def constant(self, value: Any, name: str = "") -> Value:
        """Add a leaf that stays as it is: a fixed number, or the targets of a loss.

        It is drawn smaller, without a gradient. Integer arrays (labels) stay integers.
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
        """Run ``layer.forward(*inputs)`` and return a handle on its result.

        Parameters
        ----------
        layer : object with `forward` and `backward`
            A layer of the course or anybody's own. One layer is one node: `forward` keeps what
            `backward` needs, so a second call would overwrite it.
        *inputs : Value
            Handles of this graph.
        name : str
            What to call the result.
        label : str, optional
            What to write into the node, in place of the class's symbol.
        rule : str or sequence of str, optional
            The local rule of `backward`, for each input: ``"dout * y"``.
        params : mapping, optional
            Attributes of the layer to draw as leaves, with their names: ``{"W": "W1"}``. Unless
            given, the attributes W, b, gamma and beta that the layer has; ``{}`` draws none.
        **options
            Passed on to `forward`.
        """
        where = check_layer(self, layer)
        for value in inputs:
            check_value(self, value, f"{where}: inputs")
        if not inputs:
            raise ValueError(f"{where}: expected at least one input, got none.")
        if params is None:
            params = {key: key for key in _PARAMETERS if _holds_array(layer, key)}
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
        """Send `dout` backwards from the output to every leaf.

        Parameters
        ----------
        dout : float or ndarray
            The upstream gradient that starts the pass, in the shape of the output.
        of : Value, optional
            Where to start. Needed only if several results are used by nobody.

        Notes
        -----
        A value used in several places receives a gradient from each: they add. Gradients of
        an earlier pass are forgotten first.
        """
        output = self._single_output() if of is None else of
        check_value(self, output, "Graph.backward: of")
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

    @classmethod
    def from_network(cls, net: Any, x: Any, t: Any) -> Graph:
        """Return the graph of a network's loss; see :func:`course_lib.graphs.trace_network`."""
        from course_lib.graphs.tracing import trace_network

        return trace_network(net, x, t)

    def outputs(self) -> list[Value]:
        """Return the results that nobody uses."""
        return [value for value in self.values if value.kind == "result" and not value.uses]

    def svg(self, show: Show = "values", backward: bool = True) -> str:
        """Return the drawing, a self-contained ``<svg>`` in which every value shows.

        Parameters
        ----------
        show : {"values", "shapes", "both"}
            What edges say of arrays. "values" writes out arrays of up to six elements and
            gives the shape of larger ones.
        backward : bool
            Whether gradients are drawn, if there are any.
        """
        return draw(self, show, backward)

    def figure(
        self,
        show: Show = "values",
        backward: bool = True,
        sliders: bool | Sequence[str] = True,
    ) -> Figure:
        """Return the drawing with its player, to be displayed by a notebook.

        The graph itself displays in the same way; this is for other than the usual choices.

        Parameters
        ----------
        show, backward
            As for `svg`.
        sliders : bool or sequence of str
            Sliders change inputs in the page and recompute both passes there, without Python.
            A graph can have them if it holds numbers only and layers that the page knows (see
            :mod:`course_lib.graphs.live`); others do without. Names ask for those alone.
        """
        return Figure(self, show, backward, sliders)

    def _repr_html_(self) -> str:
        return self.figure().html

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
        node.grads = match_gradients(node, grads, where)
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


def _real(value: Any, name: str) -> Any:
    """Return a number as it is, so that 2 stays a whole number, and all else as floats."""
    array = as_floats(value, name)
    return value if type(value) in (int, float) else array


def _holds_array(layer: Any, key: str) -> bool:
    return isinstance(getattr(layer, key, None), np.ndarray)
