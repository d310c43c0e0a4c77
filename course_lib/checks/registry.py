"""Find the tasks of all assignments."""

from __future__ import annotations

import importlib
import pkgutil

from course_lib.checks.number_task import NumberTask
from course_lib.checks.task import Task


def all_tasks() -> tuple[Task | NumberTask, ...]:
    """Return the tasks of all assignments, in the order in which their modules define them."""
    package = importlib.import_module("course_lib.checks")
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"course_lib.checks.{info.name}")
        if hasattr(module, "SLUG"):
            found += [
                value for value in vars(module).values() if isinstance(value, Task | NumberTask)
            ]
    return tuple(found)
