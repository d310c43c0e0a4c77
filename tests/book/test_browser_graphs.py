"""Graphs in a browser: steps and sliders, compared with newly built graphs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from contextlib import contextmanager
from itertools import combinations

import numpy as np
import pytest
from browser import COLOURS, PATIENCE, violations
from graph_cases import affine, shopping_cart

from course_lib import layers
from course_lib.graphs import Graph
from course_lib.graphs.numbers import number_text
from course_lib.graphs.steps import describe, tell_story

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def chromium(browser):
    return browser


# --- graphs that can be built at any inputs -----------------------------------------------------


def cart(apple=100, apple_num=2, orange=150, orange_num=3, tax=1.1):
    g = Graph()
    a = g.apply(layers.MulLayer(), g.input("apple", apple), g.input("apple number", apple_num))
    b = g.apply(layers.MulLayer(), g.input("orange", orange), g.input("orange number", orange_num))
    both = g.apply(layers.AddLayer(), a, b, name="all fruit")
    g.apply(layers.MulLayer(), both, g.input("tax", tax, range=(1.0, 1.5, 0.01)), name="price")
    g.backward(1)
    return g


def squared(x=3.0, y=2.0):
    g = Graph()
    s = g.apply(layers.AddLayer(), g.input("x", x), g.input("y", y), name="s")
    g.apply(layers.SquareLayer(), s, name="out")
    g.backward(1)
    return g


def fork(x=2.0, y=3.0):
    g = Graph()
    x, y = g.input("x", x, range=(-20, 20, 0.5)), g.input("y", y)
    s = g.apply(layers.AddLayer(), x, y, name="s")
    g.apply(layers.MulLayer(), x, g.apply(layers.MulLayer(), s, s), name="out")
    g.backward(1.3)
    return g


def stages(x=1.0):
    g = Graph()
    minus = g.apply(layers.MulLayer(), g.input("x", x, range=(-6, 6, 0.1)), g.constant(-1.0))
    exp = g.apply(layers.ExpLayer(), minus)
    one_plus = g.apply(layers.AddLayer(), exp, g.constant(1.0))
    g.apply(layers.ReciprocalLayer(), one_plus, name="out")
    g.backward(1)
    return g


def chain(x=2.0):
    g = Graph()
    a = g.apply(layers.SubLayer(), g.input("x", x, range=(1.5, 9.5, 0.5)), g.constant(1.0))
    b = g.apply(layers.DivLayer(), g.apply(layers.LogLayer(), a), g.constant(3.0, "k"))
    g.apply(layers.Tanh(), g.apply(layers.LeakyRelu(0.1), b), name="out")
    g.backward(1)
    return g


# Graphs, and slider moves: the slider and its new value.
CASES = {
    cart: [(0, 180), (1, 0), (4, 1.23), (3, 6), (2, 290)],
    squared: [(0, 0.2), (1, 4.0), (0, 5.6)],
    fork: [(0, -7.5), (1, 0.6), (0, 19.5), (0, 0)],
    stages: [(0, -6), (0, -0.7), (0, 0), (0, 5.9)],
    chain: [(0, 9.5), (0, 1.5), (0, 4)],
}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)


@contextmanager
def opened(browser, folder, *figures, theme="light", width=1000, **options):
    """Open a page of figures; it must log no message and send no request."""
    file = folder / "page.html"
    file.write_text(
        f'<!doctype html><html lang="en"{f" data-theme={theme}" if theme else ""}>'
        '<meta charset="utf-8"><title>Graphs</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<main><h1>Graphs</h1>{''.join(figures)}</main>",
        encoding="utf-8",
    )
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert said == [file.as_uri()]
    context.close()


VISIBLE = """(figure) => Object.fromEntries(["forward", "backward"].map((kind) => [kind,
  [...figure.querySelectorAll(".bpg-" + kind + " text")]
    .filter((el) => el.checkVisibility({ visibilityProperty: true }))
    .map((el) => el.textContent)]))"""


def shown(page):
    return page.locator("figure.bpg").first.evaluate(VISIBLE)


def in_drawing(g, until=float("inf")):
    """Return the numbers in Python's drawing of a graph up to a step."""
    groups = list(ET.fromstring(g.svg()).iter(f"{SVG}g"))
    return {
        kind: [
            "".join(group.itertext())
            for group in groups
            if group.get("class") == f"bpg-{kind}" and int(group.get("data-from")) <= until
        ]
        for kind in ("forward", "backward")
    }


