"""Downloads of a page are graded like notebooks from Jupyter."""

from __future__ import annotations

import copy
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import look
from class_cases import MAX_POINTS, SLUG, auto_scores, hand_in, released_course
from page_cases import Solving, Tab, download, headline, served

from course_lib.grading.authoring.trial import build_submission, model_cells
from course_lib.grading.course import Course
from course_lib.misconceptions import for_task

pytestmark = pytest.mark.slow

MODEL = model_cells(SLUG)
WRONG = for_task(SLUG, "mul_layer")[0].source(MODEL["mul_layer"])
# All tasks; half of them with a misconception; a syntax error; nothing.
WORK: dict[str, dict[str, str]] = {
    "ada": {**MODEL, "explain": "Because of the tax."},
    "bob": {"mul_layer": WRONG, "add_layer": MODEL["add_layer"], "predict": MODEL["predict"]},
    "cy": {"mul_layer": "def (", "sub_layer": MODEL["sub_layer"] + "\n# ü\n"},
    "di": {},
}


def from_jupyter(cells: dict[str, str]) -> str:
    """Return the notebook as Jupyter saves it, with execution counts and outputs."""
    notebook = copy.deepcopy(build_submission(SLUG, cells))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", text="said\n")]
    return nbformat.writes(notebook)


@pytest.fixture(scope="module")
def downloads(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Type each student's answers into the page and return the downloads."""
    found = {}
    with served(tmp_path_factory.mktemp("page"), SLUG) as address:
        for student, cells in WORK.items():
            context = browser.new_context()
            tab = Tab(context.new_page(), address)
            for name, source in cells.items():
                tab.field(name).fill(source)
            name, found[student] = tab.download()
            assert name == f"{SLUG}-answers.ipynb"
            context.close()
    return found


def grade(course: Course, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "course_lib.grading", "grade", SLUG, "--seed", "1"]
    # The answers are defined here and trusted, so no sandbox is needed.
    return subprocess.run(
        [*command, "--jobs", "1", "--no-sandbox", *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def graded(downloads: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("graded") / "my course")
    for student, text in downloads.items():
        hand_in(course, f"page-{student}", text)
        hand_in(course, f"jupyter-{student}", from_jupyter(WORK[student]))
    done = grade(course)
    assert done.returncode == 0, done.stdout + done.stderr
    return course


@pytest.mark.parametrize("student", WORK)
def test_points_equal_those_of_the_same_answers_from_jupyter(graded: Course, student: str) -> None:
    assert auto_scores(graded, f"page-{student}") == auto_scores(graded, f"jupyter-{student}")


def test_points_match_the_right_answers(graded: Course) -> None:
    def points(student: str) -> dict[str, float]:
        found = auto_scores(graded, f"page-{student}")
        return {name: found[f"check_{name}"] for name in MAX_POINTS}

    assert points("ada") == MAX_POINTS
    nothing = dict.fromkeys(MAX_POINTS, 0)
    assert points("di") == nothing
    assert points("cy") == {**nothing, "sub_layer": MAX_POINTS["sub_layer"]}
    bob = points("bob")
    assert 0 < bob.pop("mul_layer") < MAX_POINTS["mul_layer"]
    assert bob == {
        name: MAX_POINTS[name] if name in ("add_layer", "predict") else 0
        for name in MAX_POINTS
        if name in bob
    }


def test_a_zip_of_downloads_is_imported(
    downloads: dict[str, str], graded: Course, tmp_path: Path
) -> None:
    course = released_course(tmp_path / "my course")
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        for number, (student, text) in enumerate(downloads.items()):
            folder = f"{student}_{number}_assignsubmission_file_"
            archive.writestr(f"{folder}/{SLUG}-answers.ipynb", text)
    done = grade(course, "--from", str(tmp_path / "moodle.zip"))
    assert done.returncode == 0, done.stdout + done.stderr
    for student in downloads:
        assert auto_scores(course, student) == auto_scores(graded, f"page-{student}")


@pytest.mark.slow
def test_points_equal_those_shown_on_the_page(browser: Any, site: str, tmp_path: Path) -> None:
    """The answer is typed into the editor of the book's page and graded after download."""
    with look(browser, f"{site}/exercises/{SLUG}.html", formulas=False, still=True) as seen:
        page = Solving(seen.page)
        page.start()
        for name, source in WORK["bob"].items():
            page.write(name, source)
        shown = {name: headline(text)[0] for name, text in page.checks().items()}
        _name, text = download(seen.page)
    course = released_course(tmp_path / "my course")
    hand_in(course, "bob", text)
    done = grade(course)
    assert done.returncode == 0, done.stdout + done.stderr
    scores = auto_scores(course, "bob")
    assert {name: scores[f"check_{name}"] for name in shown} == shown
    assert 0 < shown["mul_layer"] < MAX_POINTS["mul_layer"]
