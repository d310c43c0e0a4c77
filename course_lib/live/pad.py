"""A field of cells to draw on. It needs ipywidgets, so only live notebooks import it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import traitlets

# From no ink to full ink, light on dark as in MNIST.
_SHADES = ["#1a1a1a", "#4d4d4d", "#808080", "#b3b3b3", "#f2f2f2"]
_CELL = "1.2em"


class Pad(ipywidgets.GridBox):  # type: ignore[misc]
    """A square of cells; a click on a cell adds or removes its ink.

    Parameters
    ----------
    value : sequence of float
        Row by row, from 0 to 1.

    Attributes
    ----------
    value : tuple of float
        The ink of each cell. Clicks change it; assigning to it redraws the cells.
    """

    value = traitlets.Tuple()

    def __init__(self, value: Sequence[float]) -> None:
        self._side = int(len(value) ** 0.5)
        # Shared by all cells, because every style is an object in the browser.
        self._styles = [ipywidgets.ButtonStyle(button_color=shade) for shade in _SHADES]
        layout = ipywidgets.Layout(width=_CELL, height=_CELL, margin="0", padding="0")
        self._shown: list[float] = [0.0] * len(value)
        cells = []
        for i in range(len(value)):
            style = self._styles[0]
            cell = ipywidgets.Button(layout=layout, style=style, tooltip=self._words(i, 0.0))
            cell.on_click(lambda _, i=i: self._toggle(i))
            cells.append(cell)
        super().__init__(
            cells,
            layout=ipywidgets.Layout(
                grid_template_columns=f"repeat({self._side}, {_CELL})", grid_gap="1px"
            ),
        )
        self.value = tuple(map(float, value))

    @traitlets.observe("value")
    def _show(self, _change: Any) -> None:
        for i, ink in enumerate(self.value):
            if ink != self._shown[i]:
                shade = round(ink * (len(_SHADES) - 1))
                self.children[i].style = self._styles[shade]
                self.children[i].tooltip = self._words(i, ink)
        self._shown = list(self.value)

    def _toggle(self, i: int) -> None:
        ink = 0.0 if self.value[i] >= 0.5 else 1.0
        self.value = (*self.value[:i], ink, *self.value[i + 1 :])

    def _words(self, i: int, ink: float) -> str:
        row, column = divmod(i, self._side)
        return f"row {row + 1}, column {column + 1}: {100 * ink:.0f} % ink"