def caption(page):
    return page.locator(".bpg-caption").first.text_content()


def slide(page, number, to):
    page.locator(".bpg-slider input").nth(number).fill(str(to))


# --- stepping ---------------------------------------------------------------------------------


@pytest.mark.sample(every=3)
@each_case
def test_each_step_shows_the_values_computed_so_far(chromium, tmp_path, case):
    g = case()
    captions = tell_story(g, True).captions
    with opened(chromium, tmp_path, g._repr_html_()) as page:
        graph = page.locator(".bpg-scroll")
        assert shown(page) == in_drawing(g)
        for step, told in enumerate(captions):
            graph.press("ArrowRight")
            assert shown(page) == in_drawing(g, step)
            assert caption(page) == told
            assert page.locator(".bpg-counter").text_content() == f"{step + 1} of {len(captions)}"
        graph.press("ArrowRight")
        assert caption(page) == captions[-1]
        graph.press("ArrowLeft")
        assert caption(page) == captions[-2]
        page.click("button[data-do=reset]")
        assert shown(page) == in_drawing(g)


def test_the_cart_shows_the_numbers_of_the_text(chromium, tmp_path):
    with opened(chromium, tmp_path, shopping_cart()._repr_html_()) as page:
        forward = ["100", "2", "150", "3", "1.1", "200", "450", "650", "715"]
        backward = ["2.2", "110", "3.3", "165", "650", "1.1", "1.1", "1.1", "1"]
        now = shown(page)
        assert sorted(now["forward"]) == sorted(forward)
        assert sorted(now["backward"]) == sorted(backward)


# --- sliders ----------------------------------------------------------------------------------


@pytest.mark.sample(every=3)
@each_case
def test_after_each_slider_move_all_numbers_equal_those_of_a_new_graph(chromium, tmp_path, case):
    inputs = [value.value for value in case().values if value.kind == "input"]
    with opened(chromium, tmp_path, case()._repr_html_()) as page:
        for number, to in CASES[case]:
            slide(page, number, to)
            inputs[number] = to
            fresh = case(*inputs)
            assert shown(page) == in_drawing(fresh)
            assert page.locator(".bpg-svg desc").first.text_content() == describe(fresh, True)
            row = page.locator(".bpg-slider").nth(number)
            assert row.locator("span").last.text_content() == number_text(to)
            assert row.locator("input").get_attribute("aria-valuetext") == number_text(to)
            result = fresh.outputs()[0]
            results = f"With these inputs, {result.name} = {number_text(result.value)}."
            assert caption(page) == results
        for step, told in enumerate(tell_story(fresh, True).captions):
            page.locator(".bpg-scroll").press("ArrowRight")
            assert caption(page) == told
            assert shown(page) == in_drawing(fresh, step)
        # A slider move during a step changes the numbers but not the step.
        page.click(".bpg-slider-reset")
        assert caption(page) == tell_story(case(), True).captions[-1]
        page.click("button[data-do=reset]")
        assert shown(page) == in_drawing(case())
        assert page.locator(".bpg-svg desc").first.text_content() == describe(case(), True)
        assert caption(page).startswith("Every value is shown.")


