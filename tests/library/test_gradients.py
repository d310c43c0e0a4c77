"""The gradient check: right gradients pass, wrong ones fail, parameters are restored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_lib.gradients import check_gradients, numerical_gradient
from course_lib.layers import IdentityWithLoss, Relu, Sigmoid, Tanh
from course_lib.networks import MultiLayerNet

Array = np.ndarray[Any, np.dtype[Any]]
Grads = dict[str, Array]

# --- numerical_gradient --------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=40)
@given(arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)))
def test_numerical_gradient_of_a_sum_of_cubes(x: Array) -> None:
    # By hand: the derivative of sum(x**3) is 3 x**2.
    before = x.copy()
    grad = numerical_gradient(lambda x: (x**3).sum(), x)
    np.testing.assert_allclose(grad, 3 * x**2, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("f", [np.exp, np.sin, lambda z: 1 / (1 + np.exp(-z)), np.tanh])
def test_numerical_gradient_agrees_with_the_complex_step(f: Callable[[Any], Any]) -> None:
    # f(x + ih) has the imaginary part h f'(x), without the rounding of a difference.
    x = np.linspace(-2, 2, 9)
    wanted = f(x + 1e-30j).imag / 1e-30
    np.testing.assert_allclose(numerical_gradient(lambda x: f(x).sum(), x), wanted, rtol=1e-8)


def test_one_sided_differences_are_less_accurate() -> None:
    x, h = np.linspace(1, 2, 5), 1e-5
    one_sided = (((x + h) ** 3) - x**3) / h
    assert not np.allclose(one_sided, 3 * x**2, rtol=1e-6, atol=0)
    np.testing.assert_allclose(numerical_gradient(lambda x: (x**3).sum(), x), 3 * x**2, rtol=1e-6)


def test_f_may_read_x_from_an_outer_scope() -> None:
    W = np.array([1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(lambda _: W[0] * W[1], W), [2, 1])


def test_x_is_restored_if_f_raises() -> None:
    x = np.array([0.1, 0.2, 0.3])
    calls = iter(range(3))

    def f(x: Array) -> float:
        if next(calls) == 2:
            raise KeyError("stop")
        return float(x.sum())

    with pytest.raises(KeyError):
        numerical_gradient(f, x)
    np.testing.assert_array_equal(x, [0.1, 0.2, 0.3])


def test_numerical_gradient_of_views_scalars_and_empty_arrays() -> None:
    X = np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose(
        numerical_gradient(lambda x: (x**2).sum(), X[:, ::2].T), 2 * X[:, ::2].T, atol=1e-8
    )
    np.testing.assert_allclose(numerical_gradient(lambda x: x**2, np.array(3.0)), 6)
    assert numerical_gradient(lambda x: 0.0, np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (
            np.array([1, 2], np.int64),
            TypeError,
            r"numerical_gradient: x: .*dtype int64.*astype\(float\)",
        ),
        ([1.0, 2.0], TypeError, "got list"),
        (np.array([1j]), TypeError, "complex128"),
        (np.array([1.0, np.nan]), ValueError, "finite"),
        (np.array([np.inf]), ValueError, "finite"),
        (np.broadcast_to(1.0, 3), ValueError, "writable"),
    ],
)
def test_refused_points(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        numerical_gradient(lambda x: x.sum(), x)


@pytest.mark.parametrize("h", [0, -1e-5, np.nan, np.inf])
def test_refused_steps(h: float) -> None:
    with pytest.raises(ValueError, match="h: expected a small positive step"):
        numerical_gradient(lambda x: x.sum(), np.ones(2), h)
    with pytest.raises(ValueError, match="h: expected a small positive step"):
        check_gradients(small_net(), X, T, h=h)


@pytest.mark.parametrize("value", [np.ones(2), "text", None, 1j, np.nan, np.inf])
def test_refused_values(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a"):
        numerical_gradient(lambda x: value, np.ones(2))


# --- check_gradients: right gradients pass -------------------------------------------------------

X = np.random.default_rng(1).standard_normal((3, 6))
T = np.array([2, 0, 1])


def small_net(net: type[MultiLayerNet] = MultiLayerNet, **rest: Any) -> Any:
    return net(6, [5], 3, **{"weight_init_std": 0.5, "rng": 0, **rest})


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("activation", [Relu, Sigmoid, Tanh])
@pytest.mark.parametrize("std", [0.01, "he", 2.0])
def test_right_gradients_pass(seed: int, activation: Any, std: Any) -> None:
    rng = np.random.default_rng(seed)
    hidden, N = [[], [5], [5, 4]][seed % 3], 1 + seed
    last = IdentityWithLoss() if seed % 2 else None
    net = MultiLayerNet(6, hidden, 3, std, activation, last, rng=rng)
    t = rng.standard_normal((N, 3)) if seed % 2 else rng.integers(3, size=N)
    result = check_gradients(net, rng.standard_normal((N, 6)), t)
    assert result, str(result)
    assert list(result) == list(net.params)


@pytest.mark.parametrize("t", [T, T.tolist(), np.eye(3)[T], np.full((3, 3), 1 / 3)])
def test_check_accepts_every_kind_of_target(t: Any) -> None:
    assert check_gradients(small_net(), X, t)


def test_check_accepts_integers_tensors_and_one_sample() -> None:
    assert check_gradients(small_net(), np.arange(18).reshape(3, 6), T)
    assert check_gradients(small_net(), X.reshape(3, 1, 2, 3), T)
    assert check_gradients(small_net(), X[0], 2)


def test_right_gradients_below_rounding_pass() -> None:
    # Four layers of small weights: the first gradients are smaller than rounding / h.
    net = MultiLayerNet(6, [5, 5, 5], 3, 0.001, Tanh, rng=0)
    assert np.abs(net.gradient(X, T)["W1"]).max() < 1e-8
    result = check_gradients(net, X, T)
    assert result, str(result)


def test_small_gradients_are_still_checked() -> None:
    class Wrong(MultiLayerNet):
        def gradient(self, x: Any, t: Any) -> Grads:
            return {name: 1.01 * grad for name, grad in super().gradient(x, t).items()}

    net = Wrong(6, [5, 5], 3, 0.01, Tanh, rng=0)
    assert np.abs(MultiLayerNet.gradient(net, X, T)["W1"]).max() < 1e-3
    assert not check_gradients(net, X, T)["W1"].passed


def test_gradients_below_the_rounding_of_the_loss_are_labelled() -> None:
    net = MultiLayerNet(6, [5, 5, 5, 5], 3, 1e-4, Tanh, rng=0)
    verdict = check_gradients(net, X, T)["W1"]
    assert verdict.passed
    assert verdict.problem == "below the rounding of the loss"


def test_check_works_with_only_the_required_methods() -> None:
    class Plain:
        """A student's network with only the methods that the check requires."""

        def __init__(self) -> None:
            self.net = small_net()
            self.params = dict(self.net.params)

        def loss(self, x: Array, t: Array) -> Any:
            return self.net.loss(x, t)

        def gradient(self, x: Array, t: Array) -> Grads:
            return self.net.gradient(x, t)

    assert check_gradients(Plain(), X, T)


