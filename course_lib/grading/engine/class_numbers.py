"""Count what happened in a class: points by task, mistakes, parts that were lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from course_lib.grading.engine.class_rows import ClassRow

_BINS = 10


@dataclass(frozen=True)
class TaskNumbers:
    """How a class did in one task: numbers of students, and the mean of the points."""

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
        """Students with points for it."""
        return self.full + self.part + self.none


@dataclass(frozen=True)
class Mistake:
    """A reason that points were lost, and who has it."""

    title: str
    name: str
    text: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class LostPart:
    """A part of a task, and how many did not earn all of it."""

    title: str
    part: str
    lost: int
    tried: int


@dataclass(frozen=True)
class Bin:
    """How many students lie between two sums of points."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class ClassNumbers:
    """What there is to say about a class."""

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
    """Count a class.

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
    """Return the known mistakes, and what else was wrong; the most frequent first."""
    known: dict[tuple[str, str, str], list[str]] = {}
    other: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for task in row.result.tasks if row.result else ():
            title = titles.get(task.cell, task.task)
            if task.misconception:
                key = (title, task.misconception, task.hint)
                known.setdefault(key, []).append(row.student)
            elif task.problem:
                other.setdefault((title, "", task.problem), []).append(row.student)
    return _ordered(known), _ordered(other)


def _ordered(found: Mapping[tuple[str, str, str], list[str]]) -> tuple[Mistake, ...]:
    mistakes = [Mistake(*key, tuple(students)) for key, students in found.items()]
    return tuple(sorted(mistakes, key=lambda mistake: -len(mistake.students)))


def _parts(rows: Sequence[ClassRow], titles: Mapping[str, str]) -> tuple[LostPart, ...]:
    lost: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for task in row.result.tasks if row.result else ():
            for part in task.parts:
                numbers = lost.setdefault((titles.get(task.cell, task.task), part.name), [0, 0])
                numbers[0] += part.earned < part.points
                numbers[1] += 1
    found = [LostPart(*key, *numbers) for key, numbers in lost.items() if numbers[0]]
    return tuple(sorted(found, key=lambda part: -part.lost / part.tried))
