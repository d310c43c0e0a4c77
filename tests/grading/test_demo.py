"""The demo class, graded once with real execution, beside a real student's submission."""

from __future__ import annotations

import csv
import html
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from class_cases import InProcessExecutor, by_length, same_version
from conftest import TWO, copy_course

from course_lib.grading import demo, jobs
from course_lib.grading.authoring.trial import build_submission, model_cells, read_submission_file
from course_lib.grading.course import Course, CourseError
from course_lib.grading.demo import CLASS
from course_lib.grading.gradebook import nbgrader
from course_lib.grading.jobs import Job, Result
from course_lib.grading.sanitize import clean_html, markdown2html
from course_lib.misconceptions import for_task

# Computed from the points in the assignments; the 3 points of task 8 wait for a person.
# 01: mul 4, add 3, cart 5, predict 4, sub 4, coupon 5, div 5. charles has mul, add, cart.
# 03: relu 5, sigmoid 5, tanh 5, predict 5, leaky 5, softplus 5, swish 4. charles: the first three.
EARNED = {
    "demo-ada": (30, 34),
    "demo-blaise": (30, 34),
    "demo-charles": (12, 15),
    "demo-grace": (25, 30),  # all but the last task
    "demo-haskell": (25, 30),
    "demo-ida": (25, 30),
    "demo-john": (0, 0),
    "demo-kathleen": (0, 0),
    "demo-mallory": (0, 0),
    "demo-oscar": (0, 0),
    "demo-trudy": (0, 0),
}
OUT_OF = (33, 37)
ZOE = "submitted/zoe/01_shopping_cart/01_shopping_cart.ipynb"
ATTACKS = """
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
bad = "<script>alert(1)</script>"
display(HTML(bad + "<img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>"))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{bad}</svg>"))
display(Javascript("alert(1)"), Markdown(bad), Latex(bad))
display({"application/pdf": bad, "text/plain": bad}, raw=True)
print(bad)
"""


def run_module(course: Course, *words: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *words], cwd=course.root, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def marks(course: Course) -> dict[tuple[str, str], dict[str, str]]:
    with (demo.folder(course) / "grades.csv").open(encoding="utf-8") as file:
        return {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}


def hand_in_for_zoe(course: Course) -> None:
    """Write a real student's submission; its code would leave a file if it ran."""
    cells = {
        "mul_layer": model_cells(TWO[0])["mul_layer"] + ATTACKS,
        "sub_layer": "open('zoe-was-run', 'w').close()\n",
        "explain": "As **I** see it: `a < b` <script>alert(1)</script>",
    }
    path = course.root / ZOE
    path.parent.mkdir(parents=True)
    nbformat.write(build_submission(TWO[0], cells, course), path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course with a real student's submission, after `course demo`."""
    course = copy_course(tmp_path_factory.mktemp("demo") / "my course")
    hand_in_for_zoe(course)
    said = run_module(course, "course_lib.grading", "demo")
    assert f"Graded {len(CLASS) * len(TWO)} submissions" in said
    return course


@pytest.fixture
def graded_copy(graded: Course, tmp_path: Path) -> Course:
    shutil.copytree(graded.root, tmp_path / "copy")
    return Course(tmp_path / "copy")


# --- marks ------------------------------------------------------------------------------------


def test_every_student_has_a_row_for_every_assignment(graded: Course) -> None:
    assert len(CLASS) >= 8
    assert set(marks(graded)) == {(student.name, slug) for student in CLASS for slug in TWO}


@pytest.mark.parametrize("student", EARNED)
def test_scores_match_the_promised_points(graded: Course, student: str) -> None:
    rows = marks(graded)
    for slug, earned, out_of in zip(TWO, EARNED[student], OUT_OF, strict=True):
        assert float(rows[student, slug]["score"]) == earned
        assert float(rows[student, slug]["max_score"]) == out_of


def test_mistakes_cost_points_only_in_their_own_tasks(graded: Course) -> None:
    rows = {
        "demo-edsger": ((25, 30), (29, 34)),  # loses at most all of task 3
        "demo-frances": ((9, 30), (9, 34)),  # tasks 1 and 7 are right
        "demo-dorothy": ((15, 30), (29, 34)),  # in 01 the carts build on the product node
    }
    for student, bounds in rows.items():
        for slug, (low, high) in zip(TWO, bounds, strict=True):
            assert low <= float(marks(graded)[student, slug]["score"]) < high


def cell(course: Course, student: str, slug: str, name: str) -> Any:
    path = course.root / "autograded" / student / slug / f"{slug}.ipynb"
    found = [
        c
        for c in nbformat.read(path, as_version=4).cells
        if c.metadata.get("nbgrader", {}).get("grade_id") == name
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("student", "error"),
    [("demo-grace", "KeyError"), ("demo-haskell", "SyntaxError"), ("demo-ida", "ran too long")],
)
@pytest.mark.parametrize(("slug", "last"), [(TWO[0], "div_layer"), (TWO[1], "swish")])
def test_errors_are_in_the_autograded_notebook_and_the_feedback(
    graded: Course, student: str, error: str, slug: str, last: str
) -> None:
    outputs = cell(graded, student, slug, last).outputs
    assert error in " ".join(f"{o.ename} {o.evalue}" for o in outputs if o.output_type == "error")
    page = graded.root / "feedback" / student / slug / f"{slug}.html"
    assert error in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("slug", "task"), [(TWO[0], "mul_layer"), (TWO[1], "relu")])
