"""Code and outputs of the chapters on the loss layers and on the network."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from test_chapters import code_cells, labels, page, run, shown_classes

from course_lib.live.network import digits, passes, record, recorded
from course_lib.networks import TwoLayerNet


@pytest.fixture(autouse=True)
def _draw_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")


@pytest.fixture(scope="module")
def losses() -> tuple[dict[str, Any], str]:
    return run(page("05_softmax_with_loss"))


@pytest.fixture(scope="module")
def network() -> tuple[dict[str, Any], str]:
    return run(page("06_two_layer_net"))


def test_promised_labels_exist() -> None:
    assert labels("05_softmax_with_loss") >= {
        "scores",
        "softmax",
        "cross-entropy",
        "softmax-with-loss",
        "loss-constant",
        "identity-with-loss",
    }
    assert labels("06_two_layer_net") >= {
        "learning-procedure",
        "two-layer-net",
        "predict-loss-accuracy",
        "gradient",
        "in-place",
    }


def test_the_losses_show_their_layers() -> None:
    shown = shown_classes(page("05_softmax_with_loss"))
    assert set(shown) == {"SoftmaxWithLoss", "IdentityWithLoss"}


def test_softmax_with_loss_prints_the_promised_numbers(losses: tuple[dict[str, Any], str]) -> None:
    _, printed = losses
    assert "[0.09   0.2447 0.6652]\n[0.09   0.2447 0.6652]\n[nan nan nan]\n" in printed
    assert "loss from the logits: 1000.0\ny: [0. 1.]\nloss from y: inf\n" in printed
    assert "dx:   [ 0.3 -0.8  0.5]\n" in printed
    assert "dx:   [ 0.01 -0.01  0.  ]\n" in printed
    # A batch of two, as rows and as labels: half of y - t.
    assert printed.count("[[ 0.15 -0.4   0.25]\n [ 0.05 -0.1   0.05]]\n") == 2
    assert "hasty: [-0.333 -0.333 -0.333]\nright: [0. 0. 0.]\n" in printed
    assert "right: [ 1.5 -4.   2.5]\n  hasty: [ 0.15 -0.4   0.25]\n" in printed
    assert "loss: 1.25\ndx:\n[[-1. ]\n [ 0.5]]\n" in printed
    assert printed.count("agrees: True") == 3
    assert "agrees: False" not in printed


def test_the_table_worked_out_by_hand_is_right() -> None:
    for i, row in enumerate(["0.19940 | 1.61245", "0.20160 | 1.60145", "0.19900 | 1.61445"]):
        moved = np.array([3.0, 2.0, 5.0])
        moved[i] *= np.exp(0.01)
        share = moved[1] / moved.sum()
        assert row == f"{share:.5f} | {-np.log(share):.5f}"
        assert row in page("05_softmax_with_loss")


def test_a_constant_in_the_logarithm_has_the_stated_error(
    losses: tuple[dict[str, Any], str],
) -> None:
    names, printed = losses
    assert "loss_with_constant   1.4e-07\n" in printed
    assert "predicted            1.4e-07\n" in printed
    assert np.mean(names["difference"]) < 1e-9  # of the loss without the constant


def test_loss_graphs_end_with_y_minus_t() -> None:
    graphs = drawn("05_softmax_with_loss")
    left_half, folded = graphs[1], graphs[2]
    by_name = {value.name: value for value in left_half.values}
    assert [by_name[f"x{i}"].grad for i in "₁₂₃"] == pytest.approx([0.3, -0.8, 0.5])
    assert by_name["y₂"].grad == pytest.approx(-5)
    assert [by_name[f"y{i}"].grad for i in "₁₃"] == [None, None]  # no path leads to the loss
    assert by_name["S"].grad == pytest.approx(0.1)
    assert folded.values[0].grad == pytest.approx([0.3, -0.8, 0.5])
    assert by_name["loss"].value == pytest.approx(np.log(5))


def test_hand_calculated_network_agrees_with_the_code(
    network: tuple[dict[str, Any], str],
) -> None:
    _, printed = network
    assert "loss: 0.693\nW1 [[-1.0, 0.5, 0.0], [-2.0, 1.0, 0.0]]\nb1 [-1.0, 0.5, 0.0]\n" in printed
    assert "W2 [[-0.5, 0.5], [-1.0, 1.0], [0.0, 0.0]]\nb2 [-0.5, 0.5]\n" in printed
    assert "loss after one step: 0.116\nscores: [[3.5 1.4]]\naccuracy: 1.0\n" in printed


def test_shown_network_equals_that_of_the_library(network: tuple[dict[str, Any], str]) -> None:
    names, printed = network
    assert printed.count("same ") == 5
    assert "False" not in printed.split("before: ")[0]
    rng = np.random.default_rng(5)
    x, t = rng.random((6, 4)), rng.integers(3, size=6)
    shown = names["TwoLayerNet"](4, 5, 3, rng=2)
    library = TwoLayerNet(4, 5, 3, rng=2)
    assert shown.loss(x, t) == library.loss(x, t)
    assert shown.accuracy(x, t) == library.accuracy(x, t)
    assert np.array_equal(shown.predict(x), library.predict(x))
    assert list(shown.layers) == list(library.layers)
    gradients = [net.gradient(x, t) for net in (shown, library)]
    for name in library.params:
        assert np.array_equal(gradients[0][name], gradients[1][name])


def test_failure_stories_of_the_network_have_the_stated_results(
    network: tuple[dict[str, Any], str],
) -> None:
    _, printed = network
    assert "parameters: 39760\n" in printed
    assert "dw: (2, 3)  dW: None\n" in printed
    plain, librarys = printed.split("before: ")[1:]
    first, last = plain.split("after:")
    assert float(first) == float(last.split()[0])  # the minus that does not train
    assert last.split()[1] == "False"
    first, last = librarys.split("after:")
    assert float(last.split()[0]) < float(first) / 5
    assert last.split()[1] == "True"
    assert "\n200 100\n" in printed
    assert "accuracy: 0.38 at first, 1.00 at last\n" in printed
    assert printed.count("agrees: True") == 4
    assert printed.endswith("W1 wrong\nb1 wrong\nW2 right\nb2 right\n")


def drawn(name: str) -> list[Any]:
    """Return the graphs `g` that a chapter draws, in order."""
    names: dict[str, Any] = {}
    graphs = []
    for cell in code_cells(page(name)):
        exec(compile(cell.source, "cell", "exec"), names)
        if "g.apply(" in cell.source:
            graphs.append(names["g"])
    return graphs


def test_three_digits_have_the_stated_probabilities(losses: tuple[dict[str, Any], str]) -> None:
    names, printed = losses
    shown = re.findall(r"label (\d): logits {(\d): (-?[\d.]+), (\d): (-?[\d.]+)}", printed)
    assert [row[0] for row in shown] == ["7", "3", "5"]
    # The 7 and the 3 are read correctly, and the 5 is taken for a 6.
    assert [(row[1], row[3]) for row in shown] == [("7", "2"), ("3", "5"), ("6", "5")]
    probabilities = re.findall(r"   probability of \d: ([\d.]+)", printed)
    assert np.array(probabilities, float) == pytest.approx([0.999, 0.672, 0.0115], abs=5e-4)
    row = names["probabilities"][1]
    assert f"= {row[3] / row[5]:.2f}\n" in printed
    assert "about 0.01" in page("05_softmax_with_loss")


def test_the_recorded_training_goes_as_chapter_8_tells_it() -> None:
    text = page("08_training")
    found = record()
    losses = dict(zip(found["steps"], found["losses"], strict=True))
    assert len(losses) == 13
    assert max(losses) == 3000
    assert "13 of its 3,000 steps" in text
    parameters = 784 * 12 + 12 + 12 * 10 + 10
    assert f"### Two directions out of {parameters:,}" in text
    assert sum(param.size for param in recorded(0).params.values()) == parameters
    # Hardly any progress in 20 steps, and nine tenths of it in 200.
    assert losses[0] - losses[20] < 0.03
    assert (losses[0] - losses[200]) / (losses[0] - losses[3000]) > 0.9
    # Weights as noise at first: softmax gives every digit about a tenth.
    x, t = digits()
    first = [passes(recorded(0), *one)["y"] for one in zip(x, t, strict=True)]
    assert np.array(first) == pytest.approx(np.full((20, 10), 0.1), abs=0.01)
