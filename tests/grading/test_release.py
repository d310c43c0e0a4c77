"""`course release`: reproducible files, in step with solutions/, without solutions."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TWO

from course_lib.grading.course import Course, CourseError, this_course
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.notebooks import read_source
from course_lib.grading.release import out_of_step, release

SLUGS = this_course().assignments()

FRONT = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A tiny assignment
"""
CELL = """
```{{code-cell}} ipython3
---
nbgrader:
  schema_version: 3
  grade_id: {name}
  grade: {grade}
  locked: {grade}
  solution: {solution}
{points}---
{source}
```
"""


def cell(name: str, source: str, points: int | None = None) -> str:
    return CELL.format(
        name=name,
        source=source,
        grade=str(points is not None).lower(),
        solution=str(points is None).lower(),
        points="" if points is None else f"  points: {points}\n",
    )


ANSWER = cell("answer", "### BEGIN SOLUTION\nsecret = 42\n### END SOLUTION")
TEST = cell(
    "test",
    "assert secret\n### BEGIN HIDDEN TESTS\nassert secret == 6 * 7\n### END HIDDEN TESTS",
    points=2,
)


@pytest.fixture
def small_course(course: Course) -> Course:
    """Return a course with one small assignment and no release."""
    shutil.rmtree(course.solutions)
    shutil.rmtree(course.exercises)
    course.solutions.mkdir()
    write(course, FRONT + ANSWER + TEST)
    return course


def write(course: Course, text: str) -> None:
    course.source("tiny").write_text(text, encoding="utf-8")


def cells(path: Path) -> list[Any]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


# --- in step ----------------------------------------------------------------------------------


def test_exercises_match_solutions() -> None:
    assert out_of_step(this_course()) == []


@pytest.mark.slow
def test_release_reproduces_the_committed_files_and_a_second_run_changes_nothing(
    course: Course,
) -> None:
    shutil.rmtree(course.exercises)
    changed = release(course, TWO)
    assert sorted(changed) == [course.released(slug) for slug in TWO]
    for slug in TWO:
        committed = (ROOT / "exercises" / slug / f"{slug}.ipynb").read_bytes()
        assert course.released(slug).read_bytes() == committed
    times = {path: path.stat().st_mtime_ns for path in changed}
    assert release(course, TWO) == []
    assert {path: path.stat().st_mtime_ns for path in changed} == times
    assert not list(course.build.glob("release-*"))


@pytest.mark.parametrize("where", ["start", "end"])
def test_one_changed_byte_is_reported(course: Course, where: str) -> None:
    path = course.released(TWO[0])
    data = path.read_bytes()
    path.write_bytes(b" " + data if where == "start" else data + b"\n")
    assert out_of_step(course) == [f"exercises/{TWO[0]}/{TWO[0]}.ipynb is out of date."]
    assert out_of_step(course, [TWO[1]]) == []


def test_missing_and_extra_files_are_reported(course: Course) -> None:
    course.released(TWO[0]).unlink()
    (course.exercises / TWO[1] / "notes.txt").write_text("left over")
    (course.exercises / "00_gone").mkdir()
    (course.exercises / "00_gone" / "00_gone.ipynb").write_text("{}")
    assert out_of_step(course) == [
        f"exercises/{TWO[0]}/{TWO[0]}.ipynb is missing.",
        "exercises/00_gone/00_gone.ipynb has no source in solutions/: delete it.",
        f"exercises/{TWO[1]}/notes.txt has no source in solutions/: delete it.",
    ]


def test_a_changed_solution_is_reported_and_nothing_is_written(course: Course) -> None:
    source = course.source(TWO[0])
    source.write_text(source.read_text(encoding="utf-8").replace("## Task 1", "## Task One"))
    before = course.released(TWO[0]).read_bytes()
    assert len(out_of_step(course)) == 1
    assert course.released(TWO[0]).read_bytes() == before
    assert not course.gradebook.exists()


# --- the released notebooks -------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_release_contains_no_line_of_a_solution(slug: str) -> None:
    text = (ROOT / "solutions" / f"{slug}.md").read_text(encoding="utf-8")
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, flags=re.DOTALL)
    shown = re.sub(r"### BEGIN SOLUTION\n.*?### END SOLUTION", "", text, flags=re.DOTALL)
    lines = {line.strip() for region in regions for line in region.splitlines()}
    released = "\n".join(
        "".join(c["source"]) for c in cells(ROOT / "exercises" / slug / f"{slug}.ipynb")
    )
    assert len(lines) > 20
    for line in lines:
        assert len(line) < 8 or line in shown or line not in released, line
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Rubric"):
        assert mark not in released


