"""The tasks of 10_autodiff."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_lib.answers import autodiff as answers
from course_lib.checks.calls import UnexpectedResult, call, get, plain, side_of, values_of
from course_lib.checks.cases import Case
from course_lib.checks.compare import as_numbers
from course_lib.checks.side import Earlier, Shared, Step
from course_lib.checks.tasks import CallTask, NumberTask
from course_lib.text import _

SLUG = "10_autodiff"

# More steps than Python's recursion limit allows.
_LONG = 3000

# Pairs of paths in a row: 2**16 paths take noticeably long one by one, but not too long.
_FORKS = 16


class _Symbol:
    """A symbolic value that records a formula as steps."""

    def __init__(self, steps: list[Step], operand: Any) -> None:
        self.steps, self.operand = steps, operand

    def __add__(self, other: _Symbol) -> _Symbol:
        return self._after("+", other.operand)

    def __mul__(self, other: _Symbol) -> _Symbol:
        return self._after("*", other.operand)

    def exp(self) -> _Symbol:
        return self._after("call", "exp")

    def sum(self) -> _Symbol:
        return self._after("call", "sum")

    def _after(self, do: str, other: Any) -> _Symbol:
        self.steps.append(Step(do, (self.operand, other), wanted=False))
        return _Symbol(self.steps, Earlier(len(self.steps) - 1))


def calculate(formula: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Return a formula of two values of the learner's class, with all steps in one batch."""
    steps: list[Step] = []
    formula(_Symbol(steps, x), _Symbol(steps, y))
    steps[-1] = dataclasses.replace(steps[-1], wanted=True)
    return values_of(side_of(x), steps)[-1]


# If time grows with the steps, both calculations take similarly long. If it grows with the paths,
# one takes hundreds of times longer. The shortest of several tries counts, in case of a pause.
_TIMES, _TRIES = 20, 5


def takes_similar_time(few_ways: Callable[[], Any], many_ways: Callable[[], Any]) -> bool:
    """Return whether two calculations with equally many steps take a similar time."""
    limit = _TIMES * min(_seconds(few_ways) for _try in range(_TRIES))
    return any(_seconds(many_ways) <= limit for _try in range(_TRIES))


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


# Formulas of numbers of the learner's class, for each part of the check.
_FORMULAS: dict[str, list[Callable[[Any, Any], Any]]] = {
    "in x + y": [lambda x, y: x + y],
    "in x * y": [lambda x, y: x * y],
    "where a value is used twice": [
        lambda x, y: x * y + x,
        lambda x, y: x * x + y,
        lambda x, y: (y + y) * x,
    ],
    "where the order matters": [
        lambda x, y: _diamond(x * y, x, swapped=False),
        lambda x, y: _diamond(x * y, x, swapped=True),
        lambda x, y: (x * y + x) * (x * y + x) * y,
    ],
    "in a long chain": [lambda x, y: _chain(x, y, _LONG), lambda x, y: _chain(x, y, 2 * _FORKS)],
}


def _diamond(a: Any, x: Any, *, swapped: bool) -> Any:
    # a has two uses, in b and in the product: its gradient is complete only after both.
    b = a + x
    return b * a if swapped else a * b


def _chain(x: Any, y: Any, steps: int) -> Any:
    for _step in range(steps):
        x = x + y
    return x


def _forks(x: Any, y: Any) -> Any:
    for _fork in range(_FORKS):
        x = (x + y) + x
    return x


def _step_by_step(x: Any, y: Any) -> None:
    """Raise an error if backward follows each path through a calculation separately."""
    chain = calculate(lambda x, y: _chain(x, y, 2 * _FORKS), x, y)
    forks = calculate(_forks, x, y)
    if not takes_similar_time(lambda: call(chain, "backward"), lambda: call(forks, "backward")):
        raise TimeoutError(
            _("{steps} steps with {ways} paths take far longer than {steps} steps with one path")
            .format(steps=2 * _FORKS, ways=2**_FORKS)
        )  # fmt: skip


