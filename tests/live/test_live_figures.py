"""The figures of a network and of gradient descent: their records, and what a page shows."""

from __future__ import annotations

import base64
import gzip
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import PATIENCE, look, survey
from test_browser import written

from course_lib.datasets import load_mnist
from course_lib.live import descent, network, show_descent, show_network

RATES = range(len(descent.RATES))

# Bytes of a page's figure, compressed.
HEAVIEST = 300_000


@pytest.fixture(autouse=True)
def _draw_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")


# --- the records --------------------------------------------------------------------------------


def bytes_of(packed: str, kind: Any) -> Any:
    return np.frombuffer(base64.b64decode(packed), kind)


def differences_of_records(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Return where two trainings differ by more than rounding.

    The order of sums in a matrix product depends on the machine. In float64 this can move a
    rounded weight by 1 where it was close to a half.
    """
    weights = bytes_of(found["W1"], np.int8).astype(int) - bytes_of(wanted["W1"], np.int8)
    others = bytes_of(found["others"], "<f4") - bytes_of(wanted["others"], "<f4")
    same = {
        "W1": np.abs(weights).max() <= 1 and np.mean(weights != 0) < 1e-3,
        "others": np.abs(others).max() < 1e-4,
        "scale": found["scale"] == pytest.approx(wanted["scale"], rel=1e-6),
        "losses": found["losses"] == pytest.approx(wanted["losses"], abs=1e-3),
        "accuracies": found["accuracies"] == pytest.approx(wanted["accuracies"], abs=1e-3),
        "images": (found["steps"], found["labels"]) == (wanted["steps"], wanted["labels"]),
    }
    return [name for name, is_same in same.items() if not is_same]


def test_the_record_of_the_network_is_what_the_training_gives_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert differences_of_records(network.record(), network.make_record()) == []
    monkeypatch.setattr(network, "LEARNING_RATE", 0.201)
    monkeypatch.setattr(network, "STEPS", [0, 1, 2, 5, 10, 20, 50, 100, 100, 100, 100, 100, 100])
    other = network.make_record() | {"steps": network.record()["steps"]}
    wrong = differences_of_records(network.record(), other)
    assert {"W1", "others", "losses", "accuracies"} <= set(wrong)


def test_the_recorded_network_learns_to_read_digits() -> None:
    _, (x, t) = load_mnist()
    found = network.record()
    for i in (0, 7, -1):
        net = network.recorded(i)
        assert net.accuracy(x, t) == pytest.approx(found["accuracies"][i], abs=1e-3)
        assert float(net.loss(x, t)) == pytest.approx(found["losses"][i], abs=1e-4)
    assert found["losses"][0] == pytest.approx(np.log(10), abs=0.01)
    assert found["accuracies"][-1] > 0.9
    # The images are test images: the first of each digit that is read right, and read wrong.
    images, labels = network.digits()
    assert labels.tolist() == [*range(10), *range(10)]
    answers = network.recorded(-1).predict(images).argmax(axis=1)
    assert (answers == labels).tolist() == [True] * 10 + [False] * 10
    assert all((np.abs(x - image).max(axis=1) < 1e-6).any() for image in images)


def test_passes_are_those_of_the_chain_rule() -> None:
    images, labels = network.digits()
    net = network.recorded(7)
    found = network.passes(net, images[7], 7)
    assert found["loss"] == pytest.approx(-np.log(found["y"][7]))
    assert found["dlogits"] == pytest.approx(found["y"] - np.eye(10)[7])
    ink, unit = images[7].argmax(), found["h"].argmax()
    for name, index in (("W1", (ink, unit)), ("W2", (unit, 9))):
        losses = []
        for change in (1e-4, -2e-4):
            net.params[name][index] += change
            losses.append(net.loss(images[7:8], labels[7:8]))
        net.params[name][index] += 1e-4
        slope = (losses[0] - losses[1]) / 2e-4
        assert slope != 0
        assert found[f"d{name}"][index] == pytest.approx(slope, rel=1e-4)


@pytest.fixture(scope="module")
def plane() -> descent.Plane:
    return descent.Plane()


def wrong_steps(plane: descent.Plane, path: list[dict[str, Any]], rate: float) -> list[int]:
    """Return the steps of a path that are not against the slopes, or whose loss is another."""
    wrong = []
    for i, (here, there) in enumerate(itertools.pairwise(path)):
        point, h = np.array(here["point"]), 1e-5
        slopes = [
            (plane.loss(point + h * e) - plane.loss(point - h * e)) / (2 * h) for e in np.eye(2)
        ]
        right = there["point"] == pytest.approx(point - rate * np.array(slopes), abs=2e-3)
        if not right or plane.loss(point) != pytest.approx(here["loss"], rel=1e-3):
            wrong.append(i)
    return wrong


def test_the_recorded_paths_descend_on_the_loss_of_the_network(plane: descent.Plane) -> None:
    found = descent.record()
    assert found["rates"] == descent.RATES
    # Each step on its own: at a large rate, a path soon depends on the last bits.
    for rate, path in zip(found["rates"], found["paths"], strict=True):
        assert path[0]["point"] == list(descent.START)
        assert len(path) == descent.STEPS + 1
        some = [*path[:6], *path[-4:]]
        assert wrong_steps(plane, some[:6], rate) == []
        assert wrong_steps(plane, some[6:], rate) == []
    assert wrong_steps(plane, found["paths"][1][:3], 0.6) == [0, 1]
    slow, good, large = ([step["loss"] for step in path] for path in found["paths"])
    # What chapter 8 says of them. The floor lies at about 0 across.
    along, across = np.moveaxis([[step["point"] for step in path] for path in found["paths"]], 2, 0)
    assert across[0].min() > 0
    assert along[0, -1] - along[0, 20] < 0.5
    assert across[1, :4] == pytest.approx([1.2, -0.45, 0.1, 0], abs=0.02)
    assert along[1, -1] > along[1, 0] + 3
    swings = np.abs(across[2])
    assert swings[4] < 0.5 * swings[0]
    assert (np.diff(swings[4:17:2]) > 0).all()
    assert (np.diff(swings[5:18:2]) > 0).all()
    assert (np.sign(across[2]) == np.resize([1, -1], 41)).all()
    assert abs(along[2, -1] - along[2, 20]) < 0.2
    assert (np.diff(slow) < 0).all()
    assert good[-1] < 0.5 * slow[-1]
    # Too large: up in every second step, and never near the floor of the valley.
    assert (np.diff(large[20:]) > 0).mean() == pytest.approx(0.5, abs=0.05)
    assert min(large[20:]) > 2


def test_the_regions_end_where_the_loss_is_their_level(plane: descent.Plane) -> None:
    found = descent.record()
    (left, right), (low, high) = found["along"], found["across"]
    assert plane.directions @ plane.directions.T == pytest.approx(np.eye(2), abs=1e-9)
    for level, rings in list(zip(found["levels"], found["regions"], strict=True))[1::4]:
        points = np.concatenate([np.array(ring) for ring in rings])
        inside = (points > (left + 0.01, low + 0.01)) & (points < (right - 0.01, high - 0.01))
        losses = [plane.loss(point) for point in points[inside.all(axis=1)][::9]]
        assert len(losses) > 2
        assert losses == pytest.approx([level] * len(losses), rel=0.06)


def test_an_unknown_view_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"expected .*, got 'back'"):
        show_network("back")


# --- in a page ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def htmls() -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MPLBACKEND", "agg")
        yield {
            "network": show_network()._repr_html_(),
            "playing": show_network("learn", play=True)._repr_html_(),
            "descent": show_descent()._repr_html_(),
        }


@contextmanager
def opened(browser: Any, folder: Path, html: str, **how: Any) -> Iterator[Any]:
    with look(browser, written(folder, html), **({"still": True} | how)) as seen:
        yield seen.page
        assert seen.errors == []
        assert seen.foreign == []


TABLES = """() => [...document.querySelectorAll(".tables table")].map((table) =>
  [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("td")].map((cell) =>
    Number(cell.textContent.replace("−", "-")))))"""

HEIGHTS = """(back) => [...document.querySelectorAll(back ? ".bar.back" : ".bar:not(.back)")].map(
  (bar) => bar.height.baseVal.value)"""

# The colours and strengths of a small picture, as (784, 4).
TILE = """async (j) => {
  const picture = new Image(), canvas = document.createElement("canvas");
  picture.src = document.querySelectorAll(".net image")[j].getAttribute("href");
  await picture.decode();
  [canvas.width, canvas.height] = [28, 28];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return [...context.getImageData(0, 0, 28, 28).data]; }"""


def is_proportional(heights: list[float], values: Any) -> bool:
    sizes = np.abs(values)
    return np.array(heights) / max(heights) == pytest.approx(sizes / sizes.max(), abs=2e-3)


def shows_weights(page: Any, values: Any) -> bool:
    """Whether each small picture is green where its values are positive, purple where negative."""
    for j, column in enumerate(values.T):
        pixels = np.reshape(page.evaluate(TILE, j), (784, 4)).astype(int)
        strong = np.abs(column) > 0.4 * np.abs(values).max()
        green = pixels[:, 1] > pixels[:, 0]
        if (green != (column > 0))[strong].any() or (pixels[strong, 3] < 80).any():
            return False
        if pixels[column == 0, 3].any():
            return False
    return True


def differences_of_passes(page: Any, i: int, x: Any, t: int) -> list[str]:
    """Return what a page shows otherwise than the layers compute it from the record."""
    found = network.passes(network.recorded(i), x, t)
    # The tables are filled when they are opened.
    page.wait_for_function("document.querySelectorAll('.tables table tbody td').length > 0")
    units, digits = (np.array(table) for table in page.evaluate(TABLES))
    rows = dict(zip(("a", "h", "dh", "da"), units.T, strict=True))
    rows |= dict(zip(("logits", "y", "t", "dlogits"), digits.T, strict=True))
    wanted = found | {"t": np.eye(10)[t]}
    wrong = [
        name for name, row in rows.items() if row != pytest.approx(wanted[name], rel=6e-4, abs=1e-9)
    ]
    bars = page.evaluate(HEIGHTS, False)
    back = page.evaluate(HEIGHTS, True)
    H = network.HIDDEN_SIZE
    for part, row in (
        (bars[: 2 * H], np.concatenate([found["a"], found["h"]])),
        (bars[2 * H : 2 * H + 10], found["logits"]),
        (bars[2 * H + 10 :], found["y"]),
        (back[: 2 * H], np.concatenate([found["da"], found["dh"]])),
        (back[2 * H :], found["dlogits"]),
    ):
        if not is_proportional(part, row):
            wrong.append("bars")
    answer = int(found["y"].argmax())
    words = page.locator(".network .words").text_content()
    if (
        f"answers {answer}, with a probability of {100 * found['y'][answer]:.1f}\u00a0%"
        not in words
    ):
        wrong.append("answer")
    loss = page.locator(".net .result").text_content().split(" = ")[-1]
    if f"{found['loss']:.3f}" != loss or f"The loss is {loss}." not in words:
        wrong.append("loss")
    accuracy = network.record()["accuracies"][i]
    if (
        f"{100 * accuracy:.1f}\u00a0% of the test images"
        not in page.locator(".learning p").text_content()
    ):
        wrong.append("accuracy")
    return wrong


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_a_page_shows_what_the_layers_compute(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    images, _ = network.digits()
    with opened(browser, tmp_path, htmls["network"]) as page:
        page.locator("summary").click()
        assert differences_of_passes(page, 7, images[7], 7) == []
        assert shows_weights(page, network.recorded(7).params["W1"])
        page.get_by_role("slider", name="training steps").fill("12")
        assert differences_of_passes(page, 12, images[7], 7) == []
        assert shows_weights(page, network.recorded(12).params["W1"])
        page.get_by_role("group", name="Misread").get_by_role("button", name="5").click()
        assert differences_of_passes(page, 12, images[15], 5) == []
        page.locator("select").select_option("6")
        assert differences_of_passes(page, 12, images[15], 6) == []
        # What it shows now is not what another network gives.
        assert {"a", "y", "da"} <= set(differences_of_passes(page, 11, images[15], 6))


def test_a_wrong_layer_is_noticed(browser: Any, tmp_path: Path, htmls: dict[str, str]) -> None:
    images, _ = network.digits()
    for right, wrong, named in (
        ("Math.max(value, 0)", "value", {"h", "logits", "y", "loss"}),
        ("(a[j] > 0 ? d : 0)", "d", {"da"}),
        ("k === t ? 1 : 0", "0", {"dlogits", "dh", "da"}),
    ):
        assert right in htmls["network"]
        with opened(browser, tmp_path, htmls["network"].replace(right, wrong)) as page:
            page.locator("summary").click()
            assert named <= set(differences_of_passes(page, 7, images[7], 7))


def caption(page: Any) -> str:
    return page.locator(".network .words").text_content()  # type: ignore[no-any-return]


def test_steps_lead_forwards_and_backwards_by_keyboard(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    images, _ = network.digits()
    with opened(browser, tmp_path, htmls["network"]) as page:
        shown = lambda back: sum(height > 0 for height in page.evaluate(HEIGHTS, back))  # noqa: E731
        button(page, "Next").focus()
        seen = []
        for _ in range(10):
            page.keyboard.press("ArrowRight")
            assert page.locator(".net .band.now").count() == (0 if not seen else 1)
            seen.append((shown(False), shown(True)))
            assert caption(page).startswith(f"{len(seen)} of 10. ")
        assert button(page, "Next").get_attribute("aria-disabled") == "true"
        found = network.passes(network.recorded(7), images[7], 7)
        on = np.count_nonzero(found["h"])
        units = network.HIDDEN_SIZE
        assert [forwards for forwards, _ in seen] == [
            0, units, units + on, units + on + 10, *[units + on + 20] * 6
        ]  # fmt: skip
        assert [backwards for _, backwards in seen] == [0] * 6 + [
            10,
            10 + units,
            *[10 + units + on] * 2,
        ]
        # The last step shows the gradient of the weights in place of the weights.
        assert shows_weights(page, found["dW1"])
        page.keyboard.press("ArrowLeft")
        assert caption(page).startswith("9 of 10. ")
        assert f"{units - on} of {units} units get 0" in caption(page)
        assert page.locator(".network .words").get_attribute("aria-live") == "polite"
        button(page, "All").press("Enter")
        assert caption(page).startswith("A 7, after 100 training steps.")
        slider = page.get_by_role("slider", name="training steps")
        slider.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") == "200 steps"
        assert caption(page).startswith("A 7, after 200 training steps.")
        chart = page.locator(".chart").get_attribute("aria-label")
        assert f"{network.record()['losses'][8]:.3f}" in chart


PIXELS = """() => {
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.querySelector(".field canvas"), 0, 0);
  const { data } = copy.getImageData(0, 0, 28, 28);
  return [...data].filter((_, i) => i % 4 === 0).map((grey) => (grey - 24) / 231); }"""


def test_a_digit_is_drawn_by_mouse_and_by_keyboard(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    with opened(browser, tmp_path, htmls["network"]) as page:
        page.locator("summary").click()
        button(page, "Draw your own").click()
        assert not any(page.evaluate(PIXELS))
        page.locator("select").select_option("1")
        box = page.locator(".field canvas").bounding_box()
        place = lambda row: (box["x"] + box["width"] / 2, box["y"] + box["height"] * row / 28)  # noqa: E731
        page.mouse.move(*place(5))
        page.mouse.down()
        page.mouse.move(*place(23), steps=4)
        page.mouse.up()
        page.mouse.move(*place(2))
        x = np.reshape(page.evaluate(PIXELS), (28, 28))
        assert x[5:23, 13:15].min() == 1
        assert x[:, :11].max() == x[:2].max() == 0
        # The pixels of the canvas have 231 greys.
        found = network.passes(network.recorded(7), x.ravel(), 1)
        shown = np.array(page.evaluate(TABLES)[1])
        assert shown[:, 0] == pytest.approx(found["logits"], abs=0.05)
        assert "Your drawing, after 100 training steps." in caption(page)

        page.locator(".field canvas").press("Delete")
        assert not any(page.evaluate(PIXELS))
        for key in ("Space", "ArrowDown", "ArrowDown", "Space", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        x = np.reshape(page.evaluate(PIXELS), (28, 28))
        assert (x > 0.8).sum() == 11
        assert x[14:17, 14].tolist() == [1, 1, 1]
        assert x[:, :12].max() == 0
        assert page.locator(".field p").text_content() == "row 17, column 13: " + f"{x[16, 12]:.2f}"


def test_the_training_plays_by_itself_once_unless_motion_is_unwanted(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    moving = """() => { window.moved = 0;
      document.addEventListener("transitionrun", () => { window.moved += 1; });
      document.addEventListener("animationstart", () => { window.moved += 1; });
      const next = [...document.querySelectorAll("button")].find((b) => b.textContent === "Next");
      for (let step = 0; step < 3; step += 1) next.click();
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(window.moved)))); }"""
    with opened(browser, tmp_path, htmls["playing"], still=True) as page:
        assert caption(page).startswith("A 7, after 0 training steps.")
        assert button(page, "Pause").count() == 0
        assert page.evaluate(moving) == 0
        # Who wants to see it play may still do so.
        button(page, "Train").click()
        button(page, "Pause").wait_for()
    with opened(browser, tmp_path, htmls["playing"], still=False) as page:
        button(page, "Pause").wait_for()
        assert page.locator(".network .words").get_attribute("aria-live") == "off"
        button(page, "Pause").click()
        at = page.get_by_role("slider").input_value()
        assert int(at) >= 1
        page.wait_for_timeout(1500)
        assert page.get_by_role("slider").input_value() == at
        assert page.evaluate(moving) > 0


# --- gradient descent ---------------------------------------------------------------------------

POINTS = """(selector) => document.querySelector(selector).getAttribute("points").trim().split(" ")
  .map((pair) => pair.split(",").map(Number))"""


def differences_of_descent(page: Any, rate: int, step: int) -> list[str]:
    """Return what a page shows otherwise than it is recorded."""
    found = descent.record()
    path = found["paths"][rate][: step + 1]
    (left, right), (low, high) = found["along"], found["across"]
    width, height = map(float, page.locator(".valley").get_attribute("viewBox").split()[2:])
    wanted = [
        [(u - left) / (right - left) * width, (high - v) / (high - low) * height]
        for u, v in (each["point"] for each in path)
    ]
    shown = np.array(page.evaluate(POINTS, ".valley .chosen"))
    losses = np.array(page.evaluate(POINTS, ".chart .chosen"))[:, 1]
    told = (
        f"Learning rate {descent.RATES[rate]:g}, step {step} of {descent.STEPS}: the loss is "
        f"{path[-1]['loss']:.3f}."
    )
    same = {
        "path": np.shape(shown) == np.shape(wanted)
        and shown == pytest.approx(np.array(wanted), abs=0.01),
        "told": told == page.locator(".told").text_content(),
        "curve": len(losses) == len(path)
        and 4 * (1 - (losses - 6) / 118)
        == pytest.approx([each["loss"] for each in path], abs=1e-3),
        "label": told in page.locator(".valley").get_attribute("aria-label"),
    }
    return [name for name, is_same in same.items() if not is_same]


def test_a_page_shows_the_recorded_descents(
    browser: Any, tmp_path: Path, htmls: dict[str, str]
) -> None:
    with opened(browser, tmp_path, htmls["descent"]) as page:
        assert differences_of_descent(page, 1, 40) == []
        page.get_by_role("radio", name="0.8").check()
        assert differences_of_descent(page, 2, 40) == []
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        slider = page.get_by_role("slider", name="step")
        slider.fill("12")
        assert differences_of_descent(page, 0, 12) == []
        slider.press("ArrowRight")
        assert differences_of_descent(page, 0, 13) == []
        assert set(differences_of_descent(page, 1, 12)) == {"path", "told", "curve", "label"}
        slider.press("End")
        button(page, "Play").click()
        page.wait_for_function("document.querySelector('.told').textContent.includes('step 3 of')")
        assert page.locator(".told").get_attribute("aria-live") == "off"
        button(page, "Pause").click()
        assert button(page, "Play").count() == 1
        step = int(slider.input_value())
        assert differences_of_descent(page, 0, step) == []
        # Every level that is written stands where the loss has it.
        assert page.locator(".level").all_text_contents() == ["0.3", "0.5", "1", "2", "3", "4"]


# --- for everybody ------------------------------------------------------------------------------


def test_figures_are_for_everybody(
    browser: Any, tmp_path: Path, htmls: dict[str, str], axe: str
) -> None:
    both = htmls["network"] + htmls["descent"]
    with look(browser, written(tmp_path, both), still=True) as seen:
        assert survey(seen, axe) == {}
        for control in seen.page.locator("button:visible, select, input").all():
            assert control.bounding_box()["height"] >= 18
        sizes = seen.page.evaluate(
            """() => [...document.querySelectorAll("svg text")].filter((el) => el.textContent
                 && el.closest(".alive")).map((el) => parseFloat(getComputedStyle(el).fontSize)
                 * el.getScreenCTM().a)"""
        )
        assert min(sizes) >= 11
        assert len(sizes) > 40


@pytest.mark.parametrize("medium", ["paper", "no script"])
def test_where_nothing_can_be_moved_there_is_a_picture(
    browser: Any, tmp_path: Path, htmls: dict[str, str], medium: str
) -> None:
    context = browser.new_context(java_script_enabled=medium == "paper")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(written(tmp_path, htmls["network"] + htmls["descent"]))
    if medium == "paper":
        assert page.locator(".alive svg:visible").count() > 2
        assert page.locator(".still svg:visible").count() == 0
        page.emulate_media(media="print")
    assert page.locator("input:visible, select:visible, button:visible").count() == 0
    assert page.locator(".still svg:visible").count() == 2
    labels = [svg.get_attribute("aria-label") for svg in page.locator(".still svg").all()]
    context.close()
    last = network.passes(network.recorded(-1), network.digits()[0][7], 7)
    assert f"the loss {last['loss']:.3f}" in labels[0]
    ends = [path[-1]["loss"] for path in descent.record()["paths"]]
    assert re.findall(r"ends at ([\d.]+\d)", labels[1]) == [f"{loss:.2f}" for loss in ends]


def test_without_matplotlib_the_figure_itself_is_printed(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a page whose Python has run the cell again.
    monkeypatch.setattr("course_lib.live.page.find_spec", lambda _: None)
    with opened(browser, tmp_path, show_descent()._repr_html_()) as page:
        page.emulate_media(media="print")
        assert page.locator("input:visible, button:visible").count() == 0
        assert page.locator(".alive svg:visible").count() == 2
        assert page.locator(".still").count() == 0


def test_each_figure_is_light(htmls: dict[str, str]) -> None:
    for html in htmls.values():
        assert len(gzip.compress(html.encode())) < HEAVIEST


@pytest.mark.sample(every=3)
@pytest.mark.parametrize(
    ("name", "width", "begins"),
    [
        ("index", 1280, "A 7, after 0 training steps."),
        ("06_two_layer_net", 360, "A 7, after 100 training steps."),
        ("08_training", 360, "A 7, after 0 training steps."),
    ],
)
def test_the_figures_keep_their_form_in_the_book(
    browser: Any, book: Path, name: str, width: int, begins: str
) -> None:
    # The theme has styles of its own, for common names of classes as well.
    address = (book / f"{name}.html").as_uri()
    with look(browser, address, width=width, still=True, formulas=False) as seen:
        assert caption(seen.page).startswith(begins)
        rows = [[button(seen.page, text) for text in ("All", "Back", "Next")]]
        if name == "08_training":
            rows.append(seen.page.locator(".alive").get_by_role("radio").all())
        for row in rows:
            assert len({round(each.bounding_box()["y"]) for each in row}) == 1
        for figure in seen.page.locator(".alive").all():
            assert figure.bounding_box()["width"] > 0.85 * min(width - 40, 686)
        assert seen.errors == []