def test_a_wrong_number_after_a_slider_move_is_detected(chromium, tmp_path):
    html = squared()._repr_html_()
    wrong = html.replace("[dout * 2 * x]", "[dout * x]")
    assert wrong != html
    with opened(chromium, tmp_path, wrong) as page:
        slide(page, 0, 1)
        now, fresh = shown(page), in_drawing(squared(1, 2.0))
        assert now["forward"] == fresh["forward"]
        assert now["backward"] != fresh["backward"]


def test_reset_restores_initial_values_between_slider_stops(chromium, tmp_path):
    g = squared(x=1.0986122886681098)
    with opened(chromium, tmp_path, g._repr_html_()) as page:
        assert shown(page) == in_drawing(g)
        reset = page.locator(".bpg-slider-reset")
        assert reset.get_attribute("aria-disabled") == "true"
        slide(page, 0, 1.5)
        assert reset.get_attribute("aria-disabled") == "false"
        assert shown(page) == in_drawing(squared(x=1.5))
        reset.click()
        assert shown(page) == in_drawing(g)
        assert reset.get_attribute("aria-disabled") == "true"


BOXES = """() => [...document.querySelectorAll(".bpg-svg text, .bpg-svg rect")]
  .filter((el) => el.getClientRects().length && !el.closest(".bpg-rule"))
  .map((el) => { const b = el.getBBox(); return { text: el.textContent, tag: el.tagName,
    at: [el.getAttribute("x"), el.getAttribute("y")],
    left: b.x, top: b.y, right: b.x + b.width, bottom: b.y + b.height }; })"""


def overlaps(boxes):
    """Return pairs of overlapping texts; the lines of one text may nearly touch."""
    return [
        (a["text"], b["text"])
        for a, b in combinations([box for box in boxes if box["tag"] == "text"], 2)
        if min(a["right"], b["right"]) - max(a["left"], b["left"]) > 0.5
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 4
    ]


@each_case
def test_slider_moves_keep_the_layout_without_overlaps(chromium, tmp_path, case):
    with opened(chromium, tmp_path, case()._repr_html_()) as page:
        boxes = page.evaluate(BOXES)
        places = [box["at"] for box in boxes]
        size = page.locator(".bpg-svg:visible").bounding_box()
        assert overlaps(boxes) == []
        page.locator(".bpg-scroll").press("End")
        for number, to in CASES[case]:
            slide(page, number, to)
            boxes = page.evaluate(BOXES)
            assert [box["at"] for box in boxes] == places
            assert overlaps(boxes) == []
        assert page.locator(".bpg-svg:visible").bounding_box() == size


def test_overlapping_labels_are_detected(chromium, tmp_path):
    with opened(chromium, tmp_path, cart()._repr_html_()) as page:
        label = page.locator(".bpg-forward text").first
        label.evaluate("(el) => { el.textContent = '1234567890'.repeat(9); }")
        label.evaluate("(el) => el.setAttribute('y', '39')")
        assert overlaps(page.evaluate(BOXES)) != []


def test_a_wide_number_is_compressed_to_its_space(chromium, tmp_path):
    with opened(chromium, tmp_path, squared()._repr_html_()) as page:
        text = page.locator("[data-key=v3]").first
        text.evaluate("(el) => el.setAttribute('data-room', '20')")
        length = "(el) => el.getComputedTextLength()"
        slide(page, 0, 1.4)  # 11.56
        assert text.evaluate(length) == pytest.approx(20, abs=0.1)
        slide(page, 0, 1)  # 9
        assert text.evaluate(length) < 20


def layouts(session):
    found = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in found if metric["name"] == "LayoutCount")


def test_a_slider_move_causes_few_layouts(chromium, tmp_path):
    """Measuring a number after writing another makes the browser compute the layout again."""
    with opened(chromium, tmp_path, cart()._repr_html_()) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        moved = """() => {
          const range = document.querySelector(".bpg-slider input");
          range.value = 180;
          range.dispatchEvent(new Event("input"));
          return document.querySelector("[data-key=v6]").getComputedTextLength();
        }"""
        texts = page.locator("[data-key]").count()
        before = layouts(session)
        page.evaluate(moved)
        assert texts > 15
        assert 1 <= layouts(session) - before <= 5


