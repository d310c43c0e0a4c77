"""Every control on a page of the book has an effect, without a kernel."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from browser import ROOT, look
from nbclient import NotebookClient

CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.md"))

# Kinds of controls by name; numbered controls are of one kind. Graphs and questions have tests of
# their own.
CONTROLS = """() => [...document.querySelectorAll(
    "button, summary, input, select, textarea, [role=button], [onclick]")]
  .filter((el) => !el.closest("figure.bpg, .question, .done-box")
    && el.checkVisibility({ visibilityProperty: true }))
  .map((el) => { el.dataset.kind = (el.getAttribute("aria-label") || el.title || el.placeholder
      || el.textContent).trim().split("\\n")[0].replace(/ \\(\\d+ MB\\)/, "").trim();
    return el.dataset.kind; })"""

# Effects of a press: the page, the scroll position, full screen, or the focus.
STATE = """() => [document.documentElement.outerHTML, scrollY, document.fullscreenElement !== null,
  document.activeElement instanceof HTMLInputElement]"""

PLACES = [
    ("01_shopping_cart", 1280),
    ("01_shopping_cart", 360),
    ("reference", 360),
    ("search", 1280),
    ("search", 360),
]
# All kinds of controls on the pages above; test a new kind before adding it.
KINDS = {
    "Back to top",
    "Color mode",
    "Copy to clipboard",
    "Fullscreen mode",
    "Search",
    "Search...",
    "Show the code",
    "Start Python",
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
}


def kinds(page: Any) -> set[str]:
    """Return the kinds of controls that are visible, and mark each control with its kind."""
    return set(page.evaluate(CONTROLS))


def has_effect(page: Any, kind: str) -> bool:
    """Use the first visible control of a kind; return whether anything changed."""
    control = page.locator(f'[data-kind="{kind}"]:visible').first
    if control.evaluate("(el) => el.tagName") == "INPUT":
        address = page.url
        control.fill("relu")
        control.press("Enter")
        page.wait_for_timeout(200)
        return bool(page.url != address)
    control.scroll_into_view_if_needed()
    page.evaluate("document.activeElement.blur()")
    before = page.evaluate(STATE)
    control.click()
    page.wait_for_timeout(200)
    return bool(page.evaluate(STATE) != before)


def scroll_up_a_little(page: Any) -> None:
    """Scroll up a little, which shows the button back to the top."""
    page.mouse.move(180, 400)
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(200)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)


@pytest.mark.sample(every=3)
@pytest.mark.parametrize(("name", "width"), PLACES)
def test_every_control_has_an_effect(browser: Any, book: Path, name: str, width: int) -> None:
    address = (book / f"{name}.html").as_uri()
    with look(browser, address, width=width, still=True) as seen:
        found = kinds(seen.page)
        assert found <= KINDS
        # The search field is last: it leads to another page.
        for kind in sorted(found, key=lambda kind: (kind == "Search...", kind)):
            assert has_effect(seen.page, kind), kind
            seen.page.keyboard.press("Escape")
        assert seen.errors == []


def test_back_to_top_scrolls_to_the_top(browser: Any, book: Path) -> None:
    with look(browser, (book / "01_shopping_cart.html").as_uri(), width=360, still=True) as seen:
        scroll_up_a_little(seen.page)
        assert "Back to top" in kinds(seen.page)
        assert has_effect(seen.page, "Back to top")
        seen.page.wait_for_function("scrollY === 0")


@pytest.mark.slow
def test_every_kind_of_control_is_tested(browser: Any, book: Path) -> None:
    found = {"Back to top"}
    for name, width in PLACES:
        with look(browser, (book / f"{name}.html").as_uri(), width=width) as seen:
            found |= kinds(seen.page)
    assert found == KINDS


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_contain_only_tested_kinds_of_controls(book: Path, name: str) -> None:
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    names = {
        re.search(r'(?:aria-label|title)="([^"]*)"', tag)
        for tag in re.findall(r"<button\b[^>]*>", text)
        if "data-do=" not in tag and "search-button-field" not in tag
    }
    assert {found[1] if found else "Back to top" for found in names} <= KINDS


def test_a_control_without_effect_is_detected(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>Buttons</title><button>Dead</button>"
        "<button onclick=\"this.style.color = 'red'\">Alive</button><input title='Dead field'>"
    )
    with look(browser, page.as_uri()) as seen:
        assert kinds(seen.page) == {"Dead", "Alive", "Dead field"}
        assert not has_effect(seen.page, "Dead")
        assert not has_effect(seen.page, "Dead field")
        assert has_effect(seen.page, "Alive")


# --- by keyboard --------------------------------------------------------------------------------

OUT_OF_REACH = """() => [...document.querySelectorAll("[data-kind]")]
  .filter((el) => el.tabIndex < 0).map((el) => el.dataset.kind)"""
RING = """() => {
  const el = document.activeElement, style = getComputedStyle(el);
  const ring = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return [el.tagName + " " + (el.ariaLabel || el.textContent.trim().slice(0, 30)), ring]; }"""


def stops_without_ring(page: Any, stops: int) -> set[str]:
    """Press Tab repeatedly; return the controls without a visible focus ring."""
    unseen = set()
    for _ in range(stops):
        page.keyboard.press("Tab")
        where, ring = page.evaluate(RING)
        if not ring and not where.startswith("BODY"):
            unseen.add(where)
    return unseen


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("name", ["01_shopping_cart", "reference", "search"])
def test_every_control_can_be_focused_with_a_visible_ring(
    browser: Any, book: Path, name: str
) -> None:
    with look(browser, (book / f"{name}.html").as_uri(), still=True) as seen:
        assert kinds(seen.page)
        assert seen.page.evaluate(OUT_OF_REACH) == []
        assert stops_without_ring(seen.page, 60) == set()


def test_unreachable_controls_and_missing_focus_rings_are_detected(
    browser: Any, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>Buttons</title><button tabindex=-1>Far</button>"
        "<button style='outline: none'>Unseen</button><button>Near</button>"
    )
    with look(browser, page.as_uri()) as seen:
        kinds(seen.page)
        assert seen.page.evaluate(OUT_OF_REACH) == ["Far"]
        assert stops_without_ring(seen.page, 2) == {"BUTTON Unseen"}


# --- effects ------------------------------------------------------------------------------------


def test_copy_button_copies_only_the_code(browser: Any, book: Path) -> None:
    with look(browser, (book / "01_shopping_cart.html").as_uri()) as seen:
        page = seen.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        cell = page.locator("div.cell_input:visible pre").first
        cell.hover()
        cell.locator("xpath=..").locator("button.copybtn").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == cell.inner_text().strip()
        assert copied.startswith("class MulLayer:")


def test_theme_is_kept_after_a_reload(browser: Any, book: Path) -> None:
    theme = "document.documentElement.dataset.theme"
    with look(browser, (book / "index.html").as_uri(), still=True) as seen:
        button = seen.page.locator(".theme-switch-button:visible")
        met = []
        for _ in range(3):
            button.click()
            met.append(seen.page.evaluate(theme))
        assert set(met) == {"light", "dark"}
        while seen.page.evaluate(theme) != "dark":
            button.click()
        seen.page.reload()
        assert seen.page.evaluate(theme) == "dark"


def test_search_field_leads_to_a_result(browser: Any, book: Path) -> None:
    with look(browser, (book / "index.html").as_uri()) as seen:
        page = seen.page
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input").fill("dropout")
        page.keyboard.press("Enter")
        found = page.locator("#search-results ul.search li a").first
        found.wait_for()
        found.click()
        page.wait_for_function("location.pathname.indexOf('search.html') < 0")
        assert "dropout" in page.locator("main").inner_text().lower()
        assert seen.errors == []


def test_download_link_gives_the_notebook(browser: Any, site: str) -> None:
    name = "01_shopping_cart"
    with look(browser, f"{site}/{name}.html") as seen:
        for saved_as in (f"{name}-chapter", name):
            # From file:// a browser may name the file by its address alone.
            link = seen.page.locator(f'a[href$="/{saved_as}.ipynb"]')
            with seen.page.expect_download() as download:
                link.click()
            assert download.value.suggested_filename == f"{saved_as}.ipynb"
            nbformat.validate(nbformat.read(download.value.path(), as_version=4))


# --- downloaded notebooks -------------------------------------------------------------------------


def downloads(book: Path, name: str) -> tuple[Path, Path]:
    """Return the notebook of a chapter and its exercise, as the page links them."""
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    links = re.findall(rf'href="(_downloads/\w+/{name}(?:-chapter)?\.ipynb)"', text)
    chapter, exercise = sorted(set(links), key=lambda link: "-chapter" not in link)
    return book / chapter, book / exercise


@pytest.mark.parametrize("name", CHAPTERS)
def test_downloaded_chapter_has_the_code_of_the_chapter(book: Path, name: str) -> None:
    notebook = nbformat.read(downloads(book, name)[0], as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    source = jupytext.read(ROOT / "book" / f"{name}.md", fmt="md:myst")

    def code(cells: list[Any]) -> list[str]:
        return [cell.source.strip() for cell in cells if cell.cell_type == "code"]

    assert code(notebook.cells) == code(source.cells)
    assert not any(
        output.output_type == "error"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    # It needs only the package: no other file, and no path of this machine.
    for cell in code(notebook.cells):
        assert "open(" not in cell
        assert "../" not in cell


@pytest.mark.parametrize("name", CHAPTERS)
def test_linked_exercise_is_the_released_one(book: Path, name: str) -> None:
    released = ROOT / "exercises" / name / f"{name}.ipynb"
    assert downloads(book, name)[1].read_bytes() == released.read_bytes()


def test_downloaded_notebook_runs_in_an_empty_folder(book: Path, tmp_path: Path) -> None:
    source = downloads(book, "02_chain_rule")[0]
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook,
        timeout=1200,
        startup_timeout=1200,
        kernel_name="python3",
        resources={"metadata": {"path": os.fspath(tmp_path)}},
    ).execute()
    printed = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    ]
    assert "out: 25.0\n" in "".join(printed)
    assert any(
        "figure" in output.data.get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    )
