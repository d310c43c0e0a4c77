"""Sanitize students' text, outputs and pictures for terminals and pages.

Everything from a student is untrusted: control characters are replaced, sizes are bounded, HTML is
sanitized, and pictures must be well-formed.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from jinja2 import pass_context
from markupsafe import Markup

from course_lib.text import _

LIMIT = 300


def printable(text: object, limit: int = LIMIT) -> str:
    """Return at most `limit` characters of text on one line, without control characters.

    Line breaks, escape codes, direction marks and lone surrogates become U+FFFD.
    """
    shown = "".join(c if c.isprintable() else "\ufffd" for c in str(text)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def encodable(text: str) -> str:
    """Return text that can be encoded as UTF-8: lone surrogates become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


_LONGEST_LINE = 2000

# Escape sequences: colours and cursor moves, titles and links, single commands.
_ESCAPES = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]?|[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~]?)"
)
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Direction marks and zero-width characters can make code look like other code.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def printable_text(text: object, most: int = 20_000) -> str:
    """Return at most `most` characters of multi-line text, without control characters.

    Direction marks and invisible characters are shown as their code points.
    """
    if not isinstance(text, str):
        return ""
    cut = text[:most]
    # Of a line overwritten with carriage returns, as by a progress bar, keep the last state.
    lines = _ESCAPES.sub("", cut).split("\n")
    cut = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    cut = _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", cut)
    cut = _UNREADABLE.sub("\ufffd", cut)
    if len(text) > most:
        left_out = f"{len(text) - most:,}"
        cut += _("\n… {count} more characters are left out here.").format(count=left_out)
    return cut


def first_lines(text: str, most: int) -> str:
    """Return the first `most` lines of a text, each cut to a maximal length."""
    lines = text.split("\n")
    kept = [line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…" for line in lines]
    if len(kept) > most:
        left_out = f"{len(kept) - most:,}"
        kept = [*kept[:most], _("… {count} more lines are left out here.").format(count=left_out)]
    return "\n".join(kept)


@lru_cache(maxsize=200)
def highlighted(code: str) -> Markup:
    """Return Python code as HTML with syntax highlighting.

    The cache serves code that many students share, such as unchanged cells.
    """
    lexer, css = _lexer()
    runs: list[tuple[str, list[str]]] = [("", [])]
    for _index, kind, text in lexer.get_tokens_unprocessed(code):
        name = runs[-1][0] if text.isspace() else css(kind)
        if name != runs[-1][0]:
            runs.append((name, []))
        runs[-1][1].append(text)
    parts = ((name, html.escape("".join(texts))) for name, texts in runs)
    return Markup(
        "".join(f'<span class="{name}">{text}</span>' if name else text for name, text in parts)
    )


@cache
def _lexer() -> Any:
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    kinds = {
        Comment: "c",
        Keyword: "k",
        Operator.Word: "k",
        String: "s",
        Number: "m",
        Name.Function: "f",
        Name.Class: "f",
        Name.Decorator: "f",
        Name.Builtin: "b",
    }

    @cache
    def css(kind: Any) -> str:
        return next((name for family, name in kinds.items() if kind in family), "")

    return PythonLexer(), css


MOST_BYTES = 400_000
MOST_PIXELS = 4_000_000
_MOST_SIDE = 5_000

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
# The chunks of a still picture. Others can hold text, or animate it.
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND")
_JPEG_SIZES = (0xC0, 0xC1, 0xC2)


@dataclass(frozen=True)
class Picture:
    """A picture as a data URL, and its size in pixels."""

    address: str
    width: int
    height: int


def picture(kind: str, encoded: object) -> Picture | None:
    """Return a picture from a notebook's output, or None if it is invalid.

    Parameters
    ----------
    kind : str
        "image/png" or "image/jpeg".
    encoded : object
        In Base64, as in the notebook format.
    """
    return _picture_within(kind, encoded, MOST_BYTES, _MOST_SIDE, MOST_PIXELS)


# A photo of a page of paper is larger than a figure that code draws.
_MOST_ATTACHED = 12 * 2**20
_MOST_ATTACHED_SIDE = 16_000
_MOST_ATTACHED_PIXELS = 64_000_000


def attached(kind: object, encoded: object) -> Picture | None:
    """Return a picture that was pasted into a cell, as `picture` does, but up to larger limits."""
    limits = (_MOST_ATTACHED, _MOST_ATTACHED_SIDE, _MOST_ATTACHED_PIXELS)
    return _picture_within(kind, encoded, *limits)


def _picture_within(
    kind: object, encoded: object, most: int, side: int, pixels: int
) -> Picture | None:
    if not isinstance(encoded, str) or len(encoded) > most * 4 // 3 + 4:
        return None
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
        made = {"image/png": _png, "image/jpeg": _jpeg}[str(kind)](data)
    except (binascii.Error, ValueError, KeyError, IndexError, struct.error):
        return None
    if made is None:
        return None
    data, width, height = made
    if not (0 < width <= side and 0 < height <= side) or width * height > pixels:
        return None
    return Picture(f"data:{kind};base64,{base64.b64encode(data).decode()}", width, height)


def _png(data: bytes) -> tuple[bytes, int, int] | None:
    """Return a PNG reduced to the chunks that draw it, and its size."""
    if not data.startswith(_PNG_HEAD) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    kept, at, name = [_PNG_HEAD], len(_PNG_HEAD), b""
    while name != b"IEND":
        length = struct.unpack_from(">I", data, at)[0]
        name, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            return None
        chunk = data[at:end]
        if binascii.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            return None
        if name in _PNG_CHUNKS:
            kept.append(chunk)
        at = end
    return b"".join(kept), width, height


def _jpeg(data: bytes) -> tuple[bytes, int, int] | None:
    """Return a JPEG, and its size."""
    end = data.rfind(b"\xff\xd9") + 2
    if not data.startswith(b"\xff\xd8") or end < 4:
        return None
    # Phones append more data after the picture's end.
    data = data[:end]
    at = 2
    while data[at] == 0xFF:
        kind, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return data, width, height
        at += 2 + length
    return None


_MOST_OUTPUTS = 20
_MOST_TEXT = 50_000
_MOST_PICTURE = 2_000_000
_MOST_TOGETHER = 8 * 2**20
_PNG = b"\x89PNG\r\n\x1a\n"


class Outputs:
    """The outputs of a submission's cells, which share one limit of size.

    Parameters
    ----------
    most : int
        Characters of all outputs together.
    """

    def __init__(self, most: int = _MOST_TOGETHER) -> None:
        self.left = most

    def clean(self, outputs: Any) -> list[dict[str, Any]]:
        """Return a cell's outputs in the notebook format, without malformed ones."""
        if not isinstance(outputs, list):
            return []
        cleaned = []
        for output in outputs[:_MOST_OUTPUTS]:
            made = _clean(output) if isinstance(output, dict) else {}
            # Each output costs something, so that very many empty ones end, too.
            size = _size(made) + 100
            if made and self.left < size:
                cleaned.append(_left_out())
                break
            if made:
                self.left -= size
                cleaned.append(made)
        return cleaned


def _size(output: Any) -> int:
    """Return the number of characters that JSON needs for an output's texts and pictures."""
    if isinstance(output, str):
        return len(output) if output.isascii() else 6 * len(output)
    if isinstance(output, dict):
        return sum(map(_size, output.values()))
    return sum(map(_size, output)) if isinstance(output, list) else 0


def _left_out() -> dict[str, Any]:
    text = _("… More output is left out here: the outputs of this notebook are too large.\n")
    return {"output_type": "stream", "name": "stdout", "text": text}


def problem_output(text: str) -> dict[str, Any]:
    """Return the output of a cell whose process ended."""
    return {"output_type": "error", "ename": "Stopped", "evalue": text, "traceback": [text]}


def _clean(output: dict[Any, Any]) -> dict[str, Any]:
    kind = output.get("output_type")
    if not isinstance(kind, str):
        return {}
    if kind == "stream":
        return {
            "output_type": "stream",
            "name": "stdout",
            "text": printable_text(output.get("text"), _MOST_TEXT),
        }
    if kind == "error":
        lines = output.get("traceback")
        lines = lines[:40] if isinstance(lines, list) else []
        return {
            "output_type": "error",
            "ename": printable_text(output.get("ename"), 100),
            "evalue": printable_text(output.get("evalue"), 2000),
            "traceback": [printable_text(line, 1000) for line in lines],
        }
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, dict):
        return {}
    shown = {"text/plain": printable_text(data.get("text/plain"), _MOST_TEXT)}
    if picture := _picture(data.get("image/png")):
        shown["image/png"] = picture
    made: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": shown}
    if kind == "execute_result":
        count = output.get("execution_count")
        made["execution_count"] = count if type(count) is int and 0 < count < 10_000 else None
    return made


