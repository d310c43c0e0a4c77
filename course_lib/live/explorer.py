"""The base class of the explorers: widgets in a live notebook, and a script in a page."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from course_lib.live.page import in_page
from course_lib.progress import in_live_notebook

if TYPE_CHECKING:
    from course_lib.figures import on_page

# Seconds to wait after a change, so that several clicks in a row need one drawing.
DELAY = 0.15

INSTALL = "pip install 'backprop-course[draw]'"


class Explorer(ABC):
    """A picture with controls that change it.

    A live notebook displays it with widgets. Without a kernel, as in the built book, a script in
    the page runs the controls.

    Parameters
    ----------
    live : bool, optional
        Whether to show widgets. By default, they are shown in a notebook that a person executes,
        if ipywidgets is installed.

    Attributes
    ----------
    controls : dict of str to widget
        By the name of the setting; empty until :meth:`widget` is called.
    picture : widget
        Holds the drawing as HTML; None until :meth:`widget` is called.
    """

    # Name of the JavaScript file beside this module that runs in a page.
    script: ClassVar[str]

    def __init__(self, live: bool | None = None) -> None:
        if live not in (True, False, None):
            raise TypeError(f"live: expected True, False or None, got {live!r}.")
        if find_spec("matplotlib") is None:
            raise ModuleNotFoundError(f"The explorers need matplotlib. Install it: {INSTALL}.")
        if live and find_spec("ipywidgets") is None:
            raise ModuleNotFoundError(
                f"live: True needs ipywidgets. Install it ({INSTALL}), or leave live out."
            )
        self.live = live
        self.controls: dict[str, Any] = {}
        self.picture: Any = None
        self._box: Any = None
        self._waiting: asyncio.TimerHandle | None = None

    @abstractmethod
    def draw(self, *args: Any, **kwargs: Any) -> on_page:
        """Return the picture for one choice of settings, named like the controls."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return the trained results for the script in a page, ready for JSON."""

    @abstractmethod
    def still(self) -> on_page:
        """Return a picture for print and for pages without scripts."""

    @abstractmethod
    def _make_controls(self) -> dict[str, Any]:
        """Return widgets with a value, by the name of the setting."""

    def _arrange(self) -> list[Any]:
        """Return the contents of the widget, from top to bottom."""
        return [*self.controls.values(), self.picture]

    def widget(self) -> Any:
        """Return the controls with the picture below them; the same widget at each call."""
        import ipywidgets

        if self._box is None:
            self.controls = self._make_controls()
            self.picture = ipywidgets.HTML()
            self._redraw()
            for control in self.controls.values():
                control.observe(self._follow, "value")
            self._box = ipywidgets.VBox(self._arrange())
        return self._box

    def _follow(self, _change: Any) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # without a kernel there is no event loop: draw at once
            self._redraw()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = loop.call_later(DELAY, self._redraw)

    def _redraw(self) -> None:
        settings = {name: control.value for name, control in self.controls.items()}
        self.picture.value = self.draw(**settings)._repr_html_()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(live={self.live})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        has_widgets = find_spec("ipywidgets") is not None
        live = in_live_notebook() and has_widgets if self.live is None else self.live
        if live:
            # The HTML shows when the saved notebook is opened without a kernel.
            bundle = dict(self.widget()._repr_mimebundle_())
            html = self.picture.value + note("Run this cell again to get its sliders back.")
        else:
            bundle = {}
            html = in_page(self.script, self.data(), self.still()._repr_html_())
            html += note(_how_to_go_live(has_widgets))
        return bundle | {"text/html": html, "text/plain": repr(self)}


def note(text: str) -> str:
    """Return a sentence below a picture."""
    return f"<p>{text}</p>"


def _how_to_go_live(has_widgets: bool) -> str:
    if has_widgets:
        return (
            "To run the course's layers with these sliders, download this page as a notebook and "
            "run this cell."
        )
    return (
        "To run the course's layers with these sliders, install ipywidgets "
        f"(<code>{INSTALL}</code>) and run this cell again in a notebook."
    )


def slider(label: str, options: list[Any], value: Any) -> Any:
    """Return a slider over `options` that changes its value when it is released."""
    import ipywidgets

    return ipywidgets.SelectionSlider(
        options=options,
        value=value,
        description=label,
        continuous_update=False,
        style={"description_width": "8em"},
        layout={"width": "min(28em, 100%)"},
    )
