"""The explorers in a page, without Python: what they show is what the course's layers compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import PATIENCE, look, survey
from test_browser import written
from test_live import shorten

from course_lib import live
from course_lib.functions import softmax
from course_lib.live import boundary, digit, training

NAMES = ("training", "boundary", "digit")


@pytest.fixture(scope="module")
def htmls() -> Iterator[dict[str, str]]:
    """Each explorer as a page holds it, with few of its networks."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MPLBACKEND", "agg")
        shorten(monkeypatch)
        explorers = {name: getattr(live, f"explore_{name}")(live=False) for name in NAMES}
        yield {name: it._repr_mimebundle_()["text/html"] for name, it in explorers.items()}


@contextmanager
def opened(browser: Any, folder: Path, html: str) -> Iterator[Any]:
    """Open a page of explorers; afterwards, it must have said and asked for nothing."""
    with look(browser, written(folder, html), still=True) as seen:
        yield seen.page
        assert seen.errors == []
        assert seen.foreign == []


def slide(page: Any, name: str, to: int) -> None:
    page.get_by_role("slider", name=name, exact=True).fill(str(to))


def words(page: Any) -> str:
    return page.locator(".words").text_content()  # type: ignore[no-any-return]


# --- the curves ---------------------------------------------------------------------------------


def heights(page: Any, selector: str, highest: float, top: float = 0) -> Any:
    """Return what points of a panel stand for: it is 130 high, and ends at `highest`."""
    points = page.locator(selector).get_attribute("points").split()
    return [(1 - (float(point.split(",")[1]) - top) / 130) * highest for point in points]


def differences_of_curves(page: Any, rate: float, size: int) -> list[str]:
    """Return what a page shows otherwise than a run with these settings has it."""
    history = training.run(rate, size)
    means = [np.mean(history.losses[k : k + 20]) for k in range(0, 381, 5)]
    assert history.final is not None
    points = [*history.accuracies, history.final]
    wanted = {
        "words": words(page) == live.explore_training().draw(rate, size).alt,
        "loss": heights(page, ".loss", 3.2) == pytest.approx(means, abs=2e-3),
        "train": heights(page, ".train", 1, 190)
        == pytest.approx([point.train for point in points], abs=1e-3),
        "test": heights(page, ".test", 1, 190)
        == pytest.approx([point.test for point in points], abs=1e-3),
    }
    return [name for name, same in wanted.items() if not same]


@pytest.mark.slow
def test_the_curves_are_those_of_the_chosen_run(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    with opened(browser, tmp_path, htmls["training"]) as page:
        assert differences_of_curves(page, 0.1, 50) == []
        slide(page, "learning rate", 0)
        assert differences_of_curves(page, 0.01, 50) == []
        before = page.locator(".loss").get_attribute("points")
        slide(page, "hidden size", 1)
        assert differences_of_curves(page, 0.01, 10) == []
        assert page.locator(".before").get_attribute("points") == before
        # What the page shows now is not what other settings give.
        assert set(differences_of_curves(page, 1.0, 2)) == {"words", "loss", "train", "test"}


# --- the regions --------------------------------------------------------------------------------

PIXELS = """(canvas) => {
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  [copy.canvas.width, copy.canvas.height] = [canvas.width, canvas.height];
  copy.drawImage(canvas, 0, 0);
  return Array.from(copy.getImageData(0, 0, canvas.width, canvas.height).data); }"""


def differences_of_regions(page: Any, points: str, size: int, steps: int, rate: float) -> list[str]:
    net = boundary.learn(points, size, steps, rate)
    assert net is not None
    pixels = np.reshape(page.locator("canvas").evaluate(PIXELS), (105, 105, 4))[..., :3]
    colours = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in boundary._COLOURS]
    shown = np.abs(pixels[:, :, None] - np.array(colours)).sum(axis=3).argmin(axis=2)
    t = boundary.make_points(points)[1]
    marks = [page.locator(f".plane .class{k}").count() for k in range(3)]
    wanted = {
        "words": words(page) == live.explore_boundary().draw(points, size, steps, rate).alt,
        "regions": np.array_equal(shown, boundary.regions(net)[::-1]),
        "points": marks == [np.count_nonzero(t == k) for k in range(3)],
    }
    return [name for name, same in wanted.items() if not same]


