"""An assignment with all that belongs to it, read once, for the rules of the checklist."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_lib.checks.report import Report
from course_lib.grading.course import Course, CourseError
from course_lib.grading.source import grade_id, is_solution, read_source
from course_lib.grading.submissions import read_submission_file
from course_lib.grading.trial import Assignment
from course_lib.grading.trial_runs import Trial, run

_ROW = re.compile(r"^\| *(\d+) `(\w+)` *\|[^|]*\| *(\d+) *\|$", flags=re.MULTILINE)
# Seconds for one check. Right answers take a few at most.
_LIMIT = 60
_SOLVED = re.compile(r"### BEGIN SOLUTION\n.*?### END SOLUTION", flags=re.DOTALL)


@dataclass(frozen=True)
class Subject:
    """What the checklist looks at.

    Parameters
    ----------
    course : Course
    slug : str
    """

    course: Course
    slug: str

    @cached_property
    def text(self) -> str:
        """The source of the assignment, without what is solved in it."""
        return _SOLVED.sub("", self.solved_text)

    @cached_property
    def solved_text(self) -> str:
        """The source of the assignment as it stands."""
        self.cells  # noqa: B018 - says what is wrong with a file that cannot be read
        return self.course.source(self.slug).read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[NotebookNode]:
        """Its cells."""
        return list(read_source(self.course.source(self.slug)).cells)

    @cached_property
    def graded(self) -> dict[str, NotebookNode]:
        """The cells that earn points, by the name of their task."""
        return {
            grade_id(cell).removeprefix("check_"): cell
            for cell in self.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    @cached_property
    def solutions(self) -> dict[str, NotebookNode]:
        """The cells in which students write, by the name of their task."""
        return {grade_id(cell): cell for cell in self.cells if is_solution(cell)}

    @cached_property
    def rows(self) -> list[tuple[int, str, int]]:
        """The table of the text: number, name and points of each task."""
        return [
            (int(number), name, int(points)) for number, name, points in _ROW.findall(self.text)
        ]

    @cached_property
    def assignment(self) -> Assignment:
        """The assignment, to try answers on."""
        return Assignment(self.course, self.slug)

    @cached_property
    def released(self) -> list[dict[str, Any]]:
        """The cells that students get."""
        path = self.course.released(self.slug)
        if not path.is_file():
            raise CourseError(f"{_under(path, self.course)} is missing: run `course release`.")
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])

    @cached_property
    def model_reports(self) -> dict[str, Report | None]:
        """What the checks say of the model solution, by task."""
        return {name: self.tried(name, {}) for name in self.assignment.tasks}

    def tried(self, task: str, cells: Mapping[str, str]) -> Report | None:
        """Return what the check of a task says of an answer; None if it takes too long.

        Cells that are not named keep the model solution.
        """
        trial = Trial(self.slug, task, "checklist", (), cells, (0,), _LIMIT)
        return run(self.course.root, trial).reports[0]

    def page(self, name: str) -> str:
        """Return the text of a chapter, empty if there is none."""
        path = self.course.root / "book" / f"{name}.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def submissions(self, kind: str) -> dict[str, dict[str, str]]:
        """Return the cells of each file of a kind ("accepted" or "hostile"), by its name."""
        folder = self.course.root / "tests" / "submissions" / self.slug / kind
        return {path.name: read_submission_file(path) for path in sorted(folder.glob("*.py"))}


def _under(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()
