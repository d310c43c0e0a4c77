"""The colours and the style sheet, for light and dark pages, for screen and paper."""

from __future__ import annotations

import re
from importlib.resources import files

# Text colours keep a contrast of at least 4.5:1 against every surface they stand on.
LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c2530",
    "line": "#76849a",
    "edge": "#d5dbe5",
    "forward": "#1d4ed8",
    "backward": "#b03a06",
    "node": "#edf2fd",
    "leaf": "#f5f6f8",
    "active": "#ffe9a8",
    "ring": "#8a5a00",
}
DARK = {
    "paper": "#161b22",
    "ink": "#e8ecf2",
    "line": "#8493ab",
    "edge": "#343d4b",
    "forward": "#8cb6ff",
    "backward": "#ffab70",
    "node": "#25324a",
    "leaf": "#212832",
    "active": "#574400",
    "ring": "#ffd257",
}


def style() -> str:
    """Return the style sheet with the palettes filled in."""
    text = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = text.replace("LIGHT;", _properties(LIGHT)).replace("DARK;", _properties(DARK))
    return re.sub(r"\s+", " ", text).strip()


def _properties(palette: dict[str, str]) -> str:
    return "".join(f"--bpg-{name}:{colour};" for name, colour in palette.items())
