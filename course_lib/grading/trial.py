"""Run an answer to an assignment in this process, and check one task of it.

This is quick and unguarded: for answers that the course itself holds, never for students'.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course_lib.checks import all_tasks
from course_lib.checks.number_task import NumberTask
from course_lib.checks.observe import Case, Seen
from course_lib.checks.report import Report
from course_lib.checks.task import Task
from course_lib.grading.course import Course, CourseError
from course_lib.grading.source import grade_id, is_solution, read_source

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
            source = cells.get(name, cell.source)
            if cell.cell_type == "code" and (is_solution(cell) or not _calls_a_check(source)):
                _run(source, namespace)
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
        exec(compile(source, "<cell>", "exec"), namespace)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return
