"""Doubts about gradients: noise, central differences, lost steps, complex numbers."""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from course_lib.checks.calls import perturbs
from course_lib.checks.compare import NotNumbers, as_numbers
from course_lib.checks.integrity import (
    PerturbedCases,
    code_named,
    code_of,
    doubt_gradients,
    uses_complex,
)
from course_lib.checks.shopping_cart import add_layer, mul_layer
from course_lib.checks.side import COMPLEX, STEPS, PerturbationTracer, same_values

H = 1e-3
CENTRAL_DIFFERENCES: dict[str, Callable[[Any], Any]] = {
    "plus, then minus": lambda x: (x + H) * (x - H),
    "minus, then plus": lambda x: (x - H) * (x + H),
    "the step first": lambda x: (H + x) * (-H + x),
    "in place": lambda x: (_in_place(x, H), _in_place(x, -H)),
    "of an intermediate value": lambda x: (np.exp(x * 2 + H), np.exp(x * 2 - H)),
    "relative step as a factor": lambda x: (x * (1 + H), x * (1 - H)),
    "relative step as a sum": lambda x: (x + H * x, x - H * x),
    "element by element": lambda x: [(one + H, one - H) for one in np.atleast_1d(x)],
    "an array of steps": lambda x: (x + np.full(np.shape(x), H), x - np.full(np.shape(x), H)),
    "a complex step": lambda x: (x + 1e-20j) ** 2,
    "complex dtype": lambda x: np.exp(x) + 0j,
}
# NumPy turns a traced number into a plain one.
ARRAYS_ONLY = {"in place", "of an intermediate value", "complex dtype", "element by element"}
HONEST: dict[str, Callable[[Any], Any]] = {
    "two steps in the same direction": lambda x: (x + H) * (x + 2 * H),
    "plus and minus 1": lambda x: (x + 1) * (x - 1),
    "tanh gradient": lambda x: (1 + np.tanh(x)) * (1 - np.tanh(x)),
    "sigmoid gradient": lambda x: 1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x))),
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "normalization": lambda x: (x - np.mean(x)) / np.sqrt(np.var(x) + 1e-7),
    "small constant against 0": lambda x: np.log(x * x + 1e-7) / (np.sqrt(np.abs(x)) + 1e-7),
    "in place": lambda x: _in_place(x, H) + _in_place(x, 2 * H),
    "softmax": lambda x: np.exp(x - np.max(x)) / np.exp(x - np.max(x)).sum(),
}


def _in_place(x: Any, step: float) -> Any:
    moved = np.copy(x) if np.ndim(x) == 0 else x.copy()
    moved += step
    return moved


def _layer_calling(calculate: Callable[[Any], Any]) -> Any:
    class Layer:
        def forward(self, x: Any) -> Any:
            self.x = x
            return x

        def backward(self, dout: Any) -> Any:
            calculate(self.x)
            return dout

    return Layer


def traced(calculate: Callable[[Any], Any], x: Any) -> str:
    calls = [["forward", x], ["backward", np.ones(np.shape(x))]]
    return perturbs(_layer_calling(calculate), (), calls)


@pytest.mark.parametrize("what", CENTRAL_DIFFERENCES)
@pytest.mark.parametrize("shape", [(4,), (2, 3)])
def test_differences_of_an_array_are_detected(what: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(size=shape)
    assert traced(CENTRAL_DIFFERENCES[what], x) == (COMPLEX if "complex" in what else STEPS)


@pytest.mark.parametrize("what", sorted({*CENTRAL_DIFFERENCES} - ARRAYS_ONLY))
def test_differences_of_a_number_are_detected(what: str) -> None:
    assert traced(CENTRAL_DIFFERENCES[what], 1.7)


@pytest.mark.parametrize("what", HONEST)
@pytest.mark.parametrize("shape", [(4,), (2, 3)])
def test_honest_code_is_not_reported_as_differences(what: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(size=shape)
    assert not traced(HONEST[what], x)


@pytest.mark.parametrize("what", HONEST)
def test_traced_numbers_give_the_same_values(what: str) -> None:
    x = np.random.default_rng(2).normal(size=(2, 3))
    assert np.array_equal(
        HONEST[what](PerturbationTracer().follow(x.copy())), HONEST[what](x.copy())
    )


def test_code_that_raises_is_not_reported_as_differences() -> None:
    def stop(_x: Any) -> None:
        raise ValueError("not today")

    assert not traced(stop, np.ones(3))


# The imaginary unit without a complex number in the code, and arrays that do not follow.
SHED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a root": (lambda x: _step_into(x, np.roots([1, 0, 1])[0]), COMPLEX),
    "a root, alone": (lambda x: np.array(x) * 2 + np.roots([1, 0, 1])[0], COMPLEX),
    "an eigenvalue": (lambda x: _step_into(x, np.linalg.eigvals([[0, 1], [-1, 0]])[0]), COMPLEX),
    "a power": (lambda x: _step_into(x, float("-1") ** 0.5), COMPLEX),
    "a Fourier transform": (lambda x: _step_into(x, np.fft.ifft([0, 2, 0, 0])[1]), COMPLEX),
    "np.array": (lambda x: [np.array(x) + H, np.array(x) - H], STEPS),
    "np.asarray": (lambda x: [np.asarray(x) + H, np.asarray(x) - H], STEPS),
    "np.copy": (lambda x: [np.copy(x) + H, np.copy(x) - H], STEPS),
    "extended precision": (lambda x: [np.array(x, "g") + H, np.array(x, "g") - H], STEPS),
    "tolist": (lambda x: [[a + H, a - H] for a in x.ravel().tolist()], STEPS),
}


def _step_into(x: Any, unit: Any) -> Any:
    plain = np.array([float(one) for one in np.ravel(x)])
    return np.exp(plain + 1e-20 * unit)


@pytest.mark.parametrize("what", SHED)
def test_code_that_sheds_the_tracer_is_detected(what: str) -> None:
    calculate, found = SHED[what]
    before = np.array, np.asarray, np.copy
    assert traced(calculate, np.random.default_rng(1).normal(size=(2, 3))) == found
    assert (np.array, np.asarray, np.copy) == before


class LargeStep:
    """A product with gradients by central differences with a large step."""

    step = 1.0

    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dout: Any) -> Any:
        h, x, y = self.step, self.x, self.y
        return (
            dout * ((x + h) * y - (x - h) * y) / (2 * h),
            dout * (x * (y + h) - x * (y - h)) / (2 * h),
        )