# --- kinks ---------------------------------------------------------------------------------------


def net_with_kink(distance: float, net: type[MultiLayerNet] = MultiLayerNet) -> Any:
    """A network whose first hidden value of the first sample lies `distance` above a kink."""
    it = small_net(net)
    it.params["b1"][0] += distance - (X[0] @ it.params["W1"] + it.params["b1"])[0]
    return it


@pytest.mark.parametrize("distance", [0.0, 1e-7, -1e-7, 3e-6, -3e-6, 9e-6, -9e-6])
def test_right_gradients_pass_with_a_kink_within_the_step(distance: float) -> None:
    net = net_with_kink(distance)
    x, t = X, T
    n, a = net.stacked_numerical_gradient(x, t, 1e-5)["b1"], net.gradient(x, t)["b1"]
    assert abs(n[0] - a[0]) > 1e-4 * abs(a[0])  # the plain difference is spoiled
    result = check_gradients(net, x, t)
    assert result, str(result)
    assert (0,) in result["b1"].kinks
    assert "at a kink" in str(result)


@pytest.mark.parametrize("error", [1e-6, 1e-3, -0.01, 1.0])
@pytest.mark.parametrize("distance", [0.0, 3e-6, -3e-6])
def test_a_wrong_gradient_beside_a_kink_still_fails(distance: float, error: float) -> None:
    class Wrong(MultiLayerNet):
        def gradient(self, x: Any, t: Any) -> Grads:
            grads = super().gradient(x, t)
            grads["b1"][0] += error
            return grads

    result = check_gradients(net_with_kink(distance, Wrong), X, T)
    assert not result["b1"].passed
    assert result["b1"].index == (0,)
    assert "beside a kink" in str(result)
    assert result["W2"].passed


XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def kinky_net(seed: int) -> tuple[Any, Array, Array]:
    """Return a small random network of ReLU units, many at their kink, with a batch."""
    rng = np.random.default_rng(seed)
    D, H, K, N = (int(n) for n in rng.integers((2, 2, 2, 1), (5, 6, 4, 6)))
    x = rng.normal(size=(N, D)) if seed % 2 else rng.integers(-2, 3, (N, D)).astype(float)
    t = rng.integers(K, size=N)
    if seed % 6 < 2:
        D, K, x, t = 2, 2, XOR, np.array([0, 1, 1, 0])
    hidden = [H, H] if seed % 6 in (1, 3) else [H]
    scale = 0.01 if seed % 3 == 0 else "he"
    net = MultiLayerNet(D, hidden, K, weight_init_std=scale, rng=seed)
    zero = {4: list(net.params), 5: ["W1", "W2"][seed // 6 % 2 :][:1]}.get(seed % 6, [])
    for name in zero:
        net.params[name][...] = 0
    return net, x, t


class Changed:
    """A network whose largest gradient of one parameter is wrong."""

    def __init__(self, net: Any, seed: int) -> None:
        self.net, self.seed, self.params = net, seed, net.params

    def loss(self, x: Any, t: Any) -> Any:
        return self.net.loss(x, t)

    def gradient(self, x: Any, t: Any) -> Grads:
        grads = {name: grad.copy() for name, grad in self.net.gradient(x, t).items()}
        grad = grads[list(grads)[self.seed % len(grads)]]
        largest = np.unravel_index(np.abs(grad).argmax(), grad.shape)
        if abs(grad[largest]) > 1e-4:
            # At a kink, a whole multiple of one slope may be the slope on another side.
            grad[largest] *= [1.001, -1.7, 2.3, 0.3][self.seed % 4]
        else:
            grad[largest] += 0.01
        return grads


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(12, 2000), marks=pytest.mark.slow)], ids=str
)
def test_right_gradients_of_small_networks_pass_and_wrong_ones_fail(seeds: range) -> None:
    for seed in seeds:
        net, x, t = kinky_net(seed)
        assert check_gradients(net, x, t, progress=False), seed
        assert not check_gradients(Changed(net, seed), x, t, progress=False), seed


def test_a_bend_with_equal_slopes_is_no_kink() -> None:
    class Bend:
        params = {"w": np.zeros(1)}  # noqa: RUF012

        def loss(self, x: Any, t: Any) -> Any:
            w = self.params["w"][0]
            return 2 * w + (100 * w**2 if w > 0 else 0)

        def gradient(self, x: Any, t: Any) -> Grads:
            return {"w": np.array([2.0])}

    result = check_gradients(Bend(), X, T)
    assert result
    assert result["w"].kinks == ()


