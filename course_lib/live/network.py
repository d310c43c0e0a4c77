"""A digit in a trained network: forwards, backwards, and through the steps of its training."""

from __future__ import annotations

import base64
import functools
import json
from importlib.resources import files
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.datasets import load_mnist
from course_lib.figures import BLUE, ORANGE, TEXT, on_page, page_style
from course_lib.functions import softmax
from course_lib.layers.affine import Affine
from course_lib.live.page import drawn, in_page, pack
from course_lib.networks import TwoLayerNet
from course_lib.training import train

PIXELS, HIDDEN_SIZE, CLASSES = 784, 12, 10
TRAINING_IMAGES, BATCH_SIZE, LEARNING_RATE = 20_000, 50, 0.2

# The recorded steps, further and further apart: most is learned early.
STEPS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3000]

# Made by `python -m course_lib.live`; what the page and `recorded` compute with.
RECORD = "network.json"

VIEWS = ("passes", "learn")

# The image at the beginning and on paper, a 7.
FIRST = 7

# The texts of the page's script. It fills the places in braces.
WORDS: dict[str, Any] = {
    "choose": "Choose a digit",
    "misread": "Misread, even at the end",
    "draw": "Draw your own",
    "target": "target t: ",
    "passes": "Through the network, step by step",
    "slider": "training steps",
    "time": "{steps} steps",
    "mean": "mean of 10,000 test images",
    "one": "this image",
    "under": "x: 784 numbers, 0 to 1",
    "pixel": "row {row}, column {column}: {value}",
    "inked": "pen down, row {row}, column {column}",
    "field": "{what}, 28 by 28 pixels, {ink} with ink. A field to draw on: arrow keys move the "
    "pen, Space lowers and lifts it, Delete clears the field.",
    "chosen": "A {t}",
    "yours": "Your drawing",
    "summary": "{what}, after {steps} training steps. The network answers {answer}, with a "
    "probability of {share}. The loss is {loss}.",
    "told": "Loss after {steps} training steps. {right} of the test images are read correctly.",
    "chart": "Loss over the training steps. After {steps} steps, the mean loss of the test images "
    "is {mean}, and that of this image {loss}.",
    "table": "All numbers",
    "unit": "unit",
    "digit": "digit",
    "labels": {
        "W1": "weights W₁",
        "a": "a = x W₁ + b₁",
        "h": "h = ReLU(a)",
        "logits": "logits = h W₂ + b₂",
        "y": "y = softmax(logits), %",
        "loss": "L = −log {y} = {loss}",
        "dW1": "dW₁ = xᵀ da",
        "da": "da",
        "dh": "dh = dlogits W₂ᵀ",
        "dlogits": "dlogits = y − t",
    },
    "steps": [
        "The image is 784 numbers, 28 rows of 28: 0 is black, 1 is white. {ink} of them are not 0.",
        "Affine layer 1: each of the {units} hidden units has a weight for every pixel (green: "
        "positive, purple: negative). It multiplies, adds up, and adds its bias.",
        "ReLU passes positive numbers on and turns the others into 0. {on} of {units} units are "
        "on.",
        "Affine layer 2: each logit is a weighted sum of the units. Blue lines raise it, grey "
        "lines lower it. The largest logit is {logit}, for {answer}.",
        "Softmax turns the logits into probabilities: {share} for {answer}.",
        "The target t is {t}. Its probability is {y}, so the loss is −log {y} = {loss}.",
        "Now backwards. The gradient of the logits is y − t. For {t} it is {y3} − 1 = {d}, and "
        "for each other digit its probability.",
        "Back through affine layer 2: the gradient of a unit is the sum over all ten logits, "
        "each gradient times the weight between them.",
        "Back through ReLU: where a unit was off, the gradient stops. {off} of {units} units get "
        "0.",
        "Back through affine layer 1: the gradient of a unit's weights is the image times one "
        "number. Where a pixel is 0, so is the gradient.",
    ],
}


