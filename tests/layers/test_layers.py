"""What every layer promises: each check runs over every layer, and over a layer it must reject."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from pathlib import Path
from types import GenericAlias
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from layer_cases import (
    CASES,
    MARGIN,
    Case,
    as_tuple,
    case_of,
    gradients,
    in_dtype,
    one_hot,
    parameters,
)

from course_lib import layers
from course_lib.arrays import Targets
from course_lib.layers import Affine, Layer, Relu

Array = np.ndarray[Any, np.dtype[Any]]
N, D = 3, 5
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def passes(layer: Layer, inputs: list[Any], constants: list[Any], seed: int = 3) -> list[Array]:
    """The output and every gradient of a forward and a backward pass."""
    out = layer.forward(*inputs, *constants)
    dout = np.random.default_rng(seed).standard_normal(np.shape(out))
    return [np.asarray(out), *map(np.asarray, gradients(layer, dout))]


def drawn(case: Case, n: int = N, seed: int = 7) -> tuple[list[Array], list[Array]]:
    generator = np.random.default_rng(seed)
    return case.inputs(generator, n, D), case.constants(generator, n, D)


def assert_same(ours: list[Array], wanted: list[Array]) -> None:
    for a, b in zip(ours, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        assert a.shape == b.shape


# --- the checks --------------------------------------------------------------------------------


def check_shapes(case: Case) -> None:
    for n in (1, N):
        layer = case.build(D)
        inputs, constants = drawn(case, n)
        out = layer.forward(*inputs, *constants)
        grads = as_tuple(layer.backward(np.ones(np.shape(out))))
        assert [g.shape for g in grads] == [x.shape for x in inputs]
        for name in parameters(layer):
            assert getattr(layer, f"d{name}").shape == getattr(layer, name).shape


def check_dtype_kept(case: Case) -> None:
    for dtype in (np.float32, np.float64):
        layer = in_dtype(case.build(D), dtype)
        inputs, constants = drawn(case)
        inputs = [x.astype(dtype) for x in inputs]
        assert {a.dtype for a in passes(layer, inputs, constants)} == {np.dtype(dtype)}


def check_arguments_unchanged(case: Case) -> None:
    layer = case.build(D)
    inputs, constants = drawn(case)
    held = {name: getattr(layer, name) for name in parameters(layer)}
    before = copy.deepcopy([*inputs, *constants, *held.values()])
    out = layer.forward(*inputs, *constants)
    dout = np.array(rng().standard_normal(np.shape(out)))
    dout_before = dout.copy()
    layer.backward(dout)
    for kept, now in zip(before, [*inputs, *constants, *held.values()], strict=True):
        np.testing.assert_array_equal(now, kept)
    np.testing.assert_array_equal(dout, dout_before)
    assert all(getattr(layer, name) is array for name, array in held.items())


def check_gradients_are_not_views_of_dout(case: Case) -> None:
    layer = case.build(D)
    inputs, constants = drawn(case)
    dout = np.ones(np.shape(layer.forward(*inputs, *constants)))
    assert not any(np.shares_memory(g, dout) for g in gradients(layer, dout))


def check_twice_gives_the_same(case: Case) -> None:
    layer = case.build(D)
    inputs, constants = drawn(case)
    first = copy.deepcopy(passes(layer, inputs, constants))
    assert_same(passes(layer, inputs, constants), first)
    dout = np.random.default_rng(3).standard_normal(first[0].shape)
    assert_same([np.asarray(g) for g in gradients(layer, dout)], first[1:])


def check_another_batch(case: Case) -> None:
    layer = case.build(D)
    passes(layer, *drawn(case, 7, seed=1))
    for n in (2, 9):
        assert_same(passes(layer, *drawn(case, n)), passes(case.build(D), *drawn(case, n)))


def check_instances_independent(case: Case) -> None:
    one, other = case.build(D), case.build(D)
    (inputs, constants), elsewhere = drawn(case), drawn(case, 4, seed=2)
    wanted = passes(case.build(D), inputs, constants)
    out = one.forward(*inputs, *constants)
    other.forward(*elsewhere[0], *elsewhere[1])
    dout = np.random.default_rng(3).standard_normal(np.shape(out))
    assert_same([np.asarray(g) for g in gradients(one, dout)], wanted[1:])


def check_extremes_finite(case: Case) -> None:
    layer = case.build(D)
    low, high = case.extremes()
    inputs = [np.where(np.arange(N * D).reshape(N, D) % 2, high, low)] * case.count
    _, constants = drawn(case)
    assert all(np.isfinite(a).all() for a in passes(layer, inputs, constants))


def check_integers_converted(case: Case) -> None:
    whole = np.arange(1, N * D + 1).reshape(N, D)
    _, constants = drawn(case)
    as_integers = passes(case.build(D), [whole] * case.count, constants)
    as_floats = passes(case.build(D), [whole.astype(float)] * case.count, constants)
    assert_same(as_integers, as_floats)
    assert all(a.dtype == np.float64 for a in as_integers)


def check_lists_accepted(case: Case) -> None:
    inputs, constants = drawn(case)
    wanted = passes(case.build(D), inputs, constants)
    got = passes(case.build(D), [x.tolist() for x in inputs], [t.tolist() for t in constants])
    assert_same(got, wanted)


def check_nan_refused(case: Case) -> None:
    for i in range(case.count):
        inputs, constants = drawn(case)
        inputs[i][1, 2] = np.nan
        with pytest.raises(ValueError, match="nan"):
            case.build(D).forward(*inputs, *constants)
    layer = case.build(D)
    inputs, constants = drawn(case)
    dout = np.full(np.shape(layer.forward(*inputs, *constants)), np.nan)
    with pytest.raises(ValueError, match="dout"):
        layer.backward(dout)


def check_text_refused(case: Case) -> None:
    inputs, constants = drawn(case)
    for wrong in ("text", [[1.0], [1.0, 2.0]], np.ones((N, D), complex)):
        with pytest.raises((TypeError, ValueError), match="expected"):
            case.build(D).forward(wrong, *inputs[1:], *constants)


def check_wrong_dout_refused(case: Case) -> None:
    layer = case.build(D)
    inputs, constants = drawn(case)
    shape = np.shape(layer.forward(*inputs, *constants))
    for wrong in [(*shape, 1), (2, *shape), (N + 1, D)]:
        with pytest.raises(ValueError, match="dout"):
            layer.backward(np.ones(wrong))


def check_backward_before_forward_refused(case: Case) -> None:
    with pytest.raises(RuntimeError, match=f"{case.name}.forward"):
        case.build(D).backward(np.ones((N, D)))


def check_numerical_gradient(case: Case) -> None:
    for n in (1, N):
        compare_with_differences(case, *drawn(case, n))


def check_linear_in_dout(case: Case) -> None:
    layer = case.build(D)
    inputs, constants = drawn(case)
    shape = np.shape(layer.forward(*inputs, *constants))
    u, v = rng().standard_normal((2, *shape))
    of_u, of_v, of_both = (
        [np.array(g) for g in gradients(layer, d)] for d in (u, v, 2.0 * u - 3.0 * v)
    )
    assert_same(of_both, [2.0 * a - 3.0 * b for a, b in zip(of_u, of_v, strict=True)])


def compare_with_differences(case: Case, inputs: list[Array], constants: list[Array]) -> None:
    """Compare every gradient with a central difference under a random upstream gradient."""
    layer = case.build(inputs[0].shape[1])
    out = layer.forward(*inputs, *constants)
    dout = np.random.default_rng(5).standard_normal(np.shape(out))
    grads = gradients(layer, dout)
    variables = [*inputs, *(getattr(layer, p) for p in parameters(layer))]
    h = 1e-5
    for variable, grad in zip(variables, grads, strict=True):
        wanted = np.empty(variable.shape)
        for index in np.ndindex(variable.shape):
            kept = variable[index]
            sides = []
            for moved in (kept + h, kept - h):
                variable[index] = moved
                sides.append(np.sum(layer.forward(*inputs, *constants) * dout))
            variable[index] = kept
            wanted[index] = (sides[0] - sides[1]) / (2 * h)
        np.testing.assert_allclose(grad, wanted, rtol=1e-6, atol=1e-7)


CHECKS = [value for name, value in sorted(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@by_name
def test_every_layer(case: Case, check: Callable[[Case], None]) -> None:
    check(case)


def test_layers_are_found_in_the_modules_of_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_layers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "cube.py").write_text(
        "from course_lib.layers.base import Layer\nfrom course_lib.layers.relu import Relu\n"
        "class Cube(Layer): ...\nclass NoLayer: ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = layers.layers_of(importlib.import_module("some_layers"))
    assert list(found) == ["Cube"]
    assert layers.LAYERS["Relu"] is Relu
    assert set(layers.__all__) == {"Layer", *layers.LAYERS}
    with pytest.raises(AttributeError, match=r"no layer 'Rleu'.*Relu"):
        _ = layers.Rleu


def test_what_a_case_reads_from_the_class() -> None:
    # Nothing is found by a check that feeds a layer nothing.
    known = {case.name: case for case in CASES}
    assert known.keys() >= {"Affine", "BatchNorm", "ShoppingCart", "Linear", "SoftmaxWithLoss"}
    assert (known["Relu"].count, known["MulLayer"].count, known["ShoppingCart"].count) == (1, 2, 5)
    assert [name for name, case in known.items() if case.targets] == [
        "IdentityWithLoss",
        "SoftmaxWithLoss",
        "TemperatureWithLoss",
    ]
    assert Affine.parameters == ("W", "b")
    assert layers.BatchNorm.parameters == ("gamma", "beta")
    assert known["LogLayer"].extremes() == (1e-4, 1e4)
    assert known["ExpLayer"].extremes() == (-1e4, 700)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(data=st.data())
@by_name
def test_gradient_on_any_shape(case: Case, data: st.DataObject) -> None:
    shape = (data.draw(st.integers(1, 4), "N"), data.draw(st.integers(2, 6), "D"))
    magnitudes = st.floats(MARGIN, 3.0)
    either_sign = magnitudes | magnitudes.map(lambda v: -v)
    values = arrays(float, shape, elements=either_sign if case.negative else magnitudes)
    inputs = [data.draw(values, f"input {i}") for i in range(case.count)]
    constants = case.constants(np.random.default_rng(shape), *shape)
    compare_with_differences(case, inputs, constants)


# --- each check must reject something ----------------------------------------------------------


class Overwrites(Layer):
    """Changes what comes in: x forwards, dout backwards."""

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        x[self.mask] = 0
        return x * 1

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class Doubles(Layer):
    """Slope 2 forwards, slope 1 backwards."""

    def forward(self, x: Array) -> Array:
        return 2 * x

    def backward(self, dout: Array) -> Array:
        return 1 * dout


class IgnoresDout(Layer):
    def forward(self, x: Array) -> Array:
        self.x = x
        return x**2

    def backward(self, dout: Array) -> Array:
        return 2 * self.x


class Widens(Layer):
    def forward(self, x: Array) -> Array:
        return x * np.float64(1) + np.zeros(1)

    def backward(self, dout: Array) -> Array:
        return dout * 1


class Accumulates(Layer):
    total: Any = 0

    def forward(self, x: Array) -> Array:
        return x * 1

    def backward(self, dout: Array) -> Array:
        self.total = self.total + dout
        return self.total


class RemembersTheFirstMask(Layer):
    mask: Any = None

    def forward(self, x: Array) -> Array:
        if self.mask is None:
            self.mask = x <= 0
        return np.where(x <= 0, 0, x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, 0, dout)


class SharesItsMask(Layer):
    shared: Any = {}  # noqa: RUF012 - the very fault

    def forward(self, x: Array) -> Array:
        self.shared["mask"] = x <= 0
        return np.where(x <= 0, 0, x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.shared["mask"][: len(dout)], 0, dout)


class Transposes(Layer):
    def forward(self, x: Array) -> Array:
        return x * 1

    def backward(self, dout: Array) -> Array:
        return dout.T


class OverflowingSigmoid(Layer):
    def forward(self, x: Array) -> Array:
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out * (1 - self.out)


class Unguarded:
    """No `Layer`: takes whatever comes, and keeps no order of calls."""

    def forward(self, x: Array) -> Array:
        return x * 2

    def backward(self, dout: Array) -> Array:
        return dout * 2


def faulty(layer: type[Any]) -> Case:
    return case_of(layer) if issubclass(layer, Layer) else Case(layer, lambda D: layer())


REJECTED = [
    (check_shapes, Transposes),
    (check_dtype_kept, Widens),
    (check_arguments_unchanged, Overwrites),
    (check_gradients_are_not_views_of_dout, Overwrites),
    (check_twice_gives_the_same, Accumulates),
    (check_another_batch, RemembersTheFirstMask),
    (check_instances_independent, SharesItsMask),
    (check_extremes_finite, OverflowingSigmoid),
    (check_integers_converted, Unguarded),
    (check_lists_accepted, Unguarded),
    (check_nan_refused, Unguarded),
    (check_text_refused, Unguarded),
    (check_wrong_dout_refused, Unguarded),
    (check_backward_before_forward_refused, Unguarded),
    (check_numerical_gradient, Doubles),
    (check_numerical_gradient, IgnoresDout),
    (check_linear_in_dout, IgnoresDout),
]


@pytest.mark.parametrize(
    ("check", "layer"), REJECTED, ids=lambda v: v.__name__.removeprefix("check_")
)
def test_check_rejects(check: Callable[[Case], None], layer: type[Any]) -> None:
    # DID NOT RAISE of pytest.raises is no Exception: it derives from BaseException.
    with pytest.raises((Exception, pytest.fail.Exception)):
        check(faulty(layer))


def test_every_check_rejects_something() -> None:
    assert {check for check, _ in REJECTED} == set(CHECKS)


# --- what only some layers promise -------------------------------------------------------------


@pytest.mark.parametrize("name", ["AddLayer", "SubLayer", "MulLayer", "DivLayer"])
def test_two_inputs_of_different_shapes_are_refused(name: str) -> None:
    # Broadcasting would hand back a gradient in the wrong shape.
    with pytest.raises(ValueError, match=r"one shape, got \(3, 5\) and \(5,\)"):
        getattr(layers, name)().forward(np.ones((3, 5)), np.ones(5))


@pytest.mark.parametrize("name", ["SoftmaxWithLoss", "IdentityWithLoss"])
def test_a_loss_scales_with_dout(name: str) -> None:
    layer = getattr(layers, name)()
    layer.forward(rng().standard_normal((2, 4)), one_hot(rng(), (2, 4)))
    once = layer.backward()
    np.testing.assert_allclose(layer.backward(-2.5), -2.5 * once)
    np.testing.assert_allclose(layer.backward(1), once)


def test_softmax_with_loss_takes_labels_as_one_hot_rows() -> None:
    x, labels = rng().standard_normal((4, 3)), np.array([2, 0, 1, 2])
    by_label, by_row = layers.SoftmaxWithLoss(), layers.SoftmaxWithLoss()
    assert by_label.forward(x, labels) == by_row.forward(x, np.eye(3)[labels])
    np.testing.assert_array_equal(by_label.backward(), by_row.backward())


@pytest.mark.parametrize(
    ("t", "error", "message"),
    [
        ([0, 3], ValueError, "labels from 0 to 2"),
        ([-1, 0], ValueError, "labels from 0 to 2"),
        ([0.0, 1.0], TypeError, "integer labels"),
        ([0, 1, 2], ValueError, r"labels of shape \(2,\)"),
        ([[1, 1, 0], [1, 0, 0]], ValueError, "one-hot"),
        ([[2.0, -1.0, 0], [1, 0, 0]], ValueError, "one-hot"),
    ],
)
def test_softmax_with_loss_refuses_targets(t: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        layers.SoftmaxWithLoss().forward(np.zeros((2, 3)), t)


@pytest.mark.parametrize("t", [np.zeros(2), np.zeros((2, 1)), np.full((2, 3), np.nan), "text"])
def test_identity_with_loss_refuses_targets(t: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"t: expected|y and t of one shape|t in the"):
        layers.IdentityWithLoss().forward(np.zeros((2, 3)), t)


def test_affine_flattens_tensors_and_restores_their_shape() -> None:
    x = rng().standard_normal((2, 3, 4, 5))
    W, b = rng().standard_normal((60, 7)), rng().standard_normal(7)
    layer, flat = Affine(W, b), Affine(W, b)
    dout = rng().standard_normal((2, 7))
    np.testing.assert_array_equal(layer.forward(x), flat.forward(x.reshape(2, 60)))
    np.testing.assert_array_equal(layer.backward(dout), flat.backward(dout).reshape(x.shape))
    np.testing.assert_array_equal(layer.dW, flat.dW)


def test_affine_takes_one_sample_without_a_batch_axis() -> None:
    layer = Affine(np.arange(6.0).reshape(2, 3), np.ones(3))
    np.testing.assert_array_equal(layer.forward(np.array([1.0, 2.0])), [7, 10, 13])
    np.testing.assert_array_equal(layer.backward(np.array([1.0, 0, 2])), [4, 13])
    np.testing.assert_array_equal(layer.dW, [[1, 0, 2], [2, 0, 4]])
    np.testing.assert_array_equal(layer.db, [1, 0, 2])


def test_affine_sees_a_change_of_its_weights_in_place() -> None:
    W = np.eye(2)
    layer = Affine(W, np.zeros(2))
    W *= 3
    np.testing.assert_array_equal(layer.forward(np.ones((1, 2))), [[3, 3]])


@pytest.mark.parametrize("x", [np.ones((2, 4)), np.ones(4), np.ones((2, 2, 2)), 1.0])
def test_affine_refuses_the_wrong_width(x: Any) -> None:
    with pytest.raises(ValueError, match=r"Affine\.forward: x: expected shape \(N, 3\)"):
        Affine(np.ones((3, 2)), np.zeros(2)).forward(x)


@pytest.mark.parametrize(("W", "b"), [(np.ones((3, 2)), np.ones(3)), (np.ones(3), np.ones(3))])
def test_affine_refuses_weights_that_do_not_fit(W: Array, b: Array) -> None:
    with pytest.raises(ValueError, match="expected W of shape"):
        Affine(W, b)


def test_numbers_come_back_as_floats() -> None:
    layer = layers.MulLayer()
    # Whole numbers too: 100 * 2 * 1.1 prints as in the book.
    assert repr(layer.forward(100 * 2, 1.1)) == "220.00000000000003"
    assert repr(layer.backward(1)) == "(1.1, 200.0)"
    assert repr(Relu().forward(-1)) == "0.0"
    # A float32 loss would lose its dtype in a float.
    loss = layers.SoftmaxWithLoss().forward(np.zeros((1, 2), np.float32), [0])
    assert isinstance(loss, np.float32)


def test_every_argument_annotated_as_an_array_is_checked() -> None:
    class Weighted(Layer):
        def __init__(self, weight: Array, power: int) -> None:
            self.weight, self.power = weight, power

        def forward(self, first: Array, rest: Any, t: Targets) -> Array:
            self.seen = (first, rest, t)
            return first * self.weight

        def backward(self, gradient: Array | float = 1) -> Array:
            return gradient * self.weight

    class Doubled(Weighted):
        def forward(self, first, rest, t):  # type: ignore[no-untyped-def]
            return 2 * super().forward(first, rest, t)

    for cls in (Weighted, Doubled):
        layer = cls([1, 2], 3)
        assert cls.parameters == ("weight",)
        assert layer.weight.dtype == np.float64
        assert layer.power == 3
        layer.forward([3, 4], [5], [0, 1])
        first, rest, t = layer.seen
        assert (first.dtype.kind, rest, t.dtype.kind) == ("f", [5], "i")
        for wrong in ({"first": [np.nan, 1]}, {"first": "ab"}, {"t": [np.nan, 0]}, {"t": "ab"}):
            with pytest.raises((TypeError, ValueError), match=f"{next(iter(wrong))}: expected"):
                layer.forward(**{"first": [3, 4], "rest": 0, "t": [0, 1], **wrong})
        with pytest.raises(ValueError, match="expected gradient in the shape"):
            layer.backward([1, 2, 3])
        with pytest.raises(ValueError, match=f"{cls.__name__}: weight: expected finite"):
            cls([np.nan], 3)


def test_an_alias_of_an_array_is_checked_as_an_array() -> None:
    # NumPy's own NDArray is such an alias from 2.5 on.
    class Vector:
        __value__ = np.ndarray[tuple[int, ...], np.dtype[Any]]
        __class_getitem__ = classmethod(GenericAlias)

    class Words(Vector):
        __value__ = list[str]  # type: ignore[assignment]

    def forward(self: Any, x: Any, names: Any) -> Any:
        self.seen = (x, names)
        return x

    forward.__annotations__ = {"x": Vector[Any], "names": Words[Any]}  # type: ignore[misc]
    layer: Any = type("Named", (Layer,), {"forward": forward})()
    layer.forward([1, 2], ["a"])
    assert layer.seen[0].dtype == np.float64
    assert layer.seen[1] == ["a"]


def test_arguments_by_name() -> None:
    layer = layers.AddLayer()
    assert layer.forward(y=1.0, x=2.0) == 3.0
    assert layer.backward(dout=4.0) == (4.0, 4.0)
    with pytest.raises(TypeError, match="missing"):
        layer.forward(1.0)
    with pytest.raises(TypeError, match="too many positional arguments"):
        layer.forward(1.0, 2.0, 3.0)
    with pytest.raises(TypeError, match="multiple values for argument 'x'"):
        layer.forward(1.0, x=2.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        layer.backward(1.0, z=2.0)


def test_infinity_passes() -> None:
    # Only NaN is refused: inf - inf must not be mistaken for it.
    out = Relu().forward(np.array([np.inf, -np.inf, 1.0]))
    np.testing.assert_array_equal(out, [np.inf, 0, 1])


def test_a_layer_that_overrides_check_inputs_says_what_it_takes() -> None:
    class Outer(Layer):
        def forward(self, x: Array, y: Array) -> Array:
            return x[:, None] * y

        def check_inputs(self, x: Array, y: Array) -> None:
            if x.ndim != 1 or y.ndim != 1:
                raise ValueError("Outer.forward: expected two rows")

    assert Outer().forward([1, 2], [3, 4, 5]).shape == (2, 3)
    with pytest.raises(ValueError, match="two rows"):
        Outer().forward([[1, 2]], [3])


def test_repr() -> None:
    assert repr(Affine(np.ones((2, 3)), np.zeros(3))) == "Affine(2 -> 3)"
    assert repr(Relu()) == "Relu()"
