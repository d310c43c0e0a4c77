"""Read the text notebook of an assignment, and give each cell an id that stays."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.grading.course import CourseError


def read_source(path: Path) -> NotebookNode:
    """Return the notebook that a text file in ``solutions/`` stands for.

    jupytext makes new random cell ids at each reading. Here a cell that nbgrader knows gets its
    ``grade_id`` as id, and any other one a hash of what it says: the same text gives the same
    bytes, and a new paragraph leaves the ids of the others alone.
    """
    import jupytext

    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist.") from None
    except Exception as error:
        # jupytext hands on whatever the YAML or Markdown parser raised
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
    """Return the name that nbgrader knows a cell by, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_solution(cell: NotebookNode) -> bool:
    """Return whether students write in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def _cell_id(cell: NotebookNode, seen: Counter[str]) -> str:
    name = grade_id(cell)
    if not name:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[name] += 1
        name += f"-{seen[name]}" if seen[name] > 1 else ""
    return name


def check_source(notebook: NotebookNode, path: Path) -> None:
    """Hold a source notebook against nbgrader's rules; an error names the file and the cell."""
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
            raise CourseError(f"{where}: {reason}. AUTHORING.md shows how a cell looks.") from None
        if name and name in seen:
            raise CourseError(f"{where}: an earlier cell has the same grade_id; give it another.")
        seen.add(name)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise CourseError(f"{path}: {error.message}") from None
