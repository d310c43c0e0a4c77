"""Build a submission as a student would: fill in the solution cells of the released notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.grading.course import Course, CourseError, this_course
from course_lib.grading.source import grade_id, is_solution, read_source

_MARK = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", flags=re.MULTILINE)
_BLOCK = re.compile(r"^# %% +(\w+) *$", flags=re.MULTILINE)


def build_submission(
    slug: str, cells: Mapping[str, str], course: Course | None = None
) -> NotebookNode:
    """Return the released notebook with some of its solution cells filled in.

    Parameters
    ----------
    slug : str
        The assignment, as in "01_shopping_cart".
    cells : mapping of str to str
        The source of solution cells by grade_id; cells not named stay as they were released.
    course : Course, optional
        The copy of the course; the one that this package was installed from unless given.
    """
    path = (course or this_course()).released(slug)
    if not path.is_file():
        raise CourseError(f"{path} does not exist. Make it with `course release {slug}`.")
    notebook = nbformat.read(path, as_version=4)
    open_cells = {grade_id(cell): cell for cell in notebook.cells if is_solution(cell)}
    unknown = sorted(set(cells) - set(open_cells))
    if unknown:
        raise CourseError(
            f"{slug} has no solution cell {', '.join(unknown)}; it has {', '.join(open_cells)}."
        )
    for name, source in cells.items():
        open_cells[name].source = source.strip("\n")
    return notebook


def read_submission_file(path: Path) -> dict[str, str]:
    """Return the cells of a file in ``tests/submissions/``: source by grade_id.

    The file is Python; each line ``# %% <grade_id>`` begins a cell, and what stands before the
    first of them describes the file.
    """
    _description, *parts = _BLOCK.split(path.read_text(encoding="utf-8"))
    names = parts[::2]
    if not names:
        raise CourseError(f"{path} has no cell: begin each with a line `# %% <grade_id>`.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CourseError(f"{path} has two cells for {', '.join(repeated)}; each has only one.")
    return {
        name: source.strip("\n") + "\n" for name, source in zip(names, parts[1::2], strict=True)
    }


def model_cells(slug: str, *, solved: bool = False, course: Course | None = None) -> dict[str, str]:
    """Return the code cells of the model solution: source by grade_id, in the notebook's order.

    Parameters
    ----------
    slug : str
        The assignment.
    solved : bool
        Keep the marks ``### BEGIN SOLUTION`` and ``### END SOLUTION`` around what is solved.
    course : Course, optional
        The copy of the course; the one that this package was installed from unless given.
    """
    notebook = read_source((course or this_course()).source(slug))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and is_solution(cell)]
    return {grade_id(c): c.source if solved else _MARK.sub("", c.source) for c in cells}


def written_cells(slug: str, course: Course | None = None) -> list[str]:
    """Return the grade_id of each solution cell that is answered in words."""
    notebook = read_source((course or this_course()).source(slug))
    return [grade_id(c) for c in notebook.cells if c.cell_type == "markdown" and is_solution(c)]
