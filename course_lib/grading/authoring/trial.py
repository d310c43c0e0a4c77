"""Build submissions, and run checks on answers to one task, in one or several processes."""

from __future__ import annotations

import ast
import contextlib
import copy
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from course_lib.checks import all_tasks
from course_lib.checks.cases import Case
from course_lib.checks.compare import Seen
from course_lib.checks.report import Report
from course_lib.checks.tasks import NumberTask, Task
from course_lib.grading import import_only_what_is_installed
from course_lib.grading.course import Course, CourseError, this_course
from course_lib.grading.jobs import GIVEN, RUN, classify
from course_lib.grading.notebooks import NotebookNode, grade_id, is_solution, nbformat, read_source
from course_lib.grading.student.cells import run_tree

_MARK = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", flags=re.MULTILINE)
_BLOCK = re.compile(r"^# %% +(\w+) *$", flags=re.MULTILINE)


def build_submission(
    slug: str, cells: Mapping[str, str], course: Course | None = None
) -> NotebookNode:
    """Return the released notebook with some of its solution cells filled in.

    Parameters
    ----------
    slug : str
        The assignment, as in "01_shopping_cart".
    cells : mapping of str to str
        The source of solution cells by grade_id; all other cells stay as released.
    course : Course, optional
        The copy of the course; by default the one that this package was installed from.
    """
    path = (course or this_course()).released(slug)
    if not path.is_file():
        raise CourseError(f"{path} does not exist. Make it with `course release {slug}`.")
    notebook = nbformat.read(path, as_version=4)
    open_cells = {grade_id(cell): cell for cell in notebook.cells if is_solution(cell)}
    unknown = sorted(set(cells) - set(open_cells))
    if unknown:
        raise CourseError(
            f"{slug} has no solution cell {', '.join(unknown)}; it has {', '.join(open_cells)}."
        )
    for name, source in cells.items():
        open_cells[name].source = source.strip("\n")
    return notebook


def read_submission_file(path: Path) -> dict[str, str]:
    """Return the cells of a file in ``tests/submissions/``: source by grade_id.

    The file is Python. Each line ``# %% <grade_id>`` begins a cell; the text before the first
    cell describes the file.
    """
    _description, *parts = _BLOCK.split(path.read_text(encoding="utf-8"))
    names = parts[::2]
    if not names:
        raise CourseError(f"{path} has no cell: begin each with a line `# %% <grade_id>`.")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CourseError(f"{path} has two cells for {', '.join(repeated)}; each has only one.")
    return {
        name: source.strip("\n") + "\n" for name, source in zip(names, parts[1::2], strict=True)
    }


def model_cells(slug: str, *, solved: bool = False, course: Course | None = None) -> dict[str, str]:
    """Return the code cells of the model solution: source by grade_id, in the notebook's order.

    Parameters
    ----------
    slug : str
        The assignment.
    solved : bool
        Whether to keep the marks ``### BEGIN SOLUTION`` and ``### END SOLUTION``.
    course : Course, optional
        The copy of the course; by default the one that this package was installed from.
    """
    notebook = read_source((course or this_course()).source(slug))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and is_solution(cell)]
    return {grade_id(c): c.source if solved else _MARK.sub("", c.source) for c in cells}


def written_cells(slug: str, course: Course | None = None) -> list[str]:
    """Return the grade_ids of the solution cells to answer in words."""
    notebook = read_source((course or this_course()).source(slug))
    return [grade_id(c) for c in notebook.cells if c.cell_type == "markdown" and is_solution(c)]


_SOLVED = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", flags=re.DOTALL)

AnyTask = Task | NumberTask


