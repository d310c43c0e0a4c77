"""The gradebook writer: the same rows as nbgrader, and files that its tools accept."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from class_cases import (
    COMMENTS,
    SLUG,
    InProcessExecutor,
    answers,
    by_length,
    copied,
    hand_in,
    released_course,
    rows,
    small_page,
)

from course_lib.checks.report import Finding, Part, Report
from course_lib.grading.course import Course, CourseError
from course_lib.grading.gradebook import nbgrader
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.jobs import CHECK, Job, Result, TaskResult, without_report
from course_lib.grading.outcome import Options
from course_lib.grading.run import grade

DUE = "2025-03-01 12:00:00"
PENALTY = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return released_course(tmp_path_factory.mktemp("record") / "my course")


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    return copied(released, tmp_path / "my course")


def run(course: Course, execute: Any = by_length, **options: Any) -> Any:
    return grade(
        course, [SLUG], InProcessExecutor(execute), Options(seed=1, **options), page=small_page
    )


# --- compared with nbgrader -----------------------------------------------------------------------


@contextmanager
def open_submission(course: Course, student: str) -> Iterator[dict[str, Any]]:
    """Yield the grades and comments of a submission, for changes like formgrader's."""
    with open_gradebook(course) as book:
        submission = book.find_submission_notebook(SLUG, SLUG, student)
        named = {f"grade {grade.name}": grade for grade in submission.grades}
        yield named | {f"comment {comment.name}": comment for comment in submission.comments}
        book.db.commit()


def give_marks_by_hand(course: Course) -> None:
    with open_submission(course, "ada") as of:
        of["grade explain"].manual_score = 2.5
        of["grade explain"].needs_manual_grade = False
        of["grade check_add_layer"].manual_score = 1
        of["grade check_add_layer"].extra_credit = 0.5
        of["comment explain"].manual_comment = "Well said."
    with open_gradebook(course) as book:
        book.grant_extension(SLUG, "cy", hours=20)


@pytest.fixture(scope="module")
def compared_rows(
    released: Course, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[tuple[Any, Any]]]:
    """Return the rows of nbgrader and of `course grade`, at first and after changes."""
    theirs = copied(released, tmp_path_factory.mktemp("theirs") / "course")
    for part, more in (("config", PENALTY),):
        path = getattr(theirs, part)
        path.write_text(path.read_text() + more)
    with open_gradebook(theirs) as book:
        book.update_or_create_assignment(SLUG, duedate=DUE)
    whole = answers(theirs)
    half = dict(list(whole.items())[:4])
    half["add_layer"] = half["add_layer"].replace("return x + y", "return x - y")
    hand_in(theirs, "ada", whole, when="2025-03-01 11:59:59 UTC")
    hand_in(theirs, "bob", half)
    hand_in(theirs, "cy", whole, when="2025-03-01 23:30:00 Europe/Berlin")
    hand_in(theirs, "di", {}, when="2025-02-01 00:00:00.125 Europe/Berlin")
    ours = copied(theirs, tmp_path_factory.mktemp("ours") / "course")

    def as_nbgrader_did(job: Job) -> Result:
        known = {(row[0], row[2]): row[3] for row in rows(theirs)}
        tasks = [
            without_report(c.grade_id, known[job.student, c.grade_id], c.points)
            for c in job.cells
            if c.kind == CHECK
        ]
        return Result(job.student, job.slug, tuple(tasks), isolation="test")

    def compare(students: str) -> tuple[Any, Any]:
        for student in students.split():
            nbgrader.autograde(theirs, SLUG, student)
        run(ours, as_nbgrader_did)
        return tuple((rows(c), rows(c, COMMENTS)) for c in (theirs, ours))

    found = [compare("ada bob cy di")]
    for course in (theirs, ours):
        give_marks_by_hand(course)
        hand_in(course, "ada", whole | {"div_layer": "class DivLayer:\n    pass", "explain": "No."})
        hand_in(course, "di", {"explain": "Now I know."}, when="2025-03-02 00:00:00 UTC")
    found.append(compare("ada cy di"))
    return found


@pytest.mark.parametrize("when", [0, 1], ids=["first", "after changes"])
def test_gradebook_rows_equal_those_of_nbgrader(compared_rows: Any, when: int) -> None:
    theirs, ours = compared_rows[when]
    # nbgrader lets points by hand wait again after every grading, also for work that is the same.
    stays = [row for row in ours[0] if row[0] == "ada" and row[2] == "check_add_layer"]
    assert [row[6] for row in stays] == [0]
    theirs = (
        [
            (*row[:6], 0, *row[7:]) if (row[0], row[2]) == ("ada", "check_add_layer") else row
            for row in theirs[0]
        ],
        theirs[1],
    )
    for of_theirs, of_ours in zip(theirs, ours, strict=True):
        assert set(of_ours) - set(of_theirs) == set()
        assert of_ours == of_theirs


