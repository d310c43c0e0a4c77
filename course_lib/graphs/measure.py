"""How much room text takes, without a browser to ask: never less than a common font needs."""

from __future__ import annotations

import re
import unicodedata

# Advance widths in em of DejaVu Sans, the widest of the fonts that the drawing may meet.
_WIDTHS = (
    ("'ijlIJ", 0.30),
    (" .,·:;/|f-ᵀt()[]²", 0.39),
    (".,:; ", 0.34),
    ("r_szc", 0.55),
    ("LkFvxyP", 0.60),
    ("wm", 0.98),
    ("W@", 1.0),
    ("×÷−+=<>∞", 0.84),
)
# In bold.
BOLD = 1.1
_WIDTH_OF = {char: width for chars, width in _WIDTHS for char in chars}


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of `text` at font size `size`, in pixels."""
    return size * sum(map(_char_width, text))


def _char_width(char: str) -> float:
    if char in _WIDTH_OF:
        return _WIDTH_OF[char]
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.78 if char.isupper() else 0.64


def wrap(text: str, size: float, limit: float) -> list[str]:
    """Break `text` into lines of at most `limit` pixels, between words and not inside brackets."""
    lines: list[str] = []
    for word in re.findall(r"(?:\([^()]*\)|\S)+", text):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size) <= limit:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines or [""]
