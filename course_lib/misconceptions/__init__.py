"""Known wrong answers: each is code that is wrong in one way, and a tutor's hint.

A module belongs to one assignment and has its name without the number. In it, a class or
function marked with :func:`misconception` is one wrong answer. What its docstring says is the
hint: it names the likely cause and asks the question that leads on, never the formula.
"""

from course_lib.misconceptions.registry import (
    Misconception,
    all_misconceptions,
    common_mistakes,
    for_task,
    misconception,
)

__all__ = ["Misconception", "all_misconceptions", "common_mistakes", "for_task", "misconception"]
