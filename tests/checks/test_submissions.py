"""Points and hints for the files in `tests/submissions` and for every misconception."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from course_lib.checks import all_tasks
from course_lib.checks.report import Report
from course_lib.checks.tasks import NumberTask
from course_lib.grading.authoring.trial import model_cells, read_submission_file
from course_lib.grading.course import this_course
from course_lib.grading.notebooks import grade_id, is_solution, read_source
from course_lib.misconceptions import Misconception, all_misconceptions, for_task

SUBMISSIONS = Path(__file__).parents[1] / "submissions"
TASKS = {(task.slug, task.name): task for task in all_tasks()}
# One seed is enough here: `course audit` grades all submissions with three.
SEED = 0
# Each of these trains for seconds; `make test` runs only one other of this assignment.
LONG = [f"08_training-{name}" for name in ("choice", "helpers", "loops", "shuffled")]


def corpus(kind: str) -> list[Any]:
    paths = {f"{p.parts[-3]}-{p.stem}": p for p in sorted(SUBMISSIONS.glob(f"*/{kind}/*.py"))}
    return [
        pytest.param(path, id=name, marks=[pytest.mark.slow] if name in LONG else [])
        for name, path in paths.items()
    ]


@cache
def locked_cells(slug: str) -> dict[str, str]:
    """Return the locked code cells of an assignment, except those that call a check."""
    cells = read_source(this_course().source(slug)).cells
    locked = [c for c in cells if c.cell_type == "code" and not is_solution(c)]
    return {grade_id(c): c.source for c in locked if not re.search(r"^checks\.", c.source, re.M)}


@cache
def model_cells_of(slug: str) -> dict[str, str]:
    return model_cells(slug, solved=True)


@cache
def cell_order(slug: str) -> list[str]:
    return [grade_id(cell) for cell in read_source(this_course().source(slug)).cells]


def answer_of(slug: str, cells: dict[str, str], name: str) -> Any:
    """Run the cells of a submission in one namespace and return the answer to a task."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    sources = locked_cells(slug) | model_cells_of(slug) | cells
    for cell in sorted(sources, key=cell_order(slug).index):
        exec(compile(sources[cell], "<cell>", "exec"), namespace)
    task = TASKS[slug, name]
    return namespace[name if name in namespace else task.reference.__name__]


def check(slug: str, cells: dict[str, str], name: str) -> Report:
    """Run the cells of a submission and check one task of it."""
    return TASKS[slug, name](answer_of(slug, cells, name), seed=SEED)


@cache
def report_on(m: Misconception) -> Report:
    """Return the report on a misconception."""
    return check(m.slug, {m.task: m.source(model_cells_of(m.slug)[m.task])}, m.task)


@pytest.mark.parametrize(("slug", "name"), TASKS)
def test_model_solution_earns_all_points(slug: str, name: str) -> None:
    report = check(slug, {}, name)
    assert report.passed, str(report)
    assert report.finding is None
    assert report.notice


@pytest.mark.parametrize(("slug", "name"), TASKS)
def test_unsolved_cell_earns_nothing_and_is_reported_as_unsolved(slug: str, name: str) -> None:
    blank = re.sub(
        r"### BEGIN SOLUTION.*?### END SOLUTION",
        "raise NotImplementedError()",
        model_cells_of(slug)[name],
        flags=re.S,
    )
    report = check(slug, {name: blank}, name)
    assert report.points == 0
    assert report.finding is not None
    assert re.search("not written yet|not filled in yet", report.finding.problem)


@pytest.mark.parametrize("path", corpus("accepted"))
def test_accepted_submission_earns_all_points(path: Path) -> None:
    slug, cells = path.parts[-3], read_submission_file(path)
    for name in cells:
        report = check(slug, cells, name)
        assert report.passed, f"{name}:\n{report}"


@pytest.mark.parametrize(
    ("slug", "name"), [key for key, task in TASKS.items() if not isinstance(task, NumberTask)]
)
def test_every_task_has_five_alternative_right_answers(slug: str, name: str) -> None:
    files = SUBMISSIONS.glob(f"{slug}/accepted/*.py")
    assert sum(name in read_submission_file(path) for path in files) >= 5


@pytest.mark.sample(every=6)
@pytest.mark.parametrize("path", corpus("hostile"))
def test_hostile_submission_earns_only_its_honest_points(path: Path) -> None:
    slug, cells = path.parts[-3], read_submission_file(path)
    earns = dict(
        re.findall(r"(\w+)=(\d+)", (re.findall("# earns: (.*)", path.read_text()) or [""])[0])
    )
    for name in cells:
        report = check(slug, cells, name)
        assert report.points <= int(earns.get(name, 0)), f"{name}:\n{report}"
        assert report.passed or (report.finding and report.finding.problem)


@pytest.mark.sample(every=6)
@pytest.mark.parametrize("m", all_misconceptions(), ids=lambda m: f"{m.task}-{m.name}")
def test_misconception_fails_and_is_recognised(m: Any) -> None:
    report = report_on(m)
    assert report.points < report.max_points
    assert report.finding is not None
    assert report.finding.misconception == m.name, str(report)
    assert report.finding.hint == m.hint


@pytest.mark.parametrize(("slug", "name"), TASKS)
def test_every_part_of_a_task_is_lost_by_some_misconception(slug: str, name: str) -> None:
    lost = set()
    for m in for_task(slug, name):
        lost |= {part.name for part in report_on(m).parts if not part.earned}
    parts = {part.name for part in check(slug, {}, name).parts}
    assert lost == parts


@pytest.mark.parametrize("m", all_misconceptions(), ids=lambda m: f"{m.task}-{m.name}")
def test_hint_asks_a_question_and_contains_no_formula(m: Any) -> None:
    assert "?" in m.hint
    assert not re.search(r"dout\s*[*/+-]|\bd\w+ = ", m.hint)
    assert 40 < len(m.hint) < 300


def test_each_assignment_has_ten_misconceptions_and_names_are_unique() -> None:
    names = [m.name for m in all_misconceptions()]
    assert len(set(names)) == len(names)
    for slug in {slug for slug, _ in TASKS}:
        assert sum(m.slug == slug for m in all_misconceptions()) >= 10


def test_every_misconception_belongs_to_a_task() -> None:
    assert {(m.slug, m.task) for m in all_misconceptions()} <= set(TASKS)
