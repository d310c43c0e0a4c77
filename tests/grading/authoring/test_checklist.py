"""The checklist: all assignments keep it, and each rule fails for a course that breaks it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT

from course_lib.checks import shopping_cart
from course_lib.checks.cases import Case
from course_lib.grading.authoring import checklist as checklists
from course_lib.grading.authoring import trial
from course_lib.grading.authoring.checklist import RULES, Subject, Verdict, checklist
from course_lib.grading.cli import main
from course_lib.grading.course import Course, this_course
from course_lib.grading.release import release
from course_lib.misconceptions import all_misconceptions

SLUG = "01_shopping_cart"
GOALS = "states its learning goals"
TIME = "states its time, 10 to 60 minutes"
CHAPTER = "links to its chapter and back"
TABLE = "has the same points in table, cells and checks"
HOW = "explains how it works and how to hand in"
NUMBER = "has 3 to 8 graded tasks"
KINDS = "asks for code, numbers and an explanation"
CELLS = "has a visible check below each task"
RUBRICS = "has a rubric for each written answer"
IN_STEP = "has an up-to-date release"
SOLVED = "shows no solution in the release"
SECTIONS = "has checks that point to sections of the book"
MODEL = "gives the model solution all points, the blank none"
ACCEPTED = "has right answers written differently"
HOSTILE = "has attacks on its checks"
HINTS = "has misconceptions whose hints ask a question"
DEMANDS = "has a case for each argument and attribute that it names"
PARTS = "has a misconception for each part of its points"

Change = Callable[[Course, pytest.MonkeyPatch], object]


@pytest.fixture
def complete_course(course: Course) -> Course:
    """Return a copy of the course that follows every rule."""
    (course.root / "book").mkdir()
    shutil.copy2(ROOT / "book" / f"{SLUG}.md", course.root / "book")
    return course


def problems(course: Course, rule: str) -> list[str]:
    # The cache may hold an assignment of another copy of the course.
    trial.assignment.cache_clear()
    return list(checklists.problems(Subject(course, SLUG), rule))


# --- changes that break rules -----------------------------------------------------------------


def text(old: str, new: str, *, regex: bool = False) -> Change:
    """Change the assignment's source."""

    def change_course(course: Course, _patch: pytest.MonkeyPatch) -> None:
        path = course.source(SLUG)
        before = path.read_text(encoding="utf-8")
        after = re.sub(old, new, before, flags=re.DOTALL) if regex else before.replace(old, new)
        assert after != before
        path.write_text(after, encoding="utf-8")

    return change_course


def chapter(old: str, new: str) -> Change:
    def change_course(course: Course, _patch: pytest.MonkeyPatch) -> None:
        path = course.root / "book" / f"{SLUG}.md"
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new), encoding="utf-8")

    return change_course


def released(old: str, new: str) -> Change:
    def change_course(course: Course, _patch: pytest.MonkeyPatch) -> None:
        path = course.released(SLUG)
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new), encoding="utf-8")

    return change_course


def no_chapter(course: Course, _patch: pytest.MonkeyPatch) -> None:
    (course.root / "book" / f"{SLUG}.md").unlink()


def no_release(course: Course, _patch: pytest.MonkeyPatch) -> None:
    course.released(SLUG).unlink()


def only_three(kind: str) -> Change:
    def change_course(course: Course, _patch: pytest.MonkeyPatch) -> None:
        for path in sorted((course.root / "tests/submissions" / SLUG / kind).glob("*.py"))[3:]:
            path.unlink()

    return change_course


def unknown_task_in(kind: str) -> Change:
    def change_course(course: Course, _patch: pytest.MonkeyPatch) -> None:
        path = course.root / "tests/submissions" / SLUG / kind / "strange.py"
        path.write_text("# %% mull_ayer\nclass MulLayer: ...\n", encoding="utf-8")

    return change_course


def tasks(**changes: Any) -> Change:
    """Change the check of mul_layer, or remove it."""

    def change_course(_course: Course, patch: pytest.MonkeyPatch) -> None:
        known = [task for task in trial.all_tasks() if task.name != "mul_layer"]
        if changes:
            known.append(replace(shopping_cart.mul_layer, **changes))
        patch.setattr(trial, "all_tasks", lambda: tuple(known))

    return change_course


def misconceptions(change: Callable[[Any], Any]) -> Change:
    """Change each misconception of mul_layer, or remove it."""

    def change_course(_course: Course, patch: pytest.MonkeyPatch) -> None:
        known = [change(m) if m.task == "mul_layer" else m for m in all_misconceptions()]
        kept = [m for m in known if m is not None]
        patch.setattr(checklists, "all_misconceptions", lambda: kept)
        patch.setattr(
            checklists,
            "for_task",
            lambda slug, task: [m for m in kept if (m.slug, m.task) == (slug, task)],
        )

    return change_course


