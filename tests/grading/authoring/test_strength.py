"""The page about the strength of the checks: up to date, and computed from the record."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, TWO

from course_lib.grading.authoring import audit as audits
from course_lib.grading.authoring.audit import (
    Audit,
    AuditRow,
    Tally,
    inputs,
    out_of_date,
    page,
    page_path,
    read_record,
    record_path,
    write_record,
)
from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError, this_course

RUN = "run `course audit --write-page`: it measures what has changed and writes the page"
SLUG = TWO[0]


@pytest.fixture
def complete_course(course: Course) -> Course:
    """Return a copy of the course with all inputs of the audit."""
    for part in ("checks", "misconceptions", "answers", "grading"):
        shutil.copytree(ROOT / "course_lib" / part, course.root / "course_lib" / part)
    (course.root / "tests" / "mutants").mkdir()
    shutil.copy2(ROOT / "tests/mutants/equivalent.toml", course.root / "tests/mutants")
    (course.root / "book" / "instructors").mkdir(parents=True)
    return course


def row(slug: str, **counted: Tally) -> AuditRow:
    return AuditRow(slug, "task", 4.0, 3, True, **counted)


# --- the course's own page --------------------------------------------------------------------


def test_page_matches_the_measured_record() -> None:
    course = this_course()
    assert page_path(course).read_text(encoding="utf-8") == page(read_record(course)), RUN


def test_record_is_up_to_date() -> None:
    assert out_of_date(this_course()) == [], RUN


def test_every_task_is_measured_and_no_wrong_answer_passes() -> None:
    record = read_record(this_course())
    assert list(record) == this_course().assignments(), RUN
    for slug, measured in record.items():
        assert len(measured["rows"]) >= 2
        for one in measured["rows"]:
            for kind, tally in one.items():
                if isinstance(tally, dict):
                    assert tally["wrong"] == [], (slug, one["task"], kind)
            assert one["mutants"]["made"] == one["caught"] + len(one["equivalent"]) > 0
            assert one["misconceptions"]["made"] > 0


# --- out-of-date records ----------------------------------------------------------------------


def replaced(name: str, old: str, new: str) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        path = course.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def added(name: str) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        (course.root / name).write_text('"""Right."""\n# %% predict\n', encoding="utf-8")

    return change


@pytest.mark.parametrize(
    "change",
    [
        replaced(f"solutions/{SLUG}.md", "dx = dout * self.y", "dx = self.y * dout"),
        replaced(f"solutions/{SLUG}.md", "points: 4\n", "points: 5\n"),
        replaced("course_lib/checks/shopping_cart.py", '"dy": 2', '"dy": 3'),
        replaced("course_lib/checks/compare.py", "1e-", "2e-"),
        replaced("course_lib/checks/tasks.py", "not case.at", "case.at"),
        replaced("course_lib/misconceptions/01_shopping_cart.toml", "dout + self.x", "self.x"),
        replaced("course_lib/checks/misconceptions.py", "Mine", "Ours"),
        replaced("course_lib/grading/authoring/mutants.py", "ast.Mult", "ast.Div"),
        replaced("course_lib/grading/authoring/audit.py", "(0, 1, 2)", "(0, 1)"),
        replaced("tests/mutants/equivalent.toml", "the same ones", "these ones"),
        replaced(f"tests/submissions/{SLUG}/accepted/loops.py", "forward", "forwards"),
        added(f"tests/submissions/{SLUG}/hostile/zzz.py"),
    ],
    ids=range(12),
)
def test_a_relevant_change_makes_the_record_out_of_date(
    complete_course: Course, change: Callable[[Course], None]
) -> None:
    before = inputs(complete_course, SLUG)
    change(complete_course)
    assert inputs(complete_course, SLUG) != before


@pytest.mark.parametrize(
    "change",
    [
        replaced(f"solutions/{SLUG}.md", "Two apples at 100", "Two apples at 110"),
        replaced("course_lib/checks/cases.py", "class Case:", "# A case.\n\nclass Case:"),
        replaced("course_lib/checks/cases.py", '"""Arguments for', '"""The arguments for'),
        replaced("course_lib/misconceptions/01_shopping_cart.toml", "Each", "Every"),
        replaced("course_lib/misconceptions/03_activations.toml", "self.mask", "self.masks"),
        replaced("course_lib/checks/activations.py", "Relu", "ReLU"),
        added(f"tests/submissions/{TWO[1]}/hostile/zzz.py"),
    ],
    ids=range(7),
)
def test_texts_and_other_assignments_leave_the_record_up_to_date(
    complete_course: Course, change: Callable[[Course], None]
) -> None:
    before = inputs(complete_course, SLUG)
    change(complete_course)
    assert inputs(complete_course, SLUG) == before


def test_only_changed_assignments_are_out_of_date(complete_course: Course) -> None:
    assert out_of_date(complete_course) == list(TWO)
    before = {slug: inputs(complete_course, slug) for slug in TWO}
    write_record(complete_course, Audit([row(slug) for slug in TWO], []), before)
    assert out_of_date(complete_course) == []
    added(f"tests/submissions/{TWO[1]}/hostile/zzz.py")(complete_course)
    assert out_of_date(complete_course) == [TWO[1]]
    complete_course.source(TWO[1]).unlink()
    assert list(read_record(complete_course)) == [SLUG]


def test_a_damaged_record_is_reported(complete_course: Course) -> None:
    record_path(complete_course).write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match=r"measured\.json is damaged"):
        read_record(complete_course)


# --- content of the page ----------------------------------------------------------------------


def test_totals_on_the_page_match_a_hand_count(complete_course: Course) -> None:
    first = row(SLUG, misconceptions=Tally(3), accepted=Tally(5), mutants=Tally(10))
    key = (SLUG, "task", "f", "return x", "return -x")
    first.equivalent.append((key, "It is even."))
    second = row(SLUG, misconceptions=Tally(4, ["Odd"]), mutants=Tally(7, ["a/b, f: x  →  y"]))
    text = page(write_record(complete_course, Audit([first, second], []), {SLUG: "0123"}))
    lines = text.splitlines()
    assert "| together | 8 | 0 | 6/7 | 5/5 | 0 | 17 | 15 | 1 | 1 |" in lines
    assert "| `task` | 4 | 0 | 3/3 | 5/5 | 0 | 10 | 9 | 1 | 0 |" in lines
    assert "**Mutants that survive without a reason: 1.**" in text
    assert "- misconceptions: task: Odd" in lines
    assert "- mutants: task: a/b, f: x  →  y" in lines
    assert "- It is even." in lines
    assert "  - `task`, `f`: `return x` → `return -x`" in lines
    assert "% inputs 0123" in lines
    assert "{{" not in text


def test_write_page_writes_the_record_and_exits_with_1_for_problems(
    complete_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def quick(_course: Course, slugs: list[str], _jobs: Any) -> Audit:
        asked.append(slugs)
        return Audit([row(slug, mutants=Tally(2), misconceptions=Tally(1)) for slug in slugs], [])

    monkeypatch.setattr(audits, "audit", quick)
    monkeypatch.chdir(complete_course.root)
    for words in ([], [TWO[1]], []):
        result = CliRunner().invoke(main, ["audit", "--write-page", *words])
        assert result.exit_code == (
            1 if asked[-1] else 0
        )  # a problem: five right answers are missing
    assert asked == [list(TWO), [TWO[1]], []]
    assert "| together | 8 |" in page_path(complete_course).read_text(encoding="utf-8")
    assert Path(page_path(complete_course)).read_text(encoding="utf-8") == page(
        read_record(complete_course)
    )