@pytest.mark.parametrize("slug", SLUGS)
def test_release_has_no_outputs_and_unique_ids(slug: str) -> None:
    released = cells(ROOT / "exercises" / slug / f"{slug}.ipynb")
    assert not any(c.get("outputs") or c.get("execution_count") for c in released)
    ids = [c["id"] for c in released]
    assert len(set(ids)) == len(ids)
    named = [c for c in released if "nbgrader" in c["metadata"]]
    grade_ids = [c["metadata"]["nbgrader"]["grade_id"] for c in named]
    assert [c["id"] for c in named] == grade_ids
    assert len(set(grade_ids)) == len(grade_ids)


@pytest.mark.parametrize("slug", SLUGS)
def test_grade_cells_are_locked_call_one_check_and_have_the_promised_points(slug: str) -> None:
    released = cells(ROOT / "exercises" / slug / f"{slug}.ipynb")
    graded = [c for c in released if c["metadata"].get("nbgrader", {}).get("grade")]
    promised = re.findall(r"^\| \d+ `(\w+)` \|.*\| (\d+) \|$", "".join(released[0]["source"]), re.M)
    assert promised
    earned = {
        c["metadata"]["nbgrader"]["grade_id"].removeprefix("check_"): c["metadata"]["nbgrader"][
            "points"
        ]
        for c in graded
    }
    assert earned == {name: int(points) for name, points in promised}
    for c in graded:
        if c["cell_type"] == "code":
            assert c["metadata"]["nbgrader"]["locked"]
            assert re.fullmatch(r"checks\.(\w+)\(\w+\)", "".join(c["source"]))


def test_hidden_tests_and_answers_are_removed(small_course: Course) -> None:
    release(small_course, ["tiny"])
    text = small_course.released("tiny").read_text(encoding="utf-8")
    assert "assert secret" in text
    assert "42" not in text
    assert "6 * 7" not in text
    assert "YOUR CODE HERE" in text
    assert "6 * 7" in (small_course.sources / "tiny" / "tiny.ipynb").read_text(encoding="utf-8")


def test_a_new_paragraph_does_not_change_the_ids_of_other_cells(small_course: Course) -> None:
    text = "\n+++\n\nThe same words.\n"
    write(small_course, FRONT + text + text + ANSWER + TEST)
    before = [c["id"] for c in read_source(small_course.source("tiny")).cells]
    assert len(set(before)) == len(before) == 5
    write(small_course, FRONT + "\n+++\n\nNew.\n" + text + text + ANSWER + TEST)
    after = [c["id"] for c in read_source(small_course.source("tiny")).cells]
    assert [name for name in after if name in before] == before
    assert len(after) == 6


# --- invalid sources ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FRONT + ANSWER + ANSWER, r"cell 3 \(answer\): an earlier cell has the same grade_id"),
        (FRONT + TEST.replace("  points: 2\n", ""), r"cell 2 \(test\).*does not have points"),
        (FRONT + ANSWER.replace("### END SOLUTION", ""), r"cell 2 \(answer\).*end solution"),
        (FRONT + cell("x", "### BEGIN SOLUTION\n### END SOLUTION", 1), r"cell 2 \(x\): Solution"),
        (FRONT + TEST.replace("### END HIDDEN TESTS", ""), r"cell 2 \(test\).*hidden tests"),
        (FRONT + ANSWER.replace("version: 3", "version: 2"), r"cell 2 \(answer\): Outdated schema"),
        (ANSWER, "names no kernel"),
        (FRONT + ANSWER.replace("grade: false", "grade: [false"), "can't be read as a text"),
        (FRONT + cell("two words", "x = 1"), r"cell 2 \(two words\)"),
    ],
    ids=lambda value: value[:20].replace("\n", " ") if value.startswith("cell") else "",
)
def test_error_in_a_source_names_file_and_cell(
    small_course: Course, text: str, message: str
) -> None:
    write(small_course, text)
    with pytest.raises(CourseError, match=message) as caught:
        release(small_course, ["tiny"])
    assert str(small_course.source("tiny")) in str(caught.value)
    assert not small_course.exercises.exists()


def test_error_names_a_source_that_is_not_text(small_course: Course) -> None:
    small_course.source("tiny").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match=r"tiny\.md can't be read as a text notebook"):
        release(small_course, ["tiny"])


def test_removing_a_task_of_a_graded_assignment_says_what_to_do(course: Course) -> None:
    (slug,) = course.choose([TWO[0]])
    release(course, [slug])
    with open_gradebook(course) as book:
        book.add_student("ada")
        book.add_submission(slug, "ada")
    before = course.released(slug).read_bytes()
    path = course.source(slug)
    text = path.read_text()
    path.write_text(text[: text.index("## Task 7")] + text[text.index("## Task 8") :])
    with pytest.raises(CourseError) as said:
        release(course, [slug])
    assert "removed: check_div_layer, div_layer" in str(said.value)
    assert f"nbgrader db assignment remove {slug} --force" in str(said.value)
    assert course.released(slug).read_bytes() == before
