"""The built book in a browser: offline, without errors, accessible, and on a phone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from browser import BOOK, Look, find_chromium, look, serve, survey
from conftest import toc_pages

from course_lib.graphs import Graph
from course_lib.graphs.numbers import number_text
from course_lib.layers import MulLayer

TRAIL = toc_pages()
PAGES = [*TRAIL, "genindex", "py-modindex", "search"]
# Files that are no pages of the book; test_slides.py looks at the decks.
APART = ("_static", "slides")
WIDGETS = ("require.js", "embed-amd", "html-manager")


def address(book: Path, name: str) -> str:
    return (book / f"{name}.html").as_uri()


def holds_widgets(name: str) -> bool:
    text = (BOOK / f"{name}.html").read_text(encoding="utf-8")
    return "application/vnd.jupyter.widget-state+json" in text


def test_every_page_of_the_book_is_tested(book: Path) -> None:
    pages = [path.relative_to(book) for path in book.rglob("*.html")]
    named = {path.with_suffix("").as_posix() for path in pages if path.parts[0] not in APART}
    assert named == set(PAGES)


def test_without_chromium_tests_are_skipped_or_fail_if_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("COURSE_REQUIRE_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium here"):
        find_chromium()
    monkeypatch.setenv("COURSE_REQUIRE_BROWSER", "1")
    with pytest.raises(pytest.fail.Exception, match="no Chromium here"):
        find_chromium()


# --- every page, as a file and over HTTP --------------------------------------------------------

# A page of each kind. The others differ in their text only.
KINDS = ("index", "06_two_layer_net", "exercises/04_affine", "live", "reference", "genindex")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in KINDS else pytest.mark.slow) for name in PAGES],
)
def test_a_page_opened_as_a_file_passes_the_survey(
    browser: Any, book: Path, axe: str, name: str
) -> None:
    # Without animation: axe would check colours in the middle of a transition.
    with look(browser, address(book, name), still=True) as seen:
        assert survey(seen, axe) == {}
        loaded = [url for url in seen.home if any(word in url for word in WIDGETS)]
        assert bool(loaded) == holds_widgets(name)


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("name", KINDS)
def test_a_page_loads_over_http_without_foreign_requests(
    browser: Any, site: str, name: str
) -> None:
    with look(browser, f"{site}/{name}.html") as seen:
        assert seen.foreign == []
        assert seen.errors == []


# --- pages that the survey must reject or accept ------------------------------------------------

FOLLOW_THE_SYSTEM = """<script>
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => { document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; };
follow();
dark.addEventListener("change", follow);
</script>"""

WIDE = '<div class="wide" style="width: 2000px">wide</div>'
BOX = '<div style="overflow-x: auto">{}</div>'
DARK = '<style>[data-theme="dark"] .it {{ {} }}</style><div class="it">It</div>'

TASKS = BOX.format(
    '<table tabindex="0"><tr><th>task</th></tr>'
    '<tr><td><code style="display: block; {}">softmax</code></td></tr></table>'
)

# The body of a page, and the faults that the survey must report.
FAULTS = {
    "a picture from elsewhere": (
        '<img alt="" src="http://elsewhere.invalid/a.png">',
        {"foreign hosts", "errors"},
    ),
    "an exception": ("<script>throw new Error('no')</script>", {"errors"}),
    "a message": ("<script>console.error('no')</script>", {"errors"}),
    "a missing file": ('<script src="nothing.js"></script>', {"errors"}),
    "a wrong formula": ("<mjx-merror>no</mjx-merror>", {"formulas that are wrong"}),
    "pale text": (
        '<p style="color: #bbb">Who can read this?</p>',
        {"colours in the dark", "axe in the light, answers open"},
    ),
    "a picture without a text": (
        '<img src="data:,">',
        {"axe in the light, answers open"},
    ),
    "pale in the dark": (DARK.format("color: #bbb"), {"colours in the dark"}),
    "a light box in the dark": (
        DARK.format("background: #eee; color: #111"),
        {"light areas in the dark"},
    ),
    "white paper in the dark": (
        '<svg role="img" aria-label="Paper" width="100" height="100">'
        '<path d="M0 0H100V100H0" fill="#fff" /></svg>',
        {"light areas in the dark"},
    ),
    "pale in an answer": (
        '<details><summary>More</summary><p style="color: #bbb">Who can read this?</p></details>',
        {"axe in the light, answers open"},
    ),
    "a foreign host in an answer": (
        """<details ontoggle="new Image().src = 'http://elsewhere.invalid/a.png'">"""
        "<summary>More</summary></details>",
        {"foreign hosts", "errors"},
    ),
    "wide": (WIDE, {"sideways", "sideways in the dark", "sideways, answers open"}),
    "a wide box with a heading": (
        BOX.format(f'<h2 tabindex="0">Wide</h2>{WIDE}'),
        {"sideways", "sideways in the dark", "sideways, answers open"},
    ),
    "a name in a narrow cell": (
        TASKS.format("word-break: break-all; width: 1ch"),
        {"broken tables"},
    ),
    "a table of tasks that scrolls": (TASKS.format("min-width: 600px"), {"broken tables"}),
    "wide in the dark": (DARK.format("width: 2000px"), {"sideways in the dark"}),
    "wide in an answer": (
        f"<details><summary>More</summary>{WIDE}</details>",
        {"sideways, answers open"},
    ),
}

RIGHT = {
    "text": "<p>All is well.</p>",
    "a table of tasks": TASKS.format(""),
    "a wide box": BOX.format(f'<p tabindex="0">Wide</p>{WIDE}'),
    "an answer": "<details><summary>More</summary><p>Less.</p></details>",
}


def written(folder: Path, body: str) -> str:
    page = folder / "page.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>'
        f"<meta name='viewport' content='width=device-width'>{FOLLOW_THE_SYSTEM}"
        f"<main><h1>A page</h1>{body}</main>",
        encoding="utf-8",
    )
    return page.as_uri()


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("fault", FAULTS)
def test_survey_rejects_a_faulty_page(browser: Any, tmp_path: Path, axe: str, fault: str) -> None:
    body, where = FAULTS[fault]
    with look(browser, written(tmp_path, body), still=True) as seen:
        assert set(survey(seen, axe)) == where


@pytest.mark.parametrize("right", RIGHT)
def test_survey_accepts_a_right_page(browser: Any, tmp_path: Path, axe: str, right: str) -> None:
    with look(browser, written(tmp_path, RIGHT[right]), still=True) as seen:
        assert survey(seen, axe) == {}


@pytest.mark.parametrize("fault", ["a picture from elsewhere", "a missing file", "an exception"])
def test_survey_rejects_a_faulty_page_over_http(browser: Any, tmp_path: Path, fault: str) -> None:
    body, where = FAULTS[fault]
    written(tmp_path, body)
    with serve(tmp_path) as site, look(browser, f"{site}/page.html") as seen:
        assert seen.errors
        assert bool(seen.foreign) == ("foreign hosts" in where)


# --- search, next and previous ------------------------------------------------------------------


def test_search_finds_a_word_over_file_and_http(browser: Any, book: Path, site: str) -> None:
    for start in (address(book, "search"), f"{site}/search.html"):
        with look(browser, f"{start}?q=sigmoid") as seen:
            seen.page.wait_for_selector("#search-results ul.search li a")
            found = seen.page.locator("#search-results ul.search li a").all_text_contents()
            assert any("Activations" in title for title in found)
            assert seen.errors == []
            assert seen.foreign == []


def links(name: str, kind: str) -> list[str]:
    """Return the pages, as named in PAGES, that links of one kind lead to."""
    text = (BOOK / f"{name}.html").read_text(encoding="utf-8")
    found = re.findall(rf'<a class="{kind}"\s+href="([^"]+)"', text)
    here = PurePosixPath(name).parent
    paths = [os.path.normpath(here / href.removesuffix(".html")) for href in found]
    return [name if path == "." else path for path in paths]


def test_next_and_previous_lead_through_every_page(book: Path) -> None:
    path = ["index"]
    while following := links(path[-1], "right-next"):
        assert links(following[0], "left-prev") == [path[-1]]
        path += following
    assert links("index", "left-prev") == []
    # As in the menu, but with each exercise behind its chapter.
    exercises = [page for page in TRAIL if page.startswith("exercises/")]
    assert [page for page in path if page not in exercises] == [
        page for page in TRAIL if page not in exercises
    ]
    assert len(exercises) == 10
    for exercise in exercises:
        assert path[path.index(exercise) - 1] == exercise.removeprefix("exercises/")


def test_next_and_then_previous_returns_to_the_page(browser: Any, site: str) -> None:
    with look(browser, f"{site}/index.html") as seen:
        seen.page.locator("a.right-next").click()
        seen.page.wait_for_url(f"{site}/{TRAIL[1]}.html")
        seen.page.locator("a.left-prev").click()
        seen.page.wait_for_url(f"{site}/index.html")


# --- accessibility ----------------------------------------------------------------------------


def test_icons_are_drawn(browser: Any, book: Path) -> None:
    with look(browser, address(book, "index")) as seen:
        drawn = seen.page.evaluate(
            """() => [...document.querySelectorAll("i[class*=fa-]")].map((i) =>
                 getComputedStyle(i, "::before").content)"""
        )
        assert drawn
        assert "none" not in drawn
        assert seen.page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"')")


def test_first_tab_stop_is_a_link_to_the_main_content(browser: Any, book: Path) -> None:
    with look(browser, address(book, "index")) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
        assert seen.page.evaluate(
            "document.activeElement.getBoundingClientRect().top"
        ) == pytest.approx(0, abs=40)


# Stepping starts colour transitions. On a busy machine one can be over before the next frame; its
# event comes all the same.
MOVING = """async () => {
  const figure = document.querySelector("figure.bpg");
  let started = 0;
  figure.addEventListener("transitionrun", () => { started += 1; });
  for (let step = 0; step < 4; step += 1) {
    figure.querySelector("button[data-do=next]").click();
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  }
  return started;
}"""


@pytest.mark.parametrize("still", [True, False], ids=["still", "moving"])
def test_reduced_motion_is_honoured(browser: Any, book: Path, still: bool) -> None:
    with look(browser, address(book, "index"), still=still) as seen:
        assert (seen.page.evaluate(MOVING) == 0) is still


# --- graphs -----------------------------------------------------------------------------------


def shown(page: Any) -> dict[str, list[str]]:
    """Return the values and gradients that the first figure shows, sorted."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => Object.fromEntries(["forward", "backward"].map((kind) => [kind,
             [...document.querySelector("figure.bpg").querySelectorAll(".bpg-" + kind + " text")]
               .filter((el) => el.checkVisibility({ visibilityProperty: true }))
               .map((el) => el.textContent).sort()]))"""
    )


def texts(*numbers: float) -> list[str]:
    return sorted(number_text(number) for number in numbers)


@pytest.fixture
def first_figure(browser: Any, book: Path) -> Iterator[Look]:
    with look(browser, address(book, "index")) as seen:
        yield seen


def faults_of_graphs(page: str) -> list[str]:
    """Return faults of a page's graphs: numbers need sliders, arrays need shapes."""
    wrong = []
    for figure in re.findall(r'<figure class="bpg\b.*?</figure>', page, re.DOTALL):
        data = json.loads(re.search(r'class="bpg-data">(.*?)</script>', figure)[1])  # type: ignore[index]
        drawing = figure.split("</svg>")[0]
        names = [value["name"] for value in data["values"] if value["kind"] == "input"]
        if not any(value["shape"] for value in data["values"]):
            if not data.get("sliders"):
                wrong.append(f"no sliders for {names}")
            continue
        for value in data["values"]:
            sizes = value["shape"]
            shape = f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"
            if sizes and value["kind"] != "constant" and f">{shape}<" not in drawing:
                wrong.append(f"no shape {shape} for {value['name']} among {names}")
    return wrong


