"""The class page: statistics, links, and hostile text."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from browser import PATIENCE
from class_cases import (
    SLUG,
    InProcessExecutor,
    answers,
    by_length,
    copied,
    hand_in,
    released_course,
)
from click.testing import CliRunner
from test_student_page import (
    MARKUP,
    RIGHT,
    SEED,
    WRONG,
    assert_inert,
    open_page,
    visible_text,
    with_finding,
)

from course_lib.checks.report import Part
from course_lib.grading.cli import main
from course_lib.grading.course import Course, this_course
from course_lib.grading.feedback.class_page import (
    ClassRow,
    class_rows,
    count,
    overview_page,
    write_overview,
)
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.gradebook.scores import CellScore, Scores
from course_lib.grading.jobs import Result, TaskResult
from course_lib.grading.outcome import Options
from course_lib.grading.run import grade

TITLES = {"check_mul_layer": "Task 1: a product node", "check_add_layer": "Task 2: a sum node"}


def row(
    student: str,
    mul: float,
    add: float | None,
    tasks: Sequence[TaskResult] = (WRONG, RIGHT),
    **about: Any,
) -> ClassRow:
    """Return a row with points in two tasks of 4 and 3 points; None waits for a person."""
    cells = {
        "check_mul_layer": CellScore("check_mul_layer", mul, 4),
        "check_add_layer": CellScore("check_add_layer", add or 0, 3, waits=add is None),
    }
    penalty = about.pop("late", 0.0)
    result = Result(student, SLUG, tuple(tasks), seed=SEED, isolation="bubblewrap", seconds=mul)
    return ClassRow(student, result, Scores(student, SLUG, cells, late_penalty=penalty), **about)


CLASS = [
    row("ada", 4, 3, (with_finding(WRONG, misconception="", problem=""), RIGHT)),
    row("bob", 2, 3),
    row("cem", 2, None),
    row(
        "dan",
        0,
        0,
        (with_finding(WRONG, misconception="", problem="It raised KeyError."),),
        late=1.0,
    ),
]


def test_points_are_counted() -> None:
    numbers = count(CLASS, TITLES)
    assert numbers.graded == 4
    assert numbers.max_points == 7
    assert numbers.mean == (7 + 5 + 2 + 0) / 4
    assert numbers.median == (5 + 2) / 2
    # 0 | 2 of 7 is the third tenth | 5 of 7 the eighth | 7 of 7 belongs to the last
    assert [b.count for b in numbers.bins] == [1, 0, 1, 0, 0, 0, 0, 1, 0, 1]
    assert [b.label for b in numbers.bins][:2] == ["0 to 0.7", "0.7 to 1.4"]
    mul, add = numbers.tasks
    assert (mul.full, mul.part, mul.none, mul.waits, mul.mean) == (1, 2, 1, 0, 2.0)
    assert (add.full, add.part, add.none, add.waits, add.mean) == (2, 0, 1, 1, 2.0)


def test_misconceptions_are_counted_by_name_and_other_findings_by_problem() -> None:
    numbers = count(CLASS, TITLES)
    (known,) = numbers.misconceptions
    assert (known.name, known.title, known.text) == (
        "ForgetsUpstream",
        "Task 1: a product node",
        WRONG.finding.hint,
    )
    assert known.students == ("bob", "cem")
    (other,) = numbers.others
    assert (other.text, other.students) == ("It raised KeyError.", ("dan",))


def test_lost_parts_are_counted() -> None:
    parts = [(part.part, part.lost, part.tried) for part in count(CLASS, TITLES).parts]
    # each row contains WRONG: dx has 0 of 1 point, dy 1 of 2
    assert parts == [("dx", 4, 4), ("dy", 4, 4)]


def test_misconceptions_are_sorted_by_frequency() -> None:
    rare = with_finding(WRONG, misconception="Rare", hint="Really?")
    numbers = count([row("a", 0, 0, [rare]), *CLASS], TITLES)
    assert [m.name for m in numbers.misconceptions] == ["ForgetsUpstream", "Rare"]


@cache
def released() -> Course:
    """Return a course with released assignments, in a temporary folder."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return released_course(folder / "course")


