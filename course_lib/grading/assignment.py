"""Merge a student's answers into the instructor's notebook of an assignment."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.course import Course, CourseError
from course_lib.grading.names import statements
from course_lib.grading.notebooks import (
    NotebookNode,
    RawCell,
    defined,
    grade_id,
    is_check,
    is_prose,
    is_solution,
    nbformat,
)
from course_lib.grading.sanitize import printable

LONGEST_ANSWER = 200_000

# A text with more than this share of its lines from a text of the assignment was made from it.
_MOSTLY = 0.5
LONGEST_EXTRA = 100_000
# Files of these kinds are no written answers.
NO_WRITING = (".py", ".csv", ".json", ".npy", ".npz", ".pkl", ".pickle", ".toml", ".yml", ".yaml")
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
    chapter : str
        The heading of the book's chapter, whose notebook students may submit by mistake.
    """

    notebook: NotebookNode
    version: bytes
    models: Mapping[str, str] = field(default_factory=dict)
    answers: frozenset[str] = frozenset()
    chapter: str = ""

    def filled(
        self, raw: Sequence[RawCell], beside: Mapping[str, Mapping[str, str]] | None = None
    ) -> Filled:
        """Return the notebook with a student's answers.

        Parameters
        ----------
        raw : sequence of RawCell
        beside : mapping of str to mapping, optional
            The files submitted beside the notebook, by name: the content of a picture or a text by
            its kind, as in the attachments of the notebook format; empty for other files.
        """
        return _Filling(self.notebook, raw, beside or {}).fill()

    def blanks(self) -> dict[str, str]:
        """Return the text of each blank answer, by its grade_id."""
        return {grade_id(cell): cell.source for cell in self.notebook.cells if is_solution(cell)}

    def defines(self, name: str) -> tuple[str, ...]:
        """Return the names that a blank answer defines and that no cell of the instructor's does.

        A blank answer must not replace what the student has defined in another cell.
        """
        given = {
            n
            for cell in self.notebook.cells
            if cell.cell_type == "code" and not is_solution(cell)
            for n in defined(cell.source)
        }
        return tuple(sorted(defined(self.blanks().get(name, "")) - given))

    def knows(self, raw: Iterable[RawCell]) -> int:
        """Return how many of the solution cells a student has filled in."""
        blank = self.blanks()
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
        # Some programs drop ids and metadata. The calls of the checks remain.
        checks = {cell.source.strip() for cell in self.notebook.cells if is_check(cell)}
        return any(
            cell.grade_id in names or cell.id in names or cell.source.strip() in checks
            for cell in raw
        )

    def is_chapter(self, raw: Iterable[RawCell]) -> bool:
        """Return whether a notebook is the book's chapter, without any cell of the assignment."""
        raw = list(raw)
        starts = (cell.source.lstrip().split("\n")[0].strip() for cell in raw)
        return bool(self.chapter) and self.chapter in starts and not self.recognises(raw)


@dataclass
class Filled:
    """A rebuilt notebook, with problems for a person to look at, and notes.

    Attributes
    ----------
    notebook : NotebookNode
    problems, notes : list of str
    answers : dict of str to str
        The student's answers by the solution cell's grade_id: its text if it was filled in, or
        else the text of the own cells that define its names.
    """

    notebook: NotebookNode
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


def read_blueprint(course: Course, slug: str) -> Blueprint:
    """Return the released version of an assignment.

    Raises
    ------
    CourseError
        If it is not released.
    """
    source_path = course.sources / slug / f"{slug}.ipynb"
    try:
        released, source = course.record(slug).read_bytes(), source_path.read_bytes()
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
    heading = _heading(course, slug)
    return Blueprint(notebook, released + b"\0" + source, models, answers, heading)


