"""Every graph of the book fits its column, with text that can be read, on screens and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser import look
from graph_cases import network, shopping_cart
from test_browser_print import PAPER_WIDTH

SMALLEST = {"screen": 11, "paper": 7 * 96 / 72}  # pixels; on paper 7 points

# The faults of each drawing that shows: too small a text; cut off; a line through a box or a text;
# two texts or boxes in one place. Lines and boxes are compared in the units of the drawing, which
# is the same at every width.
FAULTS = """([least, lines]) => {
  const figures = [...document.querySelectorAll("figure.bpg")];
  return figures.flatMap((figure, number) => {
  const faults = [];
  const say = (...words) => faults.push(`graph ${number + 1}: ${words.join(" ")}`);
  const shown = [...figure.querySelectorAll(".bpg-svg")].filter((el) => el.getClientRects().length);
  if (shown.length !== 1) say(shown.length, "drawings");
  for (const svg of shown) {
    const at = svg.getBoundingClientRect();
    const frame = svg.parentElement;
    const outer = frame.getBoundingClientRect();
    const size = at.width / svg.viewBox.baseVal.width * parseFloat(getComputedStyle(svg).fontSize);
    if (size < least - 0.01) say("text of", size.toFixed(2), "pixels");
    if (frame.scrollWidth > frame.clientWidth || at.left < outer.left - 1
        || at.right > outer.right + 1) say("cut off at", frame.clientWidth, "pixels");

    if (!lines) continue;
    // A text is as high as its digits, not as its line.
    const boxes = [...svg.querySelectorAll("rect, circle, text:not(.bpg-query)")].map((el) => {
      const b = el.getBBox();
      const slack = el.tagName === "text" ? 3 : 0;
      return { el, name: el.textContent || el.tagName, left: b.x + 1, right: b.x + b.width - 1,
        top: b.y + 1 + slack, bottom: b.y + b.height - 1 - slack };
    });
    for (const line of svg.querySelectorAll(".bpg-edge > path:first-child")) {
      const length = line.getTotalLength();
      const hit = new Set();
      // A line may touch the rounded boxes at its two ends.
      for (let s = 5; s <= length - 5; s += 4) {
        const { x, y } = line.getPointAtLength(s);
        for (const { el, name, left, top, right, bottom } of boxes) {
          if (x > left && x < right && y > top && y < bottom
              && (el.tagName === "text" || el.isPointInFill({ x, y }))) hit.add(name);
        }
      }
      for (const name of hit) say("a line through", name);
    }
    // The text of a box lies in it.
    const inside = (a, b) => a.el.parentElement === b.el.parentElement;
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      if (!inside(a, b) && a.left < b.right && b.left < a.right && a.top < b.bottom
          && b.top < a.bottom) say(a.name, "and", b.name, "in one place");
    }));
  }
  return faults;
}); }"""

# A value that is not one of its slider's stops, unless no round step hits it.
BESIDE = """() => [...document.querySelectorAll(".bpg-data")].flatMap((el) => {
  const { sliders, values } = JSON.parse(el.textContent);
  return (sliders || []).filter(({ index, first, step }) => {
    const stops = (values[index].value - first) / step;
    return Math.abs(stops - Math.round(stops)) > 1e-6
      && Math.abs(values[index].value * 1e6 % 1) < 1e-6;
  }).map(({ index }) => values[index].name);
})"""


def faults(page: Any, widths: tuple[int, ...] = (1280, 768, 360)) -> dict[str, list[str]]:
    """Return the faults of the graphs of a page at some widths and on paper."""
    found = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        # The widest screen shows all of the wide drawings, the narrowest all of the narrow ones.
        lines = width != 768
        found[f"{width} pixels"] = page.evaluate(FAULTS, [SMALLEST["screen"], lines])
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 900})
    page.emulate_media(media="print")
    found["paper"] = page.evaluate(FAULTS, [SMALLEST["paper"], False])
    page.emulate_media(media="screen")
    return {where: what for where, what in found.items() if what}


# In graphs that a text speaks of: the page, the name of an input, and a number in the text.
NAMED = [
    ("index", "apple", 101),
    ("01_shopping_cart", "apple", 101),
    ("01_shopping_cart", "tax", 1.2),
    ("02_chain_rule", "x", 2.1),
    ("02_chain_rule", "price of one", 101),
    ("03_activations", "x", -1.9),
    ("08_training", "w", 1.97),
]

STOPS = """([name, number]) => [...document.querySelectorAll(".bpg-data")].filter((el) => {
  const { sliders, values } = JSON.parse(el.textContent);
  return (sliders || []).some(({ index, first, last, step }) => {
    const stops = (number - first) / step;
    return values[index].name === name && number >= first && number <= last
      && Math.abs(stops - Math.round(stops)) < 1e-6;
  });
}).length"""


def test_every_graph_of_the_book_fits_and_its_sliders_start_on_a_stop(
    browser: Any, book: Path
) -> None:
    pages = [file for file in sorted(book.glob("*.html")) if "bpg-data" in file.read_text("utf-8")]
    assert len(pages) >= 12
    seen = 0
    found = {}
    for file in pages:
        with look(browser, file.as_uri(), formulas=False, still=True) as seen_page:
            page = seen_page.page
            seen += page.locator("figure.bpg").count()
            found[file.stem] = faults(page)
            found[f"{file.stem}: sliders"] = page.evaluate(BESIDE)
            for name, number in [(n, v) for at, n, v in NAMED if at == file.stem]:
                if not page.evaluate(STOPS, [name, number]):
                    found[f"{file.stem}: {name}"] = f"no slider reaches {number}"
    assert {page: what for page, what in found.items() if what} == {}
    assert seen >= 36


def page_of(tmp_path: Path, *figures: str) -> str:
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Graphs</title>'
        f'<meta name="viewport" content="width=device-width"><main>{"".join(figures)}</main>',
        encoding="utf-8",
    )
    return file.as_uri()


CART, NETWORK = shopping_cart()._repr_html_(), network()._repr_html_()


@pytest.mark.parametrize(
    ("script", "where", "fault"),
    [
        ("", None, ""),
        ("svg.style.maxWidth = svg.style.minWidth = '300px'", "1280 pixels", "text of"),
        ("svg.style.maxWidth = 'none'; svg.style.width = '900px'", "768 pixels", "cut off"),
        ("svg.classList.remove('bpg-wide')", "360 pixels", "2 drawings"),
        # From corner to corner, through nodes and numbers.
        (
            "svg.querySelector('.bpg-edge path').setAttribute('d', 'M0 0L560 250')",
            "1280 pixels",
            "a line through",
        ),
        (
            "const [a, b] = svg.querySelectorAll('.bpg-forward text');"
            "for (const k of ['x', 'y']) a.setAttribute(k, b.getAttribute(k))",
            "1280 pixels",
            "in one place",
        ),
    ],
)
def test_a_graph_with_a_fault_is_rejected(
    browser: Any, tmp_path: Path, script: str, where: str | None, fault: str
) -> None:
    with look(browser, page_of(tmp_path, CART), still=True) as seen:
        seen.page.evaluate(f"() => {{ const svg = document.querySelector('.bpg-svg'); {script}; }}")
        found = faults(seen.page)
    if where is None:
        assert found == {}
    else:
        assert any(fault in each for each in found[where])


def test_a_slider_beside_its_stops_is_rejected(browser: Any, tmp_path: Path) -> None:
    with look(browser, page_of(tmp_path, CART), still=True) as seen:
        page = seen.page
        assert page.evaluate(BESIDE) == []
        assert page.evaluate(STOPS, ["apple", 110])
        assert not page.evaluate(STOPS, ["apple", 111])
        page.evaluate(
            "() => { const el = document.querySelector('.bpg-data');"
            "const data = JSON.parse(el.textContent); data.sliders[0].first = 3;"
            "el.textContent = JSON.stringify(data); }"
        )
        assert page.evaluate(BESIDE) == ["apple"]


IN_VIEW = """() => {
  const seen = (el) => el.getClientRects().length;
  const active = [...document.querySelectorAll(".bpg-node.bpg-active")].find(seen);
  const box = (el) => el.getBoundingClientRect();
  const panel = document.querySelector(".bpg-panel");
  const { top, bottom } = box(active || panel);
  const next = box(document.querySelector("[data-do=next]")).bottom;
  return { node: Boolean(active), top, bottom, panel: box(panel).top, next };
}"""


@pytest.mark.parametrize("case", [network, shopping_cart])
def test_the_active_node_and_the_buttons_are_in_view_at_every_step(
    browser: Any, tmp_path: Path, case: Any
) -> None:
    filling = "<p style='height: 1500px'>Text</p>"
    address = page_of(tmp_path, filling, case()._repr_html_(), filling)
    with look(browser, address, width=360, still=True) as seen:
        page = seen.page
        page.set_viewport_size({"width": 360, "height": 480})
        next_button = page.locator("[data-do=next]")
        next_button.focus()
        places = []
        for _ in range(len(case().nodes) * 2 + 2):
            page.keyboard.press("Enter")
            now = page.evaluate(IN_VIEW)
            assert now["next"] <= 480
            if now["node"]:
                assert 0 <= now["top"] < now["bottom"] <= now["panel"]
                places.append(page.evaluate("scrollY"))
        assert len(places) == 2 * len(case().nodes)
        assert len(set(places)) > 1  # the drawing is taller than the window
