"""The decision regions of a small network for points in the plane."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.figures import BLUE, ORANGE, PURPLE, on_page, page_style
from course_lib.live.explorer import Explorer, slider
from course_lib.live.page import pack, pack_parameters
from course_lib.networks import TwoLayerNet
from course_lib.training import DivergenceError, train

HIDDEN_SIZES = [1, 2, 3, 5, 10, 20, 50]
STEPS = [10, 30, 100, 300, 1000, 3000]
LEARNING_RATES = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
POINTS = ["spiral", "moons"]

# The choices in the page, which holds the parameters of every network.
PAGE_SIZES, PAGE_STEPS, PAGE_RATES = (
    [1, 2, 3, 5, 10, 50],
    [10, 30, 100, 300, 1000],
    [0.1, 1.0, 10.0],
)

STILL_SIZES = [2, 5, 10, 50]
STILL_STEPS, STILL_RATE = 1000, 1.0

# The coloured square reaches from -EDGE to EDGE, with RESOLUTION points along each side.
EDGE, RESOLUTION = 1.3, 105

_COLOURS, _MARKERS = [BLUE, ORANGE, PURPLE], "os^"

# The texts, for Python and the page.
WORDS = (
    "{classes} classes of points and the regions that the network gives them. "
    "Hidden size {size}, {steps} steps, learning rate {rate}: {outcome}."
)
RIGHT, DIVERGED = "{right} of {all} points right", "the training diverged"


def explore_boundary(live: bool | None = None) -> Explorer:
    """Show the decision regions that a two-layer network learns for points in the plane.

    Parameters
    ----------
    live : bool, optional
        As for :class:`~course_lib.live.explorer.Explorer`.
    """
    return BoundaryExplorer(live)


class BoundaryExplorer(Explorer):
    """The points and regions for the settings of four sliders; as a still, four hidden sizes."""

    script = "boundary"

    def _make_controls(self) -> dict[str, Any]:
        return {
            "points": slider("points", POINTS, "spiral"),
            "hidden_size": slider("hidden size", HIDDEN_SIZES, 10),
            "steps": slider("steps", STEPS, 300),
            "learning_rate": slider("learning rate", LEARNING_RATES, 1.0),
        }

    def draw(self, points: str, hidden_size: int, steps: int, learning_rate: float) -> on_page:
        """Return the points and the regions of the network's predictions."""
        import matplotlib.pyplot as plt

        net = learn(points, hidden_size, steps, learning_rate)
        with page_style():
            figure, axes = plt.subplots(figsize=(4.4, 4.4))
            _draw_plane(axes, points, net)
            axes.set(xlabel="first value", ylabel="second value")
            axes.set_title(_outcome(points, net))
        words = WORDS.format(
            classes=_classes(points),
            size=hidden_size,
            steps=steps,
            rate=f"{learning_rate:g}",
            outcome=_outcome(points, net),
        )
        return on_page(figure, words)

    def data(self) -> dict[str, Any]:
        """Return the points, and the parameters by hidden size, learning rate and steps."""
        return {
            "points": {name: _for_page(name) for name in POINTS},
            "sizes": PAGE_SIZES,
            "steps": PAGE_STEPS,
            "rates": PAGE_RATES,
            "at": {"sizes": 10, "steps": 300, "rates": 1.0},
            "edge": EDGE,
            "side": RESOLUTION,
            "words": {"all": WORDS, "right": RIGHT, "diverged": DIVERGED},
        }

    def still(self) -> on_page:
        """Return the regions on the spiral for four hidden sizes."""
        import matplotlib.pyplot as plt

        words = []
        with page_style():
            figure, grid = plt.subplots(2, 2, figsize=(5, 5.5), sharex=True, sharey=True)
            for size, axes in zip(STILL_SIZES, grid.flat, strict=True):
                net = learn("spiral", size, STILL_STEPS, STILL_RATE)
                _draw_plane(axes, "spiral", net)
                axes.set_title(f"{size} units\n{_outcome('spiral', net)}")
                words.append(f"with {size} hidden units, {_outcome('spiral', net)}")
        return on_page(
            figure,
            "Three arms of a spiral, four times, on the regions that a network has learned for "
            f"them in {STILL_STEPS} steps: {'; '.join(words)}.",
        )