def test_feedback_contains_the_hint_of_the_misconception(
    graded: Course, slug: str, task: str
) -> None:
    page = graded.root / "feedback" / "demo-dorothy" / slug / f"{slug}.html"
    assert for_task(slug, task)[0].hint in html.unescape(page.read_text(encoding="utf-8"))


def test_hostile_students_earn_nothing(graded: Course) -> None:
    hostile = {student.name for student in CLASS if student.hostile}
    assert len(hostile) >= 2
    shown = str(cell(graded, "demo-trudy", TWO[0], "mul_layer").outputs)
    assert "gradebook.db" not in shown
    table = json.loads((demo.folder(graded) / "scores.json").read_text(encoding="utf-8"))
    assert {row["points"] for row in table if row["student"] in hostile} == {0}


@pytest.mark.slow
def test_without_a_sandbox_hostile_students_are_left_out(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_sandbox: bool) -> str:
        raise CourseError("There is no bubblewrap here.")

    monkeypatch.setattr("course_lib.grading.sandbox.process.check_ready", refuse)
    executor = InProcessExecutor(by_length)
    monkeypatch.setattr(demo, "_executor", lambda: executor)
    said: list[str] = []
    demo.run(course, say=said.append)
    assert "There is no bubblewrap here." in said[0]
    hostile = {student.name for student in CLASS if student.hostile}
    assert hostile.isdisjoint(executor.executed)
    assert not [path for name in hostile for path in course.root.glob(f"*/{name}")]


def test_written_answers_wait_for_a_person(graded: Course) -> None:
    rows = json.loads((demo.folder(graded) / "scores.json").read_text(encoding="utf-8"))
    to_read = {row["student"]: row["to_read"] for row in rows if row["slug"] == TWO[0]}
    assert to_read["demo-ada"] == 3
    assert to_read["demo-john"] == to_read["demo-charles"] == 0


# --- a second run, and a real student -----------------------------------------------------------


def test_a_second_run_changes_no_file(graded: Course) -> None:
    before = snapshot(graded.root)
    assert "is graded already" in run_module(graded, "course_lib.grading", "demo")
    assert snapshot(graded.root) == before


def test_a_real_student_is_neither_executed_nor_recorded(graded: Course) -> None:
    hers = {name for name in snapshot(graded.root) if "zoe" in name}
    assert hers == {ZOE}
    assert nbgrader.student_ids(graded, "zoe") == []