def _formula_cases(rng: np.random.Generator) -> list[Case]:
    """Return two numbers for each formula of each part."""
    names = [(at, i) for at, formulas in _FORMULAS.items() for i in range(len(formulas))]
    drawn = [
        Case({"x": _number(rng), "y": _number(rng), "which": (at, i)}, dout=None, at=at)
        for at, i in [*names, ("after a second backward", 0)]
    ]
    return [*drawn, _with_zero(next(case for case in drawn if case.at == "in x * y"))]


def _with_zero(case: Case) -> Case:
    """Return a case with 0 for x, by which no local gradient can be divided."""
    return dataclasses.replace(case, inputs={**case.inputs, "x": 0.0 * case.inputs["x"]})


def _number(rng: np.random.Generator) -> float:
    """Return a number of either sign, below or above 1 and far from 0."""
    return round(float(rng.choice([-1, 1]) * rng.uniform(0.3, 3)), 2)


# The values of x and y after the calculation: a calculation may not change them.
_KEPT = "x and y after the calculation"


def _values(inputs: list[Any]) -> np.ndarray:
    return np.concatenate([np.ravel(as_numbers(get(one, "value"))) for one in inputs])


def _probe_value(answer: Any, x: float, y: float, which: tuple[str, int]) -> Iterable[Any]:
    """Run one formula with values of the learner's class, forward and backward."""
    made: list[Any] = []

    def build() -> float:
        made.extend([call(answer, "", x), call(answer, "", y)])
        return 1.0

    def value() -> Any:
        a, b = made
        at, i = which
        if at in _FORMULAS:
            made.append(calculate(_FORMULAS[at][i], a, b))
            if at == "in a long chain" and i:
                _step_by_step(a, b)
        else:
            # Two backward passes from one result, then one from a result that shares a and b * a.
            shared = calculate(lambda a, b: b * a, a, b)
            first = calculate(lambda s, a: s * a, shared, a)
            made.append(calculate(lambda s, a: s + a, shared, a))
            call(first, "backward")
            call(first, "backward")
        call(made[-1], "backward")
        return get(made[-1], "value")

    yield "build", build
    yield "value", value
    yield "x.grad", lambda: get(made[0], "grad")
    yield "y.grad", lambda: get(made[1], "grad")
    yield _KEPT, lambda: _values(made[:2])


def _unbroadcast_cases(rng: np.random.Generator) -> list[Case]:
    """Return gradients, each with the smaller shape of the value before broadcasting."""
    pairs: dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {
        "": [((4, 3), (4, 3))],
        "along new axes": [((4, 3), (3,)), ((2, 4, 3), (4, 3)), ((5, 2, 4, 3), (4, 3))],
        "along axes of length one": [
            ((4, 3), (4, 1)),
            ((4, 3), (1, 3)),
            ((2, 4, 3), (4, 1)),
            ((4, 3, 2), (1, 1, 2)),
        ],
        "for a single number": [((4, 3), ()), ((4,), ())],
    }
    return [
        Case({"grad": rng.normal(size=big), "shape": small}, dout=None, at=at)
        for at, shapes in pairs.items()
        for big, small in shapes
    ]


# Shapes of x and y for each part of the check.
_TENSOR_SHAPES = {
    "without copies": ((4, 3), (4, 3)),
    "when a row is copied": ((4, 3), (3,)),
    "when a column is copied": ((4, 3), (4, 1)),
    "when both are copied": ((4, 1), (3,)),
    "when a number is copied": ((4, 3), ()),
}


_TENSOR_FORMULAS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: (x + y).sum(),
    lambda x, y: (x * y).sum(),
    lambda x, y: ((x + y) * x + y).sum(),
    lambda x, y: ((x * y) * y).sum(),
    lambda x, y: ((x + y) + x).sum() * y.sum(),
]