# --- accessibility ----------------------------------------------------------------------------


def test_arrow_keys_act_only_on_the_focused_slider_or_graph(chromium, tmp_path):
    with opened(chromium, tmp_path, cart()._repr_html_()) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "bpg-scroll"
        page.keyboard.press("ArrowRight")
        first = tell_story(cart(), True).captions[0]
        assert caption(page) == first
        for _ in range(5):  # past the four buttons
            page.keyboard.press("Tab")
        slider = page.locator(".bpg-slider input").first
        assert slider.evaluate("(el) => el === document.activeElement")
        page.keyboard.press("ArrowRight")
        assert slider.input_value() == "110"
        assert caption(page) == first.replace("apple = 100", "apple = 110")
        page.keyboard.press("Home")
        assert slider.input_value() == "0"
        assert caption(page) == first.replace("apple = 100", "apple = 0")
        page.locator(".bpg-scroll").press("ArrowRight")
        assert slider.input_value() == "0"
        assert caption(page) == tell_story(cart(apple=0), True).captions[1]


def test_sliders_have_names_and_are_large_enough_on_a_phone(chromium, tmp_path):
    with opened(chromium, tmp_path, cart()._repr_html_(), width=360) as page:
        for name in ("apple", "apple number", "orange", "orange number", "tax"):
            box = page.get_by_role("slider", name=name, exact=True).bounding_box()
            assert box["height"] >= 24
            assert box["width"] >= 100
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert min(box["width"], box["height"]) >= 24
        assert page.get_by_role("group", name="Change the inputs").count() == 1
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


STYLE = "getComputedStyle(document.querySelector('.bpg')).backgroundColor"


@pytest.mark.parametrize("by", ["the page", "the system"])
def test_dark_theme_is_used(chromium, tmp_path, by):
    colours = []
    for scheme in ("light", "dark"):
        asked = {"theme": scheme} if by == "the page" else {"theme": "", "color_scheme": scheme}
        with opened(chromium, tmp_path, squared()._repr_html_(), **asked) as page:
            colours.append(page.evaluate(STYLE))
    assert colours == ["rgb(255, 255, 255)", "rgb(22, 27, 34)"]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion_is_honoured(chromium, tmp_path, motion):
    with opened(chromium, tmp_path, cart()._repr_html_(), reduced_motion=motion) as page:
        moving = """async () => {
          for (const press of [1, 2]) document.querySelector("button[data-do=next]").click();
          await new Promise(requestAnimationFrame);
          return document.getAnimations().length; }"""
        assert (page.evaluate(moving) == 0) is (motion == "reduce")


def test_without_scripts_all_values_are_shown_without_controls(chromium, tmp_path):
    html = cart()._repr_html_()
    with opened(chromium, tmp_path, html, java_script_enabled=False) as page:
        assert page.locator("input").count() == 0
        assert page.locator("button:visible").count() == 0
        numbers = page.locator(".bpg-forward text:visible, .bpg-backward text:visible")
        assert numbers.count() == 2 * len(cart().values)


def test_printed_graph_shows_all_numbers_without_controls(chromium, tmp_path):
    with opened(chromium, tmp_path, cart()._repr_html_()) as page:
        page.locator(".bpg-scroll").press("Home")
        page.emulate_media(media="print")
        assert shown(page) == in_drawing(cart())
        assert page.locator("button:visible, input:visible").count() == 0


def test_a_graph_of_arrays_has_buttons_and_no_sliders(chromium, tmp_path):
    with opened(chromium, tmp_path, affine()._repr_html_()) as page:
        assert page.locator("button:visible").count() == 4
        assert page.locator("input").count() == 0


