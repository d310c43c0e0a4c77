"""The history of a training run: losses, accuracies and learning curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

# Blue and vermilion, distinguishable for colour-blind readers (Okabe and Ito, 2008).
_TRAIN, _TEST = "#0072B2", "#D55E00"


class Accuracy(NamedTuple):
    """Accuracies after `step` steps, which are `epoch` passes over the training data."""

    step: int
    epoch: float
    train: float
    test: float | None


@dataclass(repr=False)
class History:
    """The record of :func:`course_lib.training.train`.

    Attributes
    ----------
    steps, batch_size : int
    learning_rate : float
        The settings of the run.
    steps_per_epoch : int
    losses : list of float
        The loss of each step's mini-batch, before that step's update.
    accuracies : list of Accuracy
        Before the first step and after every epoch.
    final : Accuracy or None
        After the last step; None if the run stopped before.
    interrupted : bool
        Whether the run was stopped from the keyboard.
    """

    steps: int
    batch_size: int
    learning_rate: float
    steps_per_epoch: int
    losses: list[float] = field(default_factory=list)
    accuracies: list[Accuracy] = field(default_factory=list)
    final: Accuracy | None = None
    interrupted: bool = False

    @property
    def settings(self) -> dict[str, float]:
        """The settings of :func:`~course_lib.training.train`."""
        return {
            "steps": self.steps,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
        }

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        parts = [f"{len(self):,} of {self.steps:,} steps"]
        if self.losses:
            parts.append(f"loss {np.mean(self.losses[-self._window() :]):.4f}")
        if points := self._points():
            last = points[-1]
            test = "" if last.test is None else f" and {last.test:.4f} test"
            parts.append(f"accuracy {last.train:.4f} train{test} after step {last.step:,}")
        if self.interrupted:
            parts.append("interrupted")
        return f"History({', '.join(parts)})"

    def plot(self) -> Any:
        """Return a figure of the loss and the accuracies over the epochs.

        Returns
        -------
        matplotlib.figure.Figure
            A notebook displays it; elsewhere call ``savefig`` or ``matplotlib.pyplot.show``.
        """
        try:
            import matplotlib
            import matplotlib.pyplot as plt
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "History.plot needs matplotlib. Install it: pip install 'backprop-course[draw]'."
            ) from error
        points = self._points()
        columns = 2 if points else 1
        fig, axes = plt.subplots(
            1, columns, figsize=(4.5 * columns, 3.4), squeeze=False, layout="constrained"
        )
        self._draw_losses(axes[0, 0])
        if points:
            _draw_accuracies(axes[0, 1], points)
        for ax in axes.flat:
            ax.set_xlabel("epoch")
            ax.grid(alpha=0.25)
            ax.spines[["top", "right"]].set_visible(False)
        # The inline backend also shows every open figure, so this one would appear twice.
        if "inline" in matplotlib.get_backend():
            plt.close(fig)
        return fig

    def _draw_losses(self, ax: Any) -> None:
        losses = np.array(self.losses)
        epochs = np.arange(len(losses)) / self.steps_per_epoch
        ax.plot(epochs, losses, color=_TRAIN, alpha=0.25, linewidth=0.5, label="each mini-batch")
        n = self._window()
        if len(losses) >= n > 1:
            mean = np.convolve(losses, np.full(n, 1 / n), mode="valid")
            label = f"mean of {n} mini-batches"
            ax.plot(epochs[n // 2 :][: len(mean)], mean, color=_TRAIN, label=label)
        if losses.size and losses.min() > 0:
            ax.set_yscale("log")
        ax.set_ylabel("loss")
        ax.set_title("Loss")
        ax.legend(frameon=False)

    def _points(self) -> list[Accuracy]:
        return [*self.accuracies, *([self.final] if self.final else [])]

    def _window(self) -> int:
        return max(1, len(self) // 100)


def _draw_accuracies(ax: Any, points: list[Accuracy]) -> None:
    epochs = [p.epoch for p in points]
    ax.plot(epochs, [p.train for p in points], "o-", ms=4, color=_TRAIN, label="training data")
    tests = [p.test for p in points if p.test is not None]
    if tests:
        ax.plot(epochs, tests, "s--", ms=4, color=_TEST, label="test data")
    ax.set_ylim(0, 1)
    ax.set_ylabel("accuracy")
    ax.set_title("Accuracy")
    ax.legend(frameon=False, loc="lower right")