def fewer_misconceptions(_course: Course, patch: pytest.MonkeyPatch) -> None:
    few = [m for m in all_misconceptions() if m.slug == SLUG][:9]
    patch.setattr(checklists, "all_misconceptions", lambda: few)


NINTH = """
+++ {"nbgrader": {"grade": true, "grade_id": "ninth", "locked": false, "points": 1, \
"schema_version": 3, "solution": true}}

### BEGIN SOLUTION
### END SOLUTION

+++
"""
MUL_CHECK = "checks.mul_layer(MulLayer)"
REJECTED: list[tuple[str, Change, str]] = [
    (GOALS, text("After this exercise you can", "Afterwards you can"), "followed by 0 goals"),
    (GOALS, text(r"- say which values.*?its unit\.", "", regex=True), "followed by 1 goals"),
    (TIME, text("**Time**: 40 to 60 minutes.", ""), "no time is stated"),
    (TIME, text("40 to 60 minutes", "40 to 90 minutes"), "is not within 10 to 60"),
    (TIME, text("40 to 60 minutes", "5 minutes"), "is not within 10 to 60"),
    (TIME, text("40 to 60 minutes", "50 to 40 minutes"), "is not within 10 to 60"),
    (CHAPTER, text("chapter `01_shopping_cart`", "chapter `02_chain_rule`"), "is not named"),
    (CHAPTER, no_chapter, "there is no chapter"),
    (CHAPTER, chapter("{download}`the exercise", "{doc}`the exercise"), "no link to the exercise"),
    (TABLE, text("| 1 `mul_layer` | a product node | 4 |\n", ""), "the table lists add_layer"),
    (TABLE, text("| a product node | 4 |", "| a product node | 5 |"), "has 5 points in the table"),
    (TABLE, text("| 2 `add_layer`", "| 3 `add_layer`"), "does not number its tasks"),
    (TABLE, text("points: 3\n", "points: 2\n"), "add_layer has 3 points in the table and 2"),
    (TABLE, tasks(points={"forward": 1}), "but its check gives 1"),
    (HOW, text("## How this works", "## How it goes"), "there is no section"),
    (HOW, text(": it draws new numbers at every run.", "."), "is not what"),
    (HOW, text("To hand in, choose", "Choose"), "is not what"),
    (NUMBER, text(r"## Task 2.*(?=\+\+\+ \{\"nbgrader)", "", regex=True), "2 graded tasks"),
    (NUMBER, text("+++\n", NINTH), "9 graded tasks"),
    (KINDS, text(r"## Task 4.*?(?=## Task 5)", "", regex=True), "asks for numbers to predict"),
    (KINDS, text(r"## Task 8.*", "", regex=True), "asks for an explanation"),
    (CELLS, text(MUL_CHECK, f"print(1)\n{MUL_CHECK}"), "must be one call"),
    (CELLS, text(MUL_CHECK, "checks.add_layer(MulLayer)"), "must be one call"),
    (CELLS, text("grade_id: check_mul_layer\n  locked: true", "grade_id: check_mul_layer\n"
                 "  locked: false"), "is not locked"),
    (CELLS, text("grade_id: check_mul_layer", "grade_id: check_product"), "right below"),
    (CELLS, text("        return dx, dy\n        ### END SOLUTION\n```", "        return dx, dy\n"
                 "        ### END SOLUTION\n```\n\nWords in between."), "is not right below"),
    (CELLS, tasks(), "the task mul_layer has no check"),
    (RUBRICS, text("**Rubric.**", "**Points.**"), "has no “**Rubric.**”"),
    (RUBRICS, text("**Model answer.**", ""), "has no “**Model answer.**”"),
    (RUBRICS, text("1 point: the right amount", "2 points: the right amount"), "gives 4 points"),
    (IN_STEP, text("Two apples at 100", "Two apples at 110"), "is out of date"),
    (IN_STEP, no_release, "is missing"),
    (SOLVED, released("YOUR CODE HERE", "dx = dout * self.y"), "shows 'dx = dout * self.y'"),
    (SOLVED, released("YOUR CODE HERE", "### BEGIN SOLUTION"), "shows 'BEGIN SOLUTION'"),
    (SOLVED, no_release, "is missing: run `course release`"),
    (SECTIONS, chapter("(mul-layer)=", "(product-layer)="), "points to 01_shopping_cart#mul-layer"),
    (SECTIONS, tasks(read="01_shopping_cart#nowhere"), "no such section"),
    (MODEL, text("dy = dout * self.x\n", "dy = dout\n"), "the model solution of mul_layer earns"),
    (MODEL, text("    def forward(self, x, y):\n        ### BEGIN SOLUTION\n        self.x = x",
                 "    def forward(self, x, y):\n        return x * y\n        ### BEGIN SOLUTION\n"
                 "        self.x = x"), "the blank answer to mul_layer earns 1"),
    (ACCEPTED, only_three("accepted"), "right answers to mul_layer; write 5"),
    (ACCEPTED, unknown_task_in("accepted"), "strange.py answers mull_ayer"),
    (HOSTILE, only_three("hostile"), "3 attacks; write 4"),
    (HOSTILE, unknown_task_in("hostile"), "strange.py answers mull_ayer"),
    (HINTS, misconceptions(lambda m: replace(m, hint=m.hint.replace("?", "."))), "no question"),
    (HINTS, misconceptions(lambda m: replace(m, hint="Why?")), "has 4 characters"),
    (HINTS, misconceptions(lambda m: replace(m, hint=m.hint + 300 * "?")), "characters"),
    (HINTS, misconceptions(lambda m: replace(m, hint=m.hint + " dout * self.y")), "formula"),
    (HINTS, misconceptions(lambda m: replace(m, hint=m.hint + " dx = y")), "formula away: 'dx = '"),
    (HINTS, misconceptions(lambda m: replace(m, name="SubAsAdd")), "have the name SubAsAdd"),
    (HINTS, misconceptions(lambda m: replace(m, task="mul")), "belongs to the task mul,"),
    (HINTS, fewer_misconceptions, "9 misconceptions; write 10"),
    (DEMANDS, tasks(cases=lambda _rng: [Case({"x": 2.0, "y": 3.0})], points={"forward": 4}),
     "x of MulLayer.forward is always the first one"),
    (PARTS, misconceptions(lambda _m: None), "loses the part “forward” of mul_layer"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "change_course", "words"),
    REJECTED,
    ids=[f"{i}-{row[0]}" for i, row in enumerate(REJECTED)],
)
def test_a_change_of_the_course_breaks_the_rule(
    complete_course: Course,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    change_course: Change,
    words: str,
) -> None:
    change_course(complete_course, monkeypatch)
    said = "\n".join(problems(complete_course, rule))
    assert said
    assert words in said
    trial.assignment.cache_clear()


