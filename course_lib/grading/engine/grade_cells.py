"""Grade cells: what they see, and what comes of them."""

from __future__ import annotations

import ast
import builtins
import contextlib
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from course_lib.checks.report import Report
from course_lib.grading.engine.records import Cell, Part, TaskResult
from course_lib.grading.engine.shown import readable
from course_lib.grading.engine.student.cells import run_tree
from course_lib.text import _

MOST_SAID = 2000
_WORDS = ("problem", "wanted", "got", "hint")


class Names(dict[str, Any]):
    """The names that a grade cell sees: imports of the instructor's, and the learner's answers."""

    def __init__(self, learners: Callable[[str], Any]) -> None:
        super().__init__()
        self.learners = learners

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return self.learners(name)

    def take_imports(self, source: str) -> None:
        """Import here what one of the instructor's own cells imports."""
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        with contextlib.suppress(ImportError):
            exec(compile(tree, "<imports>", "exec"), self)

    def evaluate(self, source: str) -> Any:
        """Run a grade cell and return the value of its last expression."""
        return run_tree(ast.parse(source), "<check>", self)


def from_report(cell: Cell, report: Report) -> TaskResult:
    """Return what a check said as a result."""
    parts = tuple(Part(p.name, float(p.points), float(p.earned), p.reason) for p in report.parts)
    points = report.points
    if report.max_points and report.max_points != cell.points:
        # The instructor may give a task another weight than the check has.
        points *= cell.points / report.max_points
    result = TaskResult(
        task_name(cell),
        cell.grade_id,
        points,
        cell.points,
        parts,
        read=report.read,
        seed=report.seed,
    )
    if report.finding is None:
        return replace(result, notice=report.notice)
    found = report.finding
    return replace(
        result,
        problem=found.problem,
        wanted=found.wanted,
        got=found.got,
        hint=found.hint,
        misconception=found.misconception,
    )


def cleaned(task: TaskResult) -> TaskResult:
    """Return a result whose words can be shown anywhere: some of them are a stranger's."""
    words: dict[str, Any] = {name: readable(getattr(task, name), MOST_SAID) for name in _WORDS}
    parts = tuple(replace(p, reason=readable(p.reason, MOST_SAID)) for p in task.parts)
    return replace(task, parts=parts, **words)


def no_report(cell: Cell, why: str) -> TaskResult:
    """Return the result of a task that no check said anything about."""
    return TaskResult(task_name(cell), cell.grade_id, 0.0, cell.points, problem=why)


def task_name(cell: Cell) -> str:
    """Return "mul_layer" for the grade cell "check_mul_layer"."""
    return cell.grade_id.removeprefix("check_")


def worth(value: Any) -> float:
    """Return what a grade cell's value is worth; with nbgrader, too, only a number counts."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return float("inf")
    return 0.0 if math.isnan(number) else number


def sentence(error: Exception) -> str:
    """Return in a sentence what stopped a grade cell."""
    kind, message = type(error).__name__, str(error)[:300]
    if isinstance(error, AssertionError):
        return message or _("This is not as it should be yet.")
    if kind == "Raised":
        kind, message = getattr(error, "kind", kind), getattr(error, "message", message)
    if kind == "NameError":
        return _("This name is not there: {message}.").format(message=message)
    return f"{kind}: {message}"
