"""Execute one submission: its own cells in a student process, the grade cells in this one."""

from __future__ import annotations

import contextlib
import math
import re
import time
import warnings
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from course_lib.checks.report import Finding, Report
from course_lib.checks.seeds import seeded
from course_lib.checks.side import Raised, RemoteReference, SideLost
from course_lib.grading.course import CourseError
from course_lib.grading.jobs import (
    CHECK,
    GIVEN,
    RUN,
    Cell,
    Job,
    Result,
    TaskResult,
    task_name,
    without_report,
)
from course_lib.grading.names import Names, Unavailable
from course_lib.grading.sandbox.package import given_package
from course_lib.grading.sandbox.process import (
    NOT_STARTED,
    START_SECONDS,
    StudentProcess,
    isolation,
    note_failure,
)
from course_lib.grading.sandbox.remote import RemoteSide
from course_lib.grading.sanitize import Outputs, printable_text, problem_output
from course_lib.text import _

MOST_SAID = 2000
_WORDS = ("problem", "wanted", "got", "hint")
_OURS = (GIVEN, CHECK)


def from_report(cell: Cell, report: Report) -> TaskResult:
    """Return the result of a report, scaled to the points of the grade cell."""
    points = report.points
    if report.max_points and report.max_points != cell.points:
        points *= cell.points / report.max_points
    return TaskResult(cell.grade_id, points, cell.points, report)


def sanitized(task: TaskResult) -> TaskResult:
    """Return a result without control characters: students can put text into it."""
    report = task.report
    parts = tuple(
        replace(
            part,
            points=float(part.points),
            earned=float(part.earned),
            reason=printable_text(part.reason, MOST_SAID),
        )
        for part in report.parts
    )
    finding = report.finding
    if finding is not None:
        finding = replace(
            finding, **{name: printable_text(getattr(finding, name), MOST_SAID) for name in _WORDS}
        )
    return replace(task, report=replace(report, parts=parts, finding=finding))


