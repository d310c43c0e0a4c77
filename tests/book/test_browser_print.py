"""The printed book: all values and answers, and no controls."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from browser import ROOT, find_chromium, look

# Content that a printed page must show, and controls that it must not show.
ON_PAPER = """() => {
  const shows = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)];
  const right = document.scrollingElement.clientWidth + 1;
  const found = {
    // A number that the graph asks for is in the solution below it.
    "values not shown": all(":is(.bpg-forward, .bpg-backward:not(.bpg-asked)) > "
      + "text:not(.bpg-query, .bpg-narrow *), .bpg-on-paper").filter((el) => !shows(el)),
    "answers not shown": all(".admonition.dropdown > *, .solution > *, "
      + ".tag_wrong-example details > *").filter((el) =>
      !el.matches("button, summary") && !shows(el)),
    "controls": all("button, input, textarea, summary").filter(shows),
    "links elsewhere": all(".bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-area, "
      + ".headerlink, .bd-header-article, .bd-footer").filter(shows),
    "too wide": all("main *").filter((el) => shows(el) && !el.closest("mjx-assistive-mml")
      && el.getBoundingClientRect().right > right),
  };
  return Object.keys(found).filter((kind) => found[kind].length);
}"""
PAPER_WIDTH = 665  # A4 less the margins, in the pixels of a style sheet


def faults_on_paper(page: Any) -> set[str]:
    """Return the kinds of faults of a printed page."""
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 900})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return set(page.evaluate(ON_PAPER))


@pytest.mark.sample(every=2)
@pytest.mark.parametrize("name", ["index", "01_shopping_cart", "06_two_layer_net", "reference"])
def test_printed_page_shows_all_content_without_controls(
    browser: Any, book: Path, name: str
) -> None:
    with look(browser, (book / f"{name}.html").as_uri(), still=True) as seen:
        for graph in seen.page.locator("figure.bpg .bpg-scroll").all():
            graph.press("Home")  # a reader who has stepped back to the first line
        assert faults_on_paper(seen.page) == set()
        assert seen.errors == []


NUMBER = '<svg><g class="bpg-forward"><text y="20"{}>220</text></g></svg>'
ANSWER = '<div class="admonition dropdown"><p>Question</p><p{}>Answer</p></div>'


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (NUMBER.format("") + ANSWER.format(""), set()),
        (NUMBER.format(' visibility="hidden"'), {"values not shown"}),
        ('<p class="bpg-on-paper" hidden>x = 1</p>', {"values not shown"}),
        (ANSWER.format(' style="opacity: 0"'), {"answers not shown"}),
        ('<details class="solution"><p>Answer</p></details>', {"answers not shown"}),
        (
            '<div class="tag_wrong-example"><details><p>Code</p></details></div>',
            {"answers not shown"},
        ),
        ("<button>Play</button>", {"controls"}),
        ('<a class="headerlink" href="#">#</a>', {"links elsewhere"}),
        ('<div style="width: 900px">wide</div>', {"too wide"}),
    ],
)
def test_faults_of_printed_pages_are_detected(
    browser: Any, tmp_path: Path, body: str, faults: set[str]
) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>A page</title><main>{body}</main>", encoding="utf-8")
    with look(browser, page.as_uri()) as seen:
        assert faults_on_paper(seen.page) == faults


def test_a_dark_page_is_printed_in_black_on_white(browser: Any, book: Path) -> None:
    theme = "document.documentElement.dataset.theme"
    with look(browser, (book / "index.html").as_uri(), dark=True, still=True) as seen:
        page = seen.page
        assert page.evaluate(theme) == "dark"
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        style = page.locator("main h1").first.evaluate("(el) => getComputedStyle(el).color")
        assert style == "rgb(0, 0, 0)"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(theme) == "dark"


def test_each_chapter_of_the_printed_book_starts_on_a_new_page(tmp_path: Path) -> None:
    find_chromium()  # skips the test without Chromium
    sheet = (ROOT / "book" / "_static" / "print.css").read_text(encoding="utf-8")
    chapters = "".join(
        f'<span id="document-{n}"></span><section><h1>{n}</h1></section>' for n in range(3)
    )
    source, target = tmp_path / "index.html", tmp_path / "print" / "book.pdf"
    source.write_text(
        "<!doctype html><title>A book</title>"
        "<script>const MathJax = { startup: { promise: Promise.resolve() } };</script>"
        f"<style>{sheet}</style><main><section><h1>Title</h1>{chapters}</section></main>",
        encoding="utf-8",
    )
    tool = ROOT / "tools" / "print_book.py"
    subprocess.run([sys.executable, tool, source, target], check=True, capture_output=True)
    printed = target.read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 4
    # 210 by 297 mm, in points
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", printed)
