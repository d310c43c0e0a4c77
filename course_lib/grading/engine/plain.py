"""Text from a stranger, made fit to be printed."""

from __future__ import annotations

LIMIT = 300


def plain(text: object, limit: int = LIMIT) -> str:
    """Return text without anything that a terminal would act upon, and not too long.

    Line breaks, escape codes, marks that turn the direction of writing, halves of characters:
    each becomes a mark that says that something was there.
    """
    shown = "".join(c if c.isprintable() else "\ufffd" for c in str(text)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def whole(text: str) -> str:
    """Return text that can be written as UTF-8: halves of characters are marked."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text