def points_of(value: Any) -> float:
    """Return the points for a grade cell's value, by nbgrader's rule: only numbers count."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("inf")
    return 0.0 if math.isnan(number) else number


def describe_error(error: Exception) -> str:
    """Return a sentence about the error that stopped a grade cell."""
    kind, message = type(error).__name__, str(error)[:300]
    if isinstance(error, AssertionError):
        return message or _("This is not right yet.")
    if kind == "Raised":
        kind, message = getattr(error, "kind", kind), getattr(error, "message", message)
    if kind == "NameError":
        return _("A name is missing: {message}.").format(message=message)
    return f"{kind}: {message}"


@dataclass(frozen=True)
class Stop:
    """One of the learner's cells that an error stopped.

    Attributes
    ----------
    cell : Cell
    error : str
        The error in words, with the line of code.
    missing : str
        The name that was not defined, if that was the error.
    """

    cell: Cell
    error: str
    missing: str = ""

    def defines(self, name: str) -> bool:
        """Return whether the cell would define a name. Its code may be no valid Python."""
        return bool(re.search(_DEFINES.format(name=re.escape(name)), self.cell.source, re.M))


# A class, a function, a variable or an import.
_DEFINES = (
    r"^[ \t]*(?:(?:async[ \t]+)?(?:class|def)[ \t]+{name}\b|(?:[\w.]+[ \t]*,[ \t]*)*{name}[ \t]*"
    r"(?:,[^=\n]*|:[^=\n]*)?=(?!=)|(?:from\b.*)?\bimport\b.*\b{name}\b)"
)
_UNKNOWN_NAME = re.compile(r"\bname '(\w+)' is not defined")
# Errors whose message needs no type in front.
_SPEAKING = ("StdinNotImplementedError", "TooLong", "Stopped")


def stop_of(cell: Cell, outputs: list[dict[str, Any]]) -> Stop | None:
    """Return how an error stopped a cell, by its outputs; None if it came to its end."""
    errors = [output for output in outputs if output["output_type"] == "error"]
    if not errors:
        return None
    kind, message, lines = (errors[-1][key] for key in ("ename", "evalue", "traceback"))
    said = message if kind in _SPEAKING else f"{kind}: {message}"
    where = lines[-2].strip()[:200] if len(lines) > 1 else ""
    if where:
        said = _("{error}, in the line: {line}").format(error=said.rstrip("."), line=where)
    unknown = _UNKNOWN_NAME.search(message) if kind == "NameError" else None
    return Stop(cell, said, unknown[1] if unknown else "")


def first_cause(name: str, task: str, stops: Sequence[Stop]) -> str:
    """Return a sentence about the error that left a name undefined; empty if no cell stopped.

    Parameters
    ----------
    name : str
    task : str
        The task whose answer has this name: its cell may not even spell it. Else empty.
    stops : sequence of Stop
        In the order in which the cells ran.
    """
    found, wanted = None, name
    for stop in reversed(stops):
        if stop.defines(wanted) or (not found and task and stop.cell.grade_id == task):
            found, wanted = stop, stop.missing
            if not wanted:
                break
    if found is None:
        return ""
    return _("{error}. This stopped the cell, so {name} is missing.").format(
        error=found.error, name=name
    )


def other_spelling(name: str, task: str, ran: Sequence[Cell]) -> str:
    """Return a sentence if the cell of a task defines almost the name that is missing; else ""."""
    source = "\n".join(cell.source for cell in ran if task and cell.grade_id == task)
    defined = re.findall(r"^(?:class|def)[ \t]+(\w+)", source, re.M)
    near = get_close_matches(name.lower(), [one.lower() for one in defined], n=1, cutoff=0.7)
    if not near:
        return ""
    there = next(one for one in defined if one.lower() == near[0])
    return _("Your cell defines {there}, but the check looks for {name}. Rename it.").format(
        there=there, name=name
    )


# A process that dies is restarted for the remaining tasks, up to this many starts.
_MOST_STARTS = 4
# How a process ends that something else has killed, such as the kernel when memory is short.
_FROM_OUTSIDE = ("by the signal SIGKILL", "by the signal SIGTERM")
# Time limit of a whole submission, as a multiple of the limit of one cell.
_MOST_TIME = 4


def execute(job: Job) -> Result:
    """Execute a submission and return its result, whatever the student's code does.

    Parameters
    ----------
    job : Job

    Returns
    -------
    Result
        With `problems` if the submission could not be graded completely.
    """
    start = time.monotonic()
    run = _Run(job)
    run.finish()
    if run.killed and run.seconds():
        # Something else on this machine may have killed an honest submission's process.
        run = _Run(job)
        run.finish()
    tasks = {task.cell: task for task in run.tasks}
    missing = (
        without_report(
            cell.grade_id,
            0.0,
            cell.points,
            run.problems[-1] if run.problems else _("This was not checked."),
        )
        for cell in job.cells
        if cell.kind == CHECK and cell.grade_id not in tasks
    )
    tasks |= {task.cell: task for task in missing}
    tasks |= _graded_again(run, tasks)
    held = (task.report.held for task in tasks.values() if task.report.held)
    return Result(
        student=job.student,
        slug=job.slug,
        tasks=tuple(sanitized(tasks[cell.grade_id]) for cell in job.cells if cell.kind == CHECK),
        outputs=tuple(run.outputs.get(i, []) for i in range(len(job.cells))),
        problems=tuple(printable_text(said, MOST_SAID) for said in (*run.problems, *held)),
        isolation=isolation() if job.sandbox and run.starts else "none",
        seed=job.seed,
        seconds=round(time.monotonic() - start, 3),
    )


@dataclass
class _Run:
    """The state of one submission while it is executed."""

    job: Job
    tasks: list[TaskResult] = field(default_factory=list)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    side: RemoteSide | None = None
    process: StudentProcess | None = None
    starts: int = 0
    killed: bool = False

    def __post_init__(self) -> None:
        self.ran: list[Cell] = []
        self.stops: list[Stop] = []
        self.room = Outputs()
        self.until = time.monotonic() + START_SECONDS + _MOST_TIME * self.job.timeout

    def finish(self) -> None:
        """Run all cells, and end the student process."""
        try:
            self.all_cells()
        except CourseError as error:
            self.problems.append(str(error))
        except Exception as error:
            # A bug in the course itself must not stop the grading of other submissions.
            said = f"{type(error).__name__}: {str(error)[:300]}"
            self.problems.append(f"The grader failed with {said}")
        finally:
            self.stop()

    def all_cells(self) -> None:
        sources = {kind: [c.source for c in self.job.cells if c.kind == kind] for kind in _OURS}
        self.names = Names(
            sources[GIVEN],
            sources[CHECK],
            frozenset(self.job.answers),
            lambda name: self.live_side().name(name),
        )
        self.start()
        for i, cell in enumerate(self.job.cells):
            if cell.kind in (RUN, GIVEN):
                self.outputs[i] = [] if self.is_answered(cell) else self.run(cell)
            elif cell.kind == CHECK:
                self.tasks.append(self.check(cell))

    # --- the student process ------------------------------------------------------------------

    def start(self) -> None:
        """Start a student process and rerun the cells that succeeded before."""
        self.stop()
        package = given_package(self.job.given)
        seconds = _MOST_TIME * self.job.timeout
        for warm in (True, False):
            self.process = StudentProcess(
                package, sandbox=self.job.sandbox, seconds=seconds, warm=warm
            )
            self.starts += warm
            if self.process.ready(time.monotonic() + START_SECONDS):
                break
            self.process.end()
            note_failure()
        else:
            raise CourseError(f"{NOT_STARTED}; run `course grade` to see what is missing")
        self.side = RemoteSide(self.process.wire)
        if self.job.files:
            files = {name: b64decode(content) for name, content in self.job.files.items()}
            self.side.put(files, self.seconds())
        for cell in self.ran:
            self.side.run(cell.source, self.seconds())

    def stop(self) -> str:
        """End the student process; return how it ended if it had already ended."""
        process, self.process, self.side = self.process, None, None
        return process.end() if process else ""

    def seconds(self) -> float:
        """Return the time limit of the next cell in seconds."""
        return max(min(self.job.timeout, self.until - time.monotonic()), 0.0)

    def live_side(self) -> RemoteSide:
        """Return the student process's side, restarting the process if it is gone."""
        if self.side is None or self.side.gone:
            if self.starts >= _MOST_STARTS or not self.seconds():
                raise SideLost(_("it ended too often, or the submission took too long"))
            self.start()
        assert self.side is not None
        return self.side

    def describe_loss(self, error: SideLost) -> str:
        """Return a sentence that says why the process ended."""
        how = self.stop()
        self.killed |= how in _FROM_OUTSIDE
        return _("The submission's process is gone: {why}{how}.").format(
            why=error, how=f", {how}" if how else ""
        )

    # --- cells --------------------------------------------------------------------------------

    def is_answered(self, cell: Cell) -> bool:
        """Return whether the student's other cells define what a blank answer would define."""
        try:
            for name in cell.defines:
                side = self.live_side()
                with contextlib.suppress(Raised), side.check(self.seconds()):
                    side.name(name)
                    return True
        except SideLost:
            self.stop()
        return False

    def run(self, cell: Cell) -> list[dict[str, Any]]:
        """Run one of the learner's cells and return its outputs."""
        try:
            outputs = self.room.clean(self.live_side().run(cell.source, self.seconds()))
        except Raised as error:
            # Errors in a cell are outputs; this one means that an output can't be transferred.
            outputs = [problem_output(printable_text(error.message, MOST_SAID))]
        except SideLost as error:
            said = self.describe_loss(error)
            self.problems.append(said)
            return [problem_output(said)]
        self.ran.append(cell)
        if stop := stop_of(cell, outputs):
            self.stops.append(stop)
        return outputs

    def check(self, cell: Cell) -> TaskResult:
        """Run a grade cell here; the learner's answers run in the student process."""
        result = self.checked(cell)
        problem = result.finding.problem
        if unknown := _UNKNOWN_NAME.search(problem):
            task = "" if result.report.parts else result.task
            cause = first_cause(unknown[1], task, self.stops)
            cause = cause or other_spelling(unknown[1], task, self.ran)
            if cause:
                # The error in the learner's cell, in place of the one that follows from it.
                return replace(result, report=replace(result.report, finding=Finding(cause)))
        return result

    def checked(self, cell: Cell) -> TaskResult:
        """Run a grade cell and return its result."""
        try:
            with (
                self.live_side().check(self.seconds()),
                seeded(self.job.seed, cell.grade_id),
                warnings.catch_warnings(),
            ):
                # Keep learners' warnings out of the grader's output.
                warnings.simplefilter("ignore")
                value = self.names.evaluate(cell.source)
        except SideLost as error:
            said = self.describe_loss(error)
            self.problems.append(f"{task_name(cell.grade_id)}: {said}")
            return without_report(cell.grade_id, 0.0, cell.points, said)
        except Unavailable as error:
            said = _("The grade cell could not run: {why}").format(why=error)
            self.problems.append(f"{task_name(cell.grade_id)}: {said}")
            return without_report(cell.grade_id, 0.0, cell.points, said)
        except MemoryError:
            said = _("The check of this task needs more memory than it may use.")
            self.problems.append(f"{task_name(cell.grade_id)}: {said}")
            return without_report(cell.grade_id, 0.0, cell.points, said)
        except CourseError:
            raise
        except Exception as error:
            return without_report(cell.grade_id, 0.0, cell.points, describe_error(error))
        if isinstance(value, Report):
            return from_report(cell, value)
        points = (
            cell.points if value is None or isinstance(value, RemoteReference) else points_of(value)
        )
        return without_report(cell.grade_id, min(max(points, 0), cell.points), cell.points)