@pytest.mark.slow
def test_nbgrader_works_beside_the_demo_and_remove_deletes_only_the_demo(
    graded_copy: Course,
) -> None:
    course = graded_copy
    before = (course.root / ZOE).read_bytes()
    only = ("--assignment", TWO[0], "--student", "zoe")
    run_module(course, "nbgrader", "autograde", *only)
    run_module(course, "nbgrader", "generate_feedback", *only)
    released = course.released(TWO[0]).read_bytes()
    run_module(course, "nbgrader", "generate_assignment", TWO[0], "--force")
    assert course.released(TWO[0]).read_bytes() == released
    run_module(course, "nbgrader", "list")
    refused = run_module(course, "nbgrader", "validate", str(course.released(TWO[0])))
    assert "NotImplementedError" in refused or "failed" in refused

    page = (course.root / "feedback/zoe" / TWO[0] / f"{TWO[0]}.html").read_text(encoding="utf-8")
    shown = page[page.index("<body") :]
    assert "alert(1)" in shown
    for live in ("<script>alert", "<img src=x", "<svg xmlns", "<a href='javascript"):
        assert live not in shown
    assert "<strong>I</strong>" in shown

    run_module(course, "course_lib.grading", "demo", "--remove")
    assert [name for name in snapshot(course.root) if "demo-" in name] == []
    assert (course.root / ZOE).read_bytes() == before
    assert (course.root / "autograded/zoe").is_dir()
    run_module(course, "nbgrader", "export", "--to", "all.csv")
    rows = list(csv.DictReader((course.root / "all.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["student_id"] for row in rows} == {"zoe"}
    # her product node is right, her difference node is missing, and the rest is blank
    assert {row["assignment"]: float(row["score"]) for row in rows} == {TWO[0]: 4, TWO[1]: 0}


# --- which submissions are graded -----------------------------------------------------------------


@pytest.fixture
def fake_executor_course(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> tuple[Course, list[str]]:
    """Return a course with a fake executor, and the list of students that it executed."""
    executor = InProcessExecutor(by_length)
    monkeypatch.setattr(demo, "_executor", lambda: executor)
    monkeypatch.setattr(demo, "_can_isolate", lambda _say: True)
    monkeypatch.setattr(jobs, "library_version", same_version)
    monkeypatch.setattr(demo, "_grading_files", lambda _course: [])
    return course, executor.executed


EXECUTED = (len(CLASS) - 1) * len(TWO)  # one file can't be read


@pytest.mark.slow
def test_an_interrupted_run_continues_where_it_stopped(
    fake_executor_course: tuple[Course, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    course, calls = fake_executor_course

    def interrupted(job: Job) -> Result:
        if len(calls) == 4:
            raise KeyboardInterrupt
        return by_length(job)

    with monkeypatch.context() as patch:
        executor = InProcessExecutor(interrupted)
        executor.executed = calls
        patch.setattr(demo, "_executor", lambda: executor)
        with pytest.raises(KeyboardInterrupt):
            demo.run(course)
    calls.clear()
    assert demo.run(course) > 0
    assert len(calls) == EXECUTED - 3
    calls.clear()
    assert demo.run(course) == 0


@pytest.mark.slow
def test_only_changed_or_missing_parts_are_graded_again(
    fake_executor_course: tuple[Course, list[str]],
) -> None:
    course, calls = fake_executor_course
    assert demo.run(course) == len(CLASS) * len(TWO)
    assert len(calls) == EXECUTED
    calls.clear()
    source = course.source(TWO[1])
    source.write_text(source.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    assert demo.run(course) == len(CLASS)
    assert len(calls) == len(CLASS) - 1

    calls.clear()
    (course.root / "feedback" / "demo-ada" / TWO[0] / f"{TWO[0]}.html").unlink()
    assert demo.run(course) == 1
    assert calls == []

    course.gradebook.unlink()
    assert demo.run(course) == len(CLASS) * len(TWO)
    assert calls == []
    assert demo.run(course, force=True) == len(CLASS) * len(TWO)
    assert len(calls) == EXECUTED


def test_remove_follows_no_link_and_needs_no_gradebook(course: Course, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    for name in ("demo-x", "ada"):
        (course.root / "submitted" / name).mkdir(parents=True)
    os.symlink(outside, course.root / "submitted" / "demo-link")
    assert demo.remove(course) == ["demo-link", "demo-x"]
    assert (outside / "precious").exists()
    assert [path.name for path in (course.root / "submitted").iterdir()] == ["ada"]
    assert demo.remove(course) == []


# --- submissions ------------------------------------------------------------------------------


def test_built_submission_changes_only_the_given_cells(course: Course) -> None:
    released = nbformat.read(course.released(TWO[0]), as_version=4)
    filled = build_submission(TWO[0], {"mul_layer": "mine = 1\n"}, course)
    changed = [
        (new.source, new.id)
        for old, new in zip(released.cells, filled.cells, strict=True)
        if old != new
    ]
    assert changed == [("mine = 1", "mul_layer")]


def test_error_names_an_unknown_cell_or_a_missing_release(course: Course) -> None:
    with pytest.raises(CourseError, match="no solution cell mul_layr; it has mul_layer, add_layer"):
        build_submission(TWO[0], {"mul_layr": ""}, course)
    course.released(TWO[0]).unlink()
    with pytest.raises(CourseError, match="course release 01_shopping_cart"):
        build_submission(TWO[0], {}, course)


def test_model_cells_are_code_without_marks(course: Course) -> None:
    cells = model_cells(TWO[0], course=course)
    assert list(cells) == [
        *("mul_layer", "add_layer", "shopping_cart", "predict"),
        *("sub_layer", "coupon_cart", "div_layer"),
    ]
    assert "SOLUTION" not in "".join(cells.values())
    assert "### BEGIN SOLUTION" in model_cells(TWO[0], solved=True, course=course)["mul_layer"]
    for source in cells.values():
        compile(source, "<cell>", "exec")


def test_submission_file_is_split_into_named_cells(tmp_path: Path) -> None:
    path = tmp_path / "answer.py"
    path.write_text('"""Why."""\n# %% one\nx = 1\n\n# %% two\ny = "# %% three"\n')
    assert read_submission_file(path) == {"one": "x = 1\n", "two": 'y = "# %% three"\n'}
    path.write_text("x = 1\n")
    with pytest.raises(CourseError, match="has no cell"):
        read_submission_file(path)
    path.write_text("# %% one\n# %% one\n")
    with pytest.raises(CourseError, match="two cells for one"):
        read_submission_file(path)


# --- pages of feedback ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        "<img src='https://elsewhere/x.png' onerror='alert(1)'>",
        "<a href='javascript:alert(1)' onclick='alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<iframe src='https://elsewhere'></iframe>",
        "<svg onload='alert(1)'></svg>",
        "<form action='https://elsewhere'><input></form>",
        "<p style='position: fixed; background: url(https://elsewhere)'>x</p>",
        "<style>* { display: none }</style>",
    ],
)
def test_html_of_students_is_made_harmless(bad: str) -> None:
    for page in (clean_html(bad), markdown2html({}, bad)):
        for live in ("<script", "<iframe", "<svg", "<form", "<input", "<style", "url("):
            assert live not in page
        for attribute in (" onerror=", " onclick=", " onload=", "src=", "href="):
            assert attribute not in page or f"&lt;{bad[1:4]}" in page


def test_harmless_html_is_kept() -> None:
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    assert clean_html(table) == table
    assert clean_html("<p>x</p>") == "<p>x</p>"
    assert "<code>a &lt; b</code>" in markdown2html({}, "`a < b`")
    assert "$a &lt; b$" in markdown2html({}, "$a < b$")
    picture = '<img alt="x" src="data:image/png;base64,AAAA">'
    assert clean_html(picture) == picture
    styled = '<p style="color:red;text-align:right">x</p>'
    assert clean_html(styled.replace("color", "position:fixed;color")) == styled


def test_angle_brackets_in_an_answer_are_escaped() -> None:
    assert clean_html("dx = 0 if <x and y> 0") == "dx = 0 if &lt;x and y&gt; 0"
    assert clean_html("<script>1</script> <b>2</b>") == ("&lt;script&gt;1&lt;/script&gt; <b>2</b>")


@pytest.mark.parametrize("address", ["da\tta:text/html,x", "\x01javascript:x", "http://[x"])
def test_links_with_scripts_or_invalid_addresses_are_removed(address: str) -> None:
    assert "href" not in clean_html(f'<a href="{address}">x</a>')
