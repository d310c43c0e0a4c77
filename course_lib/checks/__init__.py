"""Checks of the exercises: points part by part, and feedback.

A module belongs to one assignment and has its name without the number, as in
``from course_lib.checks import shopping_cart as checks``. Each task in it is called with the
learner's class or function: ``checks.mul_layer(MulLayer)``.
"""

from course_lib.checks.tasks import all_tasks

__all__ = ["all_tasks"]