def test_every_rule_has_a_change_that_breaks_it() -> None:
    assert {rule for rule, _spoil, _words in REJECTED} == set(RULES)


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("slug", this_course().assignments())
def test_the_course_follows_every_rule(slug: str) -> None:
    trial.assignment.cache_clear()
    found = checklist(this_course(), [slug])
    assert [verdict.rule for verdict in found] == list(RULES)
    assert [problem for verdict in found for problem in verdict.problems] == []


def test_a_new_release_is_up_to_date(complete_course: Course) -> None:
    text("Two apples at 100", "Two apples at 110")(complete_course, pytest.MonkeyPatch())
    assert problems(complete_course, IN_STEP)
    release(complete_course, [SLUG])
    assert problems(complete_course, IN_STEP) == []


def test_an_unreadable_source_is_reported_as_a_problem(complete_course: Course) -> None:
    complete_course.source(SLUG).write_text("# No kernel\n", encoding="utf-8")
    found = checklist(complete_course, [SLUG])
    assert any("names no kernel" in problem for verdict in found for problem in verdict.problems)
    assert len(found) == len(RULES)


# --- output of the command --------------------------------------------------------------------


def run_checklist(monkeypatch: pytest.MonkeyPatch, found: list[Verdict], *words: str) -> Any:
    monkeypatch.setattr(checklists, "checklist", lambda _course, _slugs: found)
    return CliRunner().invoke(main, ["checklist", *words])


KEPT = [Verdict(slug, rule, ()) for slug in ("01_a", "02_b") for rule in RULES]
BROKEN = [*KEPT[:-1], Verdict("02_b", list(RULES)[-1], ("this is why.",))]


def test_table_shows_a_mark_for_each_rule_and_the_problems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = run_checklist(monkeypatch, BROKEN)
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert lines[0].split() == ["01", "02"]
    assert [line.count("✓") for line in lines[1:19]] == 17 * [2] + [1]
    assert lines[18].split()[-1] == "✗"
    assert lines[19:] == ["✗ 02_b: this is why.", "35 of 36 kept."]
    assert run_checklist(monkeypatch, KEPT).exit_code == 0


def test_json_contains_every_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_checklist(monkeypatch, BROKEN, "--json")
    said = json.loads(result.output)
    assert result.exit_code == 1
    assert said["passed"] is False
    assert len(said["verdicts"]) == 36
    assert said["verdicts"][-1] == {
        "slug": "02_b", "rule": PARTS, "problems": ["this is why."], "passed": False,
    }  # fmt: skip
    assert json.loads(run_checklist(monkeypatch, KEPT, "--json").output)["passed"] is True


def test_an_unknown_assignment_is_reported() -> None:
    result = CliRunner().invoke(main, ["checklist", "00_nothing"])
    assert result.exit_code == 1
    assert "There is no assignment '00_nothing'" in result.output