# --- follow-on errors -----------------------------------------------------------------------------


def _graded_again(run: _Run, first: Mapping[str, TaskResult]) -> dict[str, TaskResult]:
    """Return new results of the tasks that lost points and call a wrong earlier answer.

    A second process runs the submission with the model solutions in place of the wrong answers. It
    starts when all points of those answers are final. Nothing that it prints is kept, and reports
    quote nothing from it, because the learner's code can read the model solutions there.

    An answer whose cell was stopped by an error is not replaced: its class is missing, not wrong.
    """
    stopped = {stop.cell.grade_id for stop in run.stops}
    wrong = {task.task for task in first.values() if task.points < task.max_points}
    blank = {cell.grade_id for cell in run.job.cells if cell.model and _is_blank(cell)}
    needed = {
        name: found
        for name, used in _used_tasks(run.job.cells).items()
        if name in wrong - blank and (found := used & wrong - stopped)
    }
    if not needed:
        return {}
    again = _SecondRun(run.job, needed=needed, wrong=wrong)
    try:
        again.all_cells()
    except Exception as error:
        run.problems.append(
            f"Tasks that use a wrong answer could not be graded again: {str(error)[:300]}"
        )
    finally:
        again.stop()
    return {
        task.cell: _without_follow_on(first[task.cell], task, used)
        for task in again.tasks
        if (used := again.replaced.get(task.task))
    }


