"""Merge a student's answers into the instructor's notebook of an assignment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.course import Course, CourseError
from course_lib.grading.names import statements
from course_lib.grading.notebooks import NotebookNode, RawCell, grade_id, is_solution, nbformat
from course_lib.grading.sanitize import printable

LONGEST_ANSWER = 200_000
LONGEST_EXTRA = 100_000
MOST_EXTRA = 200
MOST_EXTRA_TEXT = 1_000_000


@dataclass(frozen=True)
class Blueprint:
    """The instructor's notebook, with blank answers and complete grade cells.

    Attributes
    ----------
    notebook : NotebookNode
        The released notebook; the text of its locked cells is that of the source notebook, which
        may hold hidden tests.
    version : bytes
        The bytes of both notebooks.
    models : mapping of str to str
        The model solutions of the tasks with code: source by grade_id.
    answers : frozenset of str
        The names that the solution cells bind, blank or with the model solution.
    """

    notebook: NotebookNode
    version: bytes
    models: Mapping[str, str] = field(default_factory=dict)
    answers: frozenset[str] = frozenset()

    def filled(self, raw: Sequence[RawCell]) -> Filled:
        """Return the notebook with a student's answers."""
        return _Filling(self.notebook, raw).fill()

    def knows(self, raw: Iterable[RawCell]) -> int:
        """Return how many of the solution cells a student has filled in."""
        blank = {grade_id(cell): cell.source for cell in self.notebook.cells if is_solution(cell)}
        return len(
            {
                name
                for cell in raw
                for name in (cell.grade_id or cell.id,)
                if name in blank and differs(cell.source, blank[name])
            }
        )

    def recognises(self, raw: Iterable[RawCell]) -> bool:
        """Return whether a student's notebook contains any cell of the assignment."""
        names = {name for cell in self.notebook.cells if (name := grade_id(cell))}
        return any(cell.grade_id in names or cell.id in names for cell in raw)


@dataclass
class Filled:
    """A rebuilt notebook, with problems for a person to look at, and notes."""

    notebook: NotebookNode
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_blueprint(course: Course, slug: str) -> Blueprint:
    """Return the released version of an assignment.

    Raises
    ------
    CourseError
        If it is not released.
    """
    source_path = course.sources / slug / f"{slug}.ipynb"
    try:
        released, source = course.released(slug).read_bytes(), source_path.read_bytes()
    except FileNotFoundError:
        raise CourseError(
            f"{slug} is not released yet, so nothing can be graded: run `course release {slug}`."
        ) from None
    try:
        notebook = _read(released)
        solved = _read(source).cells
        sources = {grade_id(cell): cell for cell in solved}
    except (ValueError, nbformat.ValidationError, json.JSONDecodeError) as error:
        raise CourseError(
            f"The released notebook of {slug} can't be read ({error}): run `course release {slug}`."
        ) from None
    for cell in notebook.cells:
        name = grade_id(cell)
        if name and not is_solution(cell) and name in sources:
            _restore_source(cell, sources[name].source)
    answers = frozenset(
        name
        for cell in (*notebook.cells, *solved)
        if is_solution(cell) and cell.cell_type == "code"
        for statement in statements(cell.source)
        for name in statement.bound
    )
    models = {
        grade_id(cell): cell.source
        for cell in solved
        if cell.cell_type == "code" and is_solution(cell)
    }
    return Blueprint(notebook, released + b"\0" + source, models, answers)


def _read(data: bytes) -> NotebookNode:
    """Return a notebook that `course release` wrote.

    `nbformat.reads` compiles its schema to validate, which is slow and needed only to add
    missing ids.
    """
    text = data.decode()
    notebook = nbformat.convert(nbformat.reader.reads(text), 4)
    if all("id" in cell for cell in notebook.cells):
        return notebook
    return nbformat.reads(text, as_version=4)


def _restore_source(cell: NotebookNode, source: str) -> None:
    """Set the text of a locked cell, with its hidden tests, and nbgrader's checksum of it."""
    if cell.source != source:
        from course_lib.grading.gradebook.nbgrader import import_gradebook

        import_gradebook()
        from nbgrader.utils import compute_checksum

        cell.source = source
        cell.metadata["nbgrader"]["checksum"] = compute_checksum(cell)


def differs(text: str, blank: str) -> bool:
    """Return whether a cell was filled in."""
    return text.strip() not in ("", blank.strip())


