"""The layers that only the exercises have, held against values worked out by hand."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from course_lib.answers.affine import AffineSample, Linear, ScaledAffine, ShiftedAffine
from course_lib.answers.chain_rule import Chain, Fork, ThreeUses
from course_lib.answers.formulas import FORMULAS
from course_lib.answers.shopping_cart import CouponCart, ShoppingCart

W = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])
b = np.array([0.5, 0.0, -1.0])
X = np.array([[2.0, 3.0], [1.0, -1.0]])
DOUT = np.array([[10.0, 1.0, 0.0], [0.0, 2.0, 1.0]])

ANSWERS = {made.__name__: made for made in (ShoppingCart, CouponCart, Fork, Chain, ThreeUses)}


def test_fork_by_hand() -> None:
    fork = Fork()
    assert fork.forward(2, 3) == 50
    assert fork.backward(1) == (25 + 20, 20)
    assert fork.backward(2) == (90, 40)


def test_three_uses_by_hand() -> None:
    layer = ThreeUses()
    assert layer.forward(2, 3) == 12
    assert layer.backward(1) == (3 + 4 + 1, 2)
    assert layer.backward(1) == (8, 2)


def test_chain_by_hand() -> None:
    chain = Chain()
    assert chain.forward(math.e) == pytest.approx(1)
    assert chain.backward(1) == pytest.approx(0, abs=1e-12)
    assert chain.forward(math.e**2) == pytest.approx(math.exp(-0.5))
    assert chain.backward(3) == pytest.approx(-3 * math.exp(-0.5) / math.e**2)


def test_affine_sample_by_hand() -> None:
    layer = AffineSample(W, b)
    assert layer.forward(X[0]).tolist() == [2.5, 7, 8]
    assert layer.backward(DOUT[0]).tolist() == [12, 1]
    assert layer.dW.tolist() == [[20, 2, 0], [30, 3, 0]]
    assert layer.db.tolist() == [10, 1, 0]


def test_affine_sample_refuses_a_batch() -> None:
    with pytest.raises(ValueError, match=r"expected shape \(2,\).*got \(2, 2\)"):
        AffineSample(W, b).forward(X)


def test_linear_by_hand() -> None:
    layer = Linear(W.T)
    assert layer.forward(X).tolist() == [[2, 7, 9], [1, 1, -3]]
    assert layer.backward(DOUT).tolist() == [[12, 1], [4, 5]]
    assert layer.dW.tolist() == [[20, 30], [4, 1], [1, -1]]


def test_scaled_affine_by_hand() -> None:
    layer = ScaledAffine(W, b, 2.0)
    assert layer.forward(X).tolist() == [[4.5, 14, 17], [2.5, 2, -7]]
    assert layer.backward(DOUT).tolist() == [[24, 2], [8, 10]]
    assert layer.dW.tolist() == [[40, 8, 2], [60, 2, -2]]
    assert layer.db.tolist() == [10, 3, 1]
    # 10 * 2 + 1 * 7 of the first sample, 2 * 1 + 1 * -3 of the second
    assert layer.dalpha == 26


def test_shifted_affine_by_hand() -> None:
    layer = ShiftedAffine(W, b, np.array([1.0, 1.0]))
    assert layer.forward(X).tolist() == [[1.5, 4, 5], [0.5, -2, -7]]
    assert layer.backward(DOUT).tolist() == [[12, 1], [4, 5]]
    assert layer.dW.tolist() == [[10, 1, 0], [20, -2, -2]]
    assert layer.dm.tolist() == [-16, -6]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_equals_the_layer_built_of_layers(name: str) -> None:
    layer, formula = ANSWERS[name](), FORMULAS[name]()
    rng = np.random.default_rng(0)
    count = len(inspect.signature(formula.forward).parameters)
    inputs = rng.uniform(0.5, 2.0, size=(count, 2, 3))
    dout = rng.normal(size=(2, 3))
    np.testing.assert_allclose(formula.forward(*inputs), layer.forward(*inputs), rtol=1e-12)
    np.testing.assert_allclose(formula.backward(dout), layer.backward(dout), rtol=1e-12)
