"""What only Dropout and BatchNorm promise: chance, and memory of past batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_lib.layers import BatchNorm, Dropout


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# --- dropout -----------------------------------------------------------------------------------


def test_dropout_drops_the_share_and_keeps_the_mean() -> None:
    layer = Dropout(0.2, rng())
    out = layer.forward(np.full((200, 500), 3.0))
    # 100,000 draws: the share has a standard deviation of 0.0013, the mean one of 0.005.
    assert (out == 0).mean() == pytest.approx(0.2, abs=0.006)
    assert out.mean() == pytest.approx(3.0, abs=0.025)
    np.testing.assert_allclose(out[out != 0], 3.75)


def test_dropout_sends_gradients_where_values_passed() -> None:
    layer = Dropout(0.5, rng())
    out = layer.forward(np.ones((4, 6)))
    dout = np.arange(1.0, 25.0).reshape(4, 6)
    np.testing.assert_array_equal(layer.backward(dout), np.where(out == 0, 0, 2 * dout))
    np.testing.assert_array_equal(layer.backward(dout), np.where(out == 0, 0, 2 * dout))


def test_dropout_draws_anew_for_every_batch_and_every_row() -> None:
    layer = Dropout(0.5, rng())
    x = np.ones((4, 50))
    first, second = layer.forward(x), layer.forward(x)
    assert (first != second).any()
    assert len({row.tobytes() for row in first}) == 4


def test_dropout_with_one_seed_draws_the_same() -> None:
    x = np.ones((4, 5))
    np.testing.assert_array_equal(Dropout(0.5, 3).forward(x), Dropout(0.5, 3).forward(x))


def test_dropout_does_nothing_at_test_time() -> None:
    layer = Dropout(0.9, rng())
    before = layer.rng.bit_generator.state
    x, dout = rng().standard_normal((2, 3, 4))
    layer.forward(x)
    layer.rng.bit_generator.state = before
    np.testing.assert_array_equal(layer.forward(x, train=False), x)
    # Not even the mask of the batch before is left over, and nothing is drawn.
    np.testing.assert_array_equal(layer.backward(dout), dout)
    assert layer.rng.bit_generator.state == before


def test_dropout_of_nothing_is_the_identity() -> None:
    x = rng().standard_normal((3, 4))
    np.testing.assert_array_equal(Dropout(0.0, rng()).forward(x), x)


@pytest.mark.parametrize("wrong", [1, 1.5, -0.1, float("nan"), True])
def test_dropout_refuses_probabilities(wrong: Any) -> None:
    with pytest.raises(ValueError, match="drop_probability: expected a number from 0 to below 1"):
        Dropout(wrong)


# --- batch normalisation -----------------------------------------------------------------------

# Column 1: mean 2, variance (1 + 0 + 1) / 3 = 2/3. Column 2: mean 0, variance 6.
X = np.array([[1.0, 3.0], [2.0, -3.0], [3.0, 0.0]])


def norm(D: int = 2, **settings: Any) -> BatchNorm:
    return BatchNorm(np.ones(D), np.zeros(D), **settings)


def test_batch_norm_by_hand() -> None:
    layer = norm(eps=1e-12)
    root = np.sqrt(1.5)
    wanted = np.array([[-root, root], [0, -root], [root, 0]])
    np.testing.assert_allclose(layer.forward(X), wanted, atol=1e-12)
    # dout = (1, 0, 0) in column 1: mean 1/3, mean of dout * x_hat = -root/3;
    # dx = (1 - 1/3 - 1/2, -1/3, -1/3 + 1/2) * root = (1/6, -1/3, 1/6) * root.
    dx = layer.backward(np.array([[1.0, 0], [0, 0], [0, 0]]))
    np.testing.assert_allclose(dx[:, 0], np.array([1, -2, 1]) / 6 * root, atol=1e-12)
    np.testing.assert_array_equal(dx[:, 1], 0)
    np.testing.assert_allclose(layer.dgamma, [-root, 0], atol=1e-12)
    np.testing.assert_array_equal(layer.dbeta, [1, 0])


def test_batch_norm_scales_and_shifts() -> None:
    layer = BatchNorm(np.array([2.0, -1.0]), np.array([5.0, 0.5]), eps=1e-12)
    out = layer.forward(X)
    np.testing.assert_allclose(out.mean(axis=0), [5, 0.5], atol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), [2, 1], rtol=1e-9)


def test_batch_norm_gradient_takes_no_part_in_mean_and_spread() -> None:
    # The output does not change when a column is shifted, nor (but for eps) when it is stretched.
    layer = norm(4, eps=1e-12)
    x, dout = rng().standard_normal((2, 6, 4))
    layer.forward(x)
    dx = layer.backward(dout)
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((dx * x).sum(axis=0), 0, atol=1e-10)


def test_batch_norm_running_statistics() -> None:
    layer = norm(momentum=0.75)
    layer.forward(X)
    np.testing.assert_allclose(layer.running_mean, [0.25 * 2, 0])
    np.testing.assert_allclose(layer.running_var, [0.75 + 0.25 * 2 / 3, 0.75 + 0.25 * 6])
    layer.forward(X)
    np.testing.assert_allclose(layer.running_mean, [0.75 * 0.5 + 0.5, 0])


def test_batch_norm_at_test_time_uses_them_as_constants() -> None:
    layer = BatchNorm(np.array([2.0, 3.0]), np.array([1.0, -1.0]), eps=1.0)
    layer.running_mean = np.array([10.0, 0.0])
    layer.running_var = np.array([3.0, 8.0])
    # std = (2, 3)
    out = layer.forward(np.array([[12.0, 6.0]]), train=False)
    np.testing.assert_allclose(out, [[3, 5]])
    np.testing.assert_allclose(layer.backward(np.array([[1.0, 1.0]])), [[1, 1]])
    np.testing.assert_allclose(layer.dgamma, [1, 2])
    np.testing.assert_array_equal(layer.running_mean, [10, 0])
    np.testing.assert_array_equal(layer.running_var, [3, 8])


def test_batch_norm_at_test_time_treats_rows_by_themselves() -> None:
    layer = norm()
    layer.forward(X)
    whole = layer.forward(X, train=False)
    np.testing.assert_array_equal(layer.forward(X[:1], train=False), whole[:1])


def test_batch_norm_keeps_float32_at_test_time() -> None:
    layer = BatchNorm(np.ones(2, np.float32), np.zeros(2, np.float32))
    layer.forward(X.astype(np.float32))
    out = layer.forward(X.astype(np.float32), train=False)
    assert {out.dtype, layer.backward(out).dtype, layer.running_var.dtype} == {np.dtype(np.float32)}


def test_batch_norm_of_a_column_that_does_not_vary() -> None:
    layer = norm()
    np.testing.assert_array_equal(layer.forward(np.full((4, 2), 3.0)), 0)
    assert np.isfinite(layer.backward(rng().standard_normal((4, 2)))).all()


def test_batch_norm_sees_a_change_of_its_parameters_in_place() -> None:
    gamma = np.ones(2)
    layer = BatchNorm(gamma, np.zeros(2))
    once = layer.forward(X)
    gamma *= 2
    np.testing.assert_array_equal(layer.forward(X), 2 * once)


@pytest.mark.parametrize("x", [np.ones((3, 4)), np.ones(2), np.ones((0, 2)), np.ones((3, 2, 2))])
def test_batch_norm_refuses_shapes(x: Any) -> None:
    with pytest.raises(ValueError, match=r"BatchNorm\.forward: x: expected shape \(N, 2\)"):
        norm().forward(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones(3), np.ones(2)), r"got \(3,\) and \(2,\)"),
        ((np.ones((1, 3)), np.ones((1, 3))), "one shape"),
        ((np.ones(3), np.ones(3), 1e-5, 1.0), "momentum"),
        ((np.ones(3), np.ones(3), 1e-5, -0.1), "momentum"),
        ((np.ones(3), np.ones(3), 0.0), "eps"),
    ],
)
def test_batch_norm_refuses_settings(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchNorm(*arguments)


def test_repr() -> None:
    assert repr(Dropout(0.25)) == "Dropout(0.25)"
    assert repr(norm(3)) == "BatchNorm(3)"
