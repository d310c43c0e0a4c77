"""Checks of the exercises: points for each part, and feedback.

Each assignment has one module, named like the assignment without the number, as in
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
    # Imported late: the tasks take long to import, and reading a report does not need them.
    from course_lib.checks import tasks

    return tasks.all_tasks()