def test_compared_rows_contain_the_expected_points_and_comments(compared_rows: Any) -> None:
    (grades, comments), _ = compared_rows[0]
    by_cell = {(row[0], row[2]): row for row in grades}
    assert by_cell["ada", "check_mul_layer"][3] == 4
    assert 0 <= by_cell["bob", "check_add_layer"][3] < 3
    assert by_cell["ada", "explain"][3:7] == (None, None, None, 1)
    assert by_cell["di", "explain"][3:7] == (0, None, None, 0)
    # cy is half a day late, which costs all points with this plugin
    assert by_cell["cy", "check_mul_layer"][10] == 30
    assert by_cell["ada", "check_mul_layer"][10] is None
    assert by_cell["di", "explain"][8] == "2025-01-31 23:00:00.125000"
    said = {row[0:3:2]: row[3] for row in comments}
    assert said["di", "mul_layer"] == said["bob", "div_layer"] == "No response."
    assert said["ada", "mul_layer"] is None

    (grades, comments), _ = compared_rows[1]
    by_cell = {(row[0], row[2]): row for row in grades}
    # manual points are kept, and need a new manual grading
    assert by_cell["ada", "explain"][3:7] == (None, 2.5, None, 1)
    assert by_cell["ada", "check_add_layer"][3:7] == (3, 1, 0.5, 1)
    assert by_cell["ada", "check_div_layer"][3] == 0
    assert by_cell["cy", "check_mul_layer"][10] is None
    assert ("ada", SLUG, "explain", None, "Well said.") in comments
    # the penalty never exceeds the earned points
    assert by_cell["di", "check_mul_layer"][10] == 0


# --- nbgrader's tools on the result ---------------------------------------------------------------


def test_nbgraders_tools_work_on_the_result(course: Course) -> None:
    hand_in(course, "ada", answers(course), when="2025-03-01 11:59:59 UTC")
    hand_in(course, "bob", b"not a notebook")
    run(course)
    for student in ("ada", "bob"):
        nbgrader.generate_feedback(course, SLUG, student)
        page = course.root / "feedback" / student / SLUG / f"{SLUG}.html"
        assert "</html>" in page.read_text()
    assert "has to be a person" not in page.read_text()
    assert "invalid JSON" in page.read_text()
    with (
        nbgrader.nbgrader_settings(course, {}) as (parent, _errors),
        nbgrader.open_gradebook(course),
    ):
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        api = NbGraderAPI(CourseDirectory(parent=parent), parent=parent)
        about = api.get_assignment(SLUG)
        handed = {s["student"]: s for s in api.get_submissions(SLUG)}
    assert (about["num_submissions"], about["max_score"]) == (2, 33)
    assert handed["ada"]["autograded"]
    assert handed["bob"]["autograded"]
    assert handed["bob"]["needs_manual_grade"]
    nbgrader.export(course, ["ada", "bob"], course.root / "marks.csv")
    with (course.root / "marks.csv").open() as file:
        marks = {
            row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == SLUG
        }
    assert float(marks["bob"]["score"]) == 0
    earned = sum(row[3] or 0 for row in rows(course) if row[0] == "ada")
    assert float(marks["ada"]["score"]) == pytest.approx(earned)
    assert marks["ada"]["timestamp"] == "2025-03-01 11:59:59"


def test_autograded_notebook_is_valid_and_holds_the_outputs(course: Course) -> None:
    hand_in(course, "ada", answers(course))
    run(course)
    path = course.root / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    points = float(cells["check_mul_layer"].outputs[0].data["text/plain"])
    assert points == {row[2]: row[3] for row in rows(course)}["check_mul_layer"]
    assert cells["mul_layer"].outputs[0].text.strip() == str(
        len(answers(course)["mul_layer"].strip())
    )


def only_mul_layer(points: float, report: Report | None = None) -> Any:
    """Return a fake execution whose result holds only the points of mul_layer."""

    def execute(job: Job) -> Result:
        said = report or Report("mul_layer", ())
        task = TaskResult("check_mul_layer", points, 4.0, said)
        return Result(job.student, job.slug, (task,), isolation="test")

    return execute


@pytest.mark.parametrize(
    ("points", "counts"),
    [(3.5, 3.5), (0, 0), (4.1, 4), (1e9, 4), (-1, 0), (math.nan, 0), (math.inf, 0)],
)
def test_points_are_limited_to_the_maximum_and_unchecked_tasks_get_zero(
    course: Course, points: float, counts: float
) -> None:
    hand_in(course, "ada", answers(course))
    run(course, only_mul_layer(points))
    scores = {row[2]: row[3] for row in rows(course)}
    assert scores.pop("check_mul_layer") == counts
    assert scores.pop("explain") is None
    assert set(scores.values()) == {0}


def test_report_is_in_the_output_of_the_grade_cell(course: Course) -> None:
    hand_in(course, "ada", answers(course))
    part = Part("dx", 2.0, 0.0, "has <wrong> values")
    finding = Finding("dx is wrong.", hint="Which one is swapped?")
    run(course, only_mul_layer(2, Report("mul_layer", (part,), finding)))
    path = course.root / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb"
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    html = cells["check_mul_layer"].outputs[0].data["text/html"]
    assert "has &lt;wrong&gt; values" in html
    assert "Which one is swapped?" in html
    assert "was not checked" in cells["check_add_layer"].outputs[0].data["text/html"]