def _signed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return numbers of both signs, with a 0 in front if there are several axes."""
    drawn = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    if len(shape) > 1:
        drawn[0, 0] = 0
    return drawn


def _tensor_cases(rng: np.random.Generator) -> list[Case]:
    """Return two arrays for each formula, in shapes that broadcast."""
    return [
        Case(
            {"x": _signed(rng, x), "y": _signed(rng, y), "which": (i,)},
            dout=None,
            at=at,
        )
        for at, (x, y) in _TENSOR_SHAPES.items()
        for i in (*range(len(_TENSOR_FORMULAS)), *(["again"] if at == "without copies" else []))
    ]


def _probe_tensor(
    answer: Any, x: Shared, y: Shared, which: tuple[Any]
) -> Iterable[tuple[str, Any]]:
    """Run one formula with tensors of the learner's class, forward and backward."""
    made: list[Any] = []

    def build() -> float:
        made.extend([call(answer, "", x), call(answer, "", y)])
        return 1.0

    def value() -> Any:
        if which[0] == "again":
            _step_by_step(*(call(answer, "", np.ones(())) for _end in "xy"))
        i = 0 if which[0] == "again" else which[0]
        made.append(calculate(_TENSOR_FORMULAS[i], *made))
        for _pass in range(2 if which[0] == "again" else 1):
            call(made[-1], "backward")
        return get(made[-1], "value")

    yield "build", build
    yield "value", value
    yield "x.grad", lambda: get(made[0], "grad")
    yield "y.grad", lambda: get(made[1], "grad")
    yield _KEPT, lambda: _values(made[:2])


_DUAL_FORMULAS: dict[str, list[Callable[[Any, Any], Any]]] = {
    "in x + y": [lambda x, y: x + y],
    "in x * y": [lambda x, y: x * y],
    "in x.exp()": [lambda x, _y: x.exp()],
    "in a longer formula": [lambda x, y: (x * x).exp() * y + x, lambda x, y: (x + y) * y.exp()],
}


def _dual_cases(rng: np.random.Generator) -> list[Case]:
    """Return two numbers with their slopes for each formula."""
    drawn = [
        Case(
            {
                "x": float(rng.uniform(0.3, 1.4)),
                "y": -float(rng.uniform(1.5, 2)),
                "x_slope": float(rng.uniform(2, 3)),
                "y_slope": -float(rng.uniform(6, 9)),
                "which": (at, i),
            },
            dout=None,
            at=at,
        )
        for at, formulas in _DUAL_FORMULAS.items()
        for i in range(len(formulas))
    ]
    return [*drawn, _with_zero(next(case for case in drawn if case.at == "in x * y"))]


def _probe_dual(
    answer: Any, x: float, y: float, x_slope: float, y_slope: float, which: tuple[str, int]
) -> Iterable[tuple[str, Any]]:
    """Run one formula with dual numbers of the learner's class."""
    made: list[Any] = []

    def build() -> float:
        made.extend([call(answer, "", x, x_slope), call(answer, "", y, y_slope)])
        return 1.0

    def value() -> Any:
        at, i = which
        made.append(calculate(_DUAL_FORMULAS[at][i], *made))
        return get(made[-1], "value")

    yield "build", build
    yield "value", value
    yield "slope", lambda: get(made[-1], "slope")
    yield _KEPT, lambda: _values(made[:2])


def _graph_cases(rng: np.random.Generator) -> list[Case]:
    """Return graphs whose names and whose dict order do not reveal the order."""
    # Each node of the first two graphs has two inputs, so that few nodes have many paths.
    first, second = _graph(rng, 12), _graph(rng, 12)
    return [
        Case({"graph": first, "last": "L"}, dout=None),
        Case({"graph": second, "last": second["L"][1]}, dout=None),
        Case({"graph": _chain_graph(rng), "last": "L"}, dout=None, at="in a long chain"),
    ]


def _graph(rng: np.random.Generator, size: int) -> dict[str, list[str]]:
    """Return the inputs of each name, in random order."""
    names = [f"v{number}" for number in rng.permutation(100)[:size]]
    graph: dict[str, list[str]] = {names[0]: [], names[1]: [], "unused": [names[0]]}
    for i in range(2, size):
        graph[names[i]] = [names[i - 1], names[int(rng.integers(i - 1))]]
    # L has a short path and a long one to the same node.
    graph["L"] = [names[2], names[-1]]
    keys = list(graph)
    return {keys[i]: graph[keys[i]] for i in rng.permutation(len(keys))}


def _chain_graph(rng: np.random.Generator) -> dict[str, list[str]]:
    links = {f"v{i}": [f"v{i - 1}"] for i in range(1, _LONG)}
    graph = {"v0": [], **links, "L": [f"v{_LONG - 1}"]}
    return {name: graph[name] for name in rng.permutation(list(graph)).tolist()}


