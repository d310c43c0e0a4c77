"""Reverse-mode differentiation, compared with hand calculation, layers and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from course_lib import layers
from course_lib.autodiff import Variable, sum_to_shape
from course_lib.gradients import numerical_gradient
from course_lib.networks import TwoLayerNet

Array = np.ndarray[Any, np.dtype[Any]]
Calculation = Callable[..., Variable]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def grads(f: Calculation, *values: Any) -> list[Any]:
    variables = [Variable(value) for value in values]
    f(*variables).backward()
    return [variable.grad for variable in variables]


# --- by hand -----------------------------------------------------------------------------------


def test_the_shopping_cart() -> None:
    def price(apple: Any, apple_num: Any, orange: Any, orange_num: Any, tax: Any) -> Variable:
        return (apple * apple_num + orange * orange_num) * tax

    wanted = [2.2, 110, 3.3, 165, 650]
    np.testing.assert_allclose(grads(price, 100, 2, 150, 3, 1.1), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("f", "values", "wanted"),
    [
        (lambda x, y: x + y, (10, 5), (1, 1)),
        (lambda x, y: x - y, (10, 5), (1, -1)),
        (lambda x, y: x * y, (10, 5), (5, 10)),
        (lambda x, y: x / y, (3, 2), (0.5, -0.75)),
        (lambda x: x**3, (2,), (12,)),
        (lambda x: x**-1, (2,), (-0.25,)),
        (lambda x: x**0, (0,), (0,)),
        (lambda x: x**1, (0,), (1,)),
        (lambda x: -x, (2,), (-1,)),
        (lambda x: x.exp(), (0,), (1,)),
        (lambda x: x.log(), (4,), (0.25,)),
        (lambda x: x.tanh(), (0,), (1,)),
        (lambda x: x.relu(), (3,), (1,)),
        (lambda x: x.relu(), (-3,), (0,)),
        (lambda x: x.relu(), (0,), (0,)),
        (lambda x: 2 + x, (5,), (1,)),
        (lambda x: 2 - x, (5,), (-1,)),
        (lambda x: 2 * x, (5,), (2,)),
        (lambda x: 6 / x, (2,), (-1.5,)),
        (lambda x: x + 2, (5,), (1,)),
        (lambda x: (x - 2) / 4, (5,), (0.25,)),
        # Used more than once, gradients add: 2 (x + y); 2x; 3x**2; and x itself and a product.
        (lambda x, y: (x + y) ** 2, (3, 4), (14, 14)),
        (lambda x: x + x, (5,), (2,)),
        (lambda x: x * x * x, (2,), (12,)),
        (lambda x, y: x * y + x, (3, 4), (5, 3)),
    ],
)
def test_gradients_match_hand_calculation(f: Calculation, values: Any, wanted: Any) -> None:
    np.testing.assert_allclose(grads(f, *values), wanted, rtol=1e-12)


def test_gradients_add_over_paths_of_different_lengths() -> None:
    # a = 2x, b = a * a, L = b + a: dL/dx = 2 (2a + 1) = 26 at x = 3. Taking x's last contribution,
    # or passing a's gradient on before both have arrived, gives another number.
    x = Variable(3.0)
    a = 2 * x
    (a * a + a).backward()
    assert a.grad == 13
    assert x.grad == 26


@pytest.mark.parametrize(
    ("f", "value"),
    [
        (lambda x: 2 - x, 7.0),
        (lambda x: 1 / x, 4.0),
        (lambda x: np.array([1.0, 2.0]) * x, 3.0),
        (lambda x: np.array([1.0, 2.0]) - x, 3.0),
        (lambda x: np.float64(2) / x, 3.0),
        (lambda x: np.ones((2, 2)) @ x, np.eye(2)),
    ],
)
def test_numbers_and_arrays_as_left_operands(f: Any, value: Any) -> None:
    out = f(Variable(value))
    assert isinstance(out, Variable)
    np.testing.assert_allclose(out.value, f(value))


# --- arrays and broadcasting -------------------------------------------------------------------


def test_a_gradient_has_the_shape_of_its_value() -> None:
    x, b, c, s = Variable(np.ones((4, 3))), Variable(np.arange(3.0)), Variable(np.ones((4, 1))), 2.0
    scale = Variable(s)
    ((x + b) * c * scale).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((4, 3), 2.0))
    np.testing.assert_array_equal(b.grad, [8, 8, 8])
    np.testing.assert_array_equal(c.grad, np.full((4, 1), 12.0))  # 2 * (1 + 2 + 3)
    assert np.shape(scale.grad) == ()
    assert scale.grad == 24


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((2, 3), np.array([[0, 1, 2], [3, 4, 5]])),
        ((3,), np.array([3, 5, 7])),
        ((1, 3), np.array([[3, 5, 7]])),
        ((2, 1), np.array([[3], [12]])),
        ((1, 1), np.array([[15]])),
        ((), np.array(15)),
    ],
)
def test_sum_to_shape(shape: tuple[int, ...], wanted: Array) -> None:
    got = sum_to_shape(np.arange(6.0).reshape(2, 3), shape)
    np.testing.assert_array_equal(got, wanted)
    assert np.shape(got) == shape


def test_matrix_product_of_different_shapes() -> None:
    x, W, dout = np.array([[1.0, 2.0]]), np.arange(6.0).reshape(2, 3), np.array([[1.0, 0, 2]])
    a, b = Variable(x), Variable(W)
    (a @ b).backward(dout)
    np.testing.assert_array_equal(a.grad, [[4, 13]])
    np.testing.assert_array_equal(b.grad, [[1, 0, 2], [2, 0, 4]])


NUMERICAL: list[tuple[Calculation, tuple[tuple[int, ...], ...]]] = [
    (lambda x, y: x + y, ((4, 3), (3,))),
    (lambda x, y: x - y, ((3,), (4, 3))),
    (lambda x, y: x * y, ((4, 1), (1, 3))),
    (lambda x, y: x / (y * y + 1), ((4, 3), ())),
    (lambda x, y: x / (y * y + 1), ((1,), (4, 3))),
    (lambda x, y: x @ y, ((4, 3), (3, 2))),
    (lambda x, y: x @ y, ((5, 4, 3), (3, 2))),
    (lambda x, y: x @ y, ((1, 4, 3), (5, 3, 2))),
    (lambda x: (x * x + 1) ** 1.5, ((4, 3),)),
    (lambda x: (x * x + 1).log(), ((4, 3),)),
    (lambda x: x.exp(), ((4, 3),)),
    (lambda x: x.tanh(), ((2, 4, 3),)),
    (lambda x: (x * 10).relu(), ((4, 3),)),
    (lambda x: x.sum(), ((4, 3),)),
    (lambda x: x.sum(axis=0), ((4, 3),)),
    (lambda x: x.sum(axis=-1, keepdims=True), ((4, 3),)),
    (lambda x: x.sum(axis=(0, 2)), ((4, 3, 2),)),
    (lambda x: x.mean(), ((4, 3),)),
    (lambda x: x.mean(axis=1), ((4, 3),)),
    (lambda x: x.mean(axis=0, keepdims=True), ((4, 3),)),
    (lambda x: x / (x * x).sum(axis=1, keepdims=True) ** 0.5, ((4, 3),)),
    (lambda x: x.exp() / x.exp().sum(axis=1, keepdims=True), ((4, 3),)),
]


@pytest.mark.parametrize(("f", "shapes"), NUMERICAL)
def test_gradients_agree_with_numerical_gradients(f: Calculation, shapes: Any) -> None:
    generator = rng()
    values = [np.asarray(generator.standard_normal(shape)) for shape in shapes]
    variables = [Variable(value) for value in values]
    out = f(*variables)
    dout = generator.standard_normal(out.value.shape)
    out.backward(dout)

    def final(_: Array) -> Any:
        return np.sum(dout * f(*[Variable(value) for value in values]).value)

    for variable, value in zip(variables, values, strict=True):
        wanted = numerical_gradient(final, value)
        np.testing.assert_allclose(variable.grad, wanted, rtol=1e-6, atol=1e-8)
        assert np.shape(variable.grad) == value.shape


def test_numerical_gradient_detects_a_missing_contribution() -> None:
    class Forgetful(Variable):
        def __mul__(self, other: Any) -> Variable:
            out = super().__mul__(other)
            out.inputs = out.inputs[:1]
            return out

    x = Forgetful(3.0)
    (x * x).backward()
    value = np.array(3.0)
    wanted = numerical_gradient(lambda v: v * v, value)
    assert abs(float(wanted) - 6) < 1e-6
    assert x.grad == 3


def test_batch_norm_and_softmax_agree_with_the_layers() -> None:
    x, dout = rng().standard_normal((2, 5, 3))
    gamma, beta = rng().standard_normal((2, 3))
    layer = layers.BatchNorm(gamma, beta)
    out = layer.forward(x)
    dx = layer.backward(dout)
    v, g, b = Variable(x), Variable(gamma), Variable(beta)
    centred = v - v.mean(axis=0)
    ours = g * centred / ((centred**2).mean(axis=0) + layer.eps) ** 0.5 + b
    ours.backward(dout)
    wanted = [out, dx, layer.dgamma, layer.dbeta]
    for mine, theirs in zip([ours.value, v.grad, g.grad, b.grad], wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


def test_two_layer_net_agrees_with_the_layers() -> None:
    generator = rng()
    net = TwoLayerNet(6, 5, 4, weight_init_std=0.5, rng=generator)
    x, t = generator.standard_normal((3, 6)), np.eye(4)[[2, 0, 3]]
    p = {name: Variable(value, name) for name, value in net.params.items()}
    scores = (x @ p["W1"] + p["b1"]).relu() @ p["W2"] + p["b2"]
    shifted = scores - scores.value.max(axis=1, keepdims=True)
    log_y = shifted - shifted.exp().sum(axis=1, keepdims=True).log()
    loss = -(t * log_y).sum() / len(x)
    loss.backward()
    assert float(loss.value) == pytest.approx(float(net.loss(x, t)), rel=1e-14)
    for name, grad in net.gradient(x, t).items():
        np.testing.assert_allclose(p[name].grad, grad, rtol=1e-12, atol=1e-15)


# --- the backward pass -------------------------------------------------------------------------


def test_a_deep_chain_needs_no_recursion() -> None:
    x = Variable(1.0)
    out = x
    for _ in range(10_000):
        out = out + 1e-4 * x
    out.backward()
    assert x.grad == pytest.approx(2.0)
    del out


def test_gradients_of_many_uses_add() -> None:
    x = Variable(2.0)
    out = sum((x * k for k in range(100)), start=Variable(0.0))
    out.backward()
    assert x.grad == 4950


def test_doubling_sixty_times_visits_each_node_once() -> None:
    # 2**60 paths lead from the result to x; a pass along each path would never end.
    x = Variable(1.0)
    out = x
    for _ in range(60):
        out = out + out
    out.backward()
    assert x.grad == 2.0**60


def test_backward_twice_gives_the_same_gradients() -> None:
    x = Variable(3.0)
    L = x * x
    L.backward()
    L.backward()
    assert x.grad == 6
    L.backward(10.0)
    assert x.grad == 60


def test_backward_from_another_result_replaces_the_gradients() -> None:
    x = Variable(3.0)
    (x * x).backward()
    (5 * x).backward()
    assert x.grad == 5


def test_gradients_share_no_memory() -> None:
    x, y, dout = Variable(np.ones(3)), Variable(np.ones(3)), np.ones(3)
    (x + y).backward(dout)
    assert x.grad is not None
    x.grad *= 7
    np.testing.assert_array_equal(y.grad, 1)
    np.testing.assert_array_equal(dout, 1)


def test_values_are_stored_and_not_changed() -> None:
    value = np.array([1.0, -2.0])
    x = Variable(value)
    (x.relu() * x.exp()).sum().backward()
    assert x.value is value
    np.testing.assert_array_equal(value, [1, -2])


def test_unused_variables_have_no_gradient() -> None:
    x, y = Variable(1.0), Variable(2.0)
    (x * 3).backward()
    assert y.grad is None


def test_float32_stays_float32() -> None:
    x = Variable(np.ones((2, 3), np.float32))
    W = Variable(np.ones((3, 2), np.float32))
    L = ((2 * (x @ W) + 1.0) ** 2 / 3).mean()
    L.backward()
    assert {L.value.dtype, x.grad.dtype, W.grad.dtype} == {np.dtype(np.float32)}  # type: ignore[union-attr]


def test_integers_become_floats() -> None:
    x = Variable([1, 2, 3])
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4, 6])
    assert x.value.dtype == np.float64


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda: x() + b(), ValueError, r"Variable \+: .*'x' of shape \(2, 3\) and 'b' of shape"),
        (lambda: b() * x(), ValueError, r"Variable \*: .*broadcast"),
        (lambda: x() @ b(), ValueError, r"Variable @: expected matrices \(N, D\) and \(D, K\)"),
        (lambda: x() @ x(), ValueError, r"'x' of shape \(2, 3\) and 'x' of shape \(2, 3\)"),
        (lambda: np.ones((4, 5)) @ x(), ValueError, "Variable @"),
        (lambda: x() ** x(), TypeError, r"Variable \*\*: exponent: expected a fixed number"),
        (lambda: x() + "text", TypeError, "expected real numbers"),
        (lambda: x() * None, TypeError, "expected real numbers"),
        (lambda: x().backward(), ValueError, r"one number to start from, got 'x' of shape"),
        (lambda: x().backward(np.ones(3)), ValueError, r"dout: expected the shape .*\(2, 3\)"),
        (lambda: x().backward(np.full((2, 3), np.nan)), ValueError, "dout: expected finite"),
        (lambda: Variable("text", "W1"), TypeError, "Variable 'W1': expected real numbers"),
        (lambda: Variable([1.0, np.nan], "W1"), ValueError, "Variable 'W1': expected finite"),
    ],
)
def test_errors_name_the_wrong_value(f: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        f()


def x() -> Variable:
    return Variable(np.ones((2, 3)), "x")


def b() -> Variable:
    return Variable(np.ones(4), "b")


def test_repr() -> None:
    assert repr(Variable([1, 2], "x")) == "Variable([1., 2.], name='x')"
    assert repr(Variable(3.0)) == "Variable(3.)"
