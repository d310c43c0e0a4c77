"""A wrong answer costs no points in the later tasks that call it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from job_cases import SLUG, job
from test_submissions import check

from course_lib.checks import all_tasks
from course_lib.checks.tasks import Task
from course_lib.grading import execute as execution
from course_lib.grading.authoring.trial import Assignment, model_cells
from course_lib.grading.course import this_course
from course_lib.grading.execute import execute
from course_lib.grading.jobs import RUN, Cell, Result, to_json
from course_lib.grading.notebooks import grade_id, read_source
from course_lib.misconceptions import all_misconceptions

MODEL = model_cells(SLUG)
SWAPPED = MODEL["mul_layer"].replace("dout * self.y", "dout * self.x")
RIGHT = {
    "mul_layer": 4,
    "add_layer": 3,
    "shopping_cart": 5,
    "predict": 4,
    "sub_layer": 4,
    "coupon_cart": 5,
    "div_layer": 5,
}
# A cart that is right if `ShoppingCart` is, and that does not name `MulLayer`.
BY_ANOTHER_CART = """
class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.cart = ShoppingCart()
        return self.cart.forward(apple, apple_num, 0.0, 0.0, tax) - coupon

    def backward(self, dout):
        dapple, dapple_num, _, _, dtax = self.cart.backward(dout)
        return dapple, dapple_num, dtax, -dout
"""
# Shows what it finds on the class MulLayer in every way that an answer has.
TELLTALE = """
class ShoppingCart:
    def forward(self, *args):
        print(MulLayer.secret)
        raise ValueError(MulLayer.secret)

    def backward(self, dout):
        return MulLayer.secret