def test_problems_are_shown_in_the_autograded_notebook(course: Course) -> None:
    def stopped(job: Job) -> Result:
        said = "mul_layer: it ran <too> long."
        return dataclasses.replace(by_length(job), problems=(said,))

    hand_in(course, "ada", answers(course))
    (row,) = run(course, stopped).rows
    assert row.status == "needs a person"
    path = course.root / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb"
    first = nbformat.read(path, as_version=4).cells[0]
    assert "it ran &lt;too&gt; long." in first.source
    waits = {r[2]: r[6] for r in rows(course)}
    lost = {r[2] for r in rows(course) if r[3] is not None and r[3] < r[7]}
    assert lost
    assert all(waits[cell] for cell in lost)


def test_an_unreleased_assignment_is_reported(course: Course) -> None:
    hand_in(course, "ada", answers(course))
    path = course.build / "source" / SLUG / f"{SLUG}.ipynb"
    text = path.read_text()
    path.unlink()
    with pytest.raises(CourseError, match=r"not released yet.* run `course release"):
        run(course)
    path.write_text(text)
    with open_gradebook(course) as book:
        book.remove_assignment(SLUG)
    with pytest.raises(CourseError, match="not in the gradebook yet: run `course release"):
        run(course)


def test_a_release_with_other_cells_is_reported(course: Course) -> None:
    hand_in(course, "ada", answers(course))
    path = course.record(SLUG)
    raw = json.loads(path.read_text())
    raw["cells"] = [cell for cell in raw["cells"] if cell["id"] != "check_div_layer"]
    path.write_text(json.dumps(raw))
    with pytest.raises(CourseError, match="with other cells"):
        run(course)


def marks(course: Course) -> dict[str, tuple[Any, Any]]:
    """Return ada's points by hand, and whether the cell waits for a person."""
    found = {row[2]: (row[4], row[6]) for row in rows(course) if row[0] == "ada"}
    return {name: found[name] for name in ("check_add_layer", "explain")}


@pytest.mark.parametrize("change", ["force", "due date", "nothing left", "problem", "comma"])
def test_points_by_hand_stay_final_if_the_work_and_its_points_are_the_same(
    course: Course, change: str
) -> None:
    hand_in(course, "ada", answers(course), when="2025-03-01 11:59:59 UTC")
    run(course)
    give_marks_by_hand_to(course, "explain", "check_add_layer")
    final = {"check_add_layer": (1, 0), "explain": (1, 0)}
    assert marks(course) == final
    if change == "due date":
        with open_gradebook(course) as book:
            book.update_or_create_assignment(SLUG, duedate="2025-03-04 12:00:00")
    elif change == "nothing left":
        shutil.rmtree(course.build / "grading")
    elif change == "problem":
        hand_in(course, "ada", {**answers(course), "mul_layer": "x"}, name="other.ipynb")
    elif change == "comma":
        hand_in(course, "ada", {**answers(course), "div_layer": "class DivLayer:\n    pass"})
    run(course, force=change == "force")
    assert marks(course) == final


@pytest.mark.parametrize(
    ("cell", "waiting"), [("explain", {"explain"}), ("add_layer", {"check_add_layer"})]
)
def test_points_by_hand_wait_again_for_other_work(
    course: Course, cell: str, waiting: set[str]
) -> None:
    hand_in(course, "ada", answers(course))
    run(course)
    give_marks_by_hand_to(course, "explain", "check_add_layer")
    hand_in(course, "ada", {**answers(course), cell: "something else"})
    run(course)
    assert {name for name, (_points, waits) in marks(course).items() if waits} == waiting


def give_marks_by_hand_to(course: Course, *cells: str) -> None:
    with open_submission(course, "ada") as of:
        for cell in cells:
            of[f"grade {cell}"].manual_score = 1
            of[f"grade {cell}"].needs_manual_grade = False


def test_files_beside_the_notebook_and_pictures_are_kept(course: Course) -> None:
    path = hand_in(course, "ada", answers(course))
    path.with_name("helper.py").write_text("n = 3\n")
    (path.parent / "data").mkdir()
    (path.parent / "data" / "x.csv").write_text("1,2\n")
    path.with_name("jupyter_server_config.py").write_text("raise SystemExit\n")
    run(course)
    place = course.root / "autograded" / "ada" / SLUG
    assert (place / "helper.py").read_text() == "n = 3\n"
    assert (place / "data" / "x.csv").read_text() == "1,2\n"
    assert not (place / "jupyter_server_config.py").exists()
    said = "".join(cell.source for cell in nbformat.read(place / f"{SLUG}.ipynb", 4).cells[-1:])
    assert "helper.py" in said
    assert "n = 3" in said


def test_no_kernel_is_started(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    import jupyter_client.manager

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(jupyter_client.manager.KernelManager, "start_kernel", refuse)
    hand_in(course, "ada", answers(course))
    assert run(course).rows[0].scores is not None
