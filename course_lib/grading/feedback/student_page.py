"""A student's feedback page: points with reasons, hints, comments, and the student's work."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from course_lib.checks.report import Part, label_of
from course_lib.grading.assignment import read_blueprint
from course_lib.grading.course import Course
from course_lib.grading.gradebook.scores import CellScore, Scores, read_scores
from course_lib.grading.jobs import Result, TaskResult, without_report
from course_lib.grading.results import ResultStore, write_atomically
from course_lib.grading.sanitize import (
    Picture,
    attached,
    encodable,
    first_lines,
    highlighted,
    picture,
    printable,
    printable_text,
)
from course_lib.grading.submitted import Submission, read_submission, submission_folders
from course_lib.text import _

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """Return a page as HTML that can be written as UTF-8."""
    return encodable(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.globals["_"] = _
    environment.globals["css"] = Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))
    environment.filters["points"] = points
    return environment


def points(number: float) -> str:
    """Return points as short text: 4, 2.5, 0.33."""
    return f"{round(number, 2):g}" if abs(number) < 100_000 else f"{number:,.0f}"


_MOST_OUTPUTS = 20
_MOST_LINES = 200


@dataclass(frozen=True)
class ShownOutput:
    """One output of a cell: text, or a picture."""

    text: str = ""
    is_error: bool = False
    printed: bool = False
    picture: Picture | None = None


@dataclass(frozen=True)
class ShownCell:
    """A student's cell as the page shows it."""

    is_code: bool
    text: str | Markup
    shown: tuple[ShownOutput, ...] = ()


@dataclass
class Room:
    """The remaining space on a page for a student's work, in characters."""

    code: int = 60_000
    colours: int = 12_000
    text: int = 60_000
    pictures: int = 1_500_000
    attached: int = 20_000_000

    def take(self, kind: str, wanted: int, most: int) -> int:
        """Reserve up to the wanted number of characters and return how many."""
        left: int = getattr(self, kind)
        given = min(wanted, most, left)
        setattr(self, kind, left - given)
        return given


def shown_cell(
    cell: Mapping[str, Any], outputs: Iterable[Any], room: Room, scrub: Callable[[str], str]
) -> ShownCell:
    """Return a cell as the page shows it.

    Parameters
    ----------
    cell : mapping
        In the notebook format.
    outputs : iterable
        In the notebook format.
    room : Room
    scrub : callable
        Removes this machine's folder names from a text.
    """
    source = cell.get("source")
    source = source if isinstance(source, str) else ""
    text = printable_text(source, room.take("code", len(source), 30_000))
    if cell.get("cell_type") != "code":
        return ShownCell(False, text, tuple(_attachments(cell.get("attachments"), room)))
    if len(text) <= room.colours:
        room.take("colours", len(text), len(text))
        text = highlighted(text)
    shown = [
        replace(output, text=first_lines(scrub(output.text), _MOST_LINES))
        for output in _joined(_shown(list(outputs)[:_MOST_OUTPUTS], room))
    ]
    return ShownCell(True, text, tuple(output for output in shown if output.text or output.picture))


def _attachments(attachments: object, room: Room) -> Iterator[ShownOutput]:
    """Yield the pictures that were pasted into a cell."""
    for kinds in attachments.values() if isinstance(attachments, Mapping) else ():
        for kind, encoded in kinds.items() if isinstance(kinds, Mapping) else ():
            found = attached(kind, encoded)
            if found and len(found.address) <= room.attached:
                room.attached -= len(found.address)
                yield ShownOutput(picture=found)
            else:
                yield ShownOutput(_("[A picture was left out: it can't be shown here.]"))


def _shown(outputs: Iterable[Any], room: Room) -> Iterable[ShownOutput]:
    for output in outputs:
        if not isinstance(output, Mapping):
            continue
        kind, data = output.get("output_type"), output.get("data")
        if kind == "stream":
            yield ShownOutput(_text(output.get("text"), room), printed=True)
        elif kind == "error":
            yield ShownOutput(_text(_error(output), room), is_error=True)
        elif isinstance(data, Mapping):
            yield from _displayed(data, room)


