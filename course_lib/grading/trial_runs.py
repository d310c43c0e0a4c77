"""Try many answers in several processes, none of them longer than its time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from course_lib.checks.report import Report
from course_lib.grading import import_only_what_is_installed
from course_lib.grading.course import Course
from course_lib.grading.trial import Assignment

# Kinds of trials of which only the points count.
UNREAD = ("mutant", "checklist")


@dataclass(frozen=True)
class Trial:
    """An answer to one task, and how to try it.

    Attributes
    ----------
    slug, task : str
    kind : str
        "model", "blank", "misconception", "accepted", "hostile", "mutant" or "checklist".
    about : tuple of str
        Which one of its kind, and what has to be known to judge it.
    cells : mapping of str to str
        The solution cells by grade_id; those not named keep the model solution.
    seeds : tuple of int
        Of the numbers to check with: one check each.
    limit : float
        Seconds that one check may take.
    number : int
        Its place among the trials of its task.
    """

    slug: str
    task: str
    kind: str
    about: tuple[str, ...]
    cells: Mapping[str, str]
    seeds: tuple[int, ...]
    limit: float
    number: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a trial, a value for each seed; what was stopped or is not there has no report.

    Attributes
    ----------
    trial : Trial
    points : tuple of float
    reports : tuple of Report or None
    seconds : float
        What the fastest check took: others may have had to read files first.
    """

    trial: Trial
    points: tuple[float, ...]
    reports: tuple[Report | None, ...]
    seconds: float


def run_all(course: Course, trials: Sequence[Trial], workers: int) -> Iterator[Outcome]:
    """Yield the outcomes of trials as they come.

    Answers that attack the checks are started last: what they break in a process harms no other.

    Parameters
    ----------
    course : Course
    trials : sequence of Trial
    workers : int
        How many processes; 1 stands for this one.
    """
    trials = sorted(trials, key=lambda trial: trial.kind == "hostile")
    if workers == 1:
        yield from (run(course.root, trial) for trial in trials)
        return
    # Arrays are small here: threads of NumPy's own would only wait for each other.
    import_only_what_is_installed()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(run, course.root, trial) for trial in trials]
        try:
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(cancel_futures=True)


def run(root: Path, trial: Trial) -> Outcome:
    """Check an answer with each of its seeds."""
    answered = assignment(root, trial.slug)
    task = answered.tasks[trial.task]
    if trial.kind in UNREAD:
        # Nobody reads what is said about these, and to look for a hint takes time: of an
        # assignment without a name no misconceptions are known.
        task = replace(task, slug="")
    reports, fastest = [], float("inf")
    for seed in trial.seeds:
        start = time.monotonic()
        check = partial(answered.check, task, trial.cells, seed, anew=trial.kind == "hostile")
        reports.append(_within(trial.limit, check))
        fastest = min(fastest, time.monotonic() - start)
    points = tuple(report.points if report else 0.0 for report in reports)
    return Outcome(trial, points, tuple(reports), fastest)


class _TimeUp(KeyboardInterrupt):
    """A check took too long. It is an interrupt, which the checks let through."""


def _within(limit: float, check: Callable[[], Report | None]) -> Report | None:
    """Return the report, or None if it is not there in time."""
    if not hasattr(signal, "setitimer"):  # there is none on Windows
        return check()

    def stop(_signal: int, _frame: Any) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    # Again and again: code that catches everything catches the first.
    signal.setitimer(signal.ITIMER_REAL, limit, 0.5)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            return check()
    except _TimeUp:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def assignment(root: Path, slug: str) -> Assignment:
    """Return an assignment that has been read once."""
    return Assignment(Course(root), slug)