class show_network:
    """Show a digit on its way through a network of two layers, back, and through its training.

    Readers choose or draw a digit. The page computes what each layer makes of it, the gradients,
    and the same at the recorded steps of the training.

    Parameters
    ----------
    view : "passes" or "learn"
        Begin after 100 training steps, when the gradients are large; or before the first one.
    play : bool
        Play the training once when the figure comes into view, unless the reader's system asks
        for reduced motion.
    """

    def __init__(self, view: str = "passes", play: bool = False) -> None:
        if view not in VIEWS:
            raise ValueError(f'show_network: view: expected "passes" or "learn", got {view!r}.')
        self.view, self.play = view, play

    def __repr__(self) -> str:
        return f"show_network({self.view!r})"

    def _repr_html_(self) -> str:
        settings = {"view": self.view, "play": self.play, "first": FIRST}
        data = record() | settings | {"hidden": HIDDEN_SIZE, "words": WORDS}
        return in_page("network", data, drawn(still))


@functools.cache
def record() -> dict[str, Any]:
    """Return the recorded training: what :func:`make_record` made, ready for JSON."""
    text = files(__package__).joinpath(RECORD).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def recorded(i: int) -> TwoLayerNet:
    """Return the network at ``STEPS[i]``, with the rounded parameters that the page has."""
    found = record()
    W1 = np.frombuffer(base64.b64decode(found["W1"]), np.int8)
    others = np.frombuffer(base64.b64decode(found["others"]), "<f4")
    b1, W2, b2 = np.split(
        others.reshape(len(STEPS), -1)[i].astype(float),
        [HIDDEN_SIZE, HIDDEN_SIZE * (1 + CLASSES)],
    )
    net = _new_network()
    net.params["W1"] = W1.reshape(len(STEPS), PIXELS, HIDDEN_SIZE)[i] * found["scale"]
    net.params["b1"], net.params["b2"] = b1, b2
    net.params["W2"] = W2.reshape(HIDDEN_SIZE, CLASSES)
    return net


def digits() -> tuple[Array, Array]:
    """Return the images to choose from, (20, 784) from 0 to 1, and their labels."""
    found = record()
    images = np.frombuffer(base64.b64decode(found["images"]), np.uint8)
    return images.reshape(-1, PIXELS) / 255, np.array(found["labels"])


def passes(net: TwoLayerNet, x: Array, t: int) -> dict[str, Any]:
    """Return all values and gradients of one image, by name."""
    affine1, relu1, affine2 = net.layers.values()
    assert isinstance(affine1, Affine)
    assert isinstance(affine2, Affine)
    a = affine1.forward(x[None])
    h = relu1.forward(a)
    logits = affine2.forward(h)
    loss = net.last_layer.forward(logits, np.array([t]))
    dlogits = net.last_layer.backward(1)
    dh = affine2.backward(dlogits)
    da = relu1.backward(dh)
    affine1.backward(da)
    values = {"a": a, "h": h, "logits": logits, "y": softmax(logits)}
    values |= {"dlogits": dlogits, "dh": dh, "da": da}
    grads = {"dW1": affine1.dW, "dW2": affine2.dW}
    return {name: row[0] for name, row in values.items()} | grads | {"loss": float(loss)}


