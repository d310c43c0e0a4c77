"""A student's page of feedback: points with reasons, hints, comments, and the work itself.

The page holds no script, asks for nothing from anywhere, and shows no source of a grade cell, no
seed and no path of this machine. It lies where nbgrader's own page would, so that
``nbgrader release_feedback`` hands it out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.grading.course import Course
from course_lib.grading.engine.plain import plain
from course_lib.grading.engine.records import Part, Result, TaskResult
from course_lib.grading.engine.render import render
from course_lib.grading.engine.scores import CellScore, Scores
from course_lib.grading.engine.shown import readable
from course_lib.grading.engine.shown_cells import Room, ShownCell, shown_cell
from course_lib.text import _

_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", flags=re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?(^\1|\Z)", flags=re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?<![\w.:/])/(?:[\w.@+~-]+/)+([\w.@+~-]*)")
_OWN = "own-"


@dataclass(frozen=True)
class _Part:
    name: str
    points: float
    earned: float
    reason: str

    @property
    def whole(self) -> bool:
        return self.earned >= self.points


@dataclass(frozen=True)
class _Task:
    """One graded cell, with the work that belongs to it."""

    title: str
    points: float
    max_points: float
    by_person: bool
    waits: bool
    parts: tuple[_Part, ...]
    problem: str
    hints: tuple[tuple[str, str], ...]
    notice: str
    comments: tuple[str, ...]
    cells: tuple[ShownCell, ...]

    @property
    def status(self) -> str:
        if self.waits:
            return _("a person will read it")
        if self.points >= self.max_points:
            return _("all right")
        return _("in part") if self.points > 0 else _("not yet")

    @property
    def mood(self) -> str:
        if self.waits:
            return "muted"
        return "good" if self.points >= self.max_points else "bad"


@dataclass(frozen=True)
class _Page:
    title: str
    name: str
    points: float
    max_points: float
    late_penalty: float
    to_read: float
    problems: tuple[str, ...]
    tasks: tuple[_Task, ...]
    others: tuple[ShownCell, ...]


def feedback_page(
    course: Course,
    notebook: Mapping[str, Any] | None,
    result: Result,
    scores: Scores | None = None,
    problems: Sequence[str] = (),
) -> str:
    """Return a student's page of feedback as HTML.

    Parameters
    ----------
    course : Course
    notebook : mapping or None
        The rebuilt notebook, as the notebook format has it; None if nothing could be read.
    result : Result
        What it showed is taken from here if it is there, and else from the notebook.
    scores : Scores, optional
        What the gradebook holds; without it, the points that the program gave count.
    problems : sequence of str
        What was in the way, besides the problems of the result.
    """
    return render(
        "feedback.html.j2", page=_Builder(course, result, scores).page(notebook, problems)
    )


class _Builder:
    """Puts a page together from what several parts know about one submission."""

    def __init__(self, course: Course, result: Result, scores: Scores | None) -> None:
        self.result = result
        self.scores = scores or Scores(result.student, result.slug)
        self.results = {task.cell: task for task in result.tasks}
        self.room = Room()
        self.scrub = scrubber(course)

    def page(self, notebook: Mapping[str, Any] | None, problems: Sequence[str]) -> _Page:
        title, tasks, others = plain(self.result.slug), [], []
        shown: list[ShownCell] = []
        comments: list[str] = []
        heading = ""
        for cell, outputs in self._cells(notebook):
            name, about = _grade_id(cell), _about(cell)
            if about.get("solution") or _is_own(cell):
                shown.append(shown_cell(cell, outputs, self.room, self.scrub))
                comments += filter(None, [readable(self.scores.comments.get(name), 20_000)])
            elif cell.get("cell_type") == "markdown":
                for level, text in _headings(str(cell.get("source", ""))):
                    title, heading = (text, heading) if level == 1 else (title, text)
            if about.get("grade") or about.get("task"):
                points = float(about.get("points") or 0)
                tasks.append(self._task(name, heading, points, comments, shown))
                heading, shown, comments = "", [], []
        others = shown
        seen = {_grade_id(cell) for cell, _outputs in self._cells(notebook)}
        for name in [*self.results, *self.scores.cells]:
            if name not in seen:
                seen.add(name)
                tasks.append(self._task(name, "", 0.0, [], []))
        said = dict.fromkeys([*problems, *self.result.problems])
        return _Page(
            title=title,
            name=plain(self.scores.name, 100),
            points=self.scores.points if self.scores.cells else sum(t.points for t in tasks),
            max_points=sum(task.max_points for task in tasks),
            late_penalty=self.scores.late_penalty,
            to_read=sum(task.max_points for task in tasks if task.waits),
            problems=tuple(self._said(problem) for problem in said),
            tasks=tuple(tasks),
            others=tuple(others),
        )

    def _cells(
        self, notebook: Mapping[str, Any] | None
    ) -> Iterator[tuple[Mapping[str, Any], Sequence[Any]]]:
        cells = notebook["cells"] if notebook else []
        given = self.result.outputs
        for i, cell in enumerate(cells):
            outputs = given[i] if len(given) == len(cells) else cell.get("outputs")
            yield cell, outputs if isinstance(outputs, list) else []

    def _task(
        self,
        name: str,
        heading: str,
        points: float,
        comments: Sequence[str],
        shown: Sequence[ShownCell],
    ) -> _Task:
        result = self.results.get(name)
        if result is None:
            result = TaskResult(name.removeprefix("check_"), name, 0.0, points)
        score = self.scores.cells.get(name)
        if score is None:
            # Nobody has said yet what the gradebook holds: what no program checks, a person reads.
            waits = name not in self.results
            score = CellScore(name, result.points, result.max_points, waits=waits)
        return _Task(
            title=heading or plain(result.task, 100),
            points=score.points,
            max_points=score.max_points,
            by_person=score.by_person,
            waits=score.waits,
            parts=tuple(self._part(part) for part in result.parts),
            problem=self._said(result.problem),
            hints=tuple((label, text) for label, text in self._hints(result) if text),
            notice=self._said(result.notice),
            comments=tuple(comments),
            cells=tuple(shown),
        )

    def _part(self, part: Part) -> _Part:
        return _Part(self._said(part.name), part.points, part.earned, self._said(part.reason))

    def _hints(self, result: TaskResult) -> Iterator[tuple[str, str]]:
        yield _("Wanted"), self._said(result.wanted)
        yield _("Got"), self._said(result.got)
        yield _("Think"), self._said(result.hint)
        chapter, _hash, label = result.read.partition("#")
        words = _("chapter {chapter}, section “{label}”") if label else "{chapter}"
        yield _("Read"), self._said(words.format(chapter=chapter, label=label))

    def _said(self, text: str) -> str:
        """Return what a part of the grader said, without anything of this machine in it."""
        return _PATH.sub(r"…/\1", self.scrub(readable(text, 2_000)))


def scrubber(course: Course) -> Callable[[str], str]:
    """Return a function that takes the names of this machine's folders out of a text."""
    folders = {str(course.root), str(Path.home()), sys.prefix, sys.base_prefix}
    known = sorted((f for f in folders if f.count("/") > 1 or f == "/root"), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known)) or r"(?!)")
    return lambda text: pattern.sub("…", text)


def task_titles(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the headings of an assignment's graded cells, by grade_id, in the notebook's order."""
    titles, heading = {}, ""
    for cell in notebook["cells"]:
        about, name = _about(cell), _grade_id(cell)
        if cell["cell_type"] == "markdown" and not about.get("solution"):
            heading = next((t for n, t in reversed([*_headings(cell["source"])]) if n > 1), heading)
        if about.get("grade") or about.get("task"):
            titles[name] = heading or plain(name.removeprefix("check_"), 100)
            heading = ""
    return titles


def _headings(markdown: str) -> Iterator[tuple[int, str]]:
    for marks, text in _HEADING.findall(_FENCED.sub("", markdown)):
        yield len(marks), plain(text.replace("`", "").replace("**", ""), 150)


def _about(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    about = cell.get("metadata", {}).get("nbgrader", {})
    return about if isinstance(about, Mapping) else {}


def _grade_id(cell: Mapping[str, Any]) -> str:
    return str(_about(cell).get("grade_id", ""))


def _is_own(cell: Mapping[str, Any]) -> bool:
    """Return whether a student added this cell; intake gives such cells ids of their own."""
    return not _grade_id(cell) and str(cell.get("id", "")).startswith(_OWN)
