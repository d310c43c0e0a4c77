"""Sliders: the inputs that the page can change, their ranges, and the space that numbers need.

The page computes both passes with the operations of live.js, so its results must equal those of the
layers. To make sure, the graph is run here at many slider positions, both with its own layers and
with the library's layers, which live.js repeats.
"""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

import numpy as np

from course_lib.graphs.formulas import numbers_of
from course_lib.graphs.items import FONT, text_width
from course_lib.graphs.numbers import number_text
from course_lib.graphs.steps import start_of_backward
from course_lib.graphs.tape import Node, Tape, Value
from course_lib.layers import LAYERS

Inputs = Mapping[int, float]

# The classes that live.js knows, and the attributes that it needs of each.
LIVE: dict[str, tuple[str, ...]] = {
    "AddLayer": (),
    "SubLayer": (),
    "MulLayer": (),
    "DivLayer": (),
    "ExpLayer": (),
    "LogLayer": (),
    "SquareLayer": (),
    "ReciprocalLayer": (),
    "Relu": (),
    "LeakyRelu": ("alpha",),
    "Sigmoid": (),
    "Tanh": (),
    "Softplus": (),
    "Swish": (),
}
# Layers that behave differently on the two sides of 0.
_TWO_SIDED = {"ExpLayer", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Softplus", "Swish"}


@dataclass
class Slider:
    """The slider of an input: its `index` among the graph's values, and its range."""

    index: int
    first: float
    last: float
    step: float

    @property
    def stops(self) -> list[float]:
        """All values of the slider."""
        count = math.floor((self.last - self.first) / self.step + 1e-9)
        return [round(self.first + k * self.step, 12) for k in range(count + 1)]


@dataclass
class Live:
    """The sliders of a graph, and the largest width of each number, by key."""

    sliders: list[Slider]
    room: dict[str, float] = field(default_factory=dict)


def make_live(graph: Tape, wanted: bool | Sequence[str]) -> Live | None:
    """Return the sliders of a graph, or None if sliders are impossible.

    Raises
    ------
    ValueError
        If the sliders in `wanted` are impossible.
    """
    inputs = [(v.name, i) for i, v in enumerate(graph.values) if v.kind == "input" and v.name]
    by_name = not isinstance(wanted, bool)
    if isinstance(wanted, bool):
        names = {name for name, _ in inputs if wanted}
    else:
        names = {wanted} if isinstance(wanted, str) else set(wanted)
    if unknown := names - {name for name, _ in inputs}:
        known = ", ".join(repr(name) for name, _ in inputs)
        raise ValueError(f"sliders: expected names of inputs, {known}, got {min(unknown)!r}.")
    if not names:
        return None
    reason = _why_not(graph)
    if not reason:
        sliders = [_slider(graph, index) for name, index in inputs if name in names]
        live = Live([slider for slider in sliders if len(slider.stops) > 1])
        reason = _try_out(graph, live)
    if reason and by_name:
        raise ValueError(f"sliders: expected a graph that the page can compute, got {reason}.")
    return None if reason or not live.sliders else live


def settings(node: Node) -> dict[str, float]:
    """Return the attributes of a layer that live.js needs."""
    return {key: float(getattr(node.layer, key)) for key in LIVE[type(node.layer).__name__]}


def run_again(
    graph: Tape, inputs: Inputs, layer_of: Callable[[Node], Any] | None = None
) -> dict[str, Any]:
    """Return all numbers of the same graph at other inputs, computed by fresh layers."""
    layer_of = layer_of or _reference
    made_by = {id(node.output): node for node in graph.nodes}
    fresh = Tape()
    twin: dict[int, Value] = {}
    for i, value in enumerate(graph.values):
        if value.kind == "input":
            twin[id(value)] = fresh.input(value.name, inputs.get(i, value.value))
        elif value.kind == "constant":
            twin[id(value)] = fresh.constant(value.value, value.name)
        else:
            node = made_by[id(value)]
            arguments = (twin[id(v)] for v in node.inputs)
            twin[id(value)] = fresh.apply(layer_of(node), *arguments, name=value.name)
    if (start := start_of_backward(graph)) is not None:
        fresh.backward(start.grad, of=twin[id(start)])
    return numbers_of(fresh)


def _reference(node: Node) -> Any:
    return LAYERS[type(node.layer).__name__](**settings(node))


def _why_not(graph: Tape) -> str:
    """Return why the page cannot compute a graph; empty if no reason is found."""
    for node in graph.nodes:
        kind = type(node.layer).__name__
        if kind not in LIVE:
            return f"a {kind}, which it does not know"
    for value in graph.values:
        if np.ndim(value.value) or not np.isfinite(value.value):
            return f"{value.name or 'a value'} = {value.value!r}"
    return "" if graph.nodes else "no layer"


def _slider(graph: Tape, index: int) -> Slider:
    """Return the slider of an input: from 0, or from below 0, to twice its value."""
    value = graph.values[index]
    if value.range is not None:
        return Slider(index, *value.range)
    v = float(value.value)
    end = 2 * abs(v) or 1.0
    step = _round_step(v, end, whole=isinstance(value.value, int))
    last = math.ceil(end / step - 1e-9) * step
    slider = Slider(index, -last if v <= 0 or _feeds_two_sided(value) else 0.0, last, step)
    # Leave out stops at which a number is not finite, such as log(0).
    stops = slider.stops
    start = min(range(len(stops)), key=lambda k: abs(stops[k] - v))
    low = high = start
    while low > 0 and _sample(graph, {index: stops[low - 1]}) is not None:
        low -= 1
    while high < len(stops) - 1 and _sample(graph, {index: stops[high + 1]}) is not None:
        high += 1
    return Slider(index, stops[low], stops[high], step)


def _round_step(v: float, end: float, whole: bool) -> float:
    """Return a step of 1, 2 or 5 times a power of 10 that divides v, if there is one."""
    power = math.floor(math.log10(end / 20))
    steps = [float(f"{m}e{p}") for p in range(power, power - 4, -1) for m in (5, 2, 1)]
    steps = [s for s in steps if s <= end / 20 * (1 + 1e-9)]
    if whole:
        steps = [max(1.0, s) for s in steps]
    return next((s for s in steps if math.isclose(v / s, round(v / s), abs_tol=1e-9)), steps[0])


def _feeds_two_sided(value: Value) -> bool:
    reached = {id(value)}
    for node in value.graph.nodes:
        if any(id(v) in reached for v in node.inputs):
            if type(node.layer).__name__ in _TWO_SIDED:
                return True
            reached.add(id(node.output))
    return False


def _sample(
    graph: Tape, inputs: Inputs, layer_of: Callable[[Node], Any] | None = None
) -> dict[str, float] | None:
    """Return the numbers at some inputs as floats, or None if any is not finite."""
    try:
        # A learner's layer may print.
        with np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
            found = {key: float(v) for key, v in run_again(graph, inputs, layer_of).items()}
    except Exception:
        return None
    return found if all(map(math.isfinite, found.values())) else None


def _places(live: Live) -> Iterator[Inputs]:
    """Yield inputs to try: the stops of each slider, then corners, then random ones."""
    for slider in live.sliders:
        yield from ({slider.index: stop} for stop in slider.stops[:200])
    ends = [[(s.index, s.first), (s.index, s.last)] for s in live.sliders]
    yield from (dict(corner) for corner in islice(product(*ends), 64))
    rng = np.random.default_rng(0)
    for _ in range(50):
        yield {s.index: s.stops[rng.integers(len(s.stops))] for s in live.sliders}


def _try_out(graph: Tape, live: Live) -> str:
    """Set the space for every number; return the problem with the layers, or an empty string."""
    as_built = {key: float(number) for key, number in numbers_of(graph).items()}
    if not _agree(_sample(graph, {}), as_built):
        return "layers that no longer compute what the graph shows, or other than the course's"
    foreign = [n for n in graph.nodes if type(n.layer) is not type(_reference(n))]
    room: dict[str, float] = {}
    for inputs in _places(live):
        numbers = _sample(graph, inputs)
        if numbers is None:
            continue
        if foreign and not _agree(_sample(graph, inputs, _copy), numbers):
            return f"a {type(foreign[0].layer).__name__} that computes other than the course's"
        for key, number in numbers.items():
            room[key] = max(room.get(key, 0.0), text_width(number_text(number), FONT))
    live.room = room
    return ""


def _copy(node: Node) -> Any:
    return copy.deepcopy(node.layer)


def _agree(found: dict[str, float] | None, wanted: dict[str, float]) -> bool:
    return (
        found is not None
        and found.keys() == wanted.keys()
        and all(math.isclose(found[k], wanted[k], rel_tol=1e-9, abs_tol=1e-12) for k in wanted)
    )
