"""The tasks of an assignment with model answers, rubrics and wrong answers, for instructors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from course_lib.checks import all_tasks
from course_lib.checks.misconceptions import Misconception
from course_lib.checks.report import label_of
from course_lib.grading.course import Course, CourseError
from course_lib.grading.feedback.student_page import render
from course_lib.grading.notebooks import NotebookNode, grade_id, is_solution, read_source
from course_lib.grading.results import write_atomically
from course_lib.grading.sanitize import highlighted

_SOLVED = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", flags=re.MULTILINE)
_TIME = re.compile(r"\*\*Time\*\*:\s+(?:(\d+)\s+to\s+)?(\d+)\s+minutes")
_ROW = re.compile(r"^\| *(\d+) `(\w+)` *\| *(.+?) *\| *\d+ *\|$", flags=re.MULTILINE)


@dataclass(frozen=True)
class TaskSheet:
    """One task with all that an instructor needs to grade it.

    Attributes
    ----------
    name, title, summary : str
        Its name, its heading, and its line in the table of the assignment.
    kind : str
        "hand" for numbers to predict, "words" for an answer that a person grades, "repair",
        "transfer" for code that the book does not show, or "build" for other code.
    points : int
    parts : tuple of (str, int)
        The parts of the points that the check gives, with their points.
    given : tuple of (str, str)
        The text and the code above the answer, each with its kind of cell.
    answer : str
        The model answer: Python, or Markdown with the rubric if a person grades it.
    mistakes : tuple of Misconception
    """

    name: str
    title: str
    summary: str
    kind: str
    points: int
    parts: tuple[tuple[str, int], ...]
    given: tuple[tuple[str, str], ...]
    answer: str
    mistakes: tuple[Misconception, ...]


@dataclass(frozen=True)
class Sheet:
    """An assignment: its title, the least and most minutes that it takes, and its tasks."""

    slug: str
    title: str
    minutes: tuple[int, int]
    tasks: tuple[TaskSheet, ...]

    @property
    def points(self) -> int:
        """Points that can be earned."""
        return sum(task.points for task in self.tasks)


def read_sheet(course: Course, slug: str) -> Sheet:
    """Return an assignment's tasks with model answers, from ``solutions/``.

    Raises
    ------
    CourseError
        If the source states no time, or has points for a task without a row in its table.
    """
    path = course.source(slug)
    cells = read_source(path).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown" and not is_solution(c))
    time = _TIME.search(text)
    if not time:
        raise CourseError(f"{path} states no time: write “**Time**: 30 to 45 minutes.”")
    summaries = {name: summary for _number, name, summary in _ROW.findall(text)}
    checks = {task.name: task for task in all_tasks() if task.slug == slug}
    tasks: list[TaskSheet] = []
    given: list[NotebookNode] = []
    answer = ""
    for cell in cells:
        points = cell.metadata.get("nbgrader", {}).get("points", 0)
        if is_solution(cell):
            answer = _SOLVED.sub("", cell.source).strip("\n")
        if cell.metadata.get("nbgrader", {}).get("grade"):
            name = grade_id(cell).removeprefix("check_")
            if name not in summaries:
                raise CourseError(f"{path} has points for {name}, but its table has no such row.")
            check = checks.get(name)
            tasks.append(
                TaskSheet(
                    name,
                    _title(given, name),
                    summaries[name],
                    _kind(cell, summaries[name], hasattr(check, "answers")),
                    points,
                    tuple((label_of(part), n) for part, n in getattr(check, "points", {}).items()),
                    tuple((c.cell_type, _body(c)) for c in given),
                    answer,
                    check.misconceptions if check else (),
                )
            )
            given = []
        elif not is_solution(cell) and (given or cell.source.startswith("## Task")):
            given.append(cell)
    title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
    return Sheet(slug, title, (int(time[1] or time[2]), int(time[2])), tuple(tasks))


def _title(given: Iterable[NotebookNode], name: str) -> str:
    first = next(iter(given), None)
    return first.source.splitlines()[0].removeprefix("## ") if first else name


def _body(cell: NotebookNode) -> str:
    """Return the text of a cell without the heading of its task."""
    return re.sub(r"\A## Task.*\n+", "", cell.source).strip("\n")


def _kind(cell: NotebookNode, summary: str, numbers: bool) -> str:
    if is_solution(cell):
        return "words"
    if numbers:
        return "hand"
    if "repair" in summary:
        return "repair"
    return "transfer" if "not in the book" in summary else "build"


def answers_path(course: Course) -> Path:
    """Return where the page of answers is: in no folder that students get."""
    return course.build / "teaching" / "answers.html"


def write_answers(course: Course, slugs: Iterable[str]) -> Path:
    """Write the page with the answers to some assignments; return its path."""
    path = answers_path(course)
    sheets = [read_sheet(course, slug) for slug in slugs]
    page = render("answers.html.j2", sheets=sheets, markdown=_markdown, highlighted=highlighted)
    write_atomically(path, page.encode())
    return path


def _markdown(text: str) -> Markup:
    """Return Markdown as HTML; formulas stay as they are."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune  # type: ignore[import-untyped,import-not-found,unused-ignore]

    return Markup(markdown2html_mistune(text))
