"""matplotlib figures in a page: in its text colour, light or dark, with a text alternative."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")

# Placeholder for the text colour of the page.
TEXT = "#123456"

# Distinguishable for colour-blind readers; contrast of at least 3:1 on white and on dark pages.
BLUE, ORANGE, GREEN, PURPLE = "#3f8fd2", "#d9822b", "#2f9e6e", "#b565c7"

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "course",
    "font.size": 11,
    "axes.titlesize": 11,
    "text.color": TEXT,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def page_style() -> AbstractContextManager[None]:
    """Return the matplotlib context for drawing figures for :class:`on_page`."""
    import matplotlib.pyplot as plt

    context: AbstractContextManager[None] = plt.rc_context(_STYLE)
    return context


class on_page:
    """Show a figure on the page as inline SVG, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn in :func:`page_style`.
    alt : str
        The text alternative of the figure.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        import matplotlib.pyplot as plt

        if not alt.strip():
            raise ValueError("on_page: alt: expected words that tell what the figure shows.")
        file = io.StringIO()
        with page_style():
            figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        plt.close(figure)
        root = ElementTree.fromstring(file.getvalue())
        root.set("role", "img")
        root.set("aria-label", " ".join(alt.split()))
        for metadata in root.findall(f"{{{_SVG}}}metadata"):
            root.remove(metadata)
        for group in root.iter(f"{{{_SVG}}}g"):
            # Ids of groups would not be unique in a page with two figures.
            group.attrib.pop("id", None)
        svg = ElementTree.tostring(root, encoding="unicode")
        self.svg = svg.replace(TEXT, "currentColor").replace("'DejaVu Sans'", "system-ui")
        self.alt = alt

    def __repr__(self) -> str:
        return f"on_page(..., {self.alt!r})"

    def _repr_html_(self) -> str:
        return f'<div class="curve">{self.svg}</div>'