def test_only_requested_inputs_have_sliders(chromium, tmp_path):
    figures = [cart().figure(sliders=wanted).html for wanted in (("tax",), False)]
    with opened(chromium, tmp_path, *figures) as page:
        assert page.locator(".bpg-slider-name").all_text_contents() == ["tax"]


# --- questions --------------------------------------------------------------------------------


def asking(case):
    return case().figure(ask="gradients").html


def gradients(page):
    """Return the gradients that show, with ? for those that are asked for."""
    return shown(page)["backward"]


def told(page):
    return page.locator(".bpg-told").text_content()


FOCUS = "document.activeElement.dataset.do || document.activeElement.tagName"


def test_a_figure_asks_for_each_gradient_by_keyboard(chromium, tmp_path, axe):
    with opened(chromium, tmp_path, asking(squared), reduced_motion="reduce") as page:
        assert shown(page)["forward"] == in_drawing(squared())["forward"]
        assert sorted(gradients(page)) == ["1", "?", "?", "?"]
        assert page.locator(".bpg-form, .bpg-solution").locator("visible=true").count() == 0
        keys = page.keyboard
        for _ in range(5):  # the drawing, then four buttons
            keys.press("Tab")
        assert page.evaluate(FOCUS) == "next"
        keys.press("Enter")
        assert caption(page) == "The backward pass starts at out with the gradient 1."
        keys.press("Enter")
        assert page.evaluate(FOCUS) == "INPUT"
        assert caption(page).endswith("with dout = 1. Which gradient does s receive?")
        assert gradients(page) == ["?", "1"]
        for wrong, answer in [
            ("", "Type a number"),
            ("ten", "Type a number"),
            ("-10", "Check the sign"),
            ("1", "the upstream gradient alone"),
            ("5", "the upstream gradient times s itself"),
            ("10.5", "Close."),
            ("7", "Multiply the upstream gradient, 1, by the derivative of the output of x²"),
            ("1 2", "Expected numbers: 1. You typed 2."),
        ]:
            keys.press("ControlOrMeta+a")
            keys.type(wrong)
            keys.press("Enter")
            assert answer in told(page)
            assert gradients(page) == ["?", "1"]
            assert page.evaluate(FOCUS) == "INPUT"
        # Arrow keys move in the field, and do not step; the button reminds of the question.
        keys.press("ArrowRight")
        assert caption(page).endswith("does s receive?")
        page.click("button[data-do=next]")
        assert told(page) == "Answer first, or press “Show it”."
        assert violations(page, axe) == []
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert violations(page, axe, COLOURS) == []
        page.locator(".bpg-form input").fill("10.05")
        keys.press("Enter")
        assert caption(page).startswith("Right: 10. Backward through x²")
        assert page.evaluate(FOCUS) == "next"
        assert gradients(page) == ["10", "1"]
        keys.press("Enter")
        page.get_by_role("button", name="Show it").press("Enter")
        assert caption(page).startswith("It is 10. Backward through +")
        assert caption(page).endswith("Which gradient does y receive?")
        assert page.evaluate(FOCUS) == "INPUT"
        keys.type("19,9/2")
        keys.press("Enter")
        # All are known: the figure is an ordinary one now, with sliders.
        assert shown(page) == in_drawing(squared())
        assert page.locator(".bpg-svg desc").first.text_content() == describe(squared(), True)
        slide(page, 0, 1.4)
        assert shown(page) == in_drawing(squared(1.4))
        page.click("button[data-do=reset]")
        assert page.locator(".bpg-form:visible").count() == 0


