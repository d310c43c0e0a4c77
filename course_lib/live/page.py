"""The HTML of an explorer in a page without a kernel: its data and its script."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.figures import BLUE, GREEN, ORANGE, PURPLE, on_page
from course_lib.graphs.svg import DARK, LIGHT

COLOURS = {"BLUE": BLUE, "ORANGE": ORANGE, "PURPLE": PURPLE}

# The scripts and the style sheets of each kind, beside those that all share.
_FIGURES = ("network", "descent")


def in_page(kind: str, data: dict[str, Any], still: str) -> str:
    """Return one self-contained piece of HTML.

    Parameters
    ----------
    kind : str
        Name of the script, `<kind>.js` beside this file.
    data : dict
        The data of the script, ready for JSON.
    still : str
        HTML for print, and for pages where no script runs; may be empty.
    """
    still = f'<div class="still">{still}</div>' if still else ""
    # "</script>" inside a string would end the script.
    numbers = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<div class="explorer {kind}" data-lm-suppress-shortcuts="true">'
        f"<style>{_style(kind)}</style>{still}"
        f'<script type="application/json" class="data">{numbers}</script>'
        f"<script>{_script(kind)}</script></div>"
    )


def drawn(still: Callable[[], on_page]) -> str:
    """Return the HTML of a still picture, or nothing where matplotlib is missing.

    Python in the page has matplotlib only after a cell that names it.
    """
    return still()._repr_html_() if find_spec("matplotlib") else ""


def pack(values: Array) -> str:
    """Return numbers in base64 for the page: bytes as bytes, others as float32."""
    kind = "u1" if values.dtype == np.uint8 else "<f4"
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def pack_parameters(params: dict[str, Array]) -> str:
    """Return the parameters of a network in base64, in the order of its layers."""
    return pack(np.concatenate([param.ravel() for param in params.values()]))


def _script(kind: str) -> str:
    shared = ["common.js", "figures.js"] if kind in _FIGURES else ["common.js"]
    text = "".join(map(_read, [*shared, f"{kind}.js"]))
    text = re.sub(r"^\s+|^\s*//.*\n", "", text, flags=re.MULTILINE)
    names: dict[str, Any] = {"KIND": kind, "COLOURS": list(COLOURS.values())}
    if kind in _FIGURES:
        names |= {"POSITIVE": _rgb(GREEN), "NEGATIVE": _rgb(PURPLE)}
    constants = "".join(f"const {name} = {json.dumps(v)};\n" for name, v in names.items())
    return f'(function () {{\n"use strict";\n{constants}{text}\nbeginAll();\n}})();'


def _style(kind: str) -> str:
    text = _read("style.css") + (_read("figures.css") if kind in _FIGURES else "")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for name, colour in COLOURS.items():
        text = text.replace(name, colour)
    for name, palette in {"LIGHT;": LIGHT, "DARK;": DARK}.items():
        colours = "".join(f"--{part}: {colour};" for part, colour in palette.items())
        text = text.replace(name, colours)
    return re.sub(r"\s+", " ", text).strip()


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
