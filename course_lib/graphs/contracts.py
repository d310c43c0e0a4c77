"""What a graph asks of the layers that are applied in it, said in full when it is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from course_lib.graphs.values import Node, Value

if TYPE_CHECKING:
    from course_lib.graphs.graph import Graph


def check_layer(graph: Graph, layer: Any) -> str:
    """Refuse what is no layer, or one that is in the graph already; return what to call it."""
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


def check_value(graph: Graph, value: Any, where: str) -> None:
    """Refuse what is no value of the graph."""
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


def match_gradients(node: Node, grads: list[Any], where: str) -> list[Any]:
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


def check_range(name: str, value: Any, span: Any) -> tuple[float, float, float]:
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
    return first, last, step
