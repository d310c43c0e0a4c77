"""Build submissions and try answers: one task of an assignment, in this or several processes."""

from __future__ import annotations

import ast
import contextlib
import copy
import multiprocessing
import os
import re
import signal
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
from course_lib.grading.student.cells import run_source

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
        The source of solution cells by grade_id; cells not named stay as they were released.
    course : Course, optional
        The copy of the course; the one that this package was installed from unless given.
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

    The file is Python; each line ``# %% <grade_id>`` begins a cell, and what stands before the
    first of them describes the file.
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
        Keep the marks ``### BEGIN SOLUTION`` and ``### END SOLUTION`` around what is solved.
    course : Course, optional
        The copy of the course; the one that this package was installed from unless given.
    """
    notebook = read_source((course or this_course()).source(slug))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and is_solution(cell)]
    return {grade_id(c): c.source if solved else _MARK.sub("", c.source) for c in cells}


def written_cells(slug: str, course: Course | None = None) -> list[str]:
    """Return the grade_id of each solution cell that is answered in words."""
    notebook = read_source((course or this_course()).source(slug))
    return [grade_id(c) for c in notebook.cells if c.cell_type == "markdown" and is_solution(c)]


_SOLVED = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", flags=re.DOTALL)

AnyTask = Task | NumberTask


@dataclass(frozen=True)
class Assignment:
    """An assignment with its model solution, to try answers on.

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
        """The solution cells with code: source by grade_id, with the marks of nbgrader."""
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
        """What known answers do, by task, seed and answer, as far as it was worked out."""
        return {}

    def points(self, task: str) -> float:
        """Return what the grade cell of a task is worth."""
        return float(self._grade_cell(task).metadata["nbgrader"]["points"])

    def check(
        self, task: AnyTask, cells: Mapping[str, str], seed: int = 0, *, anew: bool = False
    ) -> Report | None:
        """Run a submission up to a task and check that; None if there is nothing to check.

        Parameters
        ----------
        task : Task or NumberTask
        cells : mapping of str to str
            The solution cells by grade_id; those not named keep the model solution.
        seed : int
            Of the numbers to check with.
        anew : bool
            Work out what is expected after the submission has run, as a notebook does: an attack
            may change the library.
        """
        namespace: dict[str, Any] = {"__name__": "__main__"}
        grade = self._grade_cell(task.name)
        for name, cell in self._cells.items():
            if cell is grade:
                break
            kind = classify(cell, instructors=not is_solution(cell)).kind
            # A given cell may show a check at work on a wrong answer; that takes time for nothing.
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
        """Return the task, but with what it knows worked out once for all answers.

        That is what right answers and misconceptions do with the numbers of a seed: most of the
        work of a check.
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
        """Return what a grade cell hands to its check, as in "Relu"."""
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
    """Return the task without what it remembers of a seed."""
    if isinstance(task, NumberTask):
        return task
    fresh = copy.copy(task)
    object.__setattr__(fresh, "memory", {})
    return fresh


def _calls_a_check(source: str) -> bool:
    return bool(re.search(r"^checks\.", source, flags=re.MULTILINE))


def _run(source: str, namespace: dict[str, Any]) -> None:
    """Run a cell; if it raises, the next one runs all the same, as it does in grading."""
    try:
        run_source(source, "<cell>", namespace)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return


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
class TrialResult:
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


def run_all(course: Course, trials: Sequence[Trial], workers: int) -> Iterator[TrialResult]:
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


def run(root: Path, trial: Trial) -> TrialResult:
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
    return TrialResult(trial, points, tuple(reports), fastest)


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
