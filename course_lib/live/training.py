"""The learning curves for a learning rate and a hidden size."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.datasets import load_mnist
from course_lib.figures import BLUE, ORANGE, TEXT, on_page, page_style
from course_lib.history import Accuracy, History
from course_lib.live.explorer import Explorer, slider
from course_lib.networks import TwoLayerNet
from course_lib.training import DivergenceError, train

LEARNING_RATES = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
HIDDEN_SIZES = [1, 2, 5, 10, 20, 50, 100]

# The still picture shows a small, a good and a large value of both.
STILL_RATES, STILL_SIZES = [0.01, 0.1, 1.0], [2, 10, 50]

STEPS, BATCH_SIZE = 400, 50
TRAINING_IMAGES, TEST_IMAGES = 2000, 1000

# Mini-batches in the mean of each point of the thick curve. The page shows every fifth point.
_WINDOW, _EVERY = 20, 5


def explore_training(live: bool | None = None) -> Explorer:
    """Show how the learning rate and the hidden size change a short training on MNIST.

    Each run takes 400 steps on 2,000 images with the same seed, in less than a second.

    Parameters
    ----------
    live : bool, optional
        As for :class:`~course_lib.live.explorer.Explorer`.
    """
    return TrainingExplorer(live)


class TrainingExplorer(Explorer):
    """Loss and accuracy for the settings of two sliders; as a still, nine runs side by side."""

    script = "training"

    def _make_controls(self) -> dict[str, Any]:
        return {
            "learning_rate": slider("learning rate", LEARNING_RATES, 0.1),
            "hidden_size": slider("hidden size", HIDDEN_SIZES, 50),
        }

    def draw(self, learning_rate: float, hidden_size: int) -> on_page:
        """Return the learning curves of one run."""
        import matplotlib.pyplot as plt

        history = run(learning_rate, hidden_size)
        with page_style():
            figure, (top, bottom) = plt.subplots(2, 1, figsize=(5, 4.6), sharex=True)
            top.plot(history.losses, color=BLUE, linewidth=0.6, alpha=0.5)
            _draw_mean(top, history)
            top.set_ylim(0, 3.2)
            top.set_title(f"loss: single mini-batches (thin), mean of {_WINDOW} (thick)")
            points = measured(history)
            at = [point.step for point in points]
            shares = [point.train for point in points]
            bottom.plot(at, shares, "o-", color=BLUE, markersize=4, label="training")
            shares = [point.test or 0.0 for point in points]
            bottom.plot(at, shares, "s--", color=ORANGE, markersize=4, label="test")
            bottom.set_ylim(0, 1)
            bottom.set_title("accuracy")
            bottom.set_xlabel("step")
            bottom.legend(loc="lower right")
        return on_page(figure, _in_words(learning_rate, hidden_size, history))

    def data(self) -> dict[str, Any]:
        """Return the curves of all runs, by learning rate and hidden size."""
        return {
            "rates": LEARNING_RATES,
            "sizes": HIDDEN_SIZES,
            "at": [0.1, 50],
            "steps": STEPS,
            "window": _WINDOW,
            "every": _EVERY,
            "runs": [[_curves(rate, size) for size in HIDDEN_SIZES] for rate in LEARNING_RATES],
        }

    def still(self) -> on_page:
        """Return the losses of three learning rates with three hidden sizes."""
        import matplotlib.pyplot as plt

        words = []
        with page_style():
            figure, grid = plt.subplots(
                len(STILL_RATES), len(STILL_SIZES), figsize=(5, 4.8), sharex=True, sharey=True
            )
            for rate, row in zip(STILL_RATES, grid, strict=True):
                for size, axes in zip(STILL_SIZES, row, strict=True):
                    history = run(rate, size)
                    _draw_mean(axes, history)
                    axes.axhline(np.log(10), color=TEXT, linewidth=0.6)
                    test = f"{history.final.test:.2f}" if history.final else "none"
                    axes.text(0.95, 0.86, test, ha="right", transform=axes.transAxes)
                    words.append(f"learning rate {rate:g}, {_units(size)}: {_outcome(history)}")
                row[0].set_ylabel(f"rate {rate:g}")
            for size, axes in zip(STILL_SIZES, grid[0], strict=True):
                axes.set_title(_units(size))
            grid[0, 0].set(ylim=(0, 3.2), xticks=[0, STEPS], yticks=[0, 1, 2, 3])
            figure.supxlabel("step", fontsize=11)
        return on_page(
            figure,
            f"Nine panels with the loss over {STEPS} steps, and in each the accuracy on test "
            f"images. Row by row: {'; '.join(words)}.",
        )


@functools.lru_cache(maxsize=64)
def run(learning_rate: float, hidden_size: int) -> History:
    """Return the history of training a two-layer network on few images."""
    x_train, t_train, x_test, t_test = few_images()
    net = TwoLayerNet(784, hidden_size, 10, weight_init_std="he", dtype=np.float32, rng=0)
    try:
        return train(
            net,
            x_train,
            t_train,
            x_test,
            t_test,
            steps=STEPS,
            batch_size=BATCH_SIZE,
            learning_rate=learning_rate,
            rng=0,
            progress=False,
        )
    except DivergenceError as error:
        return error.history


@functools.cache
def few_images() -> tuple[Array, Array, Array, Array]:
    """Return the first images of MNIST, as float32 from 0 to 1, with their labels."""
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=False)
    return (
        x_train[:TRAINING_IMAGES] / np.float32(255),
        t_train[:TRAINING_IMAGES],
        x_test[:TEST_IMAGES] / np.float32(255),
        t_test[:TEST_IMAGES],
    )


def measured(history: History) -> list[Accuracy]:
    """Return all accuracies, including the final ones if the training finished."""
    return [*history.accuracies, *([history.final] if history.final else [])]


def mean_losses(history: History) -> Array:
    """Return the mean of the losses around each step."""
    if len(history) < _WINDOW:
        return np.empty(0)
    return np.convolve(history.losses, np.full(_WINDOW, 1 / _WINDOW), "valid")


def _curves(learning_rate: float, hidden_size: int) -> dict[str, Any]:
    history = run(learning_rate, hidden_size)
    points = measured(history)
    return {
        "loss": mean_losses(history)[::_EVERY].round(3).tolist(),
        "at": [point.step for point in points],
        "train": [round(point.train, 3) for point in points],
        "test": [round(point.test or 0.0, 3) for point in points],
        "words": _in_words(learning_rate, hidden_size, history),
    }


def _draw_mean(axes: Any, history: History) -> None:
    mean = mean_losses(history)
    axes.plot(np.arange(len(mean)) + _WINDOW // 2, mean, color=ORANGE, linewidth=2)


def _in_words(learning_rate: float, hidden_size: int, history: History) -> str:
    return (
        f"Loss and accuracy over {STEPS} steps. Learning rate {learning_rate:g}, "
        f"{_units(hidden_size)}: {_outcome(history)}."
    )


def _units(hidden_size: int) -> str:
    return f"{hidden_size} unit{'s' if hidden_size > 1 else ''}"


def _outcome(history: History) -> str:
    if history.final is None:
        return f"the training diverges after {len(history)} steps"
    loss = np.mean(history.losses[-_WINDOW:])
    return f"the loss ends at {loss:.2f}, the accuracy on test images at {history.final.test:.2f}"