@pytest.mark.parametrize("name", PAGES)
def test_every_number_can_be_changed_and_every_array_shows_its_shape(book: Path, name: str) -> None:
    assert faults_of_graphs((book / f"{name}.html").read_text(encoding="utf-8")) == []


def test_faults_of_graphs_finds_missing_sliders_and_shapes() -> None:
    graph = Graph()
    graph.apply(MulLayer(), graph.input("x", 2), graph.input("y", 3))
    assert faults_of_graphs(graph.figure().html) == []
    assert faults_of_graphs(graph.figure(sliders=False).html) == ["no sliders for ['x', 'y']"]
    graph = Graph()
    graph.apply(MulLayer(), graph.input("x", np.ones(2)), graph.input("y", np.ones(2)))
    assert faults_of_graphs(graph.figure(show="both").html) == []
    assert len(faults_of_graphs(graph.figure(show="values").html)) == 3


def test_steps_of_a_graph_show_the_values_of_the_library(
    first_figure: Look,
) -> None:
    apples, taxed = MulLayer(), MulLayer()
    apple_price = apples.forward(100, 2)
    price = taxed.forward(apple_price, 1.1)
    d_apple_price, d_tax = taxed.backward(1)
    d_apple, d_num = apples.backward(d_apple_price)

    page = first_figure.page
    graph = page.locator("figure.bpg .bpg-scroll").first
    inputs, grads = (100, 2, 1.1), (1, d_apple_price, d_tax, d_apple, d_num)
    everything = {"forward": texts(*inputs, apple_price, price), "backward": texts(*grads)}
    assert shown(page) == everything

    graph.press("Home")
    assert shown(page) == {"forward": texts(*inputs), "backward": []}
    seen = []
    for _ in range(12):
        graph.press("ArrowRight")
        if not seen or shown(page) != seen[-1]:
            seen.append(shown(page))
    assert seen[0] == {"forward": texts(*inputs, apple_price), "backward": []}
    assert seen[1] == {"forward": everything["forward"], "backward": []}
    assert seen[2] == {"forward": everything["forward"], "backward": texts(1)}
    assert seen[3]["backward"] == texts(1, d_apple_price, d_tax)
    assert seen[4:] == [everything]
    graph.press("ArrowLeft")
    assert shown(page) == seen[3]
    page.locator("figure.bpg button[data-do=reset]").first.click()
    assert shown(page) == everything
    assert first_figure.errors == []


def test_a_wrong_number_in_a_graph_is_detected(first_figure: Look) -> None:
    before = shown(first_figure.page)
    first_figure.page.evaluate(
        "document.querySelector('.bpg .bpg-forward text').textContent = '221'"
    )
    assert shown(first_figure.page) != before
