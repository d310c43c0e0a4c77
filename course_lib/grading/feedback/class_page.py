"""The class overview for instructors: points, frequent mistakes, and remaining work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from course_lib.checks.report import label_of
from course_lib.grading.assignment import Blueprint, read_blueprint
from course_lib.grading.course import Course
from course_lib.grading.feedback.student_page import render, task_titles
from course_lib.grading.gradebook.scores import Scores, read_scores
from course_lib.grading.jobs import Result
from course_lib.grading.notebooks import grade_id
from course_lib.grading.results import ResultStore, without_outputs, write_atomically
from course_lib.grading.sanitize import printable
from course_lib.grading.submitted import read_submission, submission_folders


@dataclass(frozen=True)
class ClassRow:
    """The state of one student's work for one assignment.

    Attributes
    ----------
    student : str
    result : Result or None
        Without outputs; None if `course grade` has not graded it.
    scores : Scores or None
        None if the gradebook has no row for it.
    problems, notes : tuple of str
        From reading and grading the submission.
    changed : bool
        Whether the submission has changed since it was graded.
    """

    student: str
    result: Result | None
    scores: Scores | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changed: bool = False

    @property
    def waiting(self) -> str:
        """Why the points are not final yet; empty if they are."""
        if self.scores is None:
            return "not graded yet"
        if self.changed:
            return "resubmitted since it was graded"
        if self.scores.to_read:
            return f"{self.scores.to_read:g} points to grade by hand"
        return ""


def class_rows(
    course: Course, slug: str, blueprint: Blueprint | None = None, students: Collection[str] = ()
) -> list[ClassRow]:
    """Return a row for each student with a submission or a row in the gradebook."""
    blueprint = blueprint or read_blueprint(course, slug)
    store, scores = ResultStore(course, slug), read_scores(course, slug)
    submitted = submission_folders(course, slug)
    order = [grade_id(cell) for cell in blueprint.notebook.cells]
    rows = []
    for student in dict.fromkeys([*submitted, *scores]):
        if students and student not in students:
            continue
        entry = store.entry(student)
        result = without_outputs(entry.result) if entry else None
        problems: tuple[str, ...] = result.problems if result else ()
        notes: tuple[str, ...] = ()
        changed = False
        if student in submitted:
            graded = entry.digest if entry else None
            submission = read_submission(course, slug, student, blueprint, {graded}.__contains__)
            changed = entry is not None and entry.digest != submission.digest
            # An unchanged submission was parsed when it was graded.
            read = submission if entry is None or changed else entry
            problems, notes = (*read.problems, *problems), read.notes
        problems = tuple(dict.fromkeys(problems))
        ours = _ordered(scores.get(student), order)
        rows.append(ClassRow(student, result, ours, problems, notes, changed))
    return sorted(rows, key=lambda row: row.student)


def _ordered(scores: Scores | None, order: Sequence[str]) -> Scores | None:
    """Return scores in the notebook's order, which the gradebook does not store."""
    if scores is None:
        return None
    names = [name for name in order if name in scores.cells]
    names += [name for name in scores.cells if name not in names]
    return replace(scores, cells={name: scores.cells[name] for name in names})


_BINS = 10


@dataclass(frozen=True)
class TaskNumbers:
    """A class's results in one task: numbers of students, and the mean points."""

    cell: str
    title: str
    max_points: float
    full: int
    part: int
    none: int
    waits: int
    mean: float

    @property
    def count(self) -> int:
        """The number of students with points for the task."""
        return self.full + self.part + self.none


@dataclass(frozen=True)
class Mistake:
    """A reason for lost points, and the students it applies to."""

    title: str
    name: str
    text: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class LostPart:
    """A part of a task, and the number of students who lost points in it."""

    title: str
    part: str
    lost: int
    tried: int