def _probe_order(answer: Any, graph: Shared, last: str) -> Iterable[tuple[str, Any]]:
    """Yield the degree to which an order meets each requirement: 1 if it is right."""
    used = set(answers.backward_order(graph.value, last))
    edges = [(name, source) for name in used for source in graph.value[name]]
    came: list[list[str]] = []

    def order() -> list[str]:
        if not came:
            given = plain(call(answer, "", graph, last))
            if not isinstance(given, (list, tuple)) or not all(isinstance(n, str) for n in given):
                raise UnexpectedResult(_("expected a list of names"))
            came.append(list(given))
        return came[0]

    def before() -> float:
        place = {name: i for i, name in enumerate(order())}
        return sum(place.get(a, len(place)) < place.get(b, -1) for a, b in edges) / len(edges)

    yield "no name is missing", lambda: len(used & set(order())) / len(used)
    yield "no name comes twice", lambda: len(set(order())) / max(len(order()), 1)
    yield "nothing else comes", lambda: float(bool(order()) and set(order()) <= used)
    yield "each name comes before its inputs", before


value = CallTask(
    slug=SLUG,
    name="value",
    reference=answers.Value,
    cases=_formula_cases,
    probe=_probe_value,
    values=("value", "x.grad", "y.grad", _KEPT),
    gradient_values=("x.grad", "y.grad"),
    methods={"x.grad": "backward", "y.grad": "backward", _KEPT: ""},
    points={
        "in x + y": 1,
        "in x * y": 1,
        "where a value is used twice": 2,
        "where the order matters": 2,
        "after a second backward": 1,
        "in a long chain": 1,
    },
    read="10_autodiff#engine",
    notice=_("You wrote two local gradients. The engine does the rest, in the right order."),
)

backward_order = CallTask(
    slug=SLUG,
    name="backward_order",
    reference=answers.backward_order,
    cases=_graph_cases,
    probe=_probe_order,
    values=(
        "no name is missing",
        "no name comes twice",
        "nothing else comes",
        "each name comes before its inputs",
    ),
    facts=True,
    points={
        "no name is missing, no name comes twice, nothing else comes": 1,
        "each name comes before its inputs": 2,
        "in a long chain": 1,
        "contracts": 1,
    },
    read="10_autodiff#engine",
    notice=_("Several orders are right, if each node comes after all nodes that use it."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    },
    read="10_autodiff#broadcasting",
    notice=_("Broadcasting copies a number. The gradients of all copies add up."),
)

unbroadcast = CallTask(
    slug=SLUG,
    name="unbroadcast",
    reference=answers.unbroadcast,
    cases=_unbroadcast_cases,
    points={
        "value": 1,
        "along new axes": 1,
        "along axes of length one": 1,
        "for a single number": 1,
        "contracts": 1,
    },
    read="10_autodiff#broadcasting",
    notice=_("With this function, no operation has to handle different shapes itself."),
)

tensor = CallTask(
    slug=SLUG,
    name="tensor",
    reference=answers.Tensor,
    cases=_tensor_cases,
    probe=_probe_tensor,
    values=("value", "x.grad", "y.grad", _KEPT),
    gradient_values=("x.grad", "y.grad"),
    methods={"x.grad": "backward", "y.grad": "backward", _KEPT: ""},
    points=dict.fromkeys(_TENSOR_SHAPES, 1) | {"contracts": 1},
    read="10_autodiff#broadcasting",
    notice=_("A bias needs no special code: unbroadcast sums over its copies."),
)

dual = CallTask(
    slug=SLUG,
    name="dual",
    reference=answers.Dual,
    cases=_dual_cases,
    probe=_probe_dual,
    values=("value", "slope", _KEPT),
    gradient_values=("slope",),
    methods={"slope": "", _KEPT: ""},
    points=dict.fromkeys(_DUAL_FORMULAS, 1) | {"in x * y": 2},
    read="10_autodiff#reverse-mode",
    notice=_("Forward mode needs no second pass. But each further input needs a new pass."),
)