def _used_tasks(cells: Sequence[Cell]) -> dict[str, set[str]]:
    """Return the earlier tasks that each task's answer names, directly or through other cells.

    The text decides, without parsing: a name that is not called costs a run, but no points.
    """
    own = [
        (_named(_BOUND, cell.source), _named(_USED, cell.source))
        for cell in cells
        if cell.kind == RUN and not cell.model
    ]
    names: dict[str, set[str]] = {}
    used: dict[str, set[str]] = {}
    for cell in cells:
        if cell.model:
            words, before = _named(_USED, cell.source) | _named(_BOUND, cell.model), 0
            while len(words) > before:
                before = len(words)
                words = words.union(*(inside for bound, inside in own if bound & words))
            direct = {task for task, defined in names.items() if defined & words}
            used[cell.grade_id] = direct.union(*(used[task] for task in direct))
            names[cell.grade_id] = _named(_CALLED, cell.model)
    return used


# What a cell binds, what it uses, and what others can call. A function without arguments, as in a
# task that asks for numbers, is called by its check only.
_BOUND = re.compile(r"^(?:class +|def +|(?=\w+ *=[^=]))(\w+)", re.MULTILINE)
_USED = re.compile(r"#.*|(?<!def )(?<![\w.])([^\W\d]\w*)")
_CALLED = re.compile(r"^(?:class +(\w+)|def +(\w+)\((?!\)))", re.MULTILINE)


