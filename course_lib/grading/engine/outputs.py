"""Make what a student process says it showed small, well-formed and harmless."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from course_lib.text import _

_MOST_OUTPUTS = 20
_MOST_TEXT = 50_000
_MOST_PICTURE = 2_000_000
_PNG = b"\x89PNG\r\n\x1a\n"

# Control characters (terminals obey them), and those that turn the direction of writing.
_CONTROLS = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean_text(text: object, most: int = _MOST_TEXT) -> str:
    """Return text without characters that act, and not too much of it."""
    if not isinstance(text, str):
        return ""
    cut = text[:most]
    more = _("\n... {count} more characters").format(count=len(text) - most)
    return _CONTROLS.sub("", cut) + (more if len(text) > most else "")


def clean_outputs(outputs: Any) -> list[dict[str, Any]]:
    """Return a cell's outputs as the notebook format has them; what is none is left out."""
    if not isinstance(outputs, list):
        return []
    cleaned = [_clean(output) for output in outputs[:_MOST_OUTPUTS] if isinstance(output, dict)]
    return [output for output in cleaned if output]


def problem_output(text: str) -> dict[str, Any]:
    """Return what a cell shows whose process ended."""
    return {"output_type": "error", "ename": "Stopped", "evalue": text, "traceback": [text]}


def _clean(output: dict[Any, Any]) -> dict[str, Any]:
    kind = output.get("output_type")
    if not isinstance(kind, str):
        return {}
    if kind == "stream":
        return {"output_type": "stream", "name": "stdout", "text": clean_text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        lines = lines[:40] if isinstance(lines, list) else []
        return {
            "output_type": "error",
            "ename": clean_text(output.get("ename"), 100),
            "evalue": clean_text(output.get("evalue"), 2000),
            "traceback": [clean_text(line, 1000) for line in lines],
        }
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, dict):
        return {}
    shown = {"text/plain": clean_text(data.get("text/plain"))}
    if picture := _picture(data.get("image/png")):
        shown["image/png"] = picture
    made: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": shown}
    if kind == "execute_result":
        count = output.get("execution_count")
        made["execution_count"] = count if type(count) is int and 0 < count < 10_000 else None
    return made


def _picture(encoded: Any) -> str:
    """Return a PNG, encoded again by ourselves, if it is one."""
    if not isinstance(encoded, str) or len(encoded) > _MOST_PICTURE:
        return ""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(raw).decode() if raw.startswith(_PNG) else ""
