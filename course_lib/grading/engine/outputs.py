"""Make what a student process says it showed small, well-formed and harmless."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from course_lib.grading.engine.shown import readable

_MOST_OUTPUTS = 20
_MOST_TEXT = 50_000
_MOST_PICTURE = 2_000_000
_PNG = b"\x89PNG\r\n\x1a\n"


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
        return {
            "output_type": "stream",
            "name": "stdout",
            "text": readable(output.get("text"), _MOST_TEXT),
        }
    if kind == "error":
        lines = output.get("traceback")
        lines = lines[:40] if isinstance(lines, list) else []
        return {
            "output_type": "error",
            "ename": readable(output.get("ename"), 100),
            "evalue": readable(output.get("evalue"), 2000),
            "traceback": [readable(line, 1000) for line in lines],
        }
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, dict):
        return {}
    shown = {"text/plain": readable(data.get("text/plain"), _MOST_TEXT)}
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