def _heading(course: Course, slug: str) -> str:
    """Return the first line of a chapter's text, or an empty string without the chapter."""
    try:
        lines = (course.root / "book" / f"{slug}.md").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((line.strip() for line in lines if line.startswith("# ")), "")


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

    def __init__(
        self,
        notebook: NotebookNode,
        raw: Sequence[RawCell],
        beside: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.base = notebook
        self.places = notebook.cells
        self.raw = raw
        self.beside = beside
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.answers: dict[str, str] = {}
        # answers that are defined in other cells, above or below their checks
        self.above: list[str] = []
        self.below: list[str] = []
        self.shown: set[str] = set()
        # for each of the student's cells, the index of the matching instructor's cell
        self.place_of: dict[int, int] = {}
        self.claims: dict[int, list[int]] = {}
        self.defined = [defined(c.source) if c.kind == "code" else set() for c in raw]

    def fill(self) -> Filled:
        self._match()
        notebook = nbformat.from_dict(
            {k: v for k, v in self.base.items() if k != "cells"} | {"cells": []}
        )
        chosen = {place: self._answer(place) for place in range(len(self.places))}
        self._tell_where()
        taken = {i for indexes, _answer in chosen.values() for i in indexes}
        last = {place: max(indexes) for place, (indexes, _) in chosen.items() if indexes}
        extras = self._extras(last, taken)
        notebook.cells += extras.get(-1, [])
        for place, original in enumerate(self.places):
            cell = nbformat.from_dict(original)
            _indexes, answer = chosen[place]
            if answer is not None:
                cell.source = answer.source
                if answer.pictures and cell.cell_type == "markdown":
                    cell["attachments"] = nbformat.from_dict(answer.pictures)
                if differs(answer.source, original.source):
                    self.answers[grade_id(cell)] = answer.source
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            notebook.cells += [cell, *extras.get(place, [])]
        pictures: dict[str, Any] = {}
        files = self._files([name for name in self.beside if name not in self.shown], pictures)
        if files:
            cell = RawCell("markdown", "\n\n".join(files), pictures=pictures)
            notebook.cells.append(_own_cell(cell, cell.source, "own-files"))
        return Filled(notebook, self.problems, self.notes, self.answers)

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
            if is_solution(cell) and cell.cell_type == "code" and place not in self.claims:
                self._find_between(place)

    def _claim(self, i: int, place: int) -> None:
        self.place_of[i] = place
        self.claims.setdefault(place, []).append(i)

    def _between(self, place: int) -> list[int]:
        """Return the student's other cells between the neighbours of an instructor's cell."""
        after = min((p for p in self.claims if p > place), default=None)
        end = len(self.raw) if after is None else self.claims[after][0]
        before = (i for i, p in self.place_of.items() if p < place and i < end)
        return [i for i in range(max(before, default=-1) + 1, end) if i not in self.place_of]

    def _find_between(self, place: int) -> None:
        """Match a missing answer with the cells between its neighbours that define its names."""
        wanted = self._names(place)
        others = {
            name
            for p, cell in enumerate(self.places)
            if is_solution(cell) and p != place
            for name in self._names(p)
        }
        code = [i for i in self._between(place) if self.raw[i].kind == "code"]
        found = [
            i for i in code if wanted and wanted <= self.defined[i] and not others & self.defined[i]
        ]
        for i in found:
            self._claim(i, place)
        if found:
            self.notes.append(f"{self._name(place)} was recognised by the names that it defines.")
        elif (
            len(code) == 1
            and place - 1 in self.claims
            and (place + 1 in self.claims or place + 1 == len(self.places))
            and not others & self.defined[code[0]]
        ):
            self._claim(code[0], place)
            self.problems.append(
                f"{self._name(place)} had lost its id and was recognised by its position."
            )

    def _names(self, place: int) -> set[str]:
        cell = self.places[place]
        return defined(cell.source) if cell.cell_type == "code" else set()

    # --- choose the cells to keep -------------------------------------------------------------

    def _answer(self, place: int) -> tuple[list[int], RawCell | None]:
        """Return the indexes of the student's cells with the answer, and the answer.

        Without an answer, the instructor's cell stays as it is.
        """
        cell = self.places[place]
        if not is_solution(cell):
            return [], None
        found = self.claims.get(place, [])
        written = [i for i in found if differs(self.raw[i].source, cell.source)]
        if not written:
            return self._blank(place, found)
        chosen = self._last_above_check(place, written)
        return ([chosen], self.raw[chosen]) if self._is_readable(place, chosen) else ([], None)

    def _last_above_check(self, place: int, written: list[int]) -> int:
        """Return the copy of an answer that its check meets: the last one above it."""
        end = self._check_after(place)
        chosen = ([i for i in written if i < end] or written[:1])[-1]
        if len({self.raw[i].source for i in written}) > 1:
            self.problems.append(
                f"The cell {self._name(place)} occurs {len(written)} times with different texts. "
                "The last one above its check is the answer; the others are kept where they are."
            )
        return chosen

    def _check_after(self, place: int) -> int:
        """Return the index of the student's copy of the next grade cell."""
        for p in range(place + 1, len(self.places)):
            if is_check(self.places[p]):
                return self.claims[p][0] if p in self.claims else len(self.raw)
        return len(self.raw)

    def _is_readable(self, place: int, chosen: int) -> bool:
        cell, name, raw = self.places[place], self._name(place), self.raw[chosen]
        if len(raw.source) > LONGEST_ANSWER:
            self.problems.append(
                f"The cell {name} has {len(raw.source):,} characters, more than the "
                f"{LONGEST_ANSWER:,} that are read; it counts as left blank."
            )
            return False
        if raw.kind != cell.cell_type:
            self.problems.append(
                f"The cell {name} was changed from {cell.cell_type} to {raw.kind}; it was read as "
                f"{cell.cell_type}."
            )
        return True

    def _blank(self, place: int, found: list[int]) -> tuple[list[int], RawCell | None]:
        """Return what the student gave in place of a cell that is blank or missing."""
        cell, name = self.places[place], self._name(place)
        if cell.cell_type == "code":
            self._find_elsewhere(place, bool(found))
        else:
            answer = self._words_beside(place, found)
            if answer is not None:
                return answer
            if not found:
                self.problems.append(f"The cell {name} is missing; it counts as left blank.")
        return found[:1], self.raw[found[0]] if found else None

    def _find_elsewhere(self, place: int, is_there: bool) -> None:
        """Find what a blank answer should define among the student's other cells."""
        name, wanted = self._name(place), self._names(place)
        own = [
            i for i, names in enumerate(self.defined) if wanted & names and self._own_text(i, set())
        ]
        if own:
            self.answers[name] = "\n".join(self.raw[i].source for i in own)
            (self.above if own[0] < self._check_after(place) else self.below).append(name)
        elif not is_there:
            self.problems.append(f"The cell {name} is missing; it counts as left blank.")

    def _tell_where(self) -> None:
        """Add sentences about answers that stand outside of their cells."""
        if self.above:
            names = ", ".join(self.above)
            self.notes.append(f"Blank or missing, but defined in another cell: {names}.")
        if self.below:
            self.problems.append(
                f"Blank or missing, and defined only below the check: {', '.join(self.below)}. "
                "Move the cell that defines them to the top of the submitted notebook and grade "
                "again, or give the points by hand."
            )

    def _words_beside(
        self, place: int, found: list[int]
    ) -> tuple[list[int], RawCell | None] | None:
        """Return the words, and files, that the student gave beside a blank written answer."""
        around = [i for i in self._between(place) if self.raw[i].source.strip()]
        around = [i for i in around if self.raw[i].kind != "code" or is_prose(self.raw[i].source)]
        # The answer may also stand in the cell with the question.
        asked = place - 1 if place and not grade_id(self.places[place - 1]) else -1
        question = self.claims.get(asked, [])[:1]
        parts = [_added(self.places[asked].source, self.raw[i].source) for i in question]
        parts += [self.raw[i].source.strip() for i in around]
        pictures: dict[str, Any] = {}
        for i in (*found[:1], *question, *around):
            pictures |= self.raw[i].pictures
        files = [name for name in self.beside if not name.lower().endswith(NO_WRITING)]
        parts = [*filter(str.strip, parts), *self._files(files, pictures)]
        if not parts and not pictures:
            return None
        self.notes.append(
            f"The cell {self._name(place)} was left blank; what was written or submitted beside it "
            "is shown as the answer."
        )
        text = "\n\n".join(parts)[:LONGEST_ANSWER] or "(a picture)"
        return [*found[:1], *around], RawCell("markdown", text, pictures=pictures)

    def _files(self, names: Iterable[str], pictures: dict[str, Any]) -> list[str]:
        """Return Markdown that shows files from beside the notebook; add their pictures."""
        parts = []
        for name in names:
            self.shown.add(name)
            title, content = printable(name, 100), self.beside[name]
            if "text/plain" in content:
                text = textwrap.indent(content["text/plain"], "    ")
                parts.append(f"Submitted beside the notebook: `{title}`\n\n{text}")
            elif content:
                pictures[title] = content
                parts.append(f"![{title}](<attachment:{title}>)")
            else:
                parts.append(f"Submitted beside the notebook: `{title}`")
        return parts

    def _extras(self, last: dict[int, int], taken: set[int]) -> dict[int, list[NotebookNode]]:
        """Return the student's extra cells, by the index of the cell that they follow.

        Parameters
        ----------
        last : dict of int to int
            For each of the instructor's cells with an answer, the index of its last cell.
        taken : set of int
            The indexes of all cells that are answers.
        """
        ids = {str(cell["id"]) for cell in self.places}
        extras: dict[int, list[NotebookNode]] = {}
        anchor, count, size, left_out = -1, 0, 0, 0
        for i, raw in enumerate(self.raw):
            place = self.place_of.get(i)
            if place is not None and i == last.get(place, self.claims[place][0]):
                anchor = place
            text = "" if i in taken else self._own_text(i, taken)
            if not text.strip() and not (raw.pictures and place is None):
                continue
            count, size = count + 1, size + len(text)
            if len(text) > LONGEST_EXTRA or count > MOST_EXTRA or size > MOST_EXTRA_TEXT:
                left_out += 1
                continue
            number = f"own-{count}"
            while number in ids:
                number += "x"
            extras.setdefault(anchor, []).append(_own_cell(raw, text, number))
        if left_out:
            self.problems.append(
                f"{left_out} of the student's own cells were left out: more than {MOST_EXTRA} of "
                f"them, or too long."
            )
        return extras

    def _own_text(self, i: int, taken: set[int]) -> str:
        """Return the text of a cell that the student added, or of what was added to one."""
        place, text = self.place_of.get(i), self.raw[i].source
        if place is None:
            return text if self.raw[i].kind == "code" else self._without_instructions(text)
        cell = self.places[place]
        if is_solution(cell):
            # a second copy with a different text
            is_new = differs(text, cell.source) and text not in {self.raw[j].source for j in taken}
            return text if is_new else ""
        if is_check(cell) or text.strip() == cell.source.strip():
            return ""
        return _added(cell.source, text)

    def _without_instructions(self, text: str) -> str:
        """Return a student's text without the lines of the text of the assignment it is made from.

        That may be the text of an earlier release, which is no cell of this one.
        """
        lines = {line for line in text.splitlines() if line.strip()}

        def share(cell: NotebookNode) -> float:
            return len(lines.intersection(cell.source.splitlines())) / max(len(lines), 1)

        given = [cell for cell in self.places if cell.cell_type != "code" and not is_solution(cell)]
        nearest = max(given, key=share, default=None)
        if nearest is None or share(nearest) <= _MOSTLY:
            return text
        return _added(nearest.source, text)

    def _name(self, place: int) -> str:
        return printable(grade_id(self.places[place]), 60)


def _added(given: str, text: str) -> str:
    """Return the lines that a student added to a cell of the instructor's."""
    before, after = given.strip().splitlines(), text.strip().splitlines()
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return "\n".join(
        line
        for what, _i, _j, start, end in steps
        if what in ("insert", "replace")
        for line in after[start:end]
    )


def _own_cell(raw: RawCell, text: str, number: str) -> NotebookNode:
    cell: dict[str, Any] = {"id": number, "cell_type": raw.kind, "metadata": {}, "source": text}
    if raw.kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif raw.pictures:
        cell["attachments"] = raw.pictures
    return nbformat.from_dict(cell)