def _displayed(data: Mapping[str, Any], room: Room) -> Iterable[ShownOutput]:
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            found = picture(kind, data[kind])
            if found and len(found.address) <= room.pictures:
                room.pictures -= len(found.address)
                yield ShownOutput(picture=found)
            else:
                yield ShownOutput(_("[A picture was left out: it can't be shown here.]"))
            return
    if "text/plain" in data:
        yield ShownOutput(_text(data["text/plain"], room))
    elif data:
        yield ShownOutput(_("[An output that is not text was left out.]"))


def _error(output: Mapping[str, Any]) -> str:
    lines = output.get("traceback")
    if isinstance(lines, list) and lines:
        return "\n".join(line for line in lines if isinstance(line, str))
    return f"{output.get('ename', '')}: {output.get('evalue', '')}"


def _text(text: object, room: Room) -> str:
    if isinstance(text, list):
        text = "".join(part for part in text if isinstance(part, str))
    if not isinstance(text, str):
        return ""
    return printable_text(text, room.take("text", len(text), 8_000))


def _joined(outputs: Iterable[ShownOutput]) -> list[ShownOutput]:
    """Join consecutive pieces of printed text."""
    joined: list[ShownOutput] = []
    for output in outputs:
        if output.printed and joined and joined[-1].printed:
            joined[-1] = replace(output, text=joined[-1].text + output.text)
        else:
            joined.append(output)
    return joined


_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", flags=re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?(^\1|\Z)", flags=re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?<![\w.:/])/(?:[\w.@+~-]+/)+([\w.@+~-]*)")
_OWN = "own-"


@dataclass(frozen=True)
class _Task:
    """One graded cell, with the work that belongs to it."""

    title: str
    points: float
    max_points: float
    by_person: bool
    waits: bool
    parts: tuple[Part, ...]
    problem: str
    hints: tuple[tuple[str, str], ...]
    notice: str
    comments: tuple[str, ...]
    cells: tuple[ShownCell, ...]

    @property
    def status(self) -> str:
        if self.waits:
            return _("to be graded by hand")
        if self.points >= self.max_points:
            return _("correct")
        return _("partly correct") if self.points > 0 else _("not yet correct")

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
    """Return a student's feedback page as HTML.

    Parameters
    ----------
    course : Course
    notebook : mapping or None
        The rebuilt notebook; None if nothing could be read.
    result : Result
        Its outputs are shown if it has any, otherwise those of the notebook.
    scores : Scores, optional
        From the gradebook; without them, the automatic points count.
    problems : sequence of str
        Problems besides those of the result.
    """
    return render(
        "feedback.html.j2", page=_Builder(course, result, scores).page(notebook, problems)
    )


class _Builder:
    """Assembles a feedback page from a result, its scores and the notebook."""

    def __init__(self, course: Course, result: Result, scores: Scores | None) -> None:
        self.result = result
        self.scores = scores or Scores(result.student, result.slug)
        self.results = {task.cell: task for task in result.tasks}
        self.room = Room()
        self.scrub = scrubber(course)

    def page(self, notebook: Mapping[str, Any] | None, problems: Sequence[str]) -> _Page:
        title, tasks, others = printable(self.result.slug), [], []
        shown: list[ShownCell] = []
        comments: list[str] = []
        heading = ""
        for cell, outputs in self._cells(notebook):
            name, about = _grade_id(cell), _about(cell)
            if about.get("solution") or _is_own(cell):
                shown.append(shown_cell(cell, outputs, self.room, self.scrub))
                comments += filter(None, [printable_text(self.scores.comments.get(name), 20_000)])
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
            name=printable(self.scores.name, 100),
            points=self.scores.points if self.scores.cells else sum(t.points for t in tasks),
            max_points=sum(task.max_points for task in tasks),
            late_penalty=self.scores.late_penalty,
            to_read=sum(task.max_points for task in tasks if task.waits),
            problems=tuple(self._clean(problem) for problem in said),
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
            result = without_report(name, 0.0, points)
        score = self.scores.cells.get(name)
        if score is None:
            # Not in the gradebook yet: a cell without an automatic result is graded by hand.
            waits = name not in self.results
            score = CellScore(name, result.points, result.max_points, waits=waits)
        return _Task(
            title=heading or printable(result.task, 100),
            points=score.points,
            max_points=score.max_points,
            by_person=score.by_person,
            waits=score.waits,
            parts=tuple(
                replace(
                    part, name=self._clean(label_of(part.name)), reason=self._clean(part.reason)
                )
                for part in result.report.parts
            ),
            problem=self._clean(result.finding.problem),
            hints=tuple((label, text) for label, text in self._hints(result) if text),
            notice=self._clean(result.report.notice),
            comments=tuple(comments),
            cells=tuple(shown),
        )

    def _hints(self, result: TaskResult) -> Iterator[tuple[str, str]]:
        yield _("Expected"), self._clean(result.finding.wanted)
        yield _("Got"), self._clean(result.finding.got)
        yield from ((_("Think"), self._clean(line)) for line in result.finding.hint.splitlines())
        chapter, _hash, label = result.report.read.partition("#")
        words = _("chapter {chapter}, section “{label}”") if label else "{chapter}"
        yield _("Read"), self._clean(words.format(chapter=chapter, label=label))

    def _clean(self, text: str) -> str:
        """Return a grader's message without paths of this machine."""
        return _PATH.sub(r"…/\1", self.scrub(printable_text(text, 2_000)))