def _named(pattern: re.Pattern[str], source: str) -> set[str]:
    return {name for match in pattern.finditer(source) for name in match.groups() if name}


def _is_blank(cell: Cell) -> bool:
    """Return whether a solution cell has no answer in it."""
    blanks = max(1, cell.model.count("### BEGIN SOLUTION"))
    return cell.source.count("raise NotImplementedError") >= blanks


@dataclass(kw_only=True)
class _SecondRun(_Run):
    """A run with the model solutions in place of wrong answers, which checks some tasks.

    Attributes
    ----------
    needed : mapping of str to set of str
        The tasks to check, with the wrong tasks that each uses.
    wrong : set of str
        The tasks with wrong answers.
    replaced : dict of str to list of str
        For each checked task, the classes and functions that it uses and that were replaced.
    """

    needed: Mapping[str, set[str]]
    wrong: set[str]
    replaced: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.models = {c.grade_id: Cell(RUN, c.model) for c in self.job.cells if c.model}
        self.in_place: dict[str, Cell] = {}

    def check(self, cell: Cell) -> TaskResult:
        """Check a task in `needed`, and put the model solution in place of a wrong answer."""
        task = task_name(cell.grade_id)
        result, right = without_report(cell.grade_id, 0.0, cell.points), task not in self.wrong
        if task in self.needed:
            # A learner's own cell may have defined the wrong answer again.
            for model in self.in_place.values():
                self.run(model)
            result = super().check(cell)
            right = result.points == result.max_points
            self.replaced[task] = [
                name
                for used, model in self.in_place.items()
                if used in self.needed[task]
                for name in sorted(_named(_CALLED, model.source))
            ]
        if not right and any(task in used for used in self.needed.values()):
            self.in_place[task] = self.models[task]
            self.run(self.models[task])
        return result


def _without_follow_on(first: TaskResult, second: TaskResult, used: Sequence[str]) -> TaskResult:
    """Return the better result of a task, with a sentence about the wrong answers that it uses."""
    found = second.finding
    # Only a misconception's hint: other texts may quote what the learner's code has returned.
    told = {"hint": found.hint, "misconception": found.misconception} if found.misconception else {}
    if second.points <= first.points:
        repair = replace(first.finding.after(used), **told)
        return replace(first, report=replace(first.report, finding=repair))
    names = ", ".join(used)
    said = _(
        "{names} is not right yet, so this task was graded with the course's own {names}."
    ).format(names=names)
    parts = tuple(
        replace(part, reason=_("wrong with the course's {names}, too").format(names=names))
        if part.earned < part.points
        else part
        for part in second.report.parts
    )
    finding = Finding(said, **told) if second.points < second.max_points else None
    report = replace(second.report, parts=parts, finding=finding, notice=said)
    return replace(second, report=report)
