"""What the checks of 10_autodiff calculate with a learner's engine, and with which numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_lib.checks.answer_side import Lent, Step, call, get, side_of
from course_lib.checks.observe import Case
from course_lib.checks.pace import keeps_pace
from course_lib.text import _

# More steps than Python lets a function call itself.
LONG = 3000

# So many pairs of ways in a row that to walk each one for itself shows, and is over soon.
_FORKS = 16


class _Place:
    """Stands for a value while a formula is written down as steps."""

    def __init__(self, steps: list[Step], place: int) -> None:
        self.steps, self.place = steps, place

    def __add__(self, other: _Place) -> _Place:
        return self._after("+", other)

    def __mul__(self, other: _Place) -> _Place:
        return self._after("*", other)

    def exp(self) -> _Place:
        return self._after("exp", self)

    def sum(self) -> _Place:
        return self._after("sum", self)

    def _after(self, operation: str, other: _Place) -> _Place:
        self.steps.append((operation, self.place, other.place))
        return _Place(self.steps, len(self.steps) + 1)


def calculate(formula: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Calculate a formula of two values on the answer's side, all steps at once."""
    steps: list[Step] = []
    formula(_Place(steps, 0), _Place(steps, 1))
    return side_of(x).calculate([x, y], steps)


# What is calculated with numbers of the learner's class, by the part of the check.
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
    "in a long chain": [lambda x, y: _chain(x, y, LONG), lambda x, y: _chain(x, y, 2 * _FORKS)],
}


def _diamond(a: Any, x: Any, *, swapped: bool) -> Any:
    # a goes into b and, past it, into the product: it may hand on only after both.
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
    """Raise an error if each way through a calculation is walked for itself."""
    chain = calculate(lambda x, y: _chain(x, y, 2 * _FORKS), x, y)
    forks = calculate(_forks, x, y)
    if not keeps_pace(lambda: call(chain, "backward"), lambda: call(forks, "backward")):
        raise TimeoutError(
            _("{steps} steps with {ways} ways through them take far longer than as many in a row")
            .format(steps=2 * _FORKS, ways=2**_FORKS)
        )  # fmt: skip


def formula_cases(rng: np.random.Generator) -> list[Case]:
    """Return two numbers for each formula of an engine, part by part."""
    names = [(at, i) for at, formulas in _FORMULAS.items() for i in range(len(formulas))]
    return [
        Case({"x": _number(rng), "y": _number(rng), "which": (at, i)}, dout=None, at=at)
        for at, i in [*names, ("after a second backward", 0)]
    ]


def _number(rng: np.random.Generator) -> float:
    return round(float(rng.uniform(1.2, 4)), 2)


def probe_value(answer: Any, x: float, y: float, which: tuple[str, int]) -> Iterable[Any]:
    """Calculate one formula with values of the learner's class, and walk back."""
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
            # Twice from one end, then from another one that shares a and b * a with it.
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


def unbroadcast_cases(rng: np.random.Generator) -> list[Case]:
    """Return gradients with the smaller shapes that values may have had."""
    pairs: dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {
        "": [((4, 3), (4, 3))],
        "along new axes": [((4, 3), (3,)), ((2, 4, 3), (4, 3)), ((5, 2, 4, 3), (4, 3))],
        "along axes of length one": [((4, 3), (4, 1)), ((4, 3), (1, 3)), ((2, 4, 3), (4, 1))],
        "for a single number": [((4, 3), ()), ((4,), ())],
    }
    return [
        Case({"grad": rng.uniform(0.5, 2, big), "shape": small}, dout=None, at=at)
        for at, shapes in pairs.items()
        for big, small in shapes
    ]


# Shapes of x and y by the part of the check.
TENSOR_SHAPES = {
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


def tensor_cases(rng: np.random.Generator) -> list[Case]:
    """Return two arrays for each formula, in shapes that broadcast."""
    return [
        Case(
            {"x": rng.uniform(0.5, 2, x), "y": rng.uniform(0.5, 2, y), "which": (i,)},
            dout=None,
            at=at,
        )
        for at, (x, y) in TENSOR_SHAPES.items()
        for i in (*range(len(_TENSOR_FORMULAS)), *(["again"] if at == "without copies" else []))
    ]


def probe_tensor(answer: Any, x: Lent, y: Lent, which: tuple[Any]) -> Iterable[tuple[str, Any]]:
    """Calculate one formula with tensors of the learner's class, and walk back."""
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


DUAL_FORMULAS: dict[str, list[Callable[[Any, Any], Any]]] = {
    "in x + y": [lambda x, y: x + y],
    "in x * y": [lambda x, y: x * y],
    "in x.exp()": [lambda x, _y: x.exp()],
    "in a longer formula": [lambda x, y: (x * x).exp() * y + x, lambda x, y: (x + y) * y.exp()],
}


def dual_cases(rng: np.random.Generator) -> list[Case]:
    """Return two numbers with a slope each for every formula."""
    return [
        Case(
            {
                "x": float(rng.uniform(0.3, 1.4)),
                "y": float(rng.uniform(1.5, 2)),
                "x_slope": float(rng.uniform(2, 3)),
                "y_slope": float(rng.uniform(6, 9)),
                "which": (at, i),
            },
            dout=None,
            at=at,
        )
        for at, formulas in DUAL_FORMULAS.items()
        for i in range(len(formulas))
    ]


def probe_dual(
    answer: Any, x: float, y: float, x_slope: float, y_slope: float, which: tuple[str, int]
) -> Iterable[tuple[str, Any]]:
    """Calculate one formula with numbers that carry their slopes."""
    made: list[Any] = []

    def build() -> float:
        made.extend([call(answer, "", x, x_slope), call(answer, "", y, y_slope)])
        return 1.0

    def value() -> Any:
        at, i = which
        made.append(calculate(DUAL_FORMULAS[at][i], *made))
        return get(made[-1], "value")

    yield "build", build
    yield "value", value
    yield "slope", lambda: get(made[-1], "slope")