@dataclass(frozen=True)
class Bin:
    """The number of students in a range of points."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class ClassNumbers:
    """The figures on the class overview."""

    graded: int
    mean: float
    median: float
    max_points: float
    bins: tuple[Bin, ...]
    tasks: tuple[TaskNumbers, ...]
    misconceptions: tuple[Mistake, ...]
    others: tuple[Mistake, ...]
    parts: tuple[LostPart, ...]


def count(rows: Sequence[ClassRow], titles: Mapping[str, str]) -> ClassNumbers:
    """Return the figures of a class.

    Parameters
    ----------
    rows : sequence of ClassRow
    titles : mapping of str to str
        The headings of the graded cells, by grade_id, in the notebook's order.
    """
    scores = [row.scores for row in rows if row.scores]
    sums = [score.points for score in scores]
    most = max((score.max_points for score in scores), default=0.0)
    misconceptions, others = _mistakes(rows, titles)
    return ClassNumbers(
        graded=len(scores),
        mean=mean(sums) if sums else 0.0,
        median=median(sums) if sums else 0.0,
        max_points=most,
        bins=_bins(sums, most),
        tasks=_tasks(rows, titles),
        misconceptions=misconceptions,
        others=others,
        parts=_parts(rows, titles),
    )


def _bins(sums: Sequence[float], most: float) -> tuple[Bin, ...]:
    if not sums or not most:
        return ()
    counts = [0] * _BINS
    for points in sums:
        counts[min(max(int(points / most * _BINS), 0), _BINS - 1)] += 1
    edges = [most * i / _BINS for i in range(_BINS + 1)]
    return tuple(
        Bin(f"{low:.3g} to {high:.3g}", number, number / max(counts))
        for low, high, number in zip(edges, edges[1:], counts, strict=False)
    )


def _tasks(rows: Sequence[ClassRow], titles: Mapping[str, str]) -> tuple[TaskNumbers, ...]:
    found = []
    for cell, title in titles.items():
        scores = [row.scores.cells[cell] for row in rows if row.scores and cell in row.scores.cells]
        done = [score for score in scores if not score.waits]
        full = sum(score.points >= score.max_points for score in done)
        none = sum(score.points <= 0 < score.max_points for score in done)
        found.append(
            TaskNumbers(
                cell,
                title,
                max((score.max_points for score in scores), default=0.0),
                full,
                len(done) - full - none,
                none,
                len(scores) - len(done),
                mean(score.points for score in done) if done else 0.0,
            )
        )
    return tuple(found)


def _mistakes(
    rows: Sequence[ClassRow], titles: Mapping[str, str]
) -> tuple[tuple[Mistake, ...], tuple[Mistake, ...]]:
    """Return known misconceptions and other faults, the most frequent first."""
    known: dict[tuple[str, str, str], list[str]] = {}
    other: dict[tuple[str, str, str], list[str]] = {}
    hints: dict[tuple[str, str], str] = {}
    for row in rows:
        for task in row.result.tasks if row.result else ():
            title = titles.get(task.cell, task.task)
            found = task.finding
            if found.misconception:
                # The other lines are about other numbers.
                first = next(iter(found.hint.splitlines()), "")
                hint = hints.setdefault((title, found.misconception), first)
                key = (title, found.misconception, hint)
                known.setdefault(key, []).append(row.student)
            elif found.problem:
                other.setdefault((title, "", found.problem), []).append(row.student)
    return _in_order(known), _in_order(other)


def _in_order(found: Mapping[tuple[str, str, str], list[str]]) -> tuple[Mistake, ...]:
    mistakes = [Mistake(*key, tuple(students)) for key, students in found.items()]
    return tuple(sorted(mistakes, key=lambda mistake: -len(mistake.students)))


def _parts(rows: Sequence[ClassRow], titles: Mapping[str, str]) -> tuple[LostPart, ...]:
    lost: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for task in row.result.tasks if row.result else ():
            for part in task.report.parts:
                part_name = label_of(part.name)
                numbers = lost.setdefault((titles.get(task.cell, task.task), part_name), [0, 0])
                numbers[0] += part.earned < part.points
                numbers[1] += 1
    found = [LostPart(*key, *numbers) for key, numbers in lost.items() if numbers[0]]
    return tuple(sorted(found, key=lambda part: -part.lost / part.tried))


_MOST_NAMED = 30
_SLOWEST = 5


@dataclass(frozen=True)
class _Student:
    """A student's name on the page, with a link if a feedback page exists."""

    name: str
    link: str


