"""Let a stranger's picture into a page only if it has the form of one, and a bearable size.

No picture is decoded here: the grader need not run a decoder on what a stranger made.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

MOST_BYTES = 400_000
MOST_PIXELS = 4_000_000
_MOST_SIDE = 5_000

_PNG = b"\x89PNG\r\n\x1a\n"
# All that a still picture needs. Others can hold texts, or turn it into a film.
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND")
_JPEG_SIZES = (0xC0, 0xC1, 0xC2)


@dataclass(frozen=True)
class Picture:
    """A picture as an address that holds it, and its size in pixels."""

    address: str
    width: int
    height: int


def picture(kind: str, encoded: object) -> Picture | None:
    """Return a picture of a notebook's output, or None if it is none.

    Parameters
    ----------
    kind : str
        "image/png" or "image/jpeg".
    encoded : object
        In base 64, as the notebook format has it.
    """
    if not isinstance(encoded, str) or len(encoded) > MOST_BYTES * 4 // 3 + 4:
        return None
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
        made = {"image/png": _png, "image/jpeg": _jpeg}[kind](data)
    except (binascii.Error, ValueError, KeyError, IndexError, struct.error):
        return None
    if made is None:
        return None
    data, width, height = made
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE) or width * height > MOST_PIXELS:
        return None
    return Picture(f"data:{kind};base64,{base64.b64encode(data).decode()}", width, height)


def _png(data: bytes) -> tuple[bytes, int, int] | None:
    """Return a PNG with nothing in it but what draws it, and its size."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    kept, at, name = [_PNG], len(_PNG), b""
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
    if not data.startswith(b"\xff\xd8") or not data.endswith(b"\xff\xd9"):
        return None
    at = 2
    while data[at] == 0xFF:
        kind, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return data, width, height
        at += 2 + length
    return None
