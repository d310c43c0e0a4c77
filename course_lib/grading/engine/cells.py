"""Find the cells in the bytes of a notebook, whatever program or person wrote them.

Nothing here trusts the notebook's own words: not its version, not the kinds of its values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_lib.grading.engine.plain import plain, whole

# As JSON, a list or an object takes two bytes, and in memory about seventy.
MOST_NESTED = 1_000_000
KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "html": "markdown"}


class Unreadable(Exception):
    """The bytes are no notebook; the message says why, in a sentence."""


@dataclass(frozen=True)
class RawCell:
    """What is taken from a cell.

    Attributes
    ----------
    kind : str
        "code", "markdown" or "raw".
    source : str
    grade_id, id : str
        Empty if there is none.
    attachments : bool
        Whether something was pasted into it, a picture most likely.
    """

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    attachments: bool = False


def read_cells(data: bytes) -> tuple[list[RawCell], str]:
    """Return the cells, and a sentence if something about the notebook is strange.

    Raises
    ------
    Unreadable
    """
    raw = _parse(data)
    if not isinstance(raw, dict):
        raise Unreadable("is no notebook: its JSON is no object")
    version = raw.get("nbformat")
    if isinstance(raw.get("cells"), list):
        cells, strange = raw["cells"], ""
        if version != 4:
            strange = f"it says that its format is nbformat {plain(version, 20)}; it was read as 4"
        return list(_cells(cells)), strange
    sheets = raw.get("worksheets")
    if version in (2, 3) and isinstance(sheets, list):
        cells = [
            cell
            for sheet in sheets
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
        return list(_cells(cells)), ""
    raise Unreadable(
        f"is no notebook of a known format: nbformat is {plain(version, 20)}, and there is no "
        "list of cells"
    )


def _parse(data: bytes) -> Any:
    if not data.strip():
        raise Unreadable("is empty")
    if data.count(b"[") + data.count(b"{") > MOST_NESTED:
        raise Unreadable("holds more than a million lists and objects")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise Unreadable("is not text in UTF-8") from None
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"is no notebook: invalid JSON ({plain(error, 100)})") from None


def _cells(raw: list[Any]) -> Iterator[RawCell]:
    for cell in raw:
        if isinstance(cell, dict):
            kind = cell.get("cell_type")
            if kind == "heading":
                yield RawCell("markdown", "# " + _text(cell.get("source")))
            elif isinstance(kind, str) and kind in KINDS:
                about = cell.get("metadata")
                grader = about.get("nbgrader") if isinstance(about, dict) else None
                yield RawCell(
                    KINDS[kind],
                    # before nbformat 4, the text of a code cell was its input
                    _text(cell.get("source", cell.get("input"))),
                    _name(grader.get("grade_id")) if isinstance(grader, dict) else "",
                    _name(cell.get("id")),
                    bool(cell.get("attachments")),
                )


def _text(raw: Any) -> str:
    if isinstance(raw, list):
        raw = "".join(line for line in raw if isinstance(line, str))
    return whole(raw) if isinstance(raw, str) else ""


def _name(raw: Any) -> str:
    return raw if isinstance(raw, str) and len(raw) <= 200 else ""