def test_either_slope_is_right_at_a_kink() -> None:
    class Abs:
        def __init__(self, slope: float) -> None:
            self.params, self.slope = {"w": np.zeros(1)}, slope

        def loss(self, x: Any, t: Any) -> Any:
            w = self.params["w"][0]
            return 3 * w if w > 0 else -w

        def gradient(self, x: Any, t: Any) -> Grads:
            return {"w": np.array([self.slope])}

    assert check_gradients(Abs(3.0), X, T)["w"].kinks == ((0,),)
    assert check_gradients(Abs(-1.0), X, T)["w"].kinks == ((0,),)
    assert not check_gradients(Abs(2.9), X, T)


# --- wrong gradients fail ------------------------------------------------------------------------


def scaled(grads: Grads, name: str, index: tuple[int, ...], factor: float) -> Grads:
    grads = {key: value.copy() for key, value in grads.items()}
    grads[name][index] *= factor
    return grads


def without_w1(grads: Grads) -> Grads:
    return {("dw" if name == "W1" else name): grad for name, grad in grads.items()}


def with_nan(grads: Grads) -> Grads:
    grads["W1"][1, 2] = np.nan
    return grads


# Each takes the right gradients and returns wrong ones; W1 is the parameter that must fail.
PLANTED: dict[str, Callable[[Grads], Grads]] = {
    "one element off by a ten-thousandth": lambda g: scaled(g, "W1", (1, 2), 1.0001),
    "one sign": lambda g: scaled(g, "W1", (0, 0), -1),
    "all zero": lambda g: g | {"W1": 0 * g["W1"]},
    "not divided by N": lambda g: g | {"W1": 3 * g["W1"]},
    "shifted": lambda g: g | {"W1": np.roll(g["W1"], 1)},
    "transposed": lambda g: g | {"W1": g["W1"].T},
    "transposed memory": lambda g: g | {"W1": g["W1"].T.reshape(6, 5)},
    "another name": without_w1,
    "a row too few": lambda g: g | {"W1": g["W1"][1:]},
    "one number": lambda g: g | {"W1": np.float64(1)},
    "nan": with_nan,
    "infinite": lambda g: g | {"W1": g["W1"] / 1e-320 * 1e300},
    "complex": lambda g: g | {"W1": g["W1"] + 0j},
    "text": lambda g: g | {"W1": np.full((6, 5), "x")},
}


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("plain", [False, True], ids=["stacked", "plain"])
@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
def test_planted_errors_fail(plant: Callable[[Grads], Grads], plain: bool) -> None:
    class Wrong(MultiLayerNet):
        def gradient(self, x: Any, t: Any) -> Grads:
            return plant(super().gradient(x, t))

    net = small_net(Wrong)
    if plain:
        net.stacked_numerical_gradient = lambda *_: None
    result = check_gradients(net, X, T)
    assert not result
    assert [name for name in result if not result[name].passed] == ["W1"]
    assert "gradient check FAILED for W1" in str(result)


def test_a_failure_names_the_worst_element() -> None:
    class Wrong(MultiLayerNet):
        def gradient(self, x: Any, t: Any) -> Grads:
            return scaled(super().gradient(x, t), "W2", (3, 1), 1.5)

    net = small_net(Wrong)
    right = MultiLayerNet.gradient(net, X, T)["W2"][3, 1]
    verdict = check_gradients(net, X, T)["W2"]
    assert verdict.index == (3, 1)
    assert verdict.backprop == pytest.approx(1.5 * right)
    assert verdict.numerical == pytest.approx(right, rel=1e-6)
    assert verdict.relative_error == pytest.approx(1 / 3, rel=1e-5)


def test_a_gradient_method_that_changes_parameters_fails_and_they_are_restored() -> None:
    class Steps(MultiLayerNet):
        def gradient(self, x: Any, t: Any) -> Grads:
            grads = super().gradient(x, t)
            self.params["W1"] -= 0.1 * grads["W1"]
            return grads

    net = small_net(Steps)
    before = net.params["W1"].copy()
    result = check_gradients(net, X, T)
    assert result["W1"].problem == "gradient() changed this parameter"
    assert not result
    np.testing.assert_array_equal(net.params["W1"], before)