def make_points(name: str) -> tuple[Array, Array]:
    """Return points (N, 2) and their classes (N,): two "moons", or a "spiral" of three arms."""
    rng = np.random.default_rng(0)
    if name == "moons":
        angle = np.linspace(0, np.pi, 100)
        upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
        x = 0.8 * np.concatenate([upper, -upper])
        return x + 0.08 * rng.normal(size=x.shape), np.repeat([0, 1], 100)
    radius = np.tile(np.linspace(0.1, 1, 100), 3)
    arm = np.repeat([0, 1, 2], 100)
    angle = 4 * radius + 2 * np.pi * arm / 3 + 0.15 * rng.normal(size=300)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), arm


@functools.lru_cache(maxsize=64)
def learn(points: str, hidden_size: int, steps: int, learning_rate: float) -> TwoLayerNet | None:
    """Return a network trained on the points, or None if the training diverged."""
    (net,) = learn_on(points, hidden_size, [steps], learning_rate)
    return net


def learn_on(
    points: str, hidden_size: int, stops: Sequence[int], learning_rate: float
) -> Iterator[TwoLayerNet | None]:
    """Yield the network after each number of steps in `stops`; None once it has diverged."""
    x, t = make_points(points)
    net = TwoLayerNet(2, hidden_size, _classes(points), weight_init_std="he", rng=0)
    rng, done, diverged = np.random.default_rng(0), 0, False
    for stop in stops:
        if not diverged:
            try:
                train(
                    net,
                    x,
                    t,
                    steps=stop - done,
                    batch_size=50,
                    learning_rate=learning_rate,
                    rng=rng,
                    progress=False,
                    record_accuracy=False,
                )
            except DivergenceError:
                diverged = True
        done = stop
        yield None if diverged else net


def regions(net: TwoLayerNet) -> Array:
    """Return the predicted class at each point of the square, rows from bottom to top."""
    line = np.linspace(-EDGE, EDGE, RESOLUTION)
    plane = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return net.predict(plane).argmax(axis=1).reshape(RESOLUTION, RESOLUTION)


def _for_page(points: str) -> dict[str, Any]:
    x, t = make_points(points)
    return {
        "x": pack(x),
        "t": t.tolist(),
        "classes": _classes(points),
        "parameters": [
            [
                [
                    net and pack_parameters(net.params)
                    for net in learn_on(points, size, PAGE_STEPS, rate)
                ]
                for rate in PAGE_RATES
            ]
            for size in PAGE_SIZES
        ],
    }


def _classes(points: str) -> int:
    return {"moons": 2, "spiral": 3}[points]


def _draw_plane(axes: Any, points: str, net: TwoLayerNet | None) -> None:
    line = np.linspace(-EDGE, EDGE, RESOLUTION)
    if net is not None:
        levels = [-0.5, 0.5, 1.5, 2.5]
        axes.contourf(line, line, regions(net), levels=levels, colors=_COLOURS, alpha=0.25)
    x, t = make_points(points)
    for k in range(_classes(points)):
        axes.plot(*x[t == k].T, _MARKERS[k], color=_COLOURS[k], markersize=3.2)
    axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal", xticks=[-1, 0, 1])
    axes.set_yticks([-1, 0, 1])


def _outcome(points: str, net: TwoLayerNet | None) -> str:
    if net is None:
        return DIVERGED
    x, t = make_points(points)
    right = np.count_nonzero(net.predict(x).argmax(axis=1) == t)
    return RIGHT.format(right=right, all=len(t))
