"""Networks: values, gradients, shared parameters, and construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_lib.gradients import check_gradients
from course_lib.layers import IdentityWithLoss, Layer, Relu, Sigmoid, Tanh
from course_lib.networks import MultiLayerNet, TwoLayerNet

X = np.random.default_rng(3).standard_normal((5, 4))
T = np.array([0, 2, 1, 1, 0])


def small_net(**rest: Any) -> TwoLayerNet:
    return TwoLayerNet(4, 6, 3, **{"weight_init_std": 0.5, "rng": 0, **rest})


def test_predict_and_loss_by_hand() -> None:
    net = TwoLayerNet(2, 2, 2)
    net.params["W1"] = [[1.0, 0], [0, -1]]
    net.params["b1"] = [0.5, 0]
    net.params["W2"] = [[2.0, 0], [0, 1]]
    net.params["b2"] = [0.0, 1]
    # (1, 2) -> (1.5, -2) -> ReLU (1.5, 0) -> (3, 1): logits, no softmax.
    scores = net.predict(np.array([[1.0, 2]]))
    np.testing.assert_array_equal(scores, [[3, 1]])
    assert net.loss(np.array([[1.0, 2]]), [0]) == pytest.approx(np.log(1 + np.exp(-2)))
    assert net.accuracy(np.array([[1.0, 2], [-1, 0]]), np.array([0, 0])) == 0.5


@pytest.mark.parametrize("activation", [Relu, Sigmoid, Tanh])
@pytest.mark.parametrize("hidden", [[], [6], [6, 5, 7]])
def test_any_number_of_layers(hidden: list[int], activation: type[Layer]) -> None:
    net = MultiLayerNet(4, hidden, 3, activation=activation, rng=0)
    assert net.predict(X).shape == (5, 3)
    assert len(net.params) == 2 * (len(hidden) + 1)
    assert check_gradients(net, X, T)
    kinds = [layer for name, layer in net.layers.items() if name.startswith(activation.__name__)]
    assert len({id(layer) for layer in kinds}) == len(hidden)


def test_layers_keep_their_order_after_backward() -> None:
    net = small_net()
    assert type(net.layers) is dict
    before, scores = list(net.layers), net.predict(X)
    net.gradient(X, T)
    assert list(net.layers) == before
    np.testing.assert_array_equal(net.predict(X), scores)


def test_gradient_works_without_a_call_of_loss() -> None:
    used, fresh = small_net(), small_net()
    used.gradient(X[:2] * 3, T[:2])
    for name, grad in used.gradient(X, T).items():
        np.testing.assert_array_equal(grad, fresh.gradient(X, T)[name])


def test_layers_give_the_gradient_of_the_input() -> None:
    net = small_net()
    net.gradient(X, T)
    net.loss(X, T)
    dout = net.last_layer.backward(1)
    for layer in reversed(net.layers.values()):
        dout = layer.backward(dout)
    assert dout.shape == X.shape


@pytest.mark.parametrize("hidden", [[], [3]])
@pytest.mark.parametrize(("x", "t"), [(X, T), (X[0], T[0])], ids=["batch", "sample"])
def test_gradients_of_the_first_layer_equal_those_of_its_backward(
    x: Any, t: Any, hidden: Any
) -> None:
    net = MultiLayerNet(X.shape[1], hidden, 3, activation=Tanh, rng=0)
    grads = net.gradient(x, t)
    dout = net.last_layer.backward(1)
    for layer in reversed(net.layers.values()):
        dout = layer.backward(dout)
    np.testing.assert_array_equal(grads["W1"], layer.dW)
    np.testing.assert_array_equal(grads["b1"], layer.db)
    assert grads["W1"].shape == net.params["W1"].shape


def test_a_replaced_backward_of_the_first_layer_is_called() -> None:
    net = small_net()

    def broken(dout: Any) -> None:
        raise KeyError("broken")

    net.layers["Affine1"].backward = broken
    with pytest.raises(KeyError):
        net.gradient(X, T)


def test_nan_in_the_first_layers_upstream_gradient_is_refused() -> None:
    net = small_net()
    net.layers["Relu1"].backward = lambda dout: dout * np.nan
    with pytest.raises(ValueError, match=r"Affine\.backward: dout: expected finite numbers"):
        net.gradient(X, T)


# --- parameters ----------------------------------------------------------------------------------


def step_in_place(params: Any, grads: Any) -> None:
    for name in params:
        params[name] -= 0.1 * grads[name]


def step_by_assignment(params: Any, grads: Any) -> None:
    for name in params:
        params[name] = params[name] - 0.1 * grads[name]


def step_by_update(params: Any, grads: Any) -> None:
    params.update({name: params[name] - 0.1 * grads[name] for name in params})


def step_by_union(params: Any, grads: Any) -> None:
    params |= {name: params[name] - 0.1 * grads[name] for name in params}


@pytest.mark.parametrize("step", [step_in_place, step_by_assignment, step_by_update, step_by_union])
def test_each_form_of_update_changes_the_layers(step: Any) -> None:
    net = small_net()
    before = net.loss(X, T)
    step(net.params, net.gradient(X, T))
    assert net.loss(X, T) < before
    assert net.layers["Affine1"].W is net.params["W1"]


def test_a_plain_dict_of_parameters_does_not_update_the_layers() -> None:
    # `Parameters` prevents this fault.
    net = small_net()
    net.params = dict(net.params)
    before = net.loss(X, T)
    step_by_assignment(net.params, net.gradient(X, T))
    assert net.loss(X, T) == before


def test_parameters_refuse_unknown_names_and_wrong_shapes() -> None:
    params = small_net().params
    with pytest.raises(KeyError, match="'dW1' is no parameter; the parameters are W1, b1, W2, b2"):
        params["dW1"] = np.ones((4, 6))
    with pytest.raises(ValueError, match=r"params\['b1'\]: expected shape \(6,\), got \(\)"):
        params["b1"] = 0.0
    with pytest.raises(KeyError, match="cannot be deleted"):
        del params["b1"]


# --- construction --------------------------------------------------------------------------------


def test_weights_have_the_requested_standard_deviation() -> None:
    for std, wanted in ((0.01, 0.01), ("he", np.sqrt(2 / 500)), ("xavier", np.sqrt(1 / 500))):
        net = MultiLayerNet(500, [400], 10, std, rng=0)
        assert net.params["W1"].std() == pytest.approx(wanted, rel=0.02)
        assert not net.params["b1"].any()
    assert not MultiLayerNet(4, [5], 3, 0).params["W1"].any()
    np.testing.assert_array_equal(small_net().params["W1"], small_net().params["W1"])
    assert (small_net(rng=1).params["W1"] != small_net().params["W1"]).all()


def test_float32_stays_float32() -> None:
    net = small_net(dtype=np.float32)
    x = X.astype(np.float32)
    loss, grads = net.loss_and_gradient(x, T)
    assert loss.dtype == net.predict(x).dtype == np.float32
    assert {grad.dtype for grad in grads.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("sizes", [(0, 5, 3), (4, -1, 3), (4, 5, 2.0), (True, 5, 3), ("4", 5, 3)])
def test_invalid_sizes_are_refused(sizes: Any) -> None:
    with pytest.raises(ValueError, match="TwoLayerNet: expected sizes of at least 1"):
        TwoLayerNet(*sizes)


@pytest.mark.parametrize("std", ["kaiming", -0.1, np.nan])
def test_invalid_standard_deviations_are_refused(std: Any) -> None:
    with pytest.raises(ValueError, match="weight_init_std: expected a number"):
        small_net(weight_init_std=std)


def test_accuracy_takes_labels_one_hot_rows_and_more_rows_than_a_chunk() -> None:
    net = small_net()
    x = np.random.default_rng(0).standard_normal((2500, 4))
    best = net.predict(x).argmax(axis=1)
    t = np.where(np.arange(2500) < 1000, best, (best + 1) % 3)
    assert net.accuracy(x, t) == net.accuracy(x, np.eye(3)[t]) == 0.4
    for wrong in (t[:-1], t[:0]):
        with pytest.raises(ValueError, match="accuracy: expected as many targets"):
            net.accuracy(x, wrong)
    with pytest.raises(ValueError, match="got 0 samples"):
        net.accuracy(x[:0], t[:0])


def test_identity_with_loss_as_the_last_layer() -> None:
    net = MultiLayerNet(4, [5], 2, last_layer=IdentityWithLoss(), rng=0)
    t = X[:, :2]
    assert net.loss(X, t) == pytest.approx(((net.predict(X) - t) ** 2).sum() / 10)
    assert check_gradients(net, X, t)


def test_repr() -> None:
    wanted = "TwoLayerNet(Affine(4 -> 6), Relu(), Affine(6 -> 3), SoftmaxWithLoss())"
    assert repr(small_net()) == wanted
