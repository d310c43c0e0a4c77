"""A computational graph that runs as it is built, runs backwards, and draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_lib.graphs.figure import Figure
from course_lib.graphs.numbers import Show
from course_lib.graphs.svg import draw
from course_lib.graphs.tape import Tape, parameters_of


class Graph(Tape):
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

    @classmethod
    def from_network(cls, net: Any, x: Any, t: Any) -> Graph:
        """Return the graph of a network's loss; see :func:`course_lib.graphs.trace_network`."""
        return trace_network(net, x, t)

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
            for key in parameters_of(layer)
            for name, array in net.params.items()
            if getattr(layer, key) is array
        }
        out = g.apply(layer, out, params=params or None)
    g.apply(net.last_layer, out, g.constant(t, "t"), name="loss")
    g.backward(1)
    return g
