"""The usual first version of these layers, fault by fault: what ours passes, it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from layer_cases import Case
from test_layers import (
    check_another_batch,
    check_arguments_unchanged,
    check_extremes_finite,
    check_linear_in_dout,
    check_numerical_gradient,
    check_shapes,
    check_twice_gives_the_same,
)

from course_lib.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss
from course_lib.networks import TwoLayerNet
from course_lib.training import train

Array = np.ndarray[Any, np.dtype[Any]]


class InPlaceRelu:
    """Fault 2: writes zeros into the caller's upstream gradient."""

    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


GLOBALS: dict[str, Array] = {}


class GlobalAffine:
    """Fault 3: reads global names in place of its own attributes."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ GLOBALS["W"] + GLOBALS["b"]

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class OneArgumentAffine(GlobalAffine):
    """Fault 4: a product of two arrays in the place of two arguments."""

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = np.dot(self.x.T * dout), dout.sum(axis=0)  # type: ignore[call-overload]
        return dout @ self.W.T


class LowerCaseAffine(OneArgumentAffine):
    """Fault 5: `dw` in the layer, `dW` where it is read."""

    def backward(self, dout: Array) -> Array:
        self.dw, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class DeafSoftmaxWithLoss:
    """Fault 6: ignores `dout`, and takes labels for one-hot rows."""

    def forward(self, x: Array, t: Array) -> Any:
        z = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = z / z.sum(axis=1, keepdims=True), t
        rows = t if t.ndim == 2 else np.eye(x.shape[1])[t]
        return -(rows * np.log(self.y)).sum() / len(x)

    def backward(self, dout: Any = 1) -> Array:
        return (self.y - self.t) / len(self.y)


class OverflowingSigmoid:
    """Fault 7: overflows for large negative inputs."""

    def forward(self, x: Array) -> Array:
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out * (1 - self.out)


def affine_of(layer: type[Any]) -> Case:
    def build(D: int) -> Any:
        ours = Affine.example(D, np.random.default_rng(11))
        return layer(ours.W, ours.b)

    return Case(layer, build)


def plain(layer: type[Any], targets: bool = False) -> Case:
    return Case(layer, lambda D: layer(), targets=targets)


def check_own_attributes(case: Case) -> None:
    """Two layers beside each other compute with their own W, whatever else has that name."""
    GLOBALS.update(W=np.zeros((5, 4)), b=np.zeros(4))
    layer: Any = case.build(5)
    np.testing.assert_allclose(layer.forward(np.eye(5)), layer.W + layer.b)


def check_labels(case: Case) -> None:
    """Labels mean what their one-hot rows mean."""
    # As many rows as classes: here labels broadcast silently, and the gradient is merely wrong.
    x, labels = np.random.default_rng(0).standard_normal((4, 4)), np.array([2, 0, 3, 3])
    by_label, by_row = case.build(4), case.build(4)
    assert by_label.forward(x, labels) == by_row.forward(x, np.eye(4)[labels])
    np.testing.assert_allclose(by_label.backward(1), by_row.backward(1))


FAULTS = [
    (check_arguments_unchanged, plain(Relu), plain(InPlaceRelu)),
    (check_own_attributes, affine_of(Affine), affine_of(GlobalAffine)),
    (check_shapes, affine_of(Affine), affine_of(OneArgumentAffine)),
    (check_shapes, affine_of(Affine), affine_of(LowerCaseAffine)),
    (
        check_linear_in_dout,
        plain(SoftmaxWithLoss, targets=True),
        plain(DeafSoftmaxWithLoss, targets=True),
    ),
    (
        check_numerical_gradient,
        plain(SoftmaxWithLoss, targets=True),
        plain(DeafSoftmaxWithLoss, targets=True),
    ),
    (check_labels, plain(SoftmaxWithLoss), plain(DeafSoftmaxWithLoss)),
    (check_extremes_finite, plain(Sigmoid), plain(OverflowingSigmoid)),
]
by_fault = pytest.mark.parametrize(
    ("check", "ours", "faulty"),
    FAULTS,
    ids=[f"{faulty.name}-{check.__name__.removeprefix('check_')}" for check, _, faulty in FAULTS],
)


@by_fault
def test_ours_passes_and_the_faulty_one_fails(
    check: Callable[[Case], None], ours: Case, faulty: Case
) -> None:
    check(ours)
    # The error is the fault's own: an assertion, a missing name, a TypeError or a warning.
    with pytest.raises((AssertionError, AttributeError, TypeError, RuntimeWarning)):
        check(faulty)


@pytest.mark.parametrize("faulty", [InPlaceRelu, OverflowingSigmoid])
def test_a_faulty_layer_fails_only_where_its_fault_is(faulty: type[Any]) -> None:
    check_numerical_gradient(plain(faulty))
    check_another_batch(plain(faulty))
    if faulty is not InPlaceRelu:
        check_twice_gives_the_same(plain(faulty))


# --- fault 10: a forward pass too many -----------------------------------------------------------


def forward_passes(learn: Callable[[TwoLayerNet, Array, Array], Any]) -> int:
    """Count the passes through the first layer in five steps of `learn`."""
    net, passes = TwoLayerNet(4, 5, 3, rng=0), []
    real = net.layers["Affine1"].forward

    def counted(x: Any) -> Any:
        passes.append(1)
        return real(x)

    net.layers["Affine1"].forward = counted
    learn(net, np.ones((6, 4)), np.zeros(6, int))
    return len(passes)


def ours_learns(net: TwoLayerNet, x: Array, t: Array) -> None:
    train(net, x, t, steps=5, batch_size=6, rng=0, record_accuracy=False)


def logs_the_loss_again(net: TwoLayerNet, x: Array, t: Array) -> None:
    for _ in range(5):
        for name, grad in net.gradient(x, t).items():
            net.params[name] -= 0.1 * grad
        net.loss(x, t)


def test_no_forward_pass_only_to_log_the_loss() -> None:
    assert forward_passes(ours_learns) == 5
    assert forward_passes(logs_the_loss_again) == 10
