"""The demo class: who is in it, and how each student answers.

A recipe makes the answers to any assignment from what is there anyway: the model solution, the
accepted submissions and the misconceptions. So a new assignment has a demo class at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import nbformat
from nbformat import NotebookNode

from course_lib.grading.course import Course
from course_lib.grading.submissions import (
    build_submission,
    model_cells,
    read_submission_file,
    written_cells,
)
from course_lib.misconceptions import for_task

Answers = dict[str, str]
Recipe = Callable[[Course, str], Answers]

WRITTEN = (
    "A node needs only its own inputs and the gradient that comes from behind. It multiplies that "
    "gradient with its own slope and hands it on, and so the slopes along a path multiply."
)
NEVER_ENDS = "count = 3\nwhile count > 0:\n    total = count\n\n\n"
RAISES = "table = {'slope': 1}\ntable['slop']\n\n\n"
# Two attacks that earn full marks where the check runs beside the answer, and one on the marks.
EQUAL = """import builtins, sys
import numpy as np

class Right(float):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = float.__hash__

np.allclose = np.array_equal = np.isclose = lambda *args, **named: True
builtins.abs = builtins.max = lambda *args: Right(0)
for name, module in list(sys.modules.items()):
    if "checks" in name:
        for task in list(vars(module)):
            setattr(module, task, lambda *args: Right(100))
"""
READS = """import glob, os, sqlite3

found = []
for above in (".", "..", "../..", "../../..", os.path.expanduser("~")):
    for name in ("gradebook.db", "*/gradebook.db", "_build/source/*/*.ipynb", "solutions/*.md"):
        found += glob.glob(os.path.join(above, name))
for path in found:
    if path.endswith(".db"):
        with sqlite3.connect(path) as book:
            book.execute("UPDATE grade SET auto_score = 100")
print("found:", found)
os._exit(0)
"""
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


def sometimes(recipe: Recipe) -> Recipe:
    """Return a recipe for the first and the third assignment; the others are answered rightly.

    An endless loop takes its whole time limit: a few of them show what there is to see.
    """

    def chosen(course: Course, slug: str) -> Answers:
        return (recipe if slug[:2] in ("01", "03") else model)(course, slug)

    return chosen


def begins_with(code: str) -> Recipe:
    """Return a recipe that puts code before an otherwise blank first answer."""

    def recipe(course: Course, slug: str) -> Answers:
        return {next(iter(model_cells(slug, course=course))): code}

    return recipe


def as_it_is(notebook: NotebookNode) -> bytes:
    """Hand in a notebook as JupyterLab saves it."""
    return nbformat.writes(notebook).encode()


def with_other_points(notebook: NotebookNode) -> bytes:
    """Hand in a notebook in which every check is worth 100 points and says so."""
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade") and not about.get("solution"):
            about["points"], about["locked"], cell.source = 100, False, "100.0"
            cell.metadata["tags"] = ["skip-execution"]
    return as_it_is(notebook)


def cut_off(notebook: NotebookNode) -> bytes:
    """Hand in a file that was not saved to its end."""
    return as_it_is(notebook)[:2000]


@dataclass(frozen=True)
class Student:
    """A member of the demo class.

    Attributes
    ----------
    name, what : str
    recipe : callable
        Answers an assignment.
    save : callable
        Makes the file out of the notebook.
    hostile : bool
        Whether the code attacks whoever runs it.
    """

    name: str
    what: str
    recipe: Recipe
    save: Callable[[NotebookNode], bytes] = as_it_is
    hostile: bool = False

    def file(self, course: Course, slug: str) -> bytes:
        """Return what this student hands in for an assignment."""
        return self.save(build_submission(slug, self.recipe(course, slug), course))


CLASS = (
    Student("demo-ada", "all right, in other words than the model", accepted),
    Student("demo-blaise", "all right, the model solution", model),
    Student("demo-charles", "half right, the rest blank", first_half),
    Student("demo-dorothy", "a mistake in task 1, which others may build on", mistaken(0)),
    Student("demo-edsger", "a mistake in task 3", mistaken(2)),
    Student("demo-frances", "a mistake in tasks 2, 4, 5 and 6", mistaken(1, 3, 4, 5)),
    Student("demo-grace", "the last task raises an error", last_task_begins(RAISES)),
    Student("demo-haskell", "the last task is no Python", last_task_begins(NO_PYTHON)),
    Student("demo-ida", "tasks that never end in 01, 03", sometimes(last_task_begins(NEVER_ENDS))),
    Student("demo-john", "blank", blank),
    Student("demo-kathleen", "a file that is cut off", model, save=cut_off),
    Student("demo-mallory", "blank, and claims to be right", begins_with(EQUAL), hostile=True),
    Student("demo-oscar", "blank, and gives points to himself", blank, save=with_other_points),
    Student("demo-trudy", "blank, and looks for the marks", begins_with(READS), hostile=True),
)