@dataclass(frozen=True)
class Assignment:
    """An assignment with its tasks and model solution, to check answers with.

    Parameters
    ----------
    course : Course
    slug : str
    """

    course: Course
    slug: str

    @cached_property
    def tasks(self) -> dict[str, AnyTask]:
        """The tasks by name, in the order of the notebook."""
        known = {task.name: task for task in all_tasks() if task.slug == self.slug}
        return {name: known[name] for name in self._cells if name in known}

    @cached_property
    def model(self) -> dict[str, str]:
        """The solution cells with code: source by grade_id, with nbgrader's solution marks."""
        return {
            name: cell.source
            for name, cell in self._cells.items()
            if is_solution(cell) and cell.cell_type == "code"
        }

    @cached_property
    def blank(self) -> dict[str, str]:
        """The solution cells as students get them."""
        return {
            name: _SOLVED.sub("raise NotImplementedError()", source)
            for name, source in self.model.items()
        }

    @cached_property
    def observed(self) -> dict[tuple[str, int, int], list[Seen]]:
        """A cache of known answers' observed results, by task, seed and answer."""
        return {}

    def points(self, task: str) -> float:
        """Return the points of a task's grade cell."""
        return float(self._grade_cell(task).metadata["nbgrader"]["points"])

    def check(
        self, task: AnyTask, cells: Mapping[str, str], seed: int = 0, *, anew: bool = False
    ) -> Report | None:
        """Run a submission up to a task and check the task; None if it defines no answer.

        Parameters
        ----------
        task : Task or NumberTask
        cells : mapping of str to str
            The solution cells by grade_id; all others keep the model solution.
        seed : int
            The seed of the check's random numbers.
        anew : bool
            Whether to compute the expected results after the submission has run, as a notebook
            does: an attack may change the library.
        """
        namespace: dict[str, Any] = {"__name__": "__main__"}
        grade = self._grade_cell(task.name)
        for name, cell in self._cells.items():
            if cell is grade:
                break
            kind = classify(cell, instructors=not is_solution(cell)).kind
            # Skip the instructor's cells that demonstrate a check: they only take time.
            if kind == RUN or (kind == GIVEN and not _calls_a_check(cell.source)):
                _run(cells.get(name, cell.source), namespace)
        try:
            answer = eval(self._graded(task.name), namespace)
        except Exception:
            return None
        return (_knowing_nothing(task) if anew else self._remembering(task, seed))(
            answer, seed=seed
        )

    def _remembering(self, task: AnyTask, seed: int) -> AnyTask:
        """Return the task with a cache of its expected results and those of misconceptions.

        These depend only on the seed, and computing them is most of the work of a check.
        """
        if isinstance(task, NumberTask):
            return task
        ask, observe = task.expected, task.observe
        known = {id(m.answer) for m in task.misconceptions}

        def once(code: Any, work_out: Callable[[], list[Seen]]) -> list[Seen]:
            key = task.name, seed, id(code)
            if key not in self.observed:
                self.observed[key] = work_out()
            return self.observed[key]

        def expected(cases: list[Case]) -> list[Seen]:
            return once(None, lambda: ask(cases))

        def observed(answer: Any, cases: list[Case]) -> list[Seen]:
            if id(answer) in known:
                return once(answer, lambda: observe(answer, cases))
            return observe(answer, cases)

        remembering = copy.copy(task)
        object.__setattr__(remembering, "expected", expected)
        object.__setattr__(remembering, "observe", observed)
        return remembering

    def _graded(self, task: str) -> str:
        """Return the argument of a grade cell's check, as in "Relu"."""
        source = self._grade_cell(task).source
        match ast.parse(source).body:
            case [ast.Expr(ast.Call(func=ast.Attribute(attr=name), args=[answer]))]:
                if name == task:
                    return ast.unparse(answer)
        raise CourseError(
            f"{self.course.source(self.slug)}: the cell check_{task} has to be one call, "
            f"checks.{task}(...), and is {source!r}."
        )

    def _grade_cell(self, task: str) -> Any:
        try:
            return self._cells[f"check_{task}"]
        except KeyError:
            raise CourseError(
                f"{self.course.source(self.slug)} has no grade cell check_{task}."
            ) from None

    @cached_property
    def _cells(self) -> dict[str, Any]:
        cells = read_source(self.course.source(self.slug)).cells
        return {grade_id(cell) or cell["id"]: cell for cell in cells}


def _knowing_nothing(task: AnyTask) -> AnyTask:
    """Return the task with an empty cache."""
    if isinstance(task, NumberTask):
        return task
    fresh = copy.copy(task)
    object.__setattr__(fresh, "memory", {})
    return fresh


def _calls_a_check(source: str) -> bool:
    return bool(re.search(r"^checks\.", source, flags=re.MULTILINE))


