"""Stateless functions: values by hand, stability, and refused arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib.arrays import as_floats, has_nan
from course_lib.functions import (
    cross_entropy_error,
    log_softmax,
    mean_squared_error,
    sigmoid,
    softmax,
)

Array = np.ndarray[Any, np.dtype[Any]]
anything = settings(derandomize=True, deadline=None, max_examples=50)
scores = arrays(
    float, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-1e4, 1e4)
)


def test_sigmoid_by_hand() -> None:
    # sigmoid(log 3) = 3/4, and sigmoid(-x) = 1 - sigmoid(x).
    np.testing.assert_allclose(sigmoid(np.log([1.0, 3.0, 1 / 3])), [0.5, 0.75, 0.25])
    np.testing.assert_array_equal(sigmoid(np.array([-1e4, 1e4])), [0, 1])
    assert sigmoid(np.float32([-500, 500])).dtype == np.float32


@anything
@given(scores)
def test_softmax_rows_are_probabilities(x: Array) -> None:
    y = softmax(x)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=1), 1)
    np.testing.assert_allclose(softmax(x - x[:, :1]), y, atol=1e-9)
    np.testing.assert_allclose(np.exp(log_softmax(x)), y, atol=1e-12)
    assert np.isfinite(log_softmax(x)).all()


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_functions_accept_a_row_a_batch_and_more_axes(function: Any) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(function(x)[i, j], function(x[i, j]))
    assert function(x.astype(np.float32)).dtype == np.float32
    assert function([0, 0]).dtype == np.float64


def test_softmax_of_a_row_does_not_depend_on_other_rows() -> None:
    # Large logits in one row must not affect another row.
    y = softmax(np.array([[0.0, 0.0], [1e4, 1e4]]))
    np.testing.assert_array_equal(y, [[0.5, 0.5], [0.5, 0.5]])


def test_cross_entropy_by_hand() -> None:
    y = np.array([[0.25, 0.75], [0.5, 0.5]])
    wanted = (np.log(4) + np.log(2)) / 2
    assert cross_entropy_error(y, [0, 1]) == pytest.approx(wanted, rel=1e-15)
    assert cross_entropy_error(y, np.array([[1, 0], [0, 1]])) == pytest.approx(wanted, rel=1e-15)
    assert cross_entropy_error(y[0], 0) == pytest.approx(np.log(4))
    assert np.isfinite(cross_entropy_error(np.array([[0.0, 1.0]]), [0]))


def test_cross_entropy_adds_nothing_inside_the_logarithm() -> None:
    y = np.array([[1e-6, 1 - 1e-6]])
    assert cross_entropy_error(y, [0]) == pytest.approx(6 * np.log(10), rel=1e-14)
    assert -np.log(1e-6 + 1e-7) != pytest.approx(
        6 * np.log(10), rel=1e-3
    )  # the loss with 1e-7 added


def test_squared_error_by_hand() -> None:
    assert mean_squared_error([[1.0, 2], [3, 4]], [[0.0, 2], [3, 1]]) == (1 + 9) / 4
    assert mean_squared_error([1.0, 2], [0.0, 0]) == 2.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_squared_error(np.zeros((3, 1)), np.zeros(3)), "one shape"),
        (lambda: cross_entropy_error([[-0.1, 1.1]], [0]), "Pass the output of softmax"),
        (lambda: cross_entropy_error([[0.5, 0.5]], [2]), "labels from 0 to 1"),
        (lambda: cross_entropy_error([[0.5, 0.5]], [0, 1]), "expected labels of shape"),
        (lambda: softmax(1.0), r"softmax: x: expected at least one row"),
        (lambda: softmax(np.zeros((0, 3))), "at least one row"),
        (lambda: softmax([np.nan, 1.0]), r"softmax: x: .*nan at index \(0,\)"),
        (lambda: sigmoid(float("nan")), "sigmoid: x: .*nan"),
        (lambda: sigmoid([[1.0], [1.0, 2.0]]), "rows differ in length"),
    ],
)
def test_refused_values(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", ["text", None, 1j, [1j], object()])
def test_refused_types(value: Any) -> None:
    with pytest.raises(TypeError, match="expected real numbers"):
        as_floats(value, "x")


def test_float_arrays_are_not_copied() -> None:
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        x = np.ones(3, dtype)
        assert as_floats(x, "x") is x
    assert as_floats(np.array([True, False]), "x").dtype == np.float64
    assert as_floats(2, "x") == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_nan_is_refused_and_infinity_accepted(dtype: Any) -> None:
    # Warnings are errors here: the search for NaN must not warn.
    x = np.full((4, 6), np.finfo(dtype).max)
    x[0], x[1], x[2] = np.inf, -np.inf, -x[3]
    assert not has_nan(x)
    assert not has_nan(x[:, ::2].T)
    x[2, 4] = np.nan
    assert has_nan(x)
    assert has_nan(x[:, ::2].T)
    assert not has_nan(x[:0])


@pytest.mark.parametrize("x", [[np.inf, 1.0], [[0.0, 1.0], [-np.inf, -np.inf]]])
def test_logits_without_a_finite_maximum_are_refused(x: object) -> None:
    for function in (softmax, log_softmax):
        with pytest.raises(ValueError, match="finite largest value"):
            function(x)


def test_a_logit_of_minus_infinity_has_probability_zero() -> None:
    assert softmax([0.0, -np.inf, 0.0]).tolist() == [0.5, 0.0, 0.5]
