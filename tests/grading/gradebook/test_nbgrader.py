"""nbgrader's own `autograde` uses the same sandbox and gives the same points."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import copy_course

from course_lib.grading.authoring.trial import build_submission, model_cells
from course_lib.grading.course import Course
from course_lib.grading.notebooks import grade_id
from course_lib.grading.release import release

SLUG = "03_activations"
# The points in the assignment: relu, sigmoid, tanh, predict, leaky and softplus 5 each, swish 4.
FULL = {
    "check_relu": 5,
    "check_sigmoid": 5,
    "check_tanh": 5,
    "check_predict": 5,
    "check_leaky_relu": 5,
    "check_softplus": 5,
    "check_swish": 4,
}
SPY = """
import os
names = ("solutions", "gradebook.db", "nbgrader_config.py")
seen = [name for name in names if os.path.exists(ROOT + name)]
try:
    open(ROOT + "was-here", "w").close()
except OSError as error:
    seen.append(type(error).__name__)
print("saw", seen)
"""
PATCHES = """
import course_lib.checks
import numpy
course_lib.checks.activations.relu = lambda answer: 5.0
numpy.allclose = numpy.array_equal = lambda *args, **named: True


class Relu:
    def forward(self, x):
        return x

    def backward(self, dout):
        return dout
"""
CALLS_SIGMOID = """
class Swish:
    def forward(self, x):
        self.x, self.s = x, Sigmoid().forward(x)
        return self.x * self.s

    def backward(self, dout):
        return dout * (self.s + self.x * self.s * (1 - self.s))
"""

# Award the points if the grade cells look up "checks" among the student's names.
OWN_CHECKS = """
class Generous:
    def __getattr__(self, name):
        return lambda answer: 5.0

checks = Generous()
LeakyRelu = Softplus = Swish = object
"""
GENEROUS = ("leaky_relu", "softplus", "swish")


def without_imports(notebook: Any) -> Any:
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "imports"]
    return notebook


def imports_at_the_end(notebook: Any) -> Any:
    (imports,) = [c for c in notebook.cells if grade_id(c) == "imports"]
    notebook.cells = [*without_imports(notebook).cells, imports]
    return notebook


def imports_edited(notebook: Any) -> Any:
    for cell in notebook.cells:
        if grade_id(cell) == "imports":
            cell.metadata.nbgrader.grade_id = "other"
            cell.metadata.nbgrader.locked = False
            cell.source = OWN_CHECKS
    return notebook


def imports_become_text(notebook: Any) -> Any:
    for i, cell in enumerate(notebook.cells):
        if grade_id(cell) == "imports":
            text = nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)
            notebook.cells[i] = text
    return notebook


def grade_cells_become_answers(notebook: Any) -> Any:
    for cell in notebook.cells:
        if grade_id(cell).startswith("check_"):
            cell.metadata.nbgrader |= {"locked": False, "solution": True}
            cell.source = "5.0"
    return notebook


def grade_cells_are_deleted(notebook: Any) -> Any:
    notebook.cells = [c for c in notebook.cells if not grade_id(c).startswith("check_")]
    return notebook


def only_own_cells(notebook: Any) -> Any:
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        cell.id = nbformat.v4.new_code_cell().id
    return notebook


CHANGES = {
    change.__name__: change
    for change in (
        without_imports,
        imports_at_the_end,
        imports_edited,
        imports_become_text,
        grade_cells_become_answers,
        grade_cells_are_deleted,
        only_own_cells,
    )
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = copy_course(tmp_path_factory.mktemp("button") / "course")
    release(course, [SLUG])
    model = model_cells(SLUG, course=course)
    # sigmoid(-x) has the right formula for dx, but a wrong forward.
    mirrored = model["sigmoid"].replace("np.where(x >= 0, 1, z)", "np.where(x >= 0, z, 1)")
    spy = SPY.replace("ROOT", repr(f"{course.root}/"))
    for student, cells in {
        "honest": model,
        "spy": model | {"relu": model["relu"] + spy},
        "patcher": model | {"relu": PATCHES},
        "caller": model | {"sigmoid": mirrored, "swish": CALLS_SIGMOID},
        "looper": model | {"swish": "while True:\n    pass\n"},
    }.items():
        hand_in(course, student, build_submission(SLUG, cells, course))
    for name, change in CHANGES.items():
        cells = model | dict.fromkeys(GENEROUS, OWN_CHECKS)
        hand_in(course, name, change(build_submission(SLUG, cells, course)))
    command = [sys.executable, "-m", "nbgrader", "autograde", SLUG, "--SafeExecute.timeout=3"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return course


def hand_in(course: Course, student: str, notebook: Any) -> None:
    place = course.root / "submitted" / student / SLUG / f"{SLUG}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(notebook))


def marks(course: Course, student: str) -> dict[str, float | None]:
    rows = sqlite3.connect(course.gradebook).execute(
        "select base_cell.name, grade.auto_score from grade "
        "join base_cell on base_cell.id = grade.cell_id "
        "join submitted_notebook on submitted_notebook.id = grade.notebook_id "
        "join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id "
        "where submitted_assignment.student_id = ? and base_cell.name like 'check_%'",
        [student],
    )
    return dict(rows.fetchall())


def outputs(course: Course, student: str, name: str) -> str:
    path = course.root / "autograded" / student / SLUG / f"{SLUG}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return str([c.outputs for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == name])


def test_right_submission_earns_all_points(graded: Course) -> None:
    assert marks(graded, "honest") == FULL


def test_student_code_cannot_read_or_write_the_course(graded: Course) -> None:
    assert "saw ['FileNotFoundError']" in outputs(graded, "spy", "relu")
    assert not (graded.root / "was-here").exists()
    assert marks(graded, "spy") == FULL


def test_patching_the_checks_earns_nothing(graded: Course) -> None:
    assert marks(graded, "patcher") == FULL | {"check_relu": 0}


def test_a_wrong_answer_costs_nothing_in_the_task_that_calls_it(graded: Course) -> None:
    assert marks(graded, "caller") == FULL | {"check_sigmoid": 2}


@pytest.mark.parametrize("name", CHANGES)
def test_own_checks_earn_nothing_whatever_happens_to_the_instructors_cells(
    graded: Course, name: str
) -> None:
    lost = {f"check_{task}": 0 for task in GENEROUS}
    assert marks(graded, name) == FULL | lost


def test_an_endless_loop_costs_only_its_own_task(graded: Course) -> None:
    assert marks(graded, "looper") == FULL | {"check_swish": 0}
    assert "ran too long" in outputs(graded, "looper", "swish")


@pytest.mark.slow
def test_without_the_sandbox_student_code_can_read_the_course(graded: Course) -> None:
    """The tests above can fail: without a sandbox, the spy finds the course."""
    root = Path(graded.root)
    command = [sys.executable, "-m", "nbgrader", "autograde", SLUG, "--student=spy", "--force"]
    command += ["--SafeExecute.sandbox=False"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nbgrader_config.py" in outputs(graded, "spy", "relu")
    (root / "was-here").unlink()