def _run(source: str, namespace: dict[str, Any]) -> None:
    """Run a cell and ignore its errors: in grading, too, the next cell runs after a failed one."""
    try:
        run_tree(ast.parse(source), "<cell>", namespace)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return


# Kinds of trials in which only the points matter, not the feedback.
UNREAD = ("mutant", "checklist")


@dataclass(frozen=True)
class Trial:
    """An answer to one task, and how to check it.

    Attributes
    ----------
    slug, task : str
    kind : str
        "model", "blank", "misconception", "accepted", "hostile", "mutant" or "checklist".
    about : tuple of str
        A name within the kind, and the data needed to judge the result.
    cells : mapping of str to str
        The solution cells by grade_id; all others keep the model solution.
    seeds : tuple of int
        The seeds of the random numbers; one check runs with each.
    limit : float
        The time limit of one check, in seconds.
    number : int
        Its position among the trials of its task.
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
class TrialResult:
    """The result of a trial, with one value for each seed.

    Attributes
    ----------
    trial : Trial
    points : tuple of float
    reports : tuple of Report or None
        None if a check was stopped, or if the submission defined no answer.
    seconds : float
        The time of the fastest check: the others may have read files first.
    """

    trial: Trial
    points: tuple[float, ...]
    reports: tuple[Report | None, ...]
    seconds: float


def run_all(course: Course, trials: Sequence[Trial], workers: int) -> Iterator[TrialResult]:
    """Yield the results of trials as they complete.

    Attacks start last, so that what they break in a process affects no other answers.

    Parameters
    ----------
    course : Course
    trials : sequence of Trial
    workers : int
        The number of processes; with 1, all trials run in this process.
    """
    trials = sorted(trials, key=lambda trial: trial.kind == "hostile")
    if workers == 1:
        yield from (run(course.root, trial) for trial in trials)
        return
    # The arrays are small: NumPy's own threads would only wait for each other.
    import_only_what_is_installed()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(run, course.root, trial) for trial in trials]
        try:
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(cancel_futures=True)


def run(root: Path, trial: Trial) -> TrialResult:
    """Check an answer with each seed of its trial."""
    answered = assignment(root, trial.slug)
    task = answered.tasks[trial.task]
    if trial.kind in UNREAD:
        # No one reads the feedback on these, and the search for hints takes time. A task without
        # a slug has no misconceptions to search.
        task = replace(task, slug="")
    reports, fastest = [], float("inf")
    for seed in trial.seeds:
        start = time.monotonic()
        check = partial(answered.check, task, trial.cells, seed, anew=trial.kind == "hostile")
        reports.append(_within(trial.limit, check))
        fastest = min(fastest, time.monotonic() - start)
    points = tuple(report.points if report else 0.0 for report in reports)
    return TrialResult(trial, points, tuple(reports), fastest)


class _TimeUp(KeyboardInterrupt):
    """A check took too long. A KeyboardInterrupt, because the checks do not catch it."""


# A check may wait for other processes this many times as long as it may compute.
_WAITS = 20


def _within(limit: float, check: Callable[[], Report | None]) -> Report | None:
    """Return the report, or None if the check exceeds the limit of processor time, in seconds.

    A check that only waits is stopped after some multiple of the limit.
    """
    if not hasattr(signal, "setitimer"):  # there is none on Windows
        return check()
    here, ended = sys._getframe(), False

    def stop(_signal: int, frame: Any) -> None:
        # An alarm in this function would come after the check, and end the audit.
        if not ended and frame is not here:
            raise _TimeUp

    before = {of: signal.signal(of, stop) for of in (signal.SIGPROF, signal.SIGALRM)}
    # Repeated, because code that catches everything catches the first one.
    signal.setitimer(signal.ITIMER_PROF, limit, 0.5)
    signal.setitimer(signal.ITIMER_REAL, _WAITS * limit, 0.5)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            report = check()
            ended = True
            return report
    except _TimeUp:
        return None
    finally:
        ended = True
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        for of, handler in before.items():
            signal.signal(of, handler)


@cache
def assignment(root: Path, slug: str) -> Assignment:
    """Return an assignment, read once per process."""
    return Assignment(Course(root), slug)
