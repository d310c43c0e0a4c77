"""Measure how strong the graders are: what they let through, and what they take for wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from course_lib.checks.misconceptions import MisconceptionError
from course_lib.checks.number_task import NumberTask
from course_lib.grading.audit_rows import Row, measured
from course_lib.grading.course import Course, CourseError
from course_lib.grading.equivalent import Key, describe, read_equivalent
from course_lib.grading.mutants import mutants
from course_lib.grading.submissions import read_submission_file
from course_lib.grading.trial import Assignment
from course_lib.grading.trial_runs import Outcome, Trial, run_all
from course_lib.misconceptions import for_task
from course_lib.progress import progress_bar

SEEDS = (0, 1, 2)
# A check that takes longer than this, in seconds, is run with the first seed only.
SLOW = 1.0


@dataclass(frozen=True)
class Audit:
    """What was measured about all tasks, and entries of the table of equivalents that are stale."""

    rows: list[Row]
    stale: list[Key]

    @property
    def problems(self) -> list[str]:
        """A line for each thing that is not as it must be."""
        return [said for row in self.rows for said in row.problems] + [
            f"It is not true any more that this mutant earns everything: {describe(key)}"
            for key in self.stale
        ]


def audit(course: Course, slugs: Iterable[str], workers: int | None = None) -> Audit:
    """Try everything that the course knows on the checks of some assignments.

    Parameters
    ----------
    course : Course
    slugs : iterable of str
    workers : int, optional
        How many processes; as many as there are processors unless given.
    """
    assignments = [Assignment(course, slug) for slug in slugs]
    workers = workers or os.cpu_count() or 1
    tasks = [(a, task) for a in assignments for task in a.tasks]
    # Twice, because the first check in a process reads files too.
    timing = [Trial(a.slug, task, "model", (), {}, SEEDS[:2], 600) for a, task in tasks]
    seconds = {(o.trial.slug, o.trial.task): o.seconds for o in run_all(course, timing, workers)}
    try:
        trials = [trial for a, task in tasks for trial in _trials(a, task, seconds[a.slug, task])]
    except MisconceptionError as error:
        raise CourseError(str(error)) from None
    bar = progress_bar(len(trials), "auditing")
    outcomes: dict[tuple[str, str], list[Outcome]] = {key: [] for key in seconds}
    for outcome in run_all(course, trials, workers):
        outcomes[outcome.trial.slug, outcome.trial.task].append(outcome)
        bar.update()
    bar.close()
    equivalent = read_equivalent(course)
    rows = [
        measured(
            (a.slug, task, a.points(task), not isinstance(a.tasks[task], NumberTask)),
            outcomes[a.slug, task],
            equivalent,
        )
        for a, task in tasks
    ]
    passed = {key for row in rows for key, _why in row.equivalent}
    audited = {a.slug for a in assignments}
    return Audit(rows, [key for key in equivalent if key[0] in audited and key not in passed])


def _trials(assignment: Assignment, task: str, seconds: float) -> Iterator[Trial]:
    slug, model = assignment.slug, assignment.model
    seeds = SEEDS if seconds < SLOW else SEEDS[:1]
    # What a right answer may take more than the model's. Endless loops cost as much, each.
    limit = 10 + 5 * seconds
    number = count()

    def trial(kind: str, cells: dict[str, str], *about: str) -> Trial:
        return Trial(slug, task, kind, about, cells, seeds, limit, next(number))

    yield trial("model", {}, "the model solution")
    yield trial("blank", assignment.blank, "the blank exercise")
    for m in for_task(slug, task):
        yield trial("misconception", {task: m.source(model[task])}, m.name, m.hint)
    for kind in ("accepted", "hostile"):
        folder = assignment.course.root / "tests" / "submissions" / slug / kind
        for path in sorted(folder.glob("*.py")):
            cells = read_submission_file(path)
            if task in cells:
                yield trial(kind, cells, f"{kind}/{path.name}", _earns(path, task))
    for mutant in mutants(model[task]):
        about = mutant.where, mutant.before, mutant.after
        yield trial("mutant", {task: mutant.source}, *about)


def _earns(path: Path, task: str) -> str:
    """Return how many points are honestly right in an attack, as its file says."""
    said = re.findall(rf"^# earns:.*\b{task}=(\d+)", path.read_text(encoding="utf-8"), flags=re.M)
    return str(said[0]) if said else "0"
