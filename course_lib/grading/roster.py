"""The demo class: who is in it, and how each student answers.

A recipe makes the answers to any assignment from what is there anyway: the model solution, the
accepted submissions and the misconceptions. So a new assignment has a demo class at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from course_lib.grading.course import Course
from course_lib.grading.submissions import model_cells, read_submission_file, written_cells
from course_lib.misconceptions import for_task

Answers = dict[str, str]
Recipe = Callable[[Course, str], Answers]

# With nbgrader a submission takes seconds, and an endless loop its whole time limit: two
# assignments show what there is to see.
ASSIGNMENTS = ("01_shopping_cart", "03_activations")

WRITTEN = (
    "A node needs only its own inputs and the gradient that comes from behind. It multiplies that "
    "gradient with its own slope and hands it on, and so the slopes along a path multiply."
)
NEVER_ENDS = "count = 3\nwhile count > 0:\n    total = count\n\n\n"
RAISES = "table = {'slope': 1}\ntable['slop']\n\n\n"
NO_PYTHON = "class Layer\n    pass\n\n\n"


def accepted(course: Course, slug: str) -> Answers:
    """Answer rightly, in another spelling than the model solution where there is one."""
    files = sorted((course.root / "tests" / "submissions" / slug / "accepted").glob("*.py"))
    other = read_submission_file(files[0]) if files else {}
    return model(course, slug) | other


def model(course: Course, slug: str) -> Answers:
    """Answer with the model solution, and the questions in words in a few of one's own."""
    written = dict.fromkeys(written_cells(slug, course), WRITTEN)
    return model_cells(slug, course=course) | written


def first_half(course: Course, slug: str) -> Answers:
    """Leave the second half of the code blank, and the questions in words too."""
    cells = model_cells(slug, course=course)
    return dict(islice(cells.items(), len(cells) // 2))


def blank(_course: Course, _slug: str) -> Answers:
    """Hand in what was handed out."""
    return {}


def mistaken(*tasks: int) -> Recipe:
    """Return a recipe that makes the first known mistake in some of the tasks, counted from 0."""

    def recipe(course: Course, slug: str) -> Answers:
        cells = model_cells(slug, course=course)
        wrong = {}
        for task in (name for number, name in enumerate(cells) if number in tasks):
            known = for_task(slug, task)
            if known:
                wrong[task] = known[0].source(cells[task])
        return model(course, slug) | wrong

    return recipe


def last_task_begins(with_code: str) -> Recipe:
    """Return a recipe in which the last piece of code begins with something that stops it."""

    def recipe(course: Course, slug: str) -> Answers:
        answers = model(course, slug)
        last = list(model_cells(slug, course=course))[-1]
        return answers | {last: with_code + answers[last]}

    return recipe


@dataclass(frozen=True)
class Student:
    """A member of the demo class."""

    name: str
    what: str
    recipe: Recipe


CLASS = (
    Student("demo-ada", "all right, in other words than the model", accepted),
    Student("demo-blaise", "all right, the model solution", model),
    Student("demo-charles", "half right, the rest blank", first_half),
    Student("demo-dorothy", "a mistake in task 1, which others may build on", mistaken(0)),
    Student("demo-edsger", "a mistake in task 3", mistaken(2)),
    Student("demo-frances", "a mistake in tasks 2, 4, 5 and 6", mistaken(1, 3, 4, 5)),
    Student("demo-grace", "the last task raises an error", last_task_begins(RAISES)),
    Student("demo-haskell", "the last task is no Python", last_task_begins(NO_PYTHON)),
    Student("demo-ida", "the last task never ends", last_task_begins(NEVER_ENDS)),
    Student("demo-john", "blank", blank),
)
