"""The numbers that the course states, with one test for each of its systems S1 to S14."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_lib.datasets import load_mnist
from course_lib.functions import cross_entropy_error, softmax
from course_lib.gradients import check_gradients
from course_lib.layers import (
    AddLayer,
    Affine,
    ExpLayer,
    IdentityWithLoss,
    MulLayer,
    ReciprocalLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from course_lib.networks import MultiLayerNet, TwoLayerNet
from course_lib.training import train


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-12)


def test_s1_mul_layer_buys_two_apples() -> None:
    mul_apple, mul_tax = MulLayer(), MulLayer()
    price = mul_tax.forward(mul_apple.forward(100, 2), 1.1)
    dapple_price, dtax = mul_tax.backward(1)
    dapple, dapple_num = mul_apple.backward(dapple_price)
    assert price == 220.00000000000003
    assert (dapple, dapple_num, dtax) == (2.2, 110.00000000000001, 200)


def test_s2_add_layer_passes_the_gradient_to_both_inputs() -> None:
    layer = AddLayer()
    assert layer.forward(10, 5) == 15
    assert layer.backward(1.3) == (1.3, 1.3)


def test_s3_shopping_cart() -> None:
    mul_apple, mul_orange, add_fruit, mul_tax = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    all_price = add_fruit.forward(mul_apple.forward(100, 2), mul_orange.forward(150, 3))
    assert all_price == 650
    assert mul_tax.forward(all_price, 1.1) == 715.0000000000001
    dall_price, dtax = mul_tax.backward(1)
    dapple_price, dorange_price = add_fruit.backward(dall_price)
    dorange, dorange_num = mul_orange.backward(dorange_price)
    dapple, dapple_num = mul_apple.backward(dapple_price)
    assert (dall_price, dtax) == (1.1, 650)
    assert (dapple_num, dapple) == near((110, 2.2))
    assert (dorange, dorange_num) == near((3.3, 165))


def test_s4_relu() -> None:
    layer = Relu()
    out = layer.forward(np.array([[1, -0.5], [-2, 3]]))
    np.testing.assert_array_equal(layer.mask, [[False, True], [True, False]])
    np.testing.assert_array_equal(out, [[1, 0], [0, 3]])
    layer.forward(np.zeros(1))
    np.testing.assert_array_equal(layer.backward(np.array([5.0])), [0])


def test_s5_sigmoid_equals_its_four_stages() -> None:
    x, dout = np.array([-3.0, -0.5, 0.0, 2.0]), np.array([1.0, -2.0, 0.5, 4.0])
    negate, exp, plus, invert = MulLayer(), ExpLayer(), AddLayer(), ReciprocalLayer()
    out = negate.forward(x, -np.ones(4))
    out = invert.forward(plus.forward(exp.forward(out), np.ones(4)))
    dx, _ = negate.backward(exp.backward(plus.backward(invert.backward(dout))[0]))
    folded = Sigmoid()
    np.testing.assert_allclose(folded.forward(x), out, rtol=1e-14)
    np.testing.assert_allclose(folded.backward(dout), dx, rtol=1e-14)
    # Warnings are errors here: large values of either sign must not overflow.
    np.testing.assert_array_equal(folded.forward(np.array([-1e4, 1e4])), [0, 1])


def test_s6_affine_of_one_sample() -> None:
    rng = np.random.default_rng(0)
    x, W, b = rng.random(2), rng.random((2, 3)), rng.random(3)
    layer = Affine(W, b)
    out = layer.forward(x)
    np.testing.assert_allclose(
        out, [sum(x[d] * W[d, k] for d in range(2)) + b[k] for k in range(3)]
    )
    dx = layer.backward(np.ones(3))
    assert (dx.shape, layer.dW.shape, layer.db.shape) == (x.shape, W.shape, b.shape)


def test_s7_affine_of_a_batch() -> None:
    layer = Affine(np.array([[0.0, 0, 0], [10, 10, 10]]), np.array([1.0, 2, 3]))
    out = layer.forward(np.array([[1.0, 0], [1, 1]]))
    np.testing.assert_array_equal(out, [[1, 2, 3], [11, 12, 13]])
    layer.backward(np.array([[1.0, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(layer.db, [5, 7, 9])


def test_s8_softmax_ignores_a_shift() -> None:
    shifted = softmax(np.array([1000.0, 1001, 1002]))
    np.testing.assert_allclose(shifted, softmax(np.array([0.0, 1, 2])), rtol=1e-12)
    # exp(0), exp(1), exp(2) over their sum, to eight places.
    np.testing.assert_allclose(shifted, [0.09003057, 0.24472847, 0.66524096], atol=1e-8)
    scores = np.random.default_rng(0).standard_normal((5, 4))
    np.testing.assert_array_equal(softmax(scores).argmax(axis=1), scores.argmax(axis=1))


@pytest.mark.parametrize(
    ("y", "dx"),
    [((0.3, 0.2, 0.5), (0.3, -0.8, 0.5)), ((0.01, 0.99, 1e-300), (0.01, -0.01, 0))],
    ids=["far", "near"],
)
@pytest.mark.parametrize("t", [[[0, 1, 0]], [1]], ids=["one-hot", "label"])
def test_s9_softmax_with_loss(y: Any, dx: Any, t: Any) -> None:
    layer = SoftmaxWithLoss()
    loss = layer.forward(np.log([y]), t)  # softmax undoes the logarithm
    assert loss == near(-np.log(y[1]))
    assert loss == near(cross_entropy_error(np.array([y]), t))
    np.testing.assert_allclose(layer.y, [y], rtol=1e-12)
    np.testing.assert_allclose(layer.backward(1), [dx], atol=1e-15)
    np.testing.assert_allclose(layer.backward(0.5), [np.array(dx) / 2], atol=1e-15)


def test_s10_identity_with_squared_error() -> None:
    layer = IdentityWithLoss()
    y, t = np.array([[1.0, 2], [3, 5]]), np.array([[1.0, 0], [4, 1]])
    assert layer.forward(y, t) == (0 + 4 + 1 + 16) / 2 / 2
    np.testing.assert_array_equal(layer.backward(1), [[0, 1], [-0.5, 2]])


def test_s11_update_is_learning_rate_times_gradient() -> None:
    rng = np.random.default_rng(1)
    x, t = rng.random((6, 4)), np.full(6, 2)
    x[:] = x[0]  # every mini-batch is the same
    net = TwoLayerNet(4, 5, 3, weight_init_std=0.5, rng=0)
    before = {name: param.copy() for name, param in net.params.items()}
    slope = net.numerical_gradient(x, t)
    history = train(net, x, t, steps=1, batch_size=6, learning_rate=0.1, rng=0)
    for name in net.params:
        np.testing.assert_allclose(net.params[name], before[name] - 0.1 * slope[name], atol=1e-9)
    assert net.loss(x, t) < history.losses[0]


def test_s12_two_layer_net() -> None:
    net = TwoLayerNet(784, 50, 10, rng=0)
    shapes = {name: param.shape for name, param in net.params.items()}
    assert shapes == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    assert list(net.layers) == ["Affine1", "Relu1", "Affine2"]
    assert isinstance(net.last_layer, SoftmaxWithLoss)
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.02)
    for method in ("predict", "loss", "accuracy", "numerical_gradient", "gradient"):
        assert callable(getattr(net, method))
    deep = MultiLayerNet(4, [5, 6, 7], 3, rng=0)
    assert list(deep.layers) == [
        *("Affine1", "Relu1", "Affine2", "Relu2", "Affine3", "Relu3", "Affine4")
    ]


def test_s13_gradient_check_on_three_images() -> None:
    (x, t), _ = load_mnist(one_hot_label=True)
    net = TwoLayerNet(784, 50, 10, rng=0)
    result = check_gradients(net, x[:3], t[:3])
    assert result.passed, str(result)
    assert sum(p.size for p in net.params.values()) == 39_760
    # Mean absolute differences are below those printed in the source.
    limits = {"W1": 5.0e-10, "b1": 3.2e-9, "W2": 6.6e-9, "b2": 1.4e-7}
    backprop = net.gradient(x[:3], t[:3])
    numerical = net.stacked_numerical_gradient(x[:3], t[:3], 1e-5)
    for name, limit in limits.items():
        assert np.abs(backprop[name] - numerical[name]).mean() < limit


def test_s14_one_epoch_of_training_reaches_85_percent() -> None:
    (x_train, t_train), (x_test, t_test) = load_mnist()
    net = TwoLayerNet(784, 50, 10, weight_init_std=0.01, dtype=np.float32, rng=0)
    history = train(net, x_train, t_train, x_test, t_test, steps=601, rng=0)
    assert [(a.step, a.epoch) for a in history.accuracies] == [(0, 0), (600, 1)]
    assert 0.05 < history.accuracies[0].test < 0.25
    assert history.accuracies[1].test > 0.85


# The whole run takes 10,000 steps. The chapter, which the build executes, has it with seed 0.
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_s14_training_reaches_the_accuracy(seed: int) -> None:
    (x_train, t_train), (x_test, t_test) = load_mnist()
    net = TwoLayerNet(784, 50, 10, weight_init_std=0.01, dtype=np.float32, rng=seed)
    history = train(net, x_train, t_train, x_test, t_test, rng=seed)
    assert history.settings == {"steps": 10_000, "batch_size": 100, "learning_rate": 0.1}
    assert [a.step for a in history.accuracies] == list(range(0, 10_000, 600))
    assert len(history.accuracies) == 17
    assert 0.05 < history.accuracies[0].test < 0.25
    assert history.accuracies[-1].train >= 0.975
    assert history.final.test >= 0.965
    assert net.accuracy(x_test, t_test) == history.final.test