class SinglePrecision(LargeStep):
    """A product with gradients by the chain rule, in single precision."""

    def backward(self, dout: Any) -> Any:
        return np.float32(dout) * np.float32(self.y), np.float32(dout) * np.float32(self.x)


class SwappedGradients(LargeStep):
    """A product whose two gradients are swapped."""

    def backward(self, dout: Any) -> Any:
        return dout * self.x, dout * self.y


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (LargeStep, "dx is exact, but wrong for very large values of x"),
        (SinglePrecision, "dx has a relative error"),
        (SwappedGradients, ""),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_doubts_about_a_product(answer: Any, doubt: str, seed: int) -> None:
    cases = mul_layer.cases(np.random.default_rng(seed))
    found = doubt_gradients(
        mul_layer, answer, PerturbedCases(mul_layer, cases), mul_layer.observe(answer, cases)
    )
    assert found.startswith(doubt)
    assert bool(found) == bool(doubt)


def test_points_of_a_doubtful_gradient_wait_for_a_person() -> None:
    report = mul_layer(SinglePrecision, seed=1)
    assert [(part.name, part.earned) for part in report.parts] == [
        ("forward", 1), ("dx", 0), ("dy", 0), ("contracts", 0),
    ]  # fmt: skip
    assert "float64" in report.held
    assert not mul_layer(SwappedGradients, seed=1).held
    assert not mul_layer(ChainRule, seed=1).held


def test_exact_gradient_of_a_sum_of_large_numbers_passes() -> None:
    class AddLayer:
        def forward(self, x: Any, y: Any) -> Any:
            return x + y

        def backward(self, dout: Any) -> Any:
            return dout * (1.0 - 0.0), dout * (1.0 - 0.0)

    assert add_layer(AddLayer, seed=1).passed


WITH_COMPLEX = {
    "a literal": "def f(x):\n    return x + 1e-20j",
    "folded": "def f(x):\n    return x + (-1) ** 0.5",
    "imag": "def f(x):\n    return g(x).imag",
    "by name": "def f(x):\n    return getattr(x, 'imag')",
    "a type": "def f(x):\n    return x.astype(complex)",
    "a type's name": "def f(x):\n    return x.astype('complex128')",
    "a default": "def f(x):\n    def g(h=(1, 2j)):\n        return h\n    return g()",
    "a helper": "def g(x):\n    return x + 1j\ndef f(x):\n    return g(x)",
    "a helper's helper": "def h(x):\n    return x.imag\ndef g(x):\n    return h(x)\n"
    "def f(x):\n    return g(x)",
    "a method": "class f:\n    def forward(self, x):\n        return self.g(x)\n"
    "    def g(self, x):\n        return complex(x, 1)",
    "a static method": "class f:\n    @staticmethod\n    def g(x):\n        return x.imag",
    "a base": "class B:\n    def g(self, x):\n        return x.imag\nclass f(B):\n    pass",
}
WITHOUT_COMPLEX = {
    "simple": "def f(x):\n    return x.real + 1.0",
    "a text": "def f(x):\n    'Not for complex numbers.'\n    return x",
    "another function": "def g(x):\n    return x + 1j\ndef f(x):\n    return x",
}


