"""Answers on a page are stored, downloaded as a notebook, and read from a notebook.

The page here has plain fields for cells, so that these tests need neither the book nor Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import PATIENCE
from page_cases import SCRIPT, Tab, released, served

from course_lib.grading.authoring.trial import build_submission

SLUG = "03_activations"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("page"), SLUG) as where:
        yield where


@pytest.fixture
def browsing(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def tab(browsing: Any, address: str) -> Tab:
    return Tab(browsing.new_page(), address)


def blank(name: str) -> str:
    cell = next(one for one in released(SLUG)["cells"] if one["id"] == name)
    return "".join(cell["source"])


def written(path: Path, cells: dict[str, str], slug: str = SLUG) -> Path:
    path.write_text(nbformat.writes(build_submission(slug, cells)), encoding="utf-8")
    return path


# --- storage ------------------------------------------------------------------------------------


def test_answers_survive_a_reload_and_the_page_reports_it(tab: Tab) -> None:
    assert tab.said() == ""
    tab.field("relu").fill("class Relu:\n    pass  # ü")
    tab.field("explain").fill("Because.")
    tab.load()
    assert tab.source("relu") == "class Relu:\n    pass  # ü"
    assert tab.source("explain") == "Because."
    assert tab.source("tanh") == blank("tanh")
    assert tab.said() == "Your answers are back: relu, explain."


def test_an_answer_reset_to_the_original_is_not_stored(tab: Tab) -> None:
    tab.field("relu").fill("x")
    tab.field("relu").fill(blank("relu"))
    tab.field("explain").fill("x")
    tab.field("explain").fill("")
    tab.load()
    assert tab.said() == ""
    assert tab.page.evaluate("localStorage.length") == 0


def test_changes_of_a_check_are_not_stored(tab: Tab) -> None:
    tab.field("check_relu").fill("5")
    tab.load()
    assert tab.source("check_relu") == "checks.relu(Relu)"


def test_start_over_asks_for_confirmation(tab: Tab) -> None:
    tab.field("relu").fill("x")
    tab.answer = False
    tab.press("Start over")
    assert tab.asked == ["Delete all your answers on this page?"]
    assert tab.source("relu") == "x"
    tab.answer = True
    tab.press("Start over")
    assert tab.source("relu") == blank("relu")
    tab.load()
    assert tab.source("relu") == blank("relu")
    assert tab.said() == ""


def test_an_answer_changed_in_another_tab_is_noticed(browsing: Any, tab: Tab, address: str) -> None:
    other = Tab(browsing.new_page(), address)
    tab.field("relu").fill("mine")
    tab.field("tanh").fill("kept")
    other.page.wait_for_function(
        "document.querySelector('[data-grade-id=tanh] textarea').value === 'kept'"
    )
    assert other.said() == "tanh was changed in another tab. This page shows it now."
    other.field("relu").fill("theirs")
    tab.page.wait_for_function(
        "document.querySelector('[data-grade-id=relu] textarea').value === 'theirs'"
    )
    assert "relu was changed in another tab" in tab.said()
    tab.load()
    assert (tab.source("relu"), tab.source("tanh")) == ("theirs", "kept")


FORBIDDEN = 'Object.defineProperty(window, "localStorage", { get() { throw Error("no"); } });'
FULL = 'Storage.prototype.setItem = () => { throw new DOMException("f", "QuotaExceededError"); };'


@pytest.mark.parametrize("script", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_without_storage_the_page_reports_it_and_keeps_the_answers(
    browsing: Any, address: str, script: str
) -> None:
    browsing.add_init_script(script)
    tab = Tab(browsing.new_page(), address)
    tab.field("relu").press_sequentially("x")
    assert "This browser cannot keep your answers" in tab.said()
    assert "x" in tab.source("relu")
    _, text = tab.download()
    assert "x" in "".join(next(c for c in json.loads(text)["cells"] if c["id"] == "relu")["source"])
    with tab.page.expect_event("dialog"):
        tab.page.close(run_before_unload=True)
    assert tab.asked == ["beforeunload"]


def test_a_cell_opens_at_a_click_and_for_the_keyboard(browsing: Any, address: str) -> None:
    tab = Tab(browsing.new_page(), f"{address}#closed")
    tab.page.locator("[data-grade-id=relu] pre").click()
    tab.page.keyboard.type("mine ")
    assert "mine" in tab.source("relu")
    tab.page.locator("[data-grade-id=tanh]").focus()
    tab.page.keyboard.type("typed ")
    assert "typed" in tab.source("tanh")
    # Tab leaves the editor again, and a check cannot be edited.
    tab.page.keyboard.press("Shift+Tab")
    assert tab.page.evaluate(
        "document.activeElement.closest('[data-grade-id]').dataset.gradeId"
    ) == ("sigmoid")
    tab.page.locator("[data-grade-id=check_relu] pre").click()
    assert tab.field("check_relu").count() == 0
    kept = Tab(browsing.new_page(), f"{address}#closed")
    assert kept.said() == "Your answers are back: relu, tanh."
    assert "mine" in kept.page.locator("[data-grade-id=relu] pre").inner_text()


# --- download -----------------------------------------------------------------------------------


def test_download_equals_the_notebook_from_jupyter(tab: Tab) -> None:
    cells = {"relu": "class Relu:\n    pass\n\n\nx = 'ü <b>'", "explain": "Because of the slope."}
    for name, source in cells.items():
        tab.field(name).fill(source)
    name, text = tab.download()
    assert name == f"{SLUG}-answers.ipynb"
    assert json.loads(text) == json.loads(nbformat.writes(build_submission(SLUG, cells)))
    assert tab.said() == (
        f"{SLUG}-answers.ipynb holds your answers. "
        "Not begun: sigmoid, tanh, predict, leaky_relu, softplus, swish."
    )
    nbformat.validate(nbformat.reads(text, as_version=4))


# --- opening a notebook -------------------------------------------------------------------------


def test_answers_of_an_opened_notebook_are_shown_and_stored(tab: Tab, tmp_path: Path) -> None:
    path = written(tmp_path / "any name.ipynb", {"relu": "a", "explain": "b"})
    assert tab.open(path) == "This page now shows the answers of any name.ipynb."
    assert (tab.source("relu"), tab.source("explain")) == ("a", "b")
    assert tab.asked == []
    tab.load()
    assert (tab.source("relu"), tab.source("explain")) == ("a", "b")


def test_a_downloaded_notebook_can_be_opened_again(tab: Tab, tmp_path: Path) -> None:
    tab.field("relu").fill("mine")
    path = tmp_path / "x.ipynb"
    path.write_text(tab.download()[1])
    tab.press("Start over")
    tab.open(path)
    assert tab.source("relu") == "mine"


def test_opening_a_notebook_asks_before_it_replaces_answers(tab: Tab, tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", {"relu": "theirs", "tanh": "same"})
    tab.field("relu").fill("mine")
    tab.field("tanh").fill("same")
    tab.answer = False
    assert tab.open(path) == "Nothing was replaced."
    assert tab.asked == ["Replace relu with what a.ipynb holds?"]
    assert tab.source("relu") == "mine"
    tab.answer = True
    tab.open(path)
    assert tab.source("relu") == "theirs"


def test_answers_missing_in_a_file_are_kept_and_named(tab: Tab, tmp_path: Path) -> None:
    notebook = build_submission(SLUG, {"relu": "theirs"})
    notebook.cells = [cell for cell in notebook.cells if cell["id"] != "tanh"]
    notebook.cells.append(nbformat.v4.new_code_cell("import re"))
    (tmp_path / "a.ipynb").write_text(nbformat.writes(notebook))
    tab.field("tanh").fill("mine")
    said = tab.open(tmp_path / "a.ipynb")
    assert "It has no tanh: that stays as it was." in said
    assert "own are only in the file" in said
    assert (tab.source("relu"), tab.source("tanh")) == ("theirs", "mine")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG", "a.ipynb is no notebook. Choose a file that ends in .ipynb."),
        (b"[1]", "a.ipynb is no notebook: it has no list of cells."),
        (b" " * (20 * 2**20 + 1), "a.ipynb has 21 MB; 20 are read at most."),
    ],
    ids=["a picture", "a list", "too big"],
)
def test_a_file_that_is_no_notebook_is_refused(
    tab: Tab, tmp_path: Path, content: bytes, reason: str
) -> None:
    tab.field("relu").fill("mine")
    (tmp_path / "a.ipynb").write_bytes(content)
    assert reason in tab.open(tmp_path / "a.ipynb")
    assert tab.source("relu") == "mine"


def test_another_assignment_is_refused(tab: Tab, tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", {"predict": "theirs"}, "04_affine")
    tab.field("predict").fill("mine")
    assert "a.ipynb is not this assignment's notebook" in tab.open(path)
    assert tab.source("predict") == "mine"


# --- accessibility, and other pages -------------------------------------------------------------


def test_all_controls_work_by_keyboard(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Open a notebook").focus()
    with tab.page.expect_file_chooser():
        tab.page.keyboard.press("Space")
    tab.page.keyboard.press("Shift+Tab")
    with tab.page.expect_download():
        tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    assert tab.asked == ["Delete all your answers on this page?"]


def test_a_page_without_an_assignment_is_unchanged(browsing: Any, address: str) -> None:
    page = browsing.new_page()
    page.set_default_timeout(PATIENCE)
    page.route("**/page.html", lambda route: route.fulfill(body=SCRIPT, content_type="text/html"))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    assert page.locator(".answers").count() == 0