@pytest.mark.slow
def test_the_regions_are_those_of_the_chosen_network(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    with opened(browser, tmp_path, htmls["boundary"]) as page:
        assert differences_of_regions(page, "spiral", 10, 300, 1.0) == []
        slide(page, "learning rate", 1)
        assert differences_of_regions(page, "spiral", 10, 300, 10.0) == []
        slide(page, "hidden size", 0)
        slide(page, "learning rate", 0)
        assert differences_of_regions(page, "spiral", 2, 300, 1.0) == []
        page.locator("select").select_option("moons")
        slide(page, "steps", 0)
        assert differences_of_regions(page, "moons", 2, 10, 1.0) == []
        assert differences_of_regions(page, "spiral", 2, 10, 1.0) == ["words", "regions", "points"]


# --- the digit ----------------------------------------------------------------------------------

BARS = """(svg) => [...svg.querySelectorAll(".bar")].map((bar) => [
  parseFloat(bar.textContent.split(": ")[1]), bar.height.baseVal.value])"""


def differences_of_layers(page: Any, image: Any) -> list[str]:
    values = digit.layer_values(image)
    layers = [*values.values(), softmax(values["Affine2"])]
    numbers = np.array(page.locator(".alive > svg").evaluate(BARS))
    shown = np.split(numbers, [20, 40, 50])
    wrong = [
        f"panel {i}"
        for i, (bars, wanted) in enumerate(zip(shown, layers, strict=True))
        if bars[:, 0] != pytest.approx(wanted, rel=1e-3, abs=1e-5)
    ]
    for bars in shown:  # a bar is as high as its number says
        scale = bars[:, 1].max() / np.abs(bars[:, 0]).max()
        assert bars[:, 1] == pytest.approx(np.abs(bars[:, 0]) * scale, rel=5e-3, abs=1e-4)
    if words(page) != live.explore_digit().draw(image).alt:
        wrong.append("words")
    return wrong


def cell(page: Any, row: int, column: int) -> Any:
    return page.get_by_role("checkbox", name=f"row {row}, column {column}", exact=True)


@pytest.mark.slow
def test_each_layer_shows_what_it_makes_of_the_image(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    images, labels = digit.digits()
    with opened(browser, tmp_path, htmls["digit"]) as page:
        assert differences_of_layers(page, images[0]) == []
        slide(page, "test image", 4)
        assert differences_of_layers(page, images[4]) == []
        assert page.locator(".written").text_content().endswith(f"a {labels[4]}.")
        cell(page, 5, 8).click()
        drawn = images[4].copy()
        drawn[4 * 14 + 7] = 1
        assert differences_of_layers(page, drawn) == []
        assert words(page).endswith(" % for 9.")  # as the page says
        page.get_by_role("button", name="Empty the field").click()
        assert differences_of_layers(page, np.zeros(196, np.float32)) == []
        assert "words" in differences_of_layers(page, images[4])


@pytest.mark.slow
def test_a_digit_is_drawn_by_mouse_and_by_keyboard(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    with opened(browser, tmp_path, htmls["digit"]) as page:
        page.get_by_role("button", name="Empty the field").click()
        cell(page, 3, 3).hover()
        page.mouse.down()
        for column in (4, 5, 6):
            cell(page, 3, column).hover()
        page.mouse.up()
        cell(page, 9, 9).hover()  # the stroke has ended
        image = np.zeros((14, 14), np.float32)
        image[2, 2:6] = 1
        assert differences_of_layers(page, image.ravel()) == []
        cell(page, 3, 4).click()
        image[2, 3] = 0
        assert differences_of_layers(page, image.ravel()) == []
        # By keyboard, the field is one stop; it was left at the first cell.
        cell(page, 1, 1).focus()
        for key in ("ArrowUp", "ArrowDown", "ArrowRight", "Space"):
            page.keyboard.press(key)
        assert cell(page, 2, 2).get_attribute("aria-checked") == "true"
        image[1, 1] = 1
        assert differences_of_layers(page, image.ravel()) == []
        assert page.locator(".pad [tabindex='0']").count() == 1
        page.keyboard.press("Enter")
        assert cell(page, 2, 2).get_attribute("aria-checked") == "false"
        slide(page, "test image", 1)
        states = {box.get_attribute("aria-checked") for box in page.get_by_role("checkbox").all()}
        assert states == {"true", "mixed", "false"} & states
        assert "mixed" in states


@pytest.mark.slow
def test_a_wrong_layer_is_noticed(browser: Any, tmp_path: Path, htmls: dict[str, str]) -> None:
    right = "Math.max(value, 0)"
    for name in ("boundary", "digit"):
        assert right in htmls[name]
        with opened(browser, tmp_path, htmls[name].replace(right, "value")) as page:
            if name == "digit":
                wrong = differences_of_layers(page, digit.digits()[0][0])
                assert wrong == ["panel 1", "panel 2", "panel 3", "words"]
            else:
                wrong = differences_of_regions(page, "spiral", 10, 300, 1.0)
                assert wrong == ["words", "regions"]


# --- for everybody ------------------------------------------------------------------------------


def dead_controls(page: Any) -> list[str]:
    """Move each control, but of the field's cells only the first; name those without effect."""
    dead = []
    for control in page.locator("input, select, button.plain, .pad button[tabindex='0']").all():
        box = control.locator("xpath=ancestor::*[contains(@class, 'explorer')]")
        before = box.locator(".words").text_content()
        kind = control.evaluate("(el) => el.type")
        if kind == "range":
            at = int(control.input_value())
            control.fill(str(at - 1 if at else at + 1))
        elif kind == "select-one":
            control.select_option(index=1)
        else:
            control.click()
        if box.locator(".words").text_content() == before:
            dead.append(control.evaluate("(el) => (el.closest('label') ?? el).textContent.trim()"))
    return dead


def test_no_control_is_dead(browser: Any, tmp_path: Path, htmls: dict[str, str]) -> None:
    html = "".join(htmls.values())
    with opened(browser, tmp_path, html) as page:
        assert dead_controls(page) == []
    deaf = html.replace('addEventListener("input", () => { tell(); changed(); })', "toString()")
    assert deaf != html
    with opened(browser, tmp_path, deaf) as page:
        assert len(dead_controls(page)) == 6


def test_explorers_are_for_everybody(
    browser: Any, tmp_path: Path, htmls: dict[str, str], axe: str
) -> None:
    with look(browser, written(tmp_path, "".join(htmls.values())), still=True) as seen:
        assert survey(seen, axe) == {}
        for slider in seen.page.get_by_role("slider").all():
            box = slider.bounding_box()
            assert box["height"] >= 24
            assert box["width"] >= 100


@pytest.mark.parametrize("medium", ["paper", "no script"])
def test_where_nothing_can_be_moved_there_is_the_picture(
    browser: Any, tmp_path: Path, htmls: dict[str, str], medium: str
) -> None:
    address = written(tmp_path, "".join(htmls.values()))
    context = browser.new_context(java_script_enabled=medium == "paper")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    if medium == "paper":
        assert page.locator("input:visible, select:visible, button:visible").count() > 0
        assert page.locator(".still svg:visible").count() == 0
        page.emulate_media(media="print")
    assert page.locator("input:visible, select:visible, button:visible").count() == 0
    assert page.locator(".still svg:visible").count() == 3
    context.close()


def test_an_explorer_that_comes_later_starts(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    # As JupyterLab does it: the output is put into a page that is there already.
    insert = """(html) => document.querySelector("main").append(
      document.createRange().createContextualFragment(html))"""
    with opened(browser, tmp_path, "") as page:
        for _ in range(2):
            page.evaluate(insert, htmls["training"])
        assert page.locator(".alive").count() == 2
        assert page.locator("input:visible").count() == 4