def test_playing_stops_at_a_question_and_going_back_keeps_what_is_known(chromium, tmp_path):
    with opened(chromium, tmp_path, asking(fork), reduced_motion="reduce") as page:
        graph = page.locator(".bpg-scroll")
        graph.press("End")  # as far as the first question
        assert page.locator(".bpg-form").is_visible()
        page.locator(".bpg-form input").fill("10")
        page.keyboard.press("Enter")
        known = gradients(page)
        graph.press("Home")
        graph.press("ArrowLeft")
        assert page.locator(".bpg-form").is_hidden()
        graph.press("End")
        assert gradients(page) == known
        page.click("button[data-do=play]")
        assert "Answer first" in told(page)
        page.click("button[data-do=reset]")
        assert gradients(page).count("?") == 8 - sum(number == "0" for number in known)


def test_arrays_are_typed_row_by_row_and_shapes_as_python_writes_them(chromium, tmp_path):
    figures = [asking(affine), affine().figure("shapes", ask="gradients").html]
    with opened(chromium, tmp_path, *figures, reduced_motion="reduce") as page:
        for number in (0, 1):
            figure = page.locator("figure.bpg").nth(number)
            for _ in range(2):
                figure.locator("button[data-do=next]").click()
            field = figure.locator(".bpg-form input")
            if number == 0:  # the gradient of x has 8 numbers, so its shape is asked for
                assert "Which shape" in figure.locator(".bpg-caption").text_content()
            field.fill("(2, 4)")
            field.press("Enter")
            assert "The other way round" in figure.locator(".bpg-told").text_content()
            field.fill("(4, 2)")
            field.press("Enter")
            assert figure.locator(".bpg-caption").text_content().startswith("Right: (4, 2).")
        first = page.locator("figure.bpg").first
        dW = np.ones((4, 3))
        x = np.array(affine().values[0].value)
        W = (x.T @ dW).ravel()
        field = first.locator(".bpg-form input")
        field.fill("[" + ", ".join(f"{v:.4g}" for v in W[:3]) + "]")
        field.press("Enter")
        assert "Expected numbers: 6. You typed 3." in first.locator(".bpg-told").text_content()
        field.fill("  ".join(f"{v:.4g}".replace("-", "−") for v in W))
        field.press("Enter")
        assert first.locator(".bpg-caption").text_content().startswith("Right: [[")


def test_without_scripts_and_on_paper_the_gradients_are_in_a_solution(chromium, tmp_path):
    solution = "Gradients: out = 1, s = 10, y = 10, x = 10."
    html = asking(squared)
    with opened(chromium, tmp_path, html, java_script_enabled=False) as page:
        assert page.locator(".bpg-backward text:visible").all_text_contents().count("?") == 3
        assert page.get_by_text(solution).locator("visible=true").count() == 0
        page.locator("summary").click()
        assert page.get_by_text(solution).locator("visible=true").count() == 1
    with opened(chromium, tmp_path, html) as page:
        page.locator(".bpg-scroll").press("End")
        page.emulate_media(media="print")
        assert page.get_by_text(solution).locator("visible=true").count() == 1
        panel = page.locator(".bpg-panel").evaluate("(el) => getComputedStyle(el).position")
        assert panel == "static"
        assert page.locator("button:visible, input:visible, summary:visible").count() == 0


INSERT = """(html) => document.querySelector("main").append(
  document.createRange().createContextualFragment(html))"""


def test_figures_added_later_start_exactly_once(chromium, tmp_path):
    # As in JupyterLab, which inserts the output into an existing page.
    with opened(chromium, tmp_path, squared()._repr_html_()) as page:
        page.evaluate(INSERT, cart()._repr_html_())
        page.evaluate(INSERT, stages()._repr_html_())
        sliders = "(all) => all.map((f) => f.querySelectorAll('.bpg-slider').length)"
        assert page.locator("figure.bpg").evaluate_all(sliders) == [2, 5, 1]
        slide(page, 7, -6)
        assert page.locator("figure.bpg").nth(2).evaluate(VISIBLE) == in_drawing(stages(-6))
        assert shown(page) == in_drawing(squared())
        page.locator("button[data-do=next]").first.click()
        assert page.locator(".bpg-counter").first.text_content().startswith("1 of")