def _picture(encoded: Any) -> str:
    """Return a PNG, decoded and encoded again, or an empty string if it is not a PNG."""
    if not isinstance(encoded, str) or len(encoded) > _MOST_PICTURE:
        return ""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(raw).decode() if raw.startswith(_PNG) else ""


TAGS = {
    *("a", "abbr", "acronym", "b", "blockquote", "br", "code", "div", "em", "hr", "i", "img"),
    *("li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "u", "ul"),
    *("dd", "details", "dl", "dt", "figcaption", "figure", "summary"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
    *("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
ATTRIBUTES = {
    "*": {"class", "style", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    **{heading: {"id"} for heading in ("h1", "h2", "h3", "h4", "h5", "h6")},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
LINKS = ("", "http", "https", "mailto")
# No web addresses for pictures: they would track the readers of the page.
PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")
# nh3 decides what is safe; by default it drops these tags together with their text.
_OTHER_TAG = re.compile(rf"<(?!/?(?:{'|'.join(sorted(TAGS))})[\s/>]|!--)", flags=re.IGNORECASE)


def clean_html(html: str) -> str:
    """Return HTML without scripts, forms, frames and style sheets.

    Tags that are not allowed are written out as text: an answer such as ``a <b and c> d`` stays
    readable.
    """
    return _cleaner().clean(_OTHER_TAG.sub("&lt;", str(html)))


@pass_context
def markdown2html(context: Mapping[str, Any], source: str) -> str:
    """Return a cell's Markdown as HTML without scripts, forms, frames and style sheets.

    Pictures that were pasted into the cell become part of the page.
    """
    # Only nbgrader's pages need it; grading a class should not import mistune.
    from nbconvert.filters import markdown2html as convert

    for name, kinds in (context.get("cell") or {}).get("attachments", {}).items():
        for kind, encoded in kinds.items():
            if found := attached(kind, encoded):
                for written in (f"<attachment:{name}>", f"attachment:{quote(name)}"):
                    source = source.replace(written, found.address)
    # nbconvert stops at an attachment that is missing.
    return clean_html(convert(re.sub(r"attachment:(?=\S)", "attachment ", source)))


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_allowed,
        url_schemes={*LINKS, "data"},
        filter_style_properties={"color", "font-style", "font-weight", "padding", "text-align"},
    )


def _allowed(_tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value, or None to remove the attribute."""
    if name == "src":
        return value if value.startswith(PICTURES) else None
    if name == "href":
        try:
            return value if urlsplit(value).scheme in LINKS else None
        except ValueError:
            return None
    return value
