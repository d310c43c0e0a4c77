"""A digit to choose or draw, and the output of each layer for it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.datasets import load_mnist
from course_lib.figures import BLUE, ORANGE, TEXT, on_page, page_style
from course_lib.functions import softmax
from course_lib.live.explorer import Explorer
from course_lib.live.page import pack, pack_parameters
from course_lib.networks import TwoLayerNet
from course_lib.training import train

# Half of MNIST's 28, so that drawing a digit by hand takes few clicks.
SIDE = 14
HIDDEN_SIZE = 20
TRAINING_IMAGES, CHOICES = 10_000, 100

# The test image of the still picture, a 7.
STILL_IMAGE = 0

# The text, for Python and the page.
WORDS = (
    f"An image of {SIDE} by {SIDE} pixels, {{ink}} of them with ink, and the outputs of the "
    f"layers. Affine1: {HIDDEN_SIZE} values from {{low}} to {{high}}. Relu1: {{on}} of them are "
    "positive. Affine2: the largest logits are {score1} for {first} and {score2} for {second}. "
    "Softmax: {percent} % for {first}."
)


def explore_digit(live: bool | None = None) -> DigitExplorer:
    """Show the output of each layer of a trained network for a digit that you choose or draw.

    The network takes images of 14 x 14 pixels. The first call trains it within a second.

    Parameters
    ----------
    live : bool, optional
        As for :class:`~course_lib.live.explorer.Explorer`.
    """
    return DigitExplorer(live)


class DigitExplorer(Explorer):
    """A drawing field with the values of all layers; as a still, one digit with its values.

    Attributes
    ----------
    image, clear : widget
        A slider that shows a test image in the field, and a button that clears the field.
    """

    script = "digit"
    image: Any = None
    clear: Any = None

    def _make_controls(self) -> dict[str, Any]:
        from course_lib.live.pad import Pad

        return {"pixels": Pad(digits()[0][STILL_IMAGE].tolist())}

    def _arrange(self) -> list[Any]:
        import ipywidgets

        images, labels = digits()
        pad = self.controls["pixels"]
        self.image = ipywidgets.IntSlider(
            value=STILL_IMAGE,
            max=CHOICES - 1,
            description="test image",
            continuous_update=False,
            layout={"width": "min(28em, 100%)"},
        )
        self.clear = ipywidgets.Button(description="Empty the field")
        written = ipywidgets.Label()

        def choose(_: Any = None) -> None:
            written.value = f"The test image was written as a {labels[self.image.value]}."
            pad.value = tuple(images[self.image.value].tolist())

        def empty(_: Any) -> None:
            pad.value = (0.0,) * len(pad.value)

        choose()
        self.image.observe(choose, "value")
        self.clear.on_click(empty)
        return [self.image, written, pad, self.clear, self.picture]

    def draw(self, pixels: Sequence[float]) -> on_page:
        """Return the image, the output of each layer, and the probabilities."""
        import matplotlib.pyplot as plt

        image = np.asarray(pixels, dtype=np.float32)
        values = layer_values(image)
        probabilities = softmax(values["Affine2"])
        answer = int(probabilities.argmax())
        rows: Any = [["image", "softmax"], *([name, name] for name in values)]
        with page_style():
            figure, axes = plt.subplot_mosaic(
                rows,
                figsize=(5, 6.6),
                height_ratios=[1.5, 1, 1, 1],
            )
            axes["image"].imshow(
                image.reshape(SIDE, SIDE), "gray", vmin=0, vmax=1, interpolation="nearest"
            )
            axes["image"].set_axis_off()
            axes["image"].set_title(f"{SIDE} by {SIDE} pixels")
            _bars(axes["softmax"], probabilities, answer)
            axes["softmax"].set(ylim=(0, 1), yticks=[0, 0.5, 1])
            axes["softmax"].set_title("softmax: probabilities")
            for name, title in {
                "Affine1": f"Affine1: {HIDDEN_SIZE} values",
                "Relu1": "Relu1: the negative ones are cut off",
                "Affine2": "Affine2: a score for each digit",
            }.items():
                _bars(axes[name], values[name], answer if name == "Affine2" else None)
                axes[name].set_title(title)
            axes["Relu1"].set_ylim(axes["Affine1"].get_ylim())
        return on_page(figure, _in_words(image, values, probabilities))

    def data(self) -> dict[str, Any]:
        """Return the network's parameters, and the test images to choose from."""
        images, labels = digits()
        return {
            "side": SIDE,
            "hidden": HIDDEN_SIZE,
            "parameters": pack_parameters(network().params),
            "images": pack(np.rint(images * 255).astype(np.uint8)),
            "labels": labels.tolist(),
            "words": WORDS,
        }

    def still(self) -> on_page:
        """Return the picture for the first test image."""
        return self.draw(digits()[0][STILL_IMAGE])


def layer_values(image: Array) -> dict[str, Array]:
    """Return the output of each layer of :func:`network` for an image (SIDE * SIDE,), by name."""
    x, values = image[None], {}
    for name, layer in network().layers.items():
        x = layer.forward(x)
        values[name] = x[0]
    return values


@functools.cache
def network() -> TwoLayerNet:
    """Return the trained network that classifies the digits."""
    (x_train, t_train), _ = load_mnist(normalize=False)
    net = TwoLayerNet(SIDE * SIDE, HIDDEN_SIZE, 10, weight_init_std="he", dtype=np.float32, rng=0)
    train(
        net,
        smaller(x_train[:TRAINING_IMAGES]),
        t_train[:TRAINING_IMAGES],
        steps=2000,
        batch_size=50,
        learning_rate=0.3,
        rng=0,
        progress=False,
        record_accuracy=False,
    )
    return net


@functools.cache
def digits() -> tuple[Array, Array]:
    """Return the test images to choose from, (CHOICES, SIDE * SIDE), and their labels."""
    _, (x_test, t_test) = load_mnist(normalize=False)
    return smaller(x_test[:CHOICES]), t_test[:CHOICES]


def smaller(x: Array) -> Array:
    """Return images (N, 784) of bytes as (N, SIDE * SIDE) from 0 to 1: means of 2 x 2 pixels."""
    blocks = x.reshape(-1, SIDE, 2, SIDE, 2).mean(axis=(2, 4), dtype=np.float32)
    # Rounded, so that the page gets bytes.
    return np.rint(blocks).reshape(-1, SIDE * SIDE) / np.float32(255)


def _bars(axes: Any, values: Array, answer: int | None) -> None:
    bars = axes.bar(range(len(values)), values, color=BLUE)
    if answer is not None:
        bars[answer].set_color(ORANGE)
    axes.axhline(0, color=TEXT, linewidth=0.6)
    axes.set_xticks(range(len(values)) if len(values) == 10 else [])


def _in_words(image: Array, values: dict[str, Array], probabilities: Array) -> str:
    order = np.argsort(-probabilities, kind="stable")
    hidden, scores = values["Affine1"], values["Affine2"]
    return WORDS.format(
        ink=np.count_nonzero(image),
        low=f"{hidden.min():.1f}",
        high=f"{hidden.max():.1f}",
        on=np.count_nonzero(values["Relu1"]),
        score1=f"{scores[order[0]]:.1f}",
        first=order[0],
        score2=f"{scores[order[1]]:.1f}",
        second=order[1],
        percent=f"{100 * probabilities[order[0]]:.1f}",
    )
