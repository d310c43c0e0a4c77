"""The decks of slides: what a chapter gives to its deck, and how each slide looks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from browser import Look, look, violations
from conftest import ROOT
from slides import Slide, deck_of

CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.md"))
# The smallest text on a slide of 1280 by 720 pixels, in the prose and in drawings.
SMALLEST, SMALLEST_DRAWN = 13, 7


def slides_of(body: str) -> list[Slide]:
    page = f'<section id="c"><h1>Title</h1><section id="s"><h2>Part</h2>{body}</section></section>'
    return deck_of(page, "03_page")[1]


def blocks(body: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", block) for slide in slides_of(body) for block in slide.blocks]


# --- what is on the slides ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<p>Not this. But <strong>this</strong> is. Nor this.</p>", ["But this is."]),
        ("<p>Two ends. <strong>One key sentence.</strong> More.</p>", ["One key sentence."]),
        (
            "<p>A switch passes. It is called <strong>ReLU</strong>.</p>",
            ["A switch passes. It is called ReLU."],
        ),
        ('<p>No bold. <span class="slide">But marked.</span> End.</p>', ["But marked."]),
        ('<p>No: <span class="no-slide"><strong>bold</strong></span>.</p>', []),
        ("<p>Nothing bold at all.</p>", []),
        ("<ul><li><p><strong>Update.</strong> One step. Two.</p></li></ul>", ["Update. One step."]),
        (
            '<p>So it is. The output:</p><div class="math">\\[y\\]</div>',
            ["The output:\\[y\\]"],
        ),
        ('<p>See <a href="x.html"><strong>here</strong></a> now.</p>', []),
        ("<table><tr><td>1 &lt; 2</td></tr></table>", ["1 &lt; 2"]),
    ],
)
def test_a_slide_shows_key_sentences_and_what_they_lead_to(body: str, shown: list[str]) -> None:
    assert blocks(body) == shown


def cell(code: str, output: str = "", tags: str = "") -> str:
    shown = f'<div class="cell_output"><div class="output stream">{output}</div></div>'
    return (
        f'<div class="cell {tags}"><div class="cell_input"><pre>{code}</pre></div>'
        f"{shown if output else ''}</div>"
    )


FIGURE = (
    '<div class="cell"><div class="cell_output"><div class="output text_html">{}</div></div></div>'
)


def test_each_figure_and_each_piece_of_code_has_a_slide() -> None:
    body = cell("print(1)", "<pre>1\n</pre>") + FIGURE.format("<svg></svg>") + cell("print(2)")
    found = slides_of(body)
    assert [slide.kind for slide in found] == ["code", "figure", "code"]
    assert [(slide.title, slide.section) for slide in found] == [("Part", "Part")] * 3
    assert blocks(cell("x = 1", tags="tag_no-slide")) == []
    assert blocks(cell("import numpy as np\n\nfrom course_lib import layers")) == []


def test_long_code_is_divided_before_its_methods() -> None:
    method = "    def method_{}(self):\n" + "        self.x += 1\n\n" * 5
    code = "class Long:\n" + "\n".join(method.format(n) for n in "abc")
    found = blocks(cell(code))
    assert [block.split("(")[0].split()[-1] for block in found] == [
        "method_a",
        "method_b",
        "method_c",
    ]
    assert all(block.count("self.x += 1") == 5 for block in found)


def test_a_wrong_answer_comes_before_its_hint() -> None:
    wrong = "<dl class='mistakes'><dt><pre><code>dx = 1</code></pre></dt><dd>Why?</dd></dl>"
    (slide,) = slides_of(FIGURE.format(wrong))
    assert slide.kind == "mistake"
    code, _, hint = slide.blocks[0].partition('<p class="fragment">')
    assert "dx = 1" in code
    assert hint.startswith("Why?")


def test_links_lead_from_the_folder_of_the_slides() -> None:
    links = '<a href="04_affine.html">a</a> <a href="#part">b</a> <a href="https://x.org">c</a>'
    image = FIGURE.format(f'<img src="_images/a.png" alt="">{links}')
    (slide,) = slides_of(image)
    assert re.findall(r'(?:href|src)="([^"]+)"', slide.blocks[0]) == [
        "../_images/a.png",
        "../04_affine.html",
        "../03_page.html#part",
        "https://x.org",
    ]


def test_a_graph_that_asks_for_gradients_shows_them_to_a_class() -> None:
    data = json.dumps({"steps": [], "questions": [1], "text": "</script>"}).replace("<", "\\u003c")
    graph = (
        '<figure class="bpg"><svg><g class="bpg-asked"><text>2.2</text><g class="bpg-query">?</g>'
        '</g></svg><p class="bpg-on-paper">2.2</p>'
        f'<script type="application/json" class="bpg-data">{data}</script></figure>'
    )
    (slide,) = slides_of(FIGURE.format(graph))
    (html,) = slide.blocks
    assert not re.search("bpg-asked|bpg-query|bpg-on-paper|questions", html)
    assert html.count("</script>") == 1


# --- how slides look ----------------------------------------------------------------------------

# What runs over the edges of each slide with all its steps shown, and the smallest text, in pixels
# of a screen 1280 wide.
MEASURE = """() => {
  // All slides at once, below each other, as large as the screen shows one.
  const sheet = document.createElement("style");
  sheet.textContent = `.slides > section { display: flex !important; position: static !important;
    visibility: visible !important; transform: none !important; }`;
  document.head.append(sheet);
  const found = { over: [], small: [], sections: 0 };
  const screen = document.querySelector(".slides").getBoundingClientRect();
  const scale = screen.width / 1280;
  if (screen.width > innerWidth + 1 || screen.height > innerHeight + 1) found.over.push("screen");
  const name = (el) => el.tagName.toLowerCase() + "." + (el.getAttribute("class") || "");
  for (const [number, section] of document.querySelectorAll(".slides > section").entries()) {
    found.sections += 1;
    const content = section.querySelector(".content"), edge = content.getBoundingClientRect();
    const box = section.getBoundingClientRect();
    const beyond = (r, b) => Math.max(r.right - b.right, r.bottom - b.bottom,
      b.left - r.left, b.top - r.top) > 2 * scale;
    for (const el of section.querySelectorAll("*")) {
      if (el.closest("mjx-assistive-mml, .MathJax > *, defs, script, style")) continue;
      const r = el.getBoundingClientRect();
      if (!r.width || !r.height) continue;
      const within = el.closest("svg svg, svg *") ? null : content.contains(el) ? edge : box;
      const scrolls = el.clientWidth && el.scrollWidth > el.clientWidth + 2
        && getComputedStyle(el).overflowX !== "visible";
      if (within && beyond(r, within) || scrolls) found.over.push(number + ": " + name(el));
      const words = [...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      if (!words || el.closest("mjx-container, .bpg-keys, .bpg-sliders")) continue;
      const own = parseFloat(getComputedStyle(el).fontSize);
      const matrix = el.ownerSVGElement && el.getScreenCTM();
      const size = matrix ? own * Math.hypot(matrix.a, matrix.b) / scale : own * el.currentCSSZoom;
      const least = el.closest("figure, svg") ? DRAWN : SMALLEST;
      if (size < least) found.small.push(number + ": " + name(el) + " " + size.toFixed(1));
    }
  }
  sheet.remove();
  return found;
}"""


def measure(page: Any) -> dict[str, Any]:
    """Return what runs over the edges of slides, and text too small to read."""
    script = MEASURE.replace("SMALLEST", str(SMALLEST)).replace("DRAWN", str(SMALLEST_DRAWN))
    return page.evaluate(script)  # type: ignore[no-any-return]


def wait(seen: Look) -> None:
    seen.page.wait_for_selector("html[data-fitted]", state="attached")


@pytest.mark.sample(every=10)
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_slide_fits(browser: Any, book: Path, name: str) -> None:
    with look(browser, (book / "slides" / f"{name}.html").as_uri(), still=True) as seen:
        wait(seen)
        for width, height in ((1280, 720), (1920, 1080)):
            seen.page.set_viewport_size({"width": width, "height": height})
            seen.page.wait_for_function(
                "(w) => Math.abs(document.querySelector('.slides')"
                ".getBoundingClientRect().width - w) < 2",
                arg=width,
            )
            found = measure(seen.page)
            assert (found["over"], found["small"]) == ([], [])
            assert found["sections"] > 20
        assert seen.page.locator("mjx-merror").all_text_contents() == []
        assert (seen.errors, seen.foreign) == ([], [])


AT = "[...document.querySelectorAll('.slides > section')].findIndex((s) => s.matches('.present'))"
PLANTED = {
    "over": '<p style="width: 1400px">wide</p>',
    "small": '<p style="font-size: 9px">small</p>',
}


@pytest.fixture
def deck(book: Path) -> str:
    """The address of a deck with graphs, formulas, code and mistakes."""
    return (book / "slides" / "01_shopping_cart.html").as_uri()


def test_slides_that_do_not_fit_are_detected(browser: Any, deck: str) -> None:
    with look(browser, deck, still=True) as seen:
        wait(seen)
        assert measure(seen.page)["over"] == []
        # After the deck has fitted its slides, so that nothing corrects it.
        for number, html in enumerate(PLANTED.values(), start=4):
            seen.page.evaluate(
                "([n, html]) => { document.querySelectorAll('.content')[n].innerHTML += html; }",
                [number, html],
            )
        found = measure(seen.page)
        assert "4" in {one.split(":")[0] for one in found["over"]}
        assert {one.split(":")[0] for one in found["small"]} == {"5"}


def test_keys_step_through_a_graph_and_then_go_on(browser: Any, deck: str) -> None:
    with look(browser, deck, still=True) as seen:
        wait(seen)
        page = seen.page
        counter = page.locator("section.present .bpg-counter")
        graphs = page.locator(".slides > section:has(.bpg)")
        start = page.evaluate(
            "(s) => [...s.parentElement.children].indexOf(s)", graphs.first.element_handle()
        )
        page.evaluate("(n) => { location.hash = '#/' + n; }", start)
        counter.wait_for()
        steps = int(counter.inner_text().split()[-1])
        assert counter.inner_text() == f"1 of {steps}"
        page.keyboard.press("ArrowRight")
        assert counter.inner_text() == f"2 of {steps}"
        page.keyboard.press("PageDown")  # a presenter
        assert counter.inner_text() == f"3 of {steps}"
        page.keyboard.press("ArrowLeft")
        assert counter.inner_text() == f"2 of {steps}"
        for _ in range(steps - 2):
            page.keyboard.press("ArrowRight")
        assert counter.inner_text() == f"{steps} of {steps}"
        page.keyboard.press("ArrowRight")
        assert page.evaluate(AT) == start + 1
        page.keyboard.press("ArrowLeft")
        assert counter.inner_text() == f"{steps} of {steps}"
        page.evaluate("(n) => { location.hash = '#/' + n; }", start)
        page.keyboard.press("Alt+ArrowRight")
        assert page.evaluate(AT) == start + 1


def test_a_deck_is_accessible_in_the_light_and_in_the_dark(
    browser: Any, deck: str, axe: str
) -> None:
    with look(browser, deck, still=True) as seen:
        wait(seen)
        for number in (1, 4, 7):
            seen.page.evaluate("(n) => { location.hash = '#/' + n; }", number)
            assert violations(seen.page, axe) == []
        seen.page.keyboard.press("d")
        assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert violations(seen.page, axe, ["color-contrast"]) == []


def test_a_deck_is_printed_with_one_slide_on_each_page(browser: Any, deck: str) -> None:
    with look(browser, deck, dark=True, still=True) as seen:
        wait(seen)
        slides = seen.page.locator(".slides > section").count()
        printed = seen.page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == slides
        # 1280 by 720 pixels, in points
        assert re.search(rb"/MediaBox\s*\[0 0 960[.\d]* 540[.\d]*\]", printed)


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_and_without_scripts_the_slides_are_a_page(
    browser: Any, deck: str, scripts: bool
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto(deck)
    sections = page.locator(".slides > section")
    heights = [box["height"] for box in (s.bounding_box() for s in sections.all()) if box]
    assert len(heights) == sections.count()
    assert min(heights) > 40
    wide = sections.evaluate_all("(all) => all.filter((s) => s.scrollWidth > s.clientWidth).length")
    assert wide == 0
    context.close()


def test_every_chapter_has_a_deck_that_lecturers_find(book: Path) -> None:
    page = (book / "instructors" / "teaching.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="\.\./slides/(\w+)\.html"', page)
    assert linked == CHAPTERS == sorted(path.stem for path in (book / "slides").glob("*.html"))
    # Jupyter Book would load what is in _static in every page.
    assert not list((book / "_static").glob("deck.*"))
