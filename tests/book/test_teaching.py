"""The lecturers' page: its tables derive from the assignments and the chapters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from sphinx.errors import ExtensionError
from teaching import TeachingPlan, hours, leave_out, minutes, numbers

from course_lib.checks import all_tasks
from course_lib.grading.authoring.answers import read_sheet
from course_lib.grading.course import this_course

PAGE = (ROOT / "book" / "instructors" / "teaching.md").read_text(encoding="utf-8")
PLANS = [
    yaml.safe_load(plan)
    for plan in re.findall(r"^```\{teaching-plan\}\n(.*?)^```", PAGE, re.M | re.S)
]
CHAPTER = """\
# Title

One two three.

(first)=
## First

Four five.

### Inside

Six.

(second)=
## Second

```python
# no heading
## nor this
```

Seven.
"""


def test_a_left_out_section_ends_before_the_next_label() -> None:
    shorter = leave_out(CHAPTER, "first")
    assert shorter is not None
    assert "Four" not in shorter
    assert "Six" not in shorter
    assert "(second)=\n## Second" in shorter
    assert (leave_out(CHAPTER, "second") or "").endswith("Six.\n")
    assert leave_out(CHAPTER, "third") is None


def test_reading_time_counts_words_code_and_formulas() -> None:
    front = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n\n"
    assert minutes(front + "word " * 360) == pytest.approx(2)
    assert minutes(front + "$$\nx\n$$\n") == pytest.approx(10 / 60)
    cell = "```{code-cell} python\nx = 1\n\ny = 2\n```\n"
    assert minutes(front + cell) == pytest.approx(8 / 60)
    folded = cell.replace("x = 1", ":tags: [hide-input]\n\nx = 1")
    assert minutes(front + folded) == 0


@pytest.mark.parametrize(
    ("chosen", "count", "text"),
    [([1, 2, 3], 3, "all"), ([1, 2, 3, 5], 8, "1\u20133, 5"), ([2], 8, "2"), ([1, 3], 8, "1, 3")],
)
def test_numbers_of_tasks(chosen: list[int], count: int, text: str) -> None:
    assert numbers(chosen, count) == text


def test_hours_are_halves() -> None:
    assert [hours(n) for n in (14, 16, 60, 100)] == ["0", "0.5", "1", "1.5"]


@pytest.mark.parametrize("plan", PLANS, ids=["2 weeks", "4 weeks", "10 weeks"])
def test_a_plan_leaves_out_nothing_that_its_tasks_need(plan: list[dict[str, Any]]) -> None:
    course = this_course()
    without = {label for row in plan for label in row.get("without", [])}
    read: set[str] = set()
    for row in plan:
        read |= set(row["chapters"])
        for slug, wanted in row["tasks"].items():
            assert slug in read
            tasks = read_sheet(course, slug).tasks
            chosen = {t.name for n, t in enumerate(tasks, 1) if wanted == "all" or n in wanted}
            needed = {
                t.read.split("#")[1] for t in all_tasks() if t.slug == slug and t.name in chosen
            }
            assert not needed & without


def test_the_longest_plan_is_the_whole_course() -> None:
    course = this_course()
    assert {
        slug: tasks for row in PLANS[2] for slug, tasks in row["tasks"].items()
    } == dict.fromkeys(course.assignments(), "all")


class Source:
    """The directive's view of the book."""

    srcdir = str(ROOT / "book")
    docname = "instructors/teaching"

    def doc2path(self, name: str) -> str:
        return str(ROOT / "book" / f"{name}.md")

    def note_dependency(self, path: str) -> None:
        assert Path(path).is_file()


class Plan(TeachingPlan):
    """A plan without Sphinx."""

    env = Source()  # type: ignore[assignment]

    def __init__(self) -> None:
        self.name, self.lineno = "teaching-plan", 7


def test_a_row_adds_up_points_and_time() -> None:
    row = {"when": "now", "chapters": ["04_affine"], "tasks": {"04_affine": [1, 3]}}
    cells, points, time = Plan().row(row)
    assert cells == ["now", "4 {doc}`/04_affine`", "", "{doc}`4 </exercises/04_affine>`: 1, 3"]
    assert points == 7 + 7
    reading = minutes((ROOT / "book" / "04_affine.md").read_text(encoding="utf-8"))
    assert time == pytest.approx(reading + 55 * 14 / 37)
    shorter = Plan().row(row | {"without": ["affine-batch"]})
    assert shorter[1] == points
    assert shorter[2] < time
    assert shorter[0][2] == "{ref}`affine-batch`"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"week": 1}, "unknown key 'week'; a row has chapters, tasks, when, without"),
        ({"chapters": ["11_other"]}, "there is no chapter '11_other'"),
        ({"chapters": ["04_affine"], "without": ["relu"]}, "has the label 'relu'"),
        ({"tasks": {"11_other": "all"}}, "there is no assignment '11_other'"),
        ({"tasks": {"04_affine": [8]}}, "tasks of 04_affine: expected all, or numbers from 1 to 7"),
    ],
)
def test_a_wrong_row_names_page_and_line(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ExtensionError) as error:
        Plan().row(row)
    assert str(error.value).startswith("instructors/teaching.md:7: teaching-plan: ")
    assert message in str(error.value)