@pytest.mark.parametrize("what", WITH_COMPLEX)
def test_code_that_uses_complex_numbers_is_detected(what: str) -> None:
    names: dict[str, Any] = {"__name__": "notebook"}
    exec(WITH_COMPLEX[what], names)
    assert uses_complex(code_of(names["f"]))
    assert uses_complex(code_named("f", [WITH_COMPLEX[what]]))


@pytest.mark.parametrize("what", WITHOUT_COMPLEX)
def test_code_without_complex_numbers_is_not_detected(what: str) -> None:
    names: dict[str, Any] = {"__name__": "notebook"}
    exec(WITHOUT_COMPLEX[what], names)
    assert not uses_complex(code_of(names["f"]))
    assert not uses_complex(code_named("f", [WITHOUT_COMPLEX[what]]))


def test_cells_that_do_not_parse_are_ignored() -> None:
    assert code_named("f", ["def f(:", "\0", "f = 1"]) == []


MAGICS = "%matplotlib inline\n!ls\nprint?\n"
IMAGINARY = "def f(x):\n    return np.imag(x)\n"


@pytest.mark.parametrize(
    "source",
    [
        MAGICS + IMAGINARY,
        "%%time\n" + IMAGINARY,
        "t = %timeit -o 1\n" + IMAGINARY,
        "t = %timeit -o 1\ndef f(x):\n    return (x + 1e-20j)\n",
        "t = %timeit -o 1\ndef f(x):\n    return getattr(x, 'imag')\n",
    ],
)
def test_complex_numbers_are_found_beside_magics(source: str) -> None:
    assert uses_complex(code_named("f", [source]))


def test_words_in_comments_of_a_cell_with_magics_are_no_complex_numbers() -> None:
    source = "t = %timeit -o 1\n# not complex, imag or 1j\ndef f(x):\n    return x\n"
    assert not uses_complex(code_named("f", [source]))


def names_from(count: int, between: str) -> str:
    return between.join(f"a{i}" for i in range(count))


# Code that took gigabytes when it was compiled, or when its names were followed.
LARGE = {
    "a pattern with 14,000 captures": f"match x:\n case [{names_from(14_000, ',')}]: pass\n",
    "an assignment to 12,000 names": f"{names_from(12_000, '=')} = 0\n",
    "an assignment of 900 names to 12,000": (
        f"{names_from(12_000, '=')} = a1 if a2 else {names_from(900, '+')}\n"
    ),
    "a list of 90,000 numbers": f"x = [{'1,' * 90_000}]\n",
    "5,000 functions, each of which calls the next": "\n".join(
        f"def a{i}(): a{i + 1}()" for i in range(5_000)
    ),
    "a signed number with 50,000 signs": f"x = {'-' * 50_000}1\n",
}


@pytest.mark.sample(every=6)
@pytest.mark.parametrize("what", LARGE)
def test_large_code_is_examined_without_much_memory(what: str) -> None:
    uses = "\ndef f(x):\n    return a1(np.imag(x))\n"
    tracemalloc.start()
    try:
        found = uses_complex(code_named("f", [LARGE[what] + uses]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found
    assert peak < 200 * 2**20


def test_lists_with_texts_are_refused_before_numpy_makes_arrays_of_them() -> None:
    text = "x" * 100_000
    for value in ([text, *range(48_999)], [[1.0, text]], (text,), [1.0, None], [[1, [b"x"]]]):
        tracemalloc.start()
        try:
            with pytest.raises(NotNumbers, match="a list that is not an array"):
                as_numbers(value)
            assert tracemalloc.get_traced_memory()[1] < 2**20
        finally:
            tracemalloc.stop()
        assert not same_values([value], [np.ones(2)])
    assert as_numbers([[1, 2.5], (True, np.float32(4.0))]).tolist() == [[1, 2.5], [1, 4]]
    assert as_numbers([np.ones(2), np.zeros(2)]).tolist() == [[1, 1], [0, 0]]


class ChainRule(LargeStep):
    """A product with gradients by the chain rule."""

    def backward(self, dout: Any) -> Any:
        return self.y * dout, self.x * dout


def test_reference_runs_once_for_several_answers_with_the_same_seed() -> None:
    built = []

    class Counted(mul_layer.reference):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            built.append(self)

    task = dataclasses.replace(mul_layer, reference=Counted)
    vars(task)["misconceptions"] = ()  # their edits are those of another source
    first = task(ChainRule, seed=1)
    once = len(built)
    assert once > 0
    assert first.points == first.max_points
    second = task(ChainRule, seed=1)
    assert len(built) == once
    assert second.points == second.max_points
    # Another seed runs the reference again.
    third = task(ChainRule, seed=2)
    assert len(built) > once
    assert third.points == third.max_points
    # The cache holds the reference's results, not those of the previous answer.
    assert task(SwappedGradients, seed=2).points < third.points
