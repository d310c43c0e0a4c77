"""The figure: the drawing, the buttons that step through it, and the caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.graphs.numbers import Show
from course_lib.graphs.svg import draw

if TYPE_CHECKING:
    from course_lib.graphs.graph import Graph


def figure_html(graph: Graph, show: Show, backward: bool) -> str:
    """Return the figure of a graph; see :meth:`course_lib.graphs.Graph.html`."""
    return f'<figure class="bpg">{draw(graph, show, backward)}</figure>'