def test_an_empty_class_has_no_statistics() -> None:
    numbers = count([], TITLES)
    assert (numbers.graded, numbers.mean, numbers.bins) == (0, 0.0, ())
    assert "0 submissions, 0 with points" in visible_text(overview_page(released(), SLUG, []))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"scores": None}, "not graded yet"),
        ({"changed": True}, "resubmitted since it was graded"),
        ({}, ""),
    ],
)
def test_waiting_gives_the_reason(changed: dict[str, Any], why: str) -> None:
    assert replace(CLASS[0], **changed).waiting == why
    assert CLASS[2].waiting == "3 points to grade by hand"


def test_page_lists_open_work_problems_and_statistics() -> None:
    broken = replace(CLASS[0], problems=("The cell mul_layer is missing.",), notes=("Renamed.",))
    new = ClassRow("eve", None, None)
    made = overview_page(released(), SLUG, [broken, *CLASS[1:], new])
    said = visible_text(made)
    assert "5 submissions, 4 with points: mean 3.5, median 3.5 of 7" in said
    assert "Not graded in their latest version: 1. Run course grade" in said
    assert "To grade by hand: 1." in said
    assert "cem 2 / 7 3 points to grade by hand" in said
    assert "eve none not graded yet" in said
    assert "ada final The cell mul_layer is missing." in said
    assert "ForgetsUpstream Task 1: a product node 2 What does your backward do with dout?" in said
    assert "dan 0 / 7 late: 1 points off" in said
    assert "Task 1: a product node 2 / 4 1, 2, 1 0" in said
    assert "dx Task 1: a product node 4 of 4" in said
    assert "ada: 4.0 seconds bob: 2.0 seconds" in said
    assert "without a sandbox" not in said
    assert str(SEED) not in made
    assert "<script" not in made


def test_page_counts_submissions_graded_without_a_sandbox() -> None:
    bare = replace(CLASS[0], result=replace(CLASS[0].result, isolation="none"))
    never_ran = replace(CLASS[1], result=Result("bob", SLUG))
    said = visible_text(overview_page(released(), SLUG, [bare, never_ran, *CLASS[2:]]))
    assert "Graded without a sandbox: 1." in said


def test_long_lists_of_students_are_shortened() -> None:
    rows = [row(f"s{i:03}", 2, 3) for i in range(40)]
    assert "s029 and 10 more" in visible_text(overview_page(released(), SLUG, rows))


# --- hostile text and accessibility ---------------------------------------------------------------


@pytest.mark.parametrize("text", [MARKUP[i] for i in (0, 1, 3, 6, 12, 15, 17)], ids=range(7))
def test_hostile_text_is_inert(browser: Any, tmp_path: Path, text: str) -> None:
    task = with_finding(WRONG, Part(text, 1, 0, text), hint=text, misconception=text)
    rows = [
        row(text, 1, None, (task,), problems=(text, text), notes=(text,)),
        row(
            f"2{text}",
            1,
            1,
            (replace(with_finding(task, misconception="", problem=text), cell=text),),
        ),
    ]
    assert_inert(browser, tmp_path, overview_page(released(), SLUG, rows))


def whole_class() -> str:
    rows = [*CLASS, *(row(f"student-{i:02}", i % 5, i % 4 or None) for i in range(40))]
    rows[3] = replace(rows[3], problems=("A problem.",))
    return overview_page(released(), SLUG, rows)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, axe: str, tmp_path: Path, scheme: str) -> None:
    from browser import violations

    with open_page(browser, tmp_path, whole_class(), color_scheme=scheme, bypass_csp=True) as (
        tab,
        _,
    ):
        assert violations(tab, axe) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_page_fits_a_phone_and_a_screen(browser: Any, tmp_path: Path, width: int) -> None:
    from browser import sideways

    size = {"viewport": {"width": width, "height": 740}}
    with open_page(browser, tmp_path, whole_class(), **size) as (tab, _):
        assert sideways(tab) == []


# --- a class on disk ------------------------------------------------------------------------------