def still() -> on_page:
    """Return the picture for paper: a digit, forwards and backwards, before and after."""
    import matplotlib.pyplot as plt

    images, labels = digits()
    x, t = images[FIRST], int(labels[FIRST])
    rows: Any = [["x", "W1"], ["h", "h"], ["logits", "logits"], ["y", "y"]]
    found = passes(recorded(len(STEPS) - 1), x, t)
    before = passes(recorded(0), x, t)
    weights = recorded(len(STEPS) - 1).params["W1"]
    limit = float(np.quantile(np.abs(weights), 0.99))
    with page_style():
        figure, axes = plt.subplot_mosaic(
            rows, figsize=(5.6, 6.4), height_ratios=[1.3, 1, 1, 1], width_ratios=[1, 3]
        )
        axes["x"].imshow(x.reshape(28, 28), "gray", vmin=0, vmax=1, interpolation="nearest")
        axes["x"].set_title("x: 784 numbers")
        units = weights.T.reshape(2, -1, 28, 28)
        tiles = np.full((2 * 30, units.shape[1] * 30), np.nan)
        for i, j in np.ndindex(2, units.shape[1]):
            tiles[i * 30 : i * 30 + 28, j * 30 : j * 30 + 28] = units[i, j]
        axes["W1"].imshow(tiles, "PRGn", vmin=-limit, vmax=limit, interpolation="nearest")
        axes["W1"].set_title(f"W1: the weights of {HIDDEN_SIZE} hidden units")
        for name, back, title in (
            ("h", "da", "h = ReLU(x W1 + b1), and da"),
            ("logits", "dlogits", "logits = h W2 + b2, and dlogits = y − t"),
        ):
            at = np.arange(len(found[name]))
            axes[name].bar(at - 0.2, found[name], 0.38, color=BLUE)
            axes[name].set_title(title)
            right = axes[name].twinx()
            right.bar(at + 0.2, found[back], 0.38, color=ORANGE)
            for side, row in ((axes[name], found[name]), (right, found[back])):
                most = 1.1 * np.abs(row).max()
                side.set_ylim(-most, most)
                side.set_yticks([])
            axes[name].set_xticks(at if name == "logits" else [])
            axes[name].axhline(0, color=TEXT, linewidth=0.8)
            for side in (axes[name], right):
                side.spines[:].set_visible(False)
        at = np.arange(CLASSES)
        axes["y"].bar(at - 0.2, before["y"], 0.38, color="none", edgecolor=BLUE)
        axes["y"].bar(at + 0.2, found["y"], 0.38, color=BLUE)
        axes["y"].set(xticks=at, yticks=[0, 1], ylim=(0, 1.1))
        axes["y"].set_title("y = softmax(logits): before (hollow) and after training")
        axes["x"].set_axis_off()
        axes["W1"].set_axis_off()
    answer = int(found["y"].argmax())
    return on_page(
        figure,
        f"A {t} of 28 by 28 pixels, the weights of {HIDDEN_SIZE} hidden units as images, and bars: "
        f"the units' outputs and the ten logits in blue, their gradients in orange. Before the "
        f"training, the {t} has a probability of {before['y'][t]:.3f} and a loss of "
        f"{before['loss']:.3f}. After {STEPS[-1]:,} steps, the largest probability is "
        f"{found['y'][answer]:.3f}, for {answer}, and the loss {found['loss']:.3f}.",
    )


def make_record() -> dict[str, Any]:
    """Train the network; return its rounded parameters at each of `STEPS`, and test results."""
    (x, t), (x_test, t_test) = load_mnist()
    net, rng, done = _new_network(), np.random.default_rng(0), 0
    states = []
    for step in STEPS:
        if step > done:
            train(
                net,
                x[:TRAINING_IMAGES],
                t[:TRAINING_IMAGES],
                steps=step - done,
                batch_size=BATCH_SIZE,
                learning_rate=LEARNING_RATE,
                rng=rng,
                progress=False,
                record_accuracy=False,
            )
        done = step
        states.append({name: param.copy() for name, param in net.params.items()})
    scale = float(max(np.abs(state["W1"]).max() for state in states) / 127)
    # What is tested and shown has the rounded parameters, too.
    rounded, losses, accuracies = [], [], []
    for state in states:
        rounded.append(np.rint(state["W1"] / scale).astype(np.int8))
        state |= {name: state[name].astype("<f4") for name in ("b1", "W2", "b2")}
        net.params.update(state | {"W1": rounded[-1] * scale})
        losses.append(float(net.loss(x_test, t_test)))
        accuracies.append(net.accuracy(x_test, t_test))
    others = [state[name].ravel() for state in states for name in ("b1", "W2", "b2")]
    answers = net.predict(x_test).argmax(axis=1)
    first = [
        np.flatnonzero((t_test == digit) & ((answers == t_test) == right))[0]
        for right in (True, False)
        for digit in range(CLASSES)
    ]
    return {
        "steps": STEPS,
        "scale": scale,
        "W1": base64.b64encode(np.stack(rounded).tobytes()).decode(),
        "others": pack(np.concatenate(others)),
        "images": pack(np.rint(x_test[first] * 255).astype(np.uint8)),
        "labels": t_test[first].tolist(),
        "losses": losses,
        "accuracies": accuracies,
    }


def _new_network() -> TwoLayerNet:
    return TwoLayerNet(PIXELS, HIDDEN_SIZE, CLASSES, rng=4)
