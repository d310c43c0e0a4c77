"""Checks of the exercises: points part by part, and feedback.

A module belongs to one assignment and has its name without the number, as in
``from course_lib.checks import shopping_cart as checks``. Each task in it is called with the
learner's class or function: ``checks.mul_layer(MulLayer)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.checks.tasks import NumberTask, Task

__all__ = ["all_tasks"]


def all_tasks() -> tuple[Task | NumberTask, ...]:
    """Return the tasks of all assignments, in the order in which their modules define them."""
    # Imported here, because reading a report needs no tasks, and they take long to import.
    from course_lib.checks import tasks

    return tasks.all_tasks()