NAMES = ("ada", "ä b", "100%25", "a#b?c=d", "'\"><img src=x>", "javascript:alert(1)", "日本")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("overview") / "my course")
    for name in NAMES:
        hand_in(course, name, answers(course))
    hand_in(course, "eve", "no notebook")
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    return copied(graded, tmp_path / "my course")


def test_class_rows_combine_submissions_results_and_points(course: Course) -> None:
    with open_gradebook(course) as book:
        for grade_ in book.find_submission_notebook(SLUG, SLUG, "ä b").grades:
            grade_.needs_manual_grade = False
        book.db.commit()
    hand_in(course, "100%25", {"mul_layer": "x = 1"})
    hand_in(course, "kim", {})
    rows = {row.student: row for row in class_rows(course, SLUG)}
    assert set(rows) == {*NAMES, "eve", "kim"}
    assert rows["ada"].waiting == "3 points to grade by hand"
    assert rows["ä b"].waiting == ""
    assert rows["100%25"].waiting == "resubmitted since it was graded"
    assert rows["kim"].waiting == "not graded yet"
    assert rows["eve"].waiting == "33 points to grade by hand"
    assert rows["eve"].problems[0].startswith(f"{SLUG}.ipynb")
    assert rows["ada"].result.outputs == ()
    order = list(rows["ada"].scores.cells)
    assert order[0] == "check_mul_layer"
    assert order[-1] == "explain"
    assert [row.student for row in class_rows(course, SLUG, students=["ada"])] == ["ada"]


def test_every_link_leads_to_a_feedback_page(browser: Any, course: Course) -> None:
    path = write_overview(course, SLUG)
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(path.as_uri())
    # The addresses as the browser resolves them.
    leads = page.locator("#students ~ table a").evaluate_all("links => links.map(a => a.href)")
    places = [unquote(urlsplit(link).path) for link in leads]
    assert len(places) == len(NAMES) + 1
    for place, student in zip(places, sorted([*NAMES, "eve"]), strict=True):
        assert Path(place) == course.root / "feedback" / student / SLUG / f"{SLUG}.html"
        assert Path(place).is_file()
    page.goto(leads[-1])
    assert "Feedback for" in page.inner_text("header")
    context.close()


def test_a_student_without_a_feedback_page_has_no_link(course: Course) -> None:
    (course.root / "feedback" / "ada" / SLUG / f"{SLUG}.html").unlink()
    made = write_overview(course, SLUG).read_text()
    assert "feedback/ada/" not in made
    assert "feedback/eve/" in made


def test_overview_prints_the_address_of_the_page(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(main, ["overview"])
    assert done.exit_code == 0
    page = course.build / "overview" / f"{SLUG}.html"
    assert done.output == f"{page.as_uri()}\n"
    assert page.read_text().startswith("<!doctype html>")
    assert [file.name for file in page.parent.iterdir()] == [page.name]
    done = CliRunner().invoke(main, ["feedback", SLUG, "--student", "ada"])
    assert done.output == f"{SLUG}: 1 page in feedback/.\n"


def test_commands_report_missing_submissions(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    (course.root / "submitted").rename(course.root / "elsewhere")
    for command in ("overview", "feedback"):
        done = CliRunner().invoke(main, [command])
        assert done.exit_code == 1
        assert "There are no submissions" in done.output


# --- the instructors' page about grading ----------------------------------------------------------


def test_commands_and_options_in_the_grading_page_exist() -> None:
    """The page also mentions every option of `grade` and `export`."""
    text = (this_course().root / "book" / "instructors" / "grading.md").read_text()
    told: dict[str, set[str]] = {}
    for line in re.findall(r"`?(course [a-z-]+[^`\n#]*)", text):
        name, *arguments = line.split()[1:]
        if line.startswith("course ") and name in main.commands:
            told.setdefault(name, set()).update(a for a in arguments if a.startswith("--"))
    assert set(told) >= {"grade", "overview", "feedback", "export", "release"}
    for name, options in told.items():
        there = {o for p in main.commands[name].params for o in p.opts if o.startswith("--")}
        assert options <= there | {"--help"}, name
    for name in ("grade", "export"):
        for option in {o for p in main.commands[name].params for o in p.opts if o[:2] == "--"}:
            assert f"`{option}" in text or f" {option}" in text, (name, option)
