"""Read the cells of a notebook: an assignment's text notebook, or the bytes of a submission.

All of `course_lib.grading` imports `nbformat` from here, because this module speeds up its import.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.grading.course import CourseError
from course_lib.grading.sanitize import encodable, printable

# If this package is installed, importing jsonschema, which nbformat does, builds a grammar of URLs:
# that takes 6.1 s instead of 0.7 s. Notebook schemas do not need the grammar.
_GRAMMAR = "rfc3987_syntax"
if "jsonschema" not in sys.modules and _GRAMMAR not in sys.modules:
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
    try:
        import jsonschema  # type: ignore[import-untyped]  # noqa: F401
    finally:
        del sys.modules[_GRAMMAR]

import nbformat as nbformat  # noqa: E402
from nbformat import NotebookNode as NotebookNode  # noqa: E402


def read_source(path: Path) -> NotebookNode:
    """Return the notebook in a text file of ``solutions/``.

    jupytext makes random cell ids. Here a cell's id is its ``grade_id`` or else a hash of its text:
    the same file gives the same bytes, and a new cell does not change the ids of the others.
    """
    import jupytext

    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist.") from None
    except Exception as error:
        # jupytext passes on all errors of the YAML and Markdown parsers
        raise CourseError(f"{path} can't be read as a text notebook: {error}") from None
    kernel = notebook.metadata.get("kernelspec")
    if not kernel:
        raise CourseError(
            f"{path} names no kernel. Begin it with the same lines, from --- to ---, as the other "
            "files in solutions/."
        )
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": kernel["language"]}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        cell["id"] = _cell_id(cell, seen)
    return notebook


def grade_id(cell: NotebookNode) -> str:
    """Return a cell's nbgrader id, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_solution(cell: NotebookNode) -> bool:
    """Return whether a cell is for a student's answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def _cell_id(cell: NotebookNode, seen: Counter[str]) -> str:
    name = grade_id(cell)
    if not name:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[name] += 1
        name += f"-{seen[name]}" if seen[name] > 1 else ""
    return name


def check_source(notebook: NotebookNode, path: Path) -> None:
    """Check a source notebook by nbgrader's rules; errors name the file and the cell."""
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        name = grade_id(cell)
        where = f"{path}, cell {number}" + (f" ({name})" if name else "")
        try:
            MetadataValidator().validate_cell(cell)
            for strip in (ClearSolutions(), ClearHiddenTests(), ClearMarkScheme()):
                strip.preprocess_cell(copy.deepcopy(cell), {"language": "python"}, number)
        except Exception as error:
            # nbgrader's reasons are ValidationErrors and bare RuntimeErrors
            reason = getattr(error, "message", str(error)).rstrip(".")
            raise CourseError(f"{where}: {reason}. AUTHORING.md shows a valid cell.") from None
        if name and name in seen:
            raise CourseError(f"{where}: an earlier cell has the same grade_id; give it another.")
        seen.add(name)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise CourseError(f"{path}: {error.message}") from None


# A list or an object takes two bytes of JSON, but about seventy in memory.
MOST_NESTED = 1_000_000
KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "html": "markdown"}


class Unreadable(Exception):
    """The bytes are not a notebook; the message says why in one sentence."""


@dataclass(frozen=True)
class RawCell:
    """The parts of a submitted cell that are read.

    Attributes
    ----------
    kind : str
        "code", "markdown" or "raw".
    source : str
    grade_id, id : str
        Empty if there is none.
    attachments : bool
        Whether something, probably a picture, was pasted into it.
    """

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    attachments: bool = False


def read_cells(data: bytes) -> tuple[list[RawCell], str]:
    """Return the cells, and a sentence about an irregular format or an empty string.

    Raises
    ------
    Unreadable
    """
    raw = _parse(data)
    if not isinstance(raw, dict):
        raise Unreadable("is not a notebook: its JSON is not an object")
    version = raw.get("nbformat")
    if isinstance(raw.get("cells"), list):
        cells, strange = raw["cells"], ""
        if version != 4:
            strange = f"it claims nbformat {printable(version, 20)}; it was read as nbformat 4"
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
        f"is not a notebook of a known format: nbformat is {printable(version, 20)}, and there is "
        "no list of cells"
    )


def _parse(data: bytes) -> Any:
    if not data.strip():
        raise Unreadable("is empty")
    if data.count(b"[") + data.count(b"{") > MOST_NESTED:
        raise Unreadable("contains more than a million lists and objects")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise Unreadable("is not text in UTF-8") from None
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"is not a notebook: invalid JSON ({printable(error, 100)})") from None


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
    return encodable(raw) if isinstance(raw, str) else ""


def _name(raw: Any) -> str:
    return raw if isinstance(raw, str) and len(raw) <= 200 else ""
