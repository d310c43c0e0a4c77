"""Read the cells of a notebook: an assignment's text notebook, or the bytes of a submission.

All of `course_lib.grading` imports `nbformat` from here, because this module speeds up its import.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.grading.course import CourseError
from course_lib.grading.sanitize import attached, encodable, printable

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


def is_check(cell: NotebookNode) -> bool:
    """Return whether a cell grades code, and is the instructor's alone."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("grade")) and not about.get("solution")


_DEFINITION = re.compile(
    r"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*=(?!=)|"
    r"(?:from[ \t]+\S+[ \t]+)?import[ \t]+(\([^)]*\)|[^\n#;]+))",
    re.MULTILINE,
)


def defined(source: str) -> set[str]:
    """Return the classes, functions, variables and imports that code defines at its left margin.

    It is not parsed: a stranger's code could make that expensive.
    """
    names = set()
    for function, variable, imported in _DEFINITION.findall(source):
        for part in imported.strip("() \t").split(","):
            names.add(part.split(" as ")[-1].strip().split(".")[0])
        names |= {function, variable}
    return names - {"", "*"}


_LONGEST_PROSE = 20_000


def is_prose(source: str) -> bool:
    """Return whether the text of a code cell is words: comments, strings, or no Python at all."""
    lines = source.splitlines()
    if len(source) > _LONGEST_PROSE:
        return False
    if any(line.lstrip()[:1] in ("%", "!", "?") or line.rstrip()[-1:] == "?" for line in lines):
        return False
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return not defined(source)
    return all(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for node in body
    )


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
    pictures : mapping
        The pictures pasted into it, as the notebook format has attachments.
    """

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_cells(data: bytes) -> tuple[list[RawCell], str]:
    """Return the cells, and sentences about what is irregular or an empty string.

    Raises
    ------
    Unreadable
    """
    raw, strange = _parse(data)
    cells, more = _cells_of(raw)
    return cells, "; ".join(filter(None, (strange, more)))


def _cells_of(raw: Any) -> tuple[list[RawCell], str]:
    if not isinstance(raw, dict):
        raise Unreadable("is not a notebook: its JSON is not an object")
    version = raw.get("nbformat")
    if isinstance(raw.get("cells"), list):
        cells, strange = raw["cells"], ""
        if version != 4:
            strange = f"it claims nbformat {printable(version, 20)}; it was read as nbformat 4"
        return _read_all(cells, strange)
    sheets = raw.get("worksheets")
    if version in (2, 3) and isinstance(sheets, list):
        cells = [
            cell
            for sheet in sheets
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
        return _read_all(cells, "")
    raise Unreadable(
        f"is not a notebook of a known format: nbformat is {printable(version, 20)}, and there is "
        "no list of cells"
    )


# The text of a JSON string may hold any number of brackets.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


def _parse(data: bytes) -> tuple[Any, str]:
    """Return the JSON value, and a sentence about bytes that had to be replaced."""
    if not data.strip():
        raise Unreadable("is empty")
    nested = data.count(b"[") + data.count(b"{")
    if nested > MOST_NESTED:
        nested -= sum(text.count(b"[") + text.count(b"{") for text in _STRING.findall(data))
    if nested > MOST_NESTED:
        raise Unreadable("contains more than a million lists and objects")
    encoding, strange = json.detect_encoding(data), ""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        count = max(text.count("\ufffd") - data.count("\ufffd".encode()), 1)
        strange = f"{count} byte{'s' * (count != 1)} of its text, not UTF-8, became \ufffd"
    try:
        # Control characters inside of a text do not make it unreadable.
        return json.loads(text, strict=False), strange
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except ValueError as error:
        if strange:
            raise Unreadable("is not text in UTF-8") from None
        raise Unreadable(f"is not a notebook: invalid JSON ({printable(error, 100)})") from None


MOST_PICTURES = 30 * 2**20
# Some programs write a pasted picture into the text.
_INLINE = re.compile(r"data:(image/[a-z.+-]{1,20});base64,([A-Za-z0-9+/=\s]*+)")


class _Pictures:
    """The pictures of a notebook's cells, within one limit."""

    def __init__(self) -> None:
        self.room = MOST_PICTURES
        self.left_out = 0

    def keep(self, raw: Any) -> dict[str, dict[str, str]]:
        """Return the valid pictures of a cell's attachments."""
        kept = {}
        for name, kinds in raw.items() if isinstance(raw, dict) else ():
            found = self._first(kinds) if isinstance(kinds, dict) else None
            if found and isinstance(name, str) and len(name) <= 200:
                kept[encodable(name)] = found
            else:
                self.left_out += 1
        return kept

    def inline(self, text: str, kept: dict[str, dict[str, str]]) -> str:
        """Return Markdown with the pictures in its text as attachments."""

        def move(match: re.Match[str]) -> str:
            found = self._first({match[1]: match[2]})
            if found is None:
                self.left_out += 1
                return "attachment:left-out"
            name = f"picture-{len(kept) + 1}"
            kept[name] = found
            return f"attachment:{name}"

        return _INLINE.sub(move, text)

    def _first(self, kinds: dict[Any, Any]) -> dict[str, str] | None:
        for kind, encoded in kinds.items():
            if isinstance(encoded, list):
                encoded = "".join(part for part in encoded if isinstance(part, str))
            found = attached(kind, encoded)
            if found and len(found.address) <= self.room:
                self.room -= len(found.address)
                return {kind: found.address.partition(",")[2]}
        return None


def _read_all(raw: list[Any], strange: str) -> tuple[list[RawCell], str]:
    pictures = _Pictures()
    cells = list(_cells(raw, pictures))
    if pictures.left_out:
        left_out = (
            f"{pictures.left_out} of its pasted pictures can't be shown: not a valid PNG or JPEG, "
            "or too large; look into the submitted file"
        )
        strange = "; ".join(filter(None, (strange, left_out)))
    return cells, strange


def _cells(raw: list[Any], pictures: _Pictures) -> Iterator[RawCell]:
    for cell in raw:
        if isinstance(cell, dict):
            kind = cell.get("cell_type")
            if kind == "heading":
                yield RawCell("markdown", "# " + _text(cell.get("source")))
            elif isinstance(kind, str) and kind in KINDS:
                about = cell.get("metadata")
                grader = about.get("nbgrader") if isinstance(about, dict) else None
                # before nbformat 4, the text of a code cell was its input
                text = _text(cell.get("source", cell.get("input")))
                kept = pictures.keep(cell.get("attachments"))
                if KINDS[kind] == "markdown":
                    text = pictures.inline(text, kept)
                yield RawCell(
                    KINDS[kind],
                    text,
                    _name(grader.get("grade_id")) if isinstance(grader, dict) else "",
                    _name(cell.get("id")),
                    kept,
                )


def _text(raw: Any) -> str:
    if isinstance(raw, list):
        raw = "".join(line for line in raw if isinstance(line, str))
    return encodable(raw) if isinstance(raw, str) else ""


def _name(raw: Any) -> str:
    return raw if isinstance(raw, str) and len(raw) <= 200 else ""
