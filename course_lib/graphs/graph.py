"""A computational graph: it runs layers when they are added, runs backward, and displays itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from course_lib.graphs.figure import Figure
from course_lib.graphs.numbers import Show
from course_lib.graphs.svg import draw
from course_lib.graphs.tape import Tape, parameters_of


class Graph(Tape):
    """A computational graph, recorded while its layers run.

    `input` and `constant` add leaves. `apply` runs a layer's `forward` at once. `backward` runs the
    layers' `backward` in reverse order. A notebook displays the graph as a figure that the reader
    can step through.

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
        """Return the drawing, a self-contained ``<svg>`` with all values.

        Parameters
        ----------
        show : {"values", "shapes", "both"}
            How edges show arrays. "values" writes out arrays of up to six elements and shows the
            shape of larger ones.
        backward : bool
            Whether gradients are drawn, if there are any.
        """
        return draw(self, show, backward)

    def figure(
        self,
        show: Show = "values",
        backward: bool = True,
        sliders: bool | Sequence[str] = True,
        ask: Literal["gradients"] | None = None,
    ) -> Figure:
        """Return the drawing with its player, for a notebook to display.

        A notebook also displays the graph itself, with the default options.

        Parameters
        ----------
        show, backward
            As for `svg`.
        sliders : bool or sequence of str
            Sliders change inputs in the page, which recomputes both passes without Python. They
            need a graph of plain numbers and of layers that the page knows (see
            :mod:`course_lib.graphs.live`). Names select the inputs that get a slider.
        ask : "gradients", optional
            The figure starts without gradients. In the backward pass it asks for each of them, and
            shows it once the reader has typed it (within 1 %) or given up. It asks for the numbers
            of an array of up to six elements, and for the shape of a larger one or with
            ``show="shapes"``. Sliders appear when all gradients are known. Without JavaScript and
            on paper, the gradients stand in a solution below.
        """
        return Figure(self, show, backward, sliders, ask)

    def _repr_html_(self) -> str:
        return self.figure().html


def trace_network(net: Any, x: Any, t: Any) -> Graph:
    """Run a network's loss forward and backward, and return its graph.

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
        # The layers hold the same arrays as `params`, which gives their names.
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