def scrubber(course: Course) -> Callable[[str], str]:
    """Return a function that removes this machine's folder names from a text."""
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
            titles[name] = heading or printable(name.removeprefix("check_"), 100)
            heading = ""
    return titles


def _headings(markdown: str) -> Iterator[tuple[int, str]]:
    for marks, text in _HEADING.findall(_FENCED.sub("", markdown)):
        yield len(marks), printable(text.replace("`", "").replace("**", ""), 150)


def _about(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    about = cell.get("metadata", {}).get("nbgrader", {})
    return about if isinstance(about, Mapping) else {}


def _grade_id(cell: Mapping[str, Any]) -> str:
    return str(_about(cell).get("grade_id", ""))


def _is_own(cell: Mapping[str, Any]) -> bool:
    """Return whether a student added this cell; `Blueprint.filled` marks its id."""
    return not _grade_id(cell) and str(cell.get("id", "")).startswith(_OWN)


@dataclass
class Written:
    """The number of pages written, and the students left out, each with the reason."""

    pages: int = 0
    left_out: list[str] = field(default_factory=list)


def write_feedback(course: Course, slug: str, students: Collection[str] = ()) -> Written:
    """Write an assignment's pages again, with points and comments given since grading."""
    blueprint, store = read_blueprint(course, slug), ResultStore(course, slug)
    scores, written = read_scores(course, slug, students), Written()
    for student in submission_folders(course, slug):
        if students and student not in students:
            continue
        submission = read_submission(course, slug, student, blueprint)
        entry = store.entry(student)
        if entry is None or not submission.name_fits:
            written.left_out.append(f"{printable(student, 60)}: not graded yet")
        elif not store.recorded.get(student, "").startswith(entry.mark):
            written.left_out.append(f"{printable(student, 60)}: its grading was interrupted")
        elif entry.digest != submission.digest:
            written.left_out.append(f"{printable(student, 60)}: resubmitted since it was graded")
        else:
            page = feedback_page(
                course,
                submission.notebook,
                entry.result,
                scores.get(student),
                submission.problems,
            )
            write_page(course, submission, page)
            written.pages += 1
    return written


def write_page(course: Course, submission: Submission, page: str) -> None:
    """Write one student's page, and the files that ``nbgrader release_feedback`` needs beside it.

    That command stops for the whole class at a page without a secret. A submission from outside
    the exchange gets a hash of its page as its secret: only someone with the page can find it.
    """
    place = page_path(course, submission.slug, submission.student)
    data = page.encode("utf-8", "replace")
    secret = submission.secret or hashlib.sha256(data).hexdigest()
    when = f"{submission.timestamp} UTC" if submission.timestamp else ""
    # The page is written last: if it exists, the other files do, and are those of this page. An
    # earlier page must not be released with this submission's secret.
    place.unlink(missing_ok=True)
    write_atomically(place.with_name("timestamp.txt"), when.encode())
    write_atomically(place.with_name("submission_secret.txt"), secret.encode())
    write_atomically(place, data)


def page_path(course: Course, slug: str, student: str) -> Path:
    """Return the path of a student's page."""
    return course.root / "feedback" / student / slug / f"{slug}.html"