class _Filling:
    """One student's cells, matched with the instructor's."""

    def __init__(self, notebook: NotebookNode, raw: Sequence[RawCell]) -> None:
        self.base = notebook
        self.places = notebook.cells
        self.raw = raw
        self.problems: list[str] = []
        self.notes: list[str] = []
        # for each of the student's cells, the index of the matching instructor's cell
        self.place_of: dict[int, int] = {}
        self.claims: dict[int, list[int]] = {}

    def fill(self) -> Filled:
        self._match()
        notebook = nbformat.from_dict(
            {k: v for k, v in self.base.items() if k != "cells"} | {"cells": []}
        )
        chosen = {place: self._answer(place) for place in range(len(self.places))}
        extras = self._extras({i for i in chosen.values() if i is not None})
        notebook.cells += extras.get(-1, [])
        for place, original in enumerate(self.places):
            cell = nbformat.from_dict(original)
            i = chosen[place]
            if i is not None:
                cell.source = self.raw[i].source
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            notebook.cells += [cell, *extras.get(place, [])]
        return Filled(notebook, self.problems, self.notes)

    # --- match the cells ----------------------------------------------------------------------

    def _match(self) -> None:
        by_name = {grade_id(c): n for n, c in enumerate(self.places) if grade_id(c)}
        by_id = {str(c["id"]): n for n, c in enumerate(self.places)}
        by_text = {
            (c.cell_type, c.source.strip()): n
            for n, c in enumerate(self.places)
            if not is_solution(c)
        }
        for i, cell in enumerate(self.raw):
            if cell.grade_id in by_name:
                self._claim(i, by_name[cell.grade_id])
        # Some programs drop metadata, and grade ids with it. Cell ids and texts remain.
        for keys in (
            [(i, by_id.get(cell.id)) for i, cell in enumerate(self.raw)],
            [(i, by_text.get((c.kind, c.source.strip()))) for i, c in enumerate(self.raw)],
        ):
            for i, place in keys:
                if place is not None and i not in self.place_of and place not in self.claims:
                    self._claim(i, place)
                    if is_solution(self.places[place]):
                        self.notes.append(f"{self._name(place)} was recognised by its cell id.")
        for place, cell in enumerate(self.places):
            if is_solution(cell) and place not in self.claims:
                self._find_between(place)

    def _claim(self, i: int, place: int) -> None:
        self.place_of[i] = place
        self.claims.setdefault(place, []).append(i)

    def _find_between(self, place: int) -> None:
        """Match a missing answer with the only cell between its two neighbours."""
        before, after = self.claims.get(place - 1), self.claims.get(place + 1)
        if before is None or (after is None and place + 1 < len(self.places)):
            return
        end = after[0] if after else len(self.raw)
        between = [i for i in range(before[-1] + 1, end) if i not in self.place_of]
        if len(between) == 1 and self.raw[between[0]].kind == self.places[place].cell_type:
            self._claim(between[0], place)
            self.problems.append(
                f"{self._name(place)} had lost its id and was recognised by its position."
            )

    # --- choose the cells to keep -------------------------------------------------------------

    def _answer(self, place: int) -> int | None:
        """Return the student's cell with the answer, or None to keep the blank one."""
        cell, name = self.places[place], self._name(place)
        if not is_solution(cell):
            return None
        found = self.claims.get(place, [])
        if not found:
            self.problems.append(f"The cell {name} is missing; it counts as left blank.")
            return None
        written = [i for i in found if differs(self.raw[i].source, cell.source)]
        texts = {self.raw[i].source for i in written}
        if len(texts) > 1:
            self.problems.append(
                f"The cell {name} occurs {len(written)} times with different texts; the first "
                "is graded as the answer, and the others run where they are."
            )
        chosen = (written or found)[0]
        raw = self.raw[chosen]
        if len(raw.source) > LONGEST_ANSWER:
            self.problems.append(
                f"The cell {name} has {len(raw.source):,} characters, more than the "
                f"{LONGEST_ANSWER:,} that are read; it counts as left blank."
            )
            return None
        if raw.kind != cell.cell_type:
            self.problems.append(
                f"The cell {name} was changed from {cell.cell_type} to {raw.kind}; it was read as "
                f"{cell.cell_type}."
            )
        if raw.attachments:
            self.notes.append(f"A picture was pasted into {name}; it is in the submitted file.")
        return chosen

    def _extras(self, taken: set[int]) -> dict[int, list[NotebookNode]]:
        """Return the student's extra cells, by the index of the cell that they follow."""
        ids = {str(cell["id"]) for cell in self.places}
        extras: dict[int, list[NotebookNode]] = {}
        anchor, count, size, left_out = -1, 0, 0, 0
        for i, raw in enumerate(self.raw):
            place = self.place_of.get(i)
            if place is not None and self.claims[place][0] == i:
                anchor = place
            if i in taken or not raw.source.strip() or not self._is_added(i, place, taken):
                continue
            count, size = count + 1, size + len(raw.source)
            if len(raw.source) > LONGEST_EXTRA or count > MOST_EXTRA or size > MOST_EXTRA_TEXT:
                left_out += 1
                continue
            number = f"own-{count}"
            while number in ids:
                number += "x"
            extras.setdefault(anchor, []).append(_own_cell(raw, number))
        if left_out:
            self.problems.append(
                f"{left_out} of the student's own cells were left out: more than {MOST_EXTRA} of "
                f"them, or too long."
            )
        return extras

    def _is_added(self, i: int, place: int | None, taken: set[int]) -> bool:
        """Return whether the student added the cell."""
        if place is None:
            return True
        cell, text = self.places[place], self.raw[i].source
        if is_solution(cell):
            # a second copy with a different text
            return differs(text, cell.source) and text not in {self.raw[j].source for j in taken}
        # an edited explanation; edits to locked cells are dropped
        return not grade_id(cell) and text.strip() != cell.source.strip()

    def _name(self, place: int) -> str:
        return printable(grade_id(self.places[place]), 60)


def _own_cell(raw: RawCell, number: str) -> NotebookNode:
    cell: dict[str, Any] = {"id": number, "cell_type": raw.kind, "metadata": {}}
    cell["source"] = raw.source
    if raw.kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    return nbformat.from_dict(cell)
