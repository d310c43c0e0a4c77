"""The graph of a whole network."""

from __future__ import annotations

from typing import Any

from course_lib.graphs.graph import Graph


def trace_network(net: Any, x: Any, t: Any) -> Graph:
    """Run a network's loss forwards and backwards, and return the graph of it.

    Parameters
    ----------
    net : MultiLayerNet or TwoLayerNet
        Anything with `layers` (a dict, in order), `last_layer` and `params`.
    x : array_like, shape (N, D)
    t : array_like
        Targets, as `net.loss` takes them.

    Returns
    -------
    Graph
        With leaves x, t and every parameter under its name in `params`; the output is "loss".
    """
    missing = [key for key in ("layers", "last_layer", "params") if not hasattr(net, key)]
    if missing:
        raise TypeError(
            f"trace_network: net: expected a network with layers, last_layer and params, "
            f"got {type(net).__name__} without {', '.join(missing)}."
        )
    g = Graph()
    out = g.input("x", x)
    for layer in net.layers.values():
        # The layers hold the very arrays of `params`: that is what tells W1 from W2.
        params = {
            key: name
            for key in ("W", "b", "gamma", "beta")
            for name, array in net.params.items()
            if getattr(layer, key, None) is array
        }
        out = g.apply(layer, out, params=params or None)
    g.apply(net.last_layer, out, g.constant(t, "t"), name="loss")
    g.backward(1)
    return g
