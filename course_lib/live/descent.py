"""The loss over two directions in parameter space, with paths of gradient descent."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.datasets import load_mnist
from course_lib.figures import BLUE, ORANGE, PURPLE, TEXT, on_page, page_style
from course_lib.live import network
from course_lib.live.page import drawn, in_page

RATES = [0.05, 0.5, 0.8]
STEPS = 40
START = (4.5, 1.2)

# The part of the plane in the picture: from the untrained network towards the trained one, and
# across.
ALONG, ACROSS = (4.0, 10.4), (-1.8, 1.5)
LEVELS = [0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0]

# Training images in the loss of the plane.
IMAGES = 500

RECORD = "descent.json"

# The texts of the page's script. It fills the places in braces.
WORDS = {
    "rates": "learning rate",
    "slider": "step",
    "along": "towards the trained network →",
    "told": "Learning rate {rate}, step {step} of {last}: the loss is {loss}.",
    "plane": "The loss over two directions in parameter space is a long valley. {told} From "
    "{start} at the beginning, {all}.",
    "one": "learning rate {rate} has come to {loss}",
    "chart": "The loss over the steps. {told}",
    "loss": "loss",
}

_COLOURS, _LINES = [PURPLE, BLUE, ORANGE], [":", "-", "--"]


class show_descent:
    """Show the loss on a plane of parameters, and gradient descent at three learning rates.

    The plane goes through the untrained and the trained parameters of a network for digits. Its
    second direction is the one in which the loss bends most.
    """

    def __repr__(self) -> str:
        return "show_descent()"

    def _repr_html_(self) -> str:
        return in_page("descent", record() | {"words": WORDS}, drawn(still))


@functools.cache
def record() -> dict[str, Any]:
    """Return what :func:`make_record` made."""
    text = files(__package__).joinpath(RECORD).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


class Plane:
    """The plane of parameters, and the loss on it.

    Attributes
    ----------
    net : TwoLayerNet
    origin : ndarray
        The parameters before the training, in one row.
    directions : ndarray, shape (2, parameters)
        Rows of length 1 at right angles.
    trained : float
        Where on the first direction the trained parameters lie.
    """

    def __init__(self) -> None:
        (x, t), _ = load_mnist()
        self.x, self.t = x[:IMAGES].astype(float), t[:IMAGES]
        self.net = network.recorded(0)
        self.origin = _row(self.net.params)
        along = _row(network.recorded(-1).params) - self.origin
        self.trained = float(np.linalg.norm(along))
        along /= self.trained
        self.directions = np.stack([along, self._sharpest(along)])

    def _sharpest(self, along: Array) -> Array:
        """Return the direction at a right angle to `along` in which the gradient changes most.

        A step along a direction changes the gradient; taking this change as the next direction
        comes closer to the sharpest one (power iteration).
        """
        middle, h = self.origin + self.trained * along, 1e-3
        across = np.random.default_rng(0).normal(size=along.size)
        for _ in range(40):
            across -= along * (along @ across)
            across /= np.linalg.norm(across)
            across = self._gradient(middle + h * across) - self._gradient(middle - h * across)
        across -= along * (along @ across)
        across /= np.linalg.norm(across)
        return across

    def _move_to(self, parameters: Array) -> None:
        ends = np.cumsum([param.size for param in self.net.params.values()])[:-1]
        for (name, param), values in zip(
            self.net.params.items(), np.split(parameters, ends), strict=True
        ):
            self.net.params[name] = values.reshape(param.shape)

    def _gradient(self, parameters: Array) -> Array:
        self._move_to(parameters)
        return _row(self.net.gradient(self.x, self.t))

    def loss(self, point: Any) -> float:
        """Return the loss at a point, (along, across)."""
        self._move_to(self.origin + np.asarray(point) @ self.directions)
        return float(self.net.loss(self.x, self.t))

    def gradient(self, point: Any) -> Array:
        """Return the two slopes of the loss at a point, by the chain rule."""
        return self.directions @ self._gradient(self.origin + np.asarray(point) @ self.directions)

    def descend(self, learning_rate: float) -> list[dict[str, Any]]:
        """Return the point and the loss before each step, and after the last."""
        point, path = np.array(START), []
        for _ in range(STEPS + 1):
            path.append({"point": point.tolist(), "loss": self.loss(point)})
            point = point - learning_rate * self.gradient(point)
        return path


def make_record() -> dict[str, Any]:
    """Return the paths, and the regions below each of `LEVELS` as polygons."""
    from contourpy import contour_generator

    plane = Plane()
    along, across = np.linspace(*ALONG, 97), np.linspace(*ACROSS, 51)
    losses = np.array([[plane.loss((u, v)) for u in along] for v in across])
    contours = contour_generator(along, across, losses)
    regions = []
    for level in LEVELS:
        rings = []
        for points, offsets in zip(*contours.filled(-np.inf, level), strict=True):
            rings += np.split(points, offsets[1:-1])
        regions.append([np.round(ring, 3).tolist() for ring in rings])
    return {
        "along": ALONG,
        "across": ACROSS,
        "levels": LEVELS,
        "regions": regions,
        "rates": RATES,
        "paths": [plane.descend(rate) for rate in RATES],
    }


def still() -> on_page:
    """Return the plane with all three paths, and their losses."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    found = record()
    with page_style():
        figure, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 5.6), height_ratios=[1.25, 1])
        for rings in found["regions"]:
            paths = [Path(ring, closed=True) for ring in rings]
            patch = PathPatch(
                Path.make_compound_path(*paths),
                facecolor=(TEXT, 0.03),
                edgecolor=(TEXT, 0.3),
                linewidth=0.5,
            )
            top.add_patch(patch)
        for rate, path, colour, line in zip(RATES, found["paths"], _COLOURS, _LINES, strict=True):
            points = np.array([step["point"] for step in path])
            top.plot(*points.T, line, color=colour, marker="o", markersize=2.5, linewidth=1.2)
            bottom.plot([step["loss"] for step in path], line, color=colour, label=f"{rate:g}")
        top.set(xlim=ALONG, ylim=ACROSS, aspect="equal", xticks=[], yticks=[])
        top.set_xlabel(WORDS["along"])
        bottom.set(ylim=(0, 5.4), xlabel="step", ylabel="loss")
        bottom.legend(title="learning rate", ncols=3, loc="upper center")
    ends = "; ".join(
        f"at {rate:g} it ends at {path[-1]['loss']:.2f}"
        for rate, path in zip(RATES, found["paths"], strict=True)
    )
    return on_page(
        figure,
        f"A long valley of the loss, and three paths of {STEPS} steps from the same point on its "
        f"wall, where the loss is {found['paths'][0][0]['loss']:.2f}: {ends}.",
    )


def _row(arrays: dict[str, Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays.values()])