def test_a_loss_that_does_not_read_the_parameters_fails() -> None:
    net = small_net()
    net.params = {name: param.copy() for name, param in net.params.items()}
    assert not any(verdict.passed for verdict in check_gradients(net, X, T).parameters.values())


def test_a_gradient_that_ignores_the_upstream_gradient_fails() -> None:
    class Ignores(Tanh):
        def backward(self, dout: Any) -> Any:
            return 1 - self.out**2

    result = check_gradients(small_net(activation=Ignores), X, T)
    assert [name for name in result if not result[name].passed] == ["W1", "b1"]


def test_a_gradient_method_without_a_forward_pass_fails() -> None:
    class Stale(MultiLayerNet):
        def loss(self, x: Any, t: Any) -> Any:
            self.seen = x, t
            return super().loss(x, t)

        def gradient(self, x: Any, t: Any) -> Grads:
            return super().gradient(*self.seen)

    net = small_net(Stale)
    net.loss(-X, T)
    assert not check_gradients(net, X, T)


def test_a_constant_in_the_logarithm_of_the_loss_fails() -> None:
    class Leaky(MultiLayerNet):
        def loss(self, x: Any, t: Any) -> Any:
            super().loss(x, t)
            y = self.last_layer.y
            return -np.log(y[np.arange(len(t)), t] + 1e-7).mean()

    # If the probability of the right class is small, 1e-7 is not negligible.
    net = small_net(Leaky, weight_init_std=1.5)
    assert not check_gradients(net, X, T)
    net.loss = lambda x, t: MultiLayerNet.loss(net, x, t)
    assert check_gradients(net, X, T)


# --- restored parameters and stacked passes ------------------------------------------------------


def test_parameters_are_restored_exactly() -> None:
    for stacked in (True, False):
        net = net_with_kink(3e-6)
        if not stacked:
            net.stacked_numerical_gradient = lambda *_: None
        before = {name: param.copy() for name, param in net.params.items()}
        check_gradients(net, X, T)
        for name, param in before.items():
            np.testing.assert_array_equal(net.params[name], param)


@pytest.mark.parametrize("call", [1, 5, 15, 60])
def test_parameters_are_restored_if_the_loss_raises(call: int) -> None:
    class Breaks(MultiLayerNet):
        calls = 0

        def loss(self, x: Any, t: Any) -> Any:
            self.calls += 1
            if self.calls == call:
                raise KeyError("broken")
            return super().loss(x, t)

    net = small_net(Breaks)
    before = {name: param.copy() for name, param in net.params.items()}
    with pytest.raises(KeyError):
        check_gradients(net, X, T)
    for name, param in before.items():
        np.testing.assert_array_equal(net.params[name], param)


@pytest.mark.parametrize("activation", [Relu, Sigmoid, Tanh])
@pytest.mark.parametrize("last", [None, IdentityWithLoss()], ids=["softmax", "identity"])
def test_stacked_passes_agree_with_single_passes(activation: Any, last: Any) -> None:
    net = MultiLayerNet(6, [5, 4], 3, 0.5, activation, last, rng=0)
    t = np.eye(3)[T]
    stacked, plain = net.stacked_numerical_gradient(X, t, 1e-5), net.numerical_gradient(X, t)
    assert stacked.keys() == plain.keys() == net.params.keys()
    for name in plain:
        np.testing.assert_allclose(stacked[name], plain[name], rtol=1e-6, atol=1e-9)


def change_loss(net: Any) -> None:
    net.loss = lambda x, t: 2 * MultiLayerNet.loss(net, x, t)


def change_predict(net: Any) -> None:
    net.predict = lambda x: MultiLayerNet.predict(net, x) ** 2


def change_layer(net: Any) -> None:
    class Centred(Relu):
        def forward(self, x: Any) -> Any:
            return super().forward(x) - x.mean(axis=0)

    net.layers["Relu1"] = Centred()


def change_forward(net: Any) -> None:
    layer = net.layers["Relu1"]
    layer.forward = lambda x: Relu.forward(layer, x) * 2


