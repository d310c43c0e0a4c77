"""Controls of a page that runs Python, and its messages after failures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from browser import PATIENCE, look, sideways, switch, violations
from running import WRITABLE, Running

PAGE = "01_shopping_cart"


@pytest.fixture(scope="module")
def opened(browser: Any, site: str) -> Iterator[Any]:
    """Return a page shared by tests that restore its state."""
    with look(browser, f"{site}/{PAGE}.html", formulas=False, still=True) as seen:
        page = Running(seen.page)
        page.start()
        yield page
        assert seen.foreign == []


@contextmanager
def visit(browser: Any, address: str) -> Iterator[tuple[Any, Running]]:
    with look(browser, address, formulas=False, still=True) as seen:
        yield seen, Running(seen.page)


def first_visible_cell(page: Running) -> int:
    """Return the index of the first cell whose code is visible."""
    names = page.cells.evaluate_all("(cells) => cells.map((cell) => cell.className)")
    return next(i for i, name in enumerate(names) if "tag_" not in name)


# --- before the click -----------------------------------------------------------------------


def test_nothing_is_loaded_before_the_click(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (seen, page):
        loaded = [url for url in seen.home if "/_static/python/" in url]
        assert [url.split("/")[-1].split("?")[0] for url in loaded] == ["page.js"]
        assert re.fullmatch(r"Start Python \(\d+ MB\)", page.button("Start").inner_text())
        assert seen.page.locator(WRITABLE).count() == 0


@pytest.mark.parametrize("name", ["index", "outline", "summary", "live", "reference"])
def test_a_page_without_code_to_run_has_no_button(browser: Any, site: str, name: str) -> None:
    with visit(browser, f"{site}/{name}.html") as (seen, page):
        assert page.button("Start Python").count() == 0
        assert not [url for url in seen.home if "/_static/python/" in url]


# Records the values of the page's progress meter while it exists.
COUNT = """() => {
  window.counted = [];
  new MutationObserver(() => {
    const meter = document.querySelector(".python progress");
    if (meter?.value) { window.counted.push(meter.value); window.most = meter.max; }
  }).observe(document.body, { attributes: true, childList: true, subtree: true });
}"""

# Messages of the worker about compiled files: a browser caches compiled code only by address.
COMPILED = """const compile = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (what, ...more) => {
  what = await what;
  console.info("compiled:", what.url);
  return compile(what, ...more);
};
"""


@pytest.mark.slow
def test_loading_shows_progress_and_compiled_code_can_be_cached(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (seen, page):
        said: list[str] = []
        seen.page.on("console", lambda message: said.append(message.text))
        worker = re.compile(r"/worker\.js\?")
        seen.page.context.route(
            worker, lambda route: route.fulfill(
                body=COMPILED + route.fetch().text(), content_type="text/javascript"
            )
        )  # fmt: skip
        seen.page.evaluate(COUNT)
        page.start()
        counted = seen.page.evaluate("window.counted")
        most = seen.page.evaluate("window.most")
        assert counted == sorted(counted)
        assert len(counted) > 10
        assert counted[-1] == most
        assert page.said().startswith("Python is ready")
        compiled = [words for words in said if words.startswith("compiled:")]
        assert len(compiled) == 1
        assert re.fullmatch(rf"compiled: {site}/\S+/pyodide\.asm\.wasm\?v=\w+", compiled[0])


# --- running ----------------------------------------------------------------------------------


def test_a_cell_shows_printed_text_and_its_value(opened: Running) -> None:
    at = first_visible_cell(opened)
    assert opened.run(at, "print('one')\nprint('two')\n6 * 7").split() == ["one", "two", "42"]
    assert opened.run(at, "6 * 7;") == ""
    assert opened.run(at, "x = 1") == ""
    assert opened.run(at, "x + 1") == "2"
    assert opened.run(at, "import sys; print('careful', file=sys.stderr)").strip() == "careful"
    assert opened.run(at, "display(1, 'a'); None").split() == ["1", "'a'"]
    assert opened.run(at, "") == ""


def test_an_error_shows_the_readers_line_and_reports_skipped_cells(opened: Running) -> None:
    at = first_visible_cell(opened)
    shown = opened.run(at, "def half(x):\n    return x / 0\n\nhalf(1)")
    assert "ZeroDivisionError: division by zero" in shown
    assert "return x / 0" in shown
    assert "run.py" not in shown
    assert "ZeroDivisionError" in opened.said()
    assert "was not run" in opened.said()
    assert "SyntaxError" in opened.run(at, "def (")
    assert "input() can't ask here" in opened.run(at, "input('name? ')")
    assert "SystemExit" in opened.run(at, "import sys\nsys.exit(3)")
    assert opened.run(at, "'still there'") == "'still there'"


def test_run_all_stops_at_the_first_error(opened: Running) -> None:
    at = first_visible_cell(opened)
    opened.press(at, "Reset")
    opened.write(at, "1 / 0")
    marks = "document.querySelectorAll('.cell_output').forEach((o) => (o.dataset.old = 1))"
    opened.page.evaluate(marks)
    assert "ZeroDivisionError" in opened.run_all()
    later = opened.cell(opened.cells.count() - 1).locator("> .cell_output")
    assert later.get_attribute("data-old") == "1"
    opened.press(at, "Reset")


def test_reset_restores_code_and_output_of_a_cell(opened: Running) -> None:
    at = first_visible_cell(opened)
    opened.press(at, "Reset")
    code = opened.cell(at).locator(WRITABLE).inner_text()
    output = opened.output(at)
    assert opened.run(at, "'mine'") == "'mine'"
    opened.press(at, "Reset")
    assert opened.cell(at).locator(WRITABLE).inner_text() == code
    assert opened.output(at) == output


def test_run_all_above_does_not_run_the_cell_itself(opened: Running) -> None:
    count = opened.cells.count()
    for at in (0, count - 1):
        opened.cell(at).evaluate("(c) => c.querySelector('.cell_output').append('untouched')")
    opened.press(count - 1, "Run all above")
    assert opened.wait_for("^All done") == "All done."
    assert "untouched" not in opened.output(0)
    assert "untouched" in opened.output(count - 1)


def figure_of(page: Running, at: int) -> Any:
    return page.cell(at).locator("figure.bpg")


def test_a_graph_is_redrawn_and_can_be_stepped_through(opened: Running) -> None:
    assert opened.run_all() == "All done."
    at = next(i for i in range(opened.cells.count()) if figure_of(opened, i).count())
    opened.run(
        at,
        "from course_lib.graphs import Graph\nfrom course_lib.layers import MulLayer\n"
        "g = Graph()\nprice = g.apply(MulLayer(), g.input('apple', 123), g.input('tax', 2),"
        " name='price')\ng.backward(1)\ng",
    )
    figure = figure_of(opened, at)
    assert "246" in figure.inner_text()
    figure.get_by_role("button", name="Step forward").click()
    assert "1 of 4" in figure.inner_text()


@pytest.mark.slow
def test_a_figure_is_redrawn_after_the_cell_above_it(browser: Any, site: str) -> None:
    """If the code of a figure is hidden, running the cell before it redraws the figure."""
    with visit(browser, f"{site}/06_two_layer_net.html") as (_seen, page):
        page.start()
        sources = page.cells.evaluate_all("(cells) => cells.map((cell) => cell.innerText)")
        at = next(i for i, source in enumerate(sources) if "losses = []" in source)
        picture = page.cell(at + 1).locator("img, svg").first
        before = picture.evaluate("(p) => p.outerHTML")
        page.run(at, "import numpy as np\nlosses = np.linspace(50, 40, 200)")
        after = picture.evaluate("(p) => p.outerHTML")
        assert before != after
        page.run(at, "losses = 2 * losses")
        assert picture.evaluate("(p) => p.outerHTML") not in (before, after)


def test_pyplot_figures_are_shown(opened: Running) -> None:
    at = first_visible_cell(opened)
    opened.run(at, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    image = opened.cell(at).locator("> .cell_output img")
    image.wait_for()
    assert image.evaluate("(i) => i.naturalWidth") > 100
    assert image.get_attribute("alt")


def test_html_of_a_result_is_made_harmless(opened: Running) -> None:
    opened.page.evaluate("window.harm = 0")
    html = (
        "<script>window.harm = 1</script><img src=x onerror=window.harm=2>"
        "<svg onload=window.harm=3><use href=http://elsewhere.invalid/#a></use></svg>"
        "<a href=javascript:window.harm=4>a</a><img src=http://elsewhere.invalid/a.png>"
        "<style>@import url(http://elsewhere.invalid/a.css);</style>"
        "<p style='background: url(http://elsewhere.invalid/b.png)'>text</p><b>bold</b>"
        "<iframe src=http://elsewhere.invalid></iframe><form action=http://elsewhere.invalid>"
    )
    at = first_visible_cell(opened)
    shown = opened.run(at, f'class H:\n    def _repr_html_(self): return """{html}"""\nH()')
    assert "bold" in shown
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("window.harm") == 0


def test_long_output_is_cut_with_a_note(opened: Running) -> None:
    shown = opened.run(first_visible_cell(opened), "for i in range(200_000): print('line', i)")
    assert "There was more; it is left out." in shown
    assert len(shown) < 300_000


# --- by keyboard ------------------------------------------------------------------------------


def test_all_controls_work_by_keyboard(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (seen, page):
        page.button("Start Python").focus()
        seen.page.keyboard.press("Enter")
        page.wait_for("^Python is ready")
        # The focus moves to the next control when the button disappears.
        assert seen.page.evaluate("document.activeElement.textContent") == "Run all"
        at = first_visible_cell(page)
        editor = page.cell(at).locator(WRITABLE)
        editor.focus()
        seen.page.keyboard.press("ControlOrMeta+a")
        seen.page.keyboard.type("if True:\n")
        # The line is already indented; at its end Tab does not indent.
        seen.page.keyboard.type("print('by keyboard')")
        seen.page.keyboard.press("ControlOrMeta+Enter")
        page.wait_for("is done|All done")
        assert page.output(at).strip() == "by keyboard"
        assert editor.evaluate("(e) => document.activeElement === e")
        seen.page.keyboard.press("Shift+Enter")
        assert not editor.evaluate("(e) => document.activeElement === e")
        # Tab leaves the editor in both directions.
        editor.focus()
        seen.page.keyboard.press("Escape")
        seen.page.keyboard.press("Tab")
        assert not editor.evaluate("(e) => document.activeElement === e")
        editor.focus()
        seen.page.keyboard.press("Shift+Tab")
        assert not editor.evaluate("(e) => document.activeElement === e")


def test_tab_indents_only_at_the_start_of_a_line(opened: Running) -> None:
    at = first_visible_cell(opened)
    opened.write(at, "")
    opened.cell(at).locator(WRITABLE).focus()
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.type("x")
    assert opened.cell(at).locator(WRITABLE).inner_text() == "    x"
    opened.press(at, "Reset")


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_endless_loop_can_be_stopped_and_python_restarts(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/exercises/{PAGE}.html") as (seen, page):
        page.start()
        page.write("mul_layer", "kept = 1\nwhile True:\n    pass")
        page.press("mul_layer", "Run")
        assert page.wait_for("^Still running mul_layer") != ""
        page.button("Stop").click()
        said = page.wait_for("^Stopped")
        assert "What you wrote is kept. Variables are gone" in said
        assert "while True" in page.cell("mul_layer").inner_text()
        assert page.button("Stop").is_disabled()
        assert page.run("imports", "print(6 * 7)").strip() == "42"
        assert "NameError" in page.run("imports", "kept")
        # The answer also survives the reload.
        seen.page.reload()
        assert "while True" in page.cell("mul_layer").inner_text()
        assert seen.errors == []


@pytest.mark.slow
def test_an_endless_loop_that_prints_can_be_stopped(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (_seen, page):
        page.start()
        at = first_visible_cell(page)
        page.write(at, "while True:\n    print('again')")
        page.press(at, "Run")
        page.cell(at).get_by_text("There was more").wait_for(timeout=PATIENCE)
        page.button("Stop").click()
        page.wait_for("^Stopped")


def test_a_page_opened_as_a_file_explains_how_to_run_python(browser: Any, book: Any) -> None:
    with visit(browser, (book / f"{PAGE}.html").as_uri()) as (seen, page):
        page.button("Start Python").click()
        said = page.wait_for("opened as a file")
        assert "make serve" in said
        assert "python -m http.server" in said
        assert page.button("Start Python").is_enabled()
        assert seen.errors == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [("WebAssembly", "no WebAssembly"), ("Worker", "no web workers")],
)
def test_an_unsupported_browser_is_reported(
    browser: Any, site: str, missing: str, words: str
) -> None:
    context = browser.new_context()
    context.add_init_script(f"delete window.{missing}")
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(f"{site}/{PAGE}.html")
    page = Running(tab)
    page.button("Start Python").click()
    assert words in page.wait_for(words)
    context.close()


@pytest.mark.sample(every=7)
@pytest.mark.parametrize(
    "name",
    ["tools.js", "worker.js", "run.py", "course_lib.whl", "pyodide.asm.wasm", "numpy-", ".json"],
)
def test_a_failed_download_is_reported_and_can_be_repeated(
    browser: Any, site: str, name: str
) -> None:
    place = re.compile(r"/_static/python.*" + re.escape(name))
    with visit(browser, f"{site}/{PAGE}.html") as (seen, page):
        context = seen.page.context
        context.route(place, lambda route: route.abort())
        page.button("Start Python").click()
        page.wait_for("not arrive|not start|Failed|failed")
        assert page.button("Start Python").is_enabled()
        context.unroute(place)
        page.start()
        assert page.run(first_visible_cell(page), "6 * 7") == "42"


@pytest.mark.slow
def test_a_damaged_package_is_reported(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (seen, page):
        place = re.compile("numpy-.*whl")
        seen.page.context.route(place, lambda route: route.fulfill(body=b"no wheel"))
        page.button("Start Python").click()
        assert "numpy" in page.wait_for("not start")


@pytest.mark.slow
def test_a_lost_worker_is_reported_and_restarted(browser: Any, site: str) -> None:
    with visit(browser, f"{site}/{PAGE}.html") as (_seen, page):
        page.start()
        at = first_visible_cell(page)
        # As in a browser without free memory: the worker throws outside Python.
        page.write(at, "import js\njs.setTimeout('throw new Error(1)', 0)")
        page.press(at, "Run")
        assert "Python has stopped" in page.wait_for("has stopped")
        assert "What you wrote is kept" in page.said()
        assert page.run(at, "6 * 7") == "42"


@pytest.mark.slow
def test_a_memory_error_ends_only_the_cell(opened: Running) -> None:
    shown = opened.run(
        first_visible_cell(opened),
        "import numpy as np\nx = [np.ones(100_000_000) for _ in range(9)]",
    )
    assert "MemoryError" in shown
    assert opened.run(first_visible_cell(opened), "1 + 1") == "2"


# --- accessibility ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(PAGE, marks=pytest.mark.slow), f"exercises/{PAGE}"])
def test_a_running_page_passes_the_survey(browser: Any, site: str, axe: str, name: str) -> None:
    with look(browser, f"{site}/{name}.html", still=True) as seen:
        page = Running(seen.page)
        page.start()
        assert page.run_all() == "All done."
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        for theme in ("light", "dark"):
            switch(seen.page, theme)
            assert violations(seen.page, axe) == []
        seen.page.set_viewport_size({"width": 360, "height": 900})
        assert sideways(seen.page) == []
        assert seen.errors == []
