"""nbgrader's formgrader in a real browser, after `course grade`."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import TWO, copy_course

from course_lib.grading.authoring.trial import build_submission, model_cells, written_cells
from course_lib.grading.course import Course
from course_lib.grading.release import release

SLUG = TWO[0]
WRITTEN = "A node needs only its own inputs. <script>document.title = 'acted'</script>"


def hand_in(course: Course, student: str, cells: dict[str, str]) -> None:
    place = course.root / "submitted" / student / SLUG / f"{SLUG}.ipynb"
    place.parent.mkdir(parents=True)
    nbformat.write(build_submission(SLUG, cells, course), place)


def command(course: Course, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.grading", *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = copy_course(tmp_path_factory.mktemp("formgrader") / "course")
    release(course, [SLUG])
    model = model_cells(SLUG, course=course)
    (question,) = written_cells(SLUG, course)
    hand_in(course, "ada", model | {question: WRITTEN})
    hand_in(course, "boole", model | {"mul_layer": "import os\nos._exit(0)\n"})
    command(course, "grade", SLUG)
    return course


@pytest.fixture(scope="module")
def address(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
            *("--IdentityProvider.token=", f"--ServerApp.root_dir={graded.root}"),
        ],
        cwd=graded.root,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 600
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/formgrader"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()


def scores(course: Course, student: str) -> dict[str, tuple[float | None, float | None]]:
    """Return automatic and manual points by cell."""
    with contextlib.closing(sqlite3.connect(course.gradebook)) as book:
        rows = book.execute(
            "select base_cell.name, grade.auto_score, grade.manual_score from grade "
            "join base_cell on base_cell.id = grade.cell_id "
            "join submitted_notebook on submitted_notebook.id = grade.notebook_id "
            "join submitted_assignment on submitted_assignment.id = "
            "submitted_notebook.assignment_id where submitted_assignment.student_id = ?",
            [student],
        ).fetchall()
    return {name: (auto, manual) for name, auto, manual in rows}


@pytest.mark.slow
def test_manual_points_are_stored_and_kept(graded: Course, address: str, page: Any) -> None:
    page.goto(f"{address}/gradebook/{SLUG}/{SLUG}")
    page.wait_for_selector("table a[href*='/submissions/']")
    links = page.locator("table a").evaluate_all("all => all.map(a => a.href)")
    submissions = {link for link in links if "/submissions/" in link}
    assert len(submissions) == 2
    for link in submissions:
        page.goto(link)
        page.wait_for_selector(".score")
        if "A node needs only its own inputs." in page.content():
            break
    else:
        raise AssertionError("no submission shows what ada wrote")
    assert page.title() != "acted"
    (question,) = written_cells(SLUG, graded)
    box = page.locator(f"input.score#{question}")
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        box.fill("2")
        box.press("Tab")
    assert scores(graded, "ada")[question] == (None, 2.0)
    command(graded, "grade", SLUG, "--force")
    assert scores(graded, "ada")[question] == (None, 2.0)


@pytest.mark.slow
def test_the_autograde_button_uses_the_sandbox(graded: Course, address: str, page: Any) -> None:
    shutil.rmtree(graded.root / "autograded" / "boole")
    page.goto(f"{address}/manage_submissions/{SLUG}")
    page.wait_for_selector("td:has-text('boole')")
    row = page.locator("tr", has_text="boole")
    row.locator("td.autograde a").click()
    page.wait_for_selector("text=/Successfully autograded/i")
    # In nbgrader's own kernel, code that ends its process would end the whole conversion.
    notebook = graded.root / "autograded" / "boole" / SLUG / f"{SLUG}.ipynb"
    assert re.search(r"gone|ended", notebook.read_text(encoding="utf-8"))
    assert scores(graded, "boole")["check_sub_layer"][0] == 4