"""


def points(result: Result) -> dict[str, float]:
    return {task.task: task.points for task in result.tasks}


def test_a_wrong_layer_costs_nothing_in_the_tasks_that_call_it() -> None:
    # dx is wrong, and the last point, for leaving its inputs alone, needs all others.
    result = execute(job(answers={"mul_layer": SWAPPED}))
    assert points(result) == RIGHT | {"mul_layer": 2}
    notices = {task.task: task.report.notice for task in result.tasks}
    assert [name for name in notices if "MulLayer" in notices[name]] == [
        "shopping_cart",
        "coupon_cart",
    ]
    assert not result.problems


def test_an_empty_layer_costs_its_own_points() -> None:
    empty = "class MulLayer:\n    pass"
    assert points(execute(job(answers={"mul_layer": empty}))) == RIGHT | {"mul_layer": 0}


@pytest.mark.parametrize("cell", ["class MulLayer(:", "raise RuntimeError", "input()"])
def test_a_layer_whose_cell_was_stopped_is_missing_everywhere(cell: str) -> None:
    result = execute(job(answers={"mul_layer": f"{cell}\n{MODEL['mul_layer']}"}))
    assert points(result) == RIGHT | {"mul_layer": 0, "shopping_cart": 0, "coupon_cart": 0}


def test_an_answer_that_calls_one_that_calls_a_wrong_one_keeps_its_points() -> None:
    result = execute(job(answers={"mul_layer": SWAPPED, "coupon_cart": BY_ANOTHER_CART}))
    assert points(result) == RIGHT | {"mul_layer": 2}


def test_an_error_of_its_own_costs_its_own_part() -> None:
    off_by_one = MODEL["shopping_cart"].replace("(all_price, tax)", "(all_price, tax) + 1")
    result = execute(job(answers={"mul_layer": SWAPPED, "shopping_cart": off_by_one}))
    # forward is wrong, and the last point needs all others.
    assert points(result) == RIGHT | {"mul_layer": 2, "shopping_cart": 3}
    both = {"mul_layer": SWAPPED, "shopping_cart": off_by_one, "coupon_cart": BY_ANOTHER_CART}
    assert points(execute(job(answers=both))) == RIGHT | {"mul_layer": 2, "shopping_cart": 3}


@pytest.mark.parametrize(
    ("cell", "used"),
    [
        (
            "class ShoppingCart:\n    def __init__(self):\n        self.m = MulLayer()",
            {"mul_layer"},
        ),
        (
            "class ShoppingCart:\n    def AddLayer(self):\n        self.MulLayer = 1  # MulLayer",
            set(),
        ),
        ("class ShoppingCart:\n    def __init__(self):\n        self.m = product()", {"mul_layer"}),
        ("", {"add_layer"}),  # the answer is in an own cell
    ],
)
def test_used_answers_are_found_by_name(cell: str, used: set[str]) -> None:
    model = {"mul_layer": "MulLayer", "add_layer": "AddLayer", "shopping_cart": "ShoppingCart"}
    cells = [
        Cell(RUN, cell if task == "shopping_cart" else "", task, model=f"class {name}:\n    pass")
        for task, name in model.items()
    ]
    own = ["def product():\n    return MulLayer()", "print(MulLayer().forward(2, 3))"]
    if not cell:
        own.append("class ShoppingCart:\n    add = AddLayer()")
    found = execution._used_tasks([*cells, *(Cell(RUN, source) for source in own)])
    assert found["shopping_cart"] == used


def test_a_blank_notebook_is_graded_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(execution, "_SecondRun", None)  # a second run would fail
    blank = Assignment(this_course(), SLUG).blank
    assert set(points(execute(job(answers=blank))).values()) == {0}


def test_an_answer_without_the_wrong_layer_is_graded_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(execution, "_SecondRun", None)  # a second run would fail
    plain = MODEL["div_layer"].replace("dout / self.y", "dout")
    assert plain != MODEL["div_layer"]
    assert points(execute(job(answers={"div_layer": plain})))["div_layer"] < RIGHT["div_layer"]
    assert points(execute(job())) == RIGHT


def test_a_wrong_layer_in_an_own_cell_is_replaced_too() -> None:
    submitted = job(answers={"mul_layer": "", "shopping_cart": ""})
    own = Cell(RUN, f"{SWAPPED}\n\n{MODEL['shopping_cart']}")
    cells = []
    for cell in submitted.cells:
        if cell.grade_id == "check_mul_layer":
            cells.append(own)
        cells.append(cell)
    result = execute(replace(submitted, cells=tuple(cells)))
    assert points(result) == RIGHT | {"mul_layer": 2}


def test_the_model_solution_earns_nothing_in_its_own_task() -> None:
    """Later cells hand over what they find under the name of an earlier answer."""
    stolen = f"Kept = MulLayer\n{MODEL['add_layer']}\nMulLayer = Kept\n"
    late = f"{MODEL['coupon_cart']}\n{MODEL['mul_layer']}"
    result = execute(job(answers={"mul_layer": SWAPPED, "add_layer": stolen, "coupon_cart": late}))
    assert points(result)["mul_layer"] == 2


def test_nothing_of_the_model_solution_comes_out() -> None:
    submitted = job(answers={"mul_layer": SWAPPED, "shopping_cart": TELLTALE})
    secret = "MulLayer.secret = 'model' + 'answer'\nprint('model' + 'answer')\n"
    cells = [
        replace(cell, model=f"{cell.model}\n{secret}") if cell.grade_id == "mul_layer" else cell
        for cell in submitted.cells
    ]
    last = Cell(RUN, "print(getattr(MulLayer, 'secret', 'nothing there'))")
    result = execute(replace(submitted, cells=(*cells, last)))
    assert "nothing there" in to_json(result)
    assert "modelanswer" not in to_json(result)
    assert points(result)["shopping_cart"] == 0


def test_a_notebook_names_the_answer_to_repair_first_and_gives_no_hint() -> None:
    report = check(SLUG, {"mul_layer": SWAPPED}, "shopping_cart")
    assert report.points == 2  # forward and dtax: grading gives all five
    assert report.finding is not None
    assert "MulLayer" in report.finding.problem
    assert report.finding.hint == ""
    swapped = MODEL["shopping_cart"].replace(
        "dorange, dorange_num, dtax", "dorange_num, dorange, dtax"
    )
    alone = check(SLUG, {"shopping_cart": swapped}, "shopping_cart")
    assert alone.finding is not None
    assert "MulLayer" not in alone.finding.problem


@pytest.mark.parametrize("slug", this_course().assignments())
def test_checks_and_grade_cells_have_one_order(slug: str) -> None:
    """The tasks before a task in its module are those before it in the notebook."""
    cells = [grade_id(cell) for cell in read_source(this_course().source(slug)).cells]
    names = [t.name for t in all_tasks() if t.slug == slug and isinstance(t, Task)]
    assert names == sorted(names, key=cells.index)


@cache
def used_in_model(slug: str) -> set[str]:
    """Return the tasks that a later one uses in the model solution."""
    return {name for used in execution._used_tasks(job(slug).cells).values() for name in used}


CALLED = [m for m in all_misconceptions() if m.task in used_in_model(m.slug)]


def test_the_model_solutions_use_these_earlier_answers() -> None:
    assert {(m.slug, m.task) for m in CALLED} == {
        ("01_shopping_cart", "mul_layer"),
        ("01_shopping_cart", "add_layer"),
        ("01_shopping_cart", "sub_layer"),
        ("02_chain_rule", "square_layer"),
        ("02_chain_rule", "exp_layer"),
        ("02_chain_rule", "log_layer"),
        ("07_gradient_check", "numerical_gradient"),
        ("07_gradient_check", "compare"),
        ("08_training", "draw_batch"),
        ("08_training", "update"),
        ("10_autodiff", "unbroadcast"),
    }


@pytest.mark.parametrize(
    "m",
    [
        pytest.param(m, marks=[] if i % 12 == 0 and m.slug != "08_training" else pytest.mark.slow)
        for i, m in enumerate(CALLED)
    ],
    ids=lambda m: f"{m.task}-{m.name}",
)
def test_a_misconception_loses_points_in_its_own_task_only(m: Any) -> None:
    wrong = m.source(model_cells(m.slug, solved=True)[m.task])
    result = execute(job(m.slug, {m.task: wrong}))
    assert [t.task for t in result.tasks if t.points < t.max_points] == [m.task]