def change_params(net: Any) -> None:
    net.params = {name: param.copy() for name, param in net.params.items()}


@pytest.mark.parametrize(
    "change", [change_loss, change_predict, change_layer, change_forward, change_params]
)
def test_stacked_passes_are_not_used_for_a_changed_network(change: Callable[[Any], None]) -> None:
    net = small_net()
    assert net.stacked_numerical_gradient(X, T, 1e-5) is not None
    change(net)
    assert net.stacked_numerical_gradient(X, T, 1e-5) is None
    assert not check_gradients(net, X, T)  # its gradient() ignores the change


def test_stacked_passes_are_not_used_for_another_loss() -> None:
    class Regularised(MultiLayerNet):
        def loss(self, x: Any, t: Any) -> Any:
            return super().loss(x, t) + (self.params["W1"] ** 2).sum()

    assert small_net(Regularised).stacked_numerical_gradient(X, T, 1e-5) is None
    result = check_gradients(small_net(Regularised), X, T)
    assert [name for name in result if not result[name].passed] == ["W1"]


# --- refused -------------------------------------------------------------------------------------


def test_a_network_without_the_required_methods_is_refused() -> None:
    with pytest.raises(TypeError, match=r"check_gradients: net: .* got object without params"):
        check_gradients(object(), X, T)
    net = small_net()
    net.params = {}
    with pytest.raises(ValueError, match="expected parameters"):
        check_gradients(net, X, T)


def test_float32_is_refused() -> None:
    with pytest.raises(TypeError, match=r"params\['W1'\]: expected float64, got float32"):
        check_gradients(small_net(dtype=np.float32), X, T)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameters_that_are_not_finite_are_refused(value: float) -> None:
    net = small_net()
    net.params["b2"][1] = value
    with pytest.raises(ValueError, match=r"params\['b2'\]: expected finite"):
        check_gradients(net, X, T)


def test_nan_in_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        check_gradients(small_net(), np.full((3, 6), np.nan), T)


@pytest.mark.parametrize("value", [np.inf, np.nan, np.ones(3), None])
def test_a_loss_that_is_no_finite_number_is_refused(value: Any) -> None:
    net = small_net()
    net.loss_and_gradient = lambda x, t: (0.0, {k: v * 0 for k, v in net.params.items()})
    net.loss = lambda x, t: value
    with pytest.raises(ValueError, match="expected a f"):
        check_gradients(net, X, T)


@pytest.mark.parametrize("grads", [None, [np.ones(2)], 1.0])
def test_gradients_that_are_no_dict_are_refused(grads: Any) -> None:
    net = small_net()
    net.gradient = lambda x, t: grads
    with pytest.raises(TypeError, match="expected a dict of arrays"):
        check_gradients(net, X, T)


def test_check_accepts_a_parameter_without_elements() -> None:
    net = small_net()
    empty, right = np.zeros((0, 3)), net.gradient(X, T)
    net.params = {**net.params, "W3": empty}
    net.gradient = lambda x, t: {**right, "W3": empty}
    assert check_gradients(net, X, T)["W3"].passed


# --- printed report ------------------------------------------------------------------------------


def test_report_is_printed_as_a_table() -> None:
    text = str(check_gradients(small_net(), X, T)).splitlines()
    assert text[0].split()[:3] == ["array", "shape", "worst"]
    assert [line.split()[0] for line in text[1:-1]] == ["W1", "b1", "W2", "b2"]
    assert all(line.endswith("pass") for line in text[1:-1])
    assert text[-1] == "gradient check passed"


def test_html_escapes_names() -> None:
    class Odd:
        def __init__(self) -> None:
            self.params = {"<w>": np.ones(1)}

        def loss(self, x: Any, t: Any) -> Any:
            return self.params["<w>"][0] ** 2

        def gradient(self, x: Any, t: Any) -> Grads:
            return {"<w>": np.array([2.0])}

    page = check_gradients(Odd(), X, T)._repr_html_()
    assert "&lt;w&gt;" in page
    assert "<w>" not in page