@dataclass(frozen=True)
class _Line:
    student: _Student
    points: str
    remarks: tuple[str, ...]


def write_overview(course: Course, slug: str) -> Path:
    """Write the page for an assignment, and return its path."""
    path = course.build / "overview" / f"{slug}.html"
    write_atomically(path, overview_page(course, slug).encode("utf-8"))
    return path


def overview_page(course: Course, slug: str, rows: Sequence[ClassRow] | None = None) -> str:
    """Return the page for an assignment as HTML.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment.
    rows : sequence of ClassRow, optional
        The class; by default read from the course.
    """
    blueprint = read_blueprint(course, slug)
    rows = class_rows(course, slug, blueprint) if rows is None else rows
    numbers = count(rows, task_titles(blueprint.notebook))
    students = {row.student: _student(course, slug, row.student) for row in rows}
    return render(
        "overview.html.j2",
        slug=slug,
        numbers=numbers,
        submissions=len(rows),
        lines=[_line(students[row.student], row) for row in rows],
        waiting=[
            _line(students[row.student], row)
            for row in sorted(rows, key=lambda row: not row.problems)
            if row.waiting
        ],
        broken=[_problems(students[row.student], row) for row in rows if row.problems],
        misconceptions=_named(numbers.misconceptions, students),
        others=_named(numbers.others[:_MOST_NAMED], students),
        slowest=_slowest(rows, students),
        unprotected=sum(
            bool(row.result and row.result.tasks and row.result.isolation == "none") for row in rows
        ),
        to_read=sum(row.scores.to_read > 0 for row in rows if row.scores),
        not_graded=sum(row.scores is None or row.changed for row in rows),
    )


def _student(course: Course, slug: str, student: str) -> _Student:
    place = course.root / "feedback" / student / slug / f"{slug}.html"
    try:
        there = place.is_file()
    except (OSError, ValueError):
        there = False
    parts = ("..", "..", "feedback", student, slug, f"{slug}.html")
    link = "/".join(quote(part, safe="", errors="replace") for part in parts) if there else ""
    return _Student(printable(student, 60), link)


def _line(student: _Student, row: ClassRow) -> _Line:
    points = "none"
    if row.scores:
        points = f"{row.scores.points:g} / {row.scores.max_points:g}"
    remarks = [row.waiting] if row.waiting else []
    if row.scores and row.scores.late_penalty:
        remarks.append(f"late: {row.scores.late_penalty:g} points off")
    if row.problems:
        remarks.append(f"{len(row.problems)} problem{'s' * (len(row.problems) > 1)}")
    remarks += [printable(note, 200).rstrip(".") for note in row.notes]
    return _Line(student, points, tuple(remarks))


def _problems(student: _Student, row: ClassRow) -> _Line:
    return _Line(student, row.waiting or "final", tuple(printable(p, 500) for p in row.problems))


def _named(mistakes: Sequence[Any], students: Mapping[str, _Student]) -> list[dict[str, Any]]:
    return [
        {
            "mistake": mistake,
            "text": printable(mistake.text, 500),
            "students": [students[name] for name in mistake.students[:_MOST_NAMED]],
            "more": max(len(mistake.students) - _MOST_NAMED, 0),
        }
        for mistake in mistakes
    ]


def _slowest(
    rows: Sequence[ClassRow], students: Mapping[str, _Student]
) -> list[tuple[_Student, float]]:
    timed = [(-row.result.seconds, row.student) for row in rows if row.result and row.result.tasks]
    return [(students[name], -seconds) for seconds, name in sorted(timed)[:_SLOWEST]]
