"""Training: updates, recorded history, early stops, and progress."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from course_lib.history import Accuracy
from course_lib.layers import IdentityWithLoss
from course_lib.networks import MultiLayerNet, TwoLayerNet
from course_lib.training import DivergenceError, History, train

matplotlib.use("Agg")

Array = np.ndarray[Any, np.dtype[Any]]


def blobs(N: int = 60) -> tuple[Array, Array]:
    """Return three well separated clouds of points with labels."""
    rng = np.random.default_rng(0)
    t = np.arange(N) % 3
    centres = np.array([[3.0, 0, 0, 1], [0, 3, 0, 1], [0, 0, 3, 1]])
    return centres[t] + 0.5 * rng.standard_normal((N, 4)), t


X, T = blobs()


def small_net(**rest: Any) -> TwoLayerNet:
    return TwoLayerNet(4, 6, 3, **{"weight_init_std": 0.3, "rng": 0, **rest})


def quick(net: Any = None, x: Any = X, t: Any = T, **rest: Any) -> History:
    options = {"steps": 25, "batch_size": 10, "rng": 1, **rest}
    return train(small_net() if net is None else net, x, t, **options)


# --- training ------------------------------------------------------------------------------------


def test_training_learns_and_records_losses_and_accuracies() -> None:
    net = small_net()
    history = quick(net, x_test=X[:9], t_test=T[:9], steps=200, learning_rate=0.2)
    assert len(history) == len(history.losses) == 200
    assert np.mean(history.losses[-20:]) < 0.1 < 0.9 < history.losses[0]
    assert [a.step for a in history.accuracies] == list(range(0, 200, 6))  # 60 samples, 10 a step
    assert [a.epoch for a in history.accuracies[:3]] == [0, 1, 2]
    assert history.final == (200, 200 / 6, net.accuracy(X, T), net.accuracy(X[:9], T[:9]))
    assert history.final.train > 0.95
    assert not history.interrupted


def test_the_first_accuracy_is_that_of_the_untrained_net() -> None:
    assert quick().accuracies[0] == (0, 0.0, small_net().accuracy(X, T), None)


def test_each_step_is_the_gradient_of_its_own_mini_batch() -> None:
    net, copy = small_net(), small_net()
    history = quick(net, steps=3, learning_rate=0.5)
    rng = np.random.default_rng(1)
    for loss in history.losses:
        batch = rng.integers(60, size=10)
        assert loss == copy.loss(X[batch], T[batch])
        for name, grad in copy.gradient(X[batch], T[batch]).items():
            copy.params[name] -= 0.5 * grad
    for name, param in net.params.items():
        np.testing.assert_array_equal(param, copy.params[name])


def test_the_same_seed_gives_the_same_run() -> None:
    assert quick().losses == quick().losses
    assert quick().losses == quick(rng=np.random.default_rng(1)).losses
    assert quick().losses != quick(rng=2).losses


def test_training_changes_the_parameters_of_the_layers() -> None:
    net = small_net()
    held = dict(net.params)
    quick(net)
    assert all(net.params[name] is array for name, array in held.items())
    assert net.layers["Affine1"].W is net.params["W1"]


def count_passes(net: Any, name: str) -> list[int]:
    """Record the number of input rows at each call of a method of the first layer."""
    layer, calls = net.layers["Affine1"], []
    real = getattr(layer, name)

    def counted(x: Any) -> Any:
        calls.append(len(x))
        return real(x)

    setattr(layer, name, counted)
    return calls


def test_one_forward_and_one_backward_pass_a_step() -> None:
    net = small_net()
    forward, backward = count_passes(net, "forward"), count_passes(net, "backward")
    quick(net, record_accuracy=False)
    assert forward == backward == [10] * 25


class Student:
    """A network with only the required methods; its params are a plain dict."""

    def __init__(self) -> None:
        self.net = small_net()
        self.params = dict(self.net.params)

    def loss(self, x: Any, t: Any) -> Any:
        return self.net.loss(x, t)

    def accuracy(self, x: Any, t: Any) -> float:
        return self.net.accuracy(x, t)

    def gradient(self, x: Any, t: Any) -> Any:
        return self.net.gradient(x, t)


def test_a_students_network_gives_the_same_losses() -> None:
    assert quick(Student()).losses == quick().losses


def test_data_has_the_precision_of_the_network() -> None:
    for dtype in (np.float32, np.float64):
        seen = set()

        class Watched(TwoLayerNet):
            def loss(self, x: Any, t: Any, seen: set[Any] = seen) -> Any:
                seen.add(x.dtype)
                return super().loss(x, t)

        net = Watched(4, 6, 3, dtype=dtype)
        quick(net, (20 * X).astype(np.int16), record_accuracy=False, steps=3, learning_rate=1e-3)
        assert seen == {np.dtype(dtype)}
        assert {p.dtype for p in net.params.values()} == {np.dtype(dtype)}


def test_every_kind_of_input_and_target_is_accepted() -> None:
    assert quick(t=np.eye(3)[T]).losses == pytest.approx(quick().losses)
    assert quick(x=X.tolist(), t=T.tolist()).losses == quick().losses
    assert quick(x=X.reshape(60, 1, 2, 2)).losses == quick().losses


def test_regression_has_no_accuracies() -> None:
    net = MultiLayerNet(4, [6], 2, last_layer=IdentityWithLoss(), rng=0)
    history = quick(net, t=X[:, :2] * 2, steps=300, learning_rate=0.02, record_accuracy=False)
    assert history.losses[-1] < 0.1 * history.losses[0]
    assert history.accuracies == []
    assert history.final is None


# --- early stops ---------------------------------------------------------------------------------


class StopsAt(TwoLayerNet):
    """A network whose n-th pass is interrupted from the keyboard."""

    passes = 0
    stop = 8

    def loss_and_gradient(self, x: Any, t: Any) -> Any:
        self.passes += 1
        if self.passes == self.stop:
            raise KeyboardInterrupt
        return super().loss_and_gradient(x, t)


def test_ctrl_c_keeps_the_history_and_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    net, copy = StopsAt(4, 6, 3, 0.3, rng=0), small_net()
    history = quick(net)
    assert history.interrupted
    assert history.final is None
    assert history.losses == quick(copy, steps=7).losses
    assert [a.step for a in history.accuracies] == [0, 6]
    for name, param in net.params.items():
        np.testing.assert_array_equal(param, copy.params[name])
    assert capsys.readouterr().out.count("\n") == 1
    assert "interrupted" in repr(history)
    plt.close(history.plot())
    assert len(quick(net)) == 25  # training can continue


def test_ctrl_c_while_accuracies_are_measured() -> None:
    class Stops(TwoLayerNet):
        def accuracy(self, x: Any, t: Any) -> float:
            raise KeyboardInterrupt

    history = quick(Stops(4, 6, 3))
    assert history.interrupted
    assert (history.losses, history.accuracies) == ([], [])
    assert repr(history) == "History(0 of 25 steps, interrupted)"
    plt.close(history.plot())


@pytest.mark.parametrize("last", [None, IdentityWithLoss()], ids=["softmax", "identity"])
@pytest.mark.parametrize("rate", [1e6, 1e200, 1e308])
def test_divergence_names_the_step_and_keeps_the_history(rate: float, last: Any) -> None:
    net = MultiLayerNet(4, [6, 6], 3, last_layer=last, rng=0)
    t = T if last is None else np.eye(3)[T] * 100
    options: dict[str, Any] = {"learning_rate": rate, "record_accuracy": last is None}
    if last is None and rate == 1e6:
        assert np.isfinite(quick(net, t=t, **options).losses).all()  # large, but finite
        return
    with pytest.raises(DivergenceError, match="smaller learning rate") as caught:
        quick(net, t=t, **options)
    history = caught.value.history
    assert f"step {len(history) + 1}:" in str(caught.value)
    assert 1 <= len(history) < 25
    assert np.isfinite(history.losses).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_training(value: float) -> None:
    net = Student()
    before = {name: param.copy() for name, param in net.params.items()}
    net.loss = lambda x, t: value
    with pytest.raises(DivergenceError, match=f"step 1: the loss is {value}"):
        quick(net)
    for name, param in before.items():
        np.testing.assert_array_equal(net.params[name], param)


def test_an_error_of_the_network_itself_is_not_renamed() -> None:
    net = Student()

    def gradient(x: Any, t: Any) -> Any:
        raise ValueError("mine")

    net.gradient = gradient
    with pytest.raises(ValueError, match="mine"):
        quick(net)


# --- invalid arguments ---------------------------------------------------------------------------


def spoiled(value: float) -> Array:
    x = X.copy()
    x[3, 1] = value
    return x


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"x": spoiled(np.nan)}, ValueError, r"x_train: .*nan at index \(3, 1\)"),
        ({"x": spoiled(np.inf)}, ValueError, "x_train: expected finite"),
        ({"x_test": spoiled(np.nan), "t_test": T}, ValueError, "x_test"),
        ({"x": [["a"] * 4] * 60}, TypeError, "x_train: expected real numbers"),
        ({"x": 1.0}, ValueError, "x_train: expected at least one sample"),
        ({"x": X[:0], "t": T[:0]}, ValueError, "x_train: expected at least one sample"),
        ({"t": T[:-1]}, ValueError, r"t_train: expected one target for each of the 60 .*\(59,\)"),
        ({"x_test": X, "t_test": T[:5]}, ValueError, "t_test"),
        ({"x_test": X}, ValueError, "both or neither"),
        ({"t": T + 0.5}, TypeError, "integer labels"),
        ({"t": T + 1}, ValueError, "labels from 0 to 2"),
        ({"x": X[:, :3]}, ValueError, r"expected shape \(N, 4\)"),
        ({"batch_size": 61}, ValueError, "batch_size: expected at most the 60"),
        ({"batch_size": 0}, ValueError, "batch_size: expected at least 1"),
        ({"batch_size": 2.0}, TypeError, "batch_size: expected an integer, got 2.0"),
        ({"steps": 0}, ValueError, "steps: expected at least 1"),
        ({"steps": True}, TypeError, "steps: expected an integer"),
        ({"steps": 1e3}, TypeError, "steps: expected an integer"),
        ({"learning_rate": 0}, ValueError, "learning_rate: expected a positive number"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate"),
        ({"learning_rate": np.inf}, ValueError, "learning_rate"),
        ({"learning_rate": "0.1"}, TypeError, "learning_rate"),
        ({"net": object()}, TypeError, "net: expected .*got object without params"),
        ({"net": MultiLayerNet}, TypeError, "without params"),
    ],
)
def test_invalid_arguments_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        quick(**options)


def test_gradients_with_wrong_names_or_shapes_are_refused() -> None:
    net = Student()
    right = net.gradient
    net.gradient = lambda x, t: {"dw": right(x, t)["W1"]}
    with pytest.raises(ValueError, match="expected gradients for W1, b1, W2, b2, got dw"):
        quick(net)
    net.gradient = lambda x, t: right(x, t) | {"b1": 1.0}
    with pytest.raises(ValueError, match=r"b1: expected shape \(6,\), got \(\)"):
        quick(net)


@pytest.mark.parametrize(
    ("value", "error"), [(np.ones((4, 6), int), TypeError), (np.full((4, 6), np.nan), ValueError)]
)
def test_invalid_parameters_are_refused(value: Array, error: type[Exception]) -> None:
    net = Student()
    net.params["W1"] = value
    with pytest.raises(error, match="expected"):
        quick(net)


# --- progress and plots --------------------------------------------------------------------------


def test_no_progress_is_printed_outside_a_terminal() -> None:
    code = (
        "import numpy as np; from course_lib.networks import TwoLayerNet;"
        "from course_lib.training import train;"
        "net = TwoLayerNet(2, 3, 2, rng=0);"
        "train(net, np.ones((5, 2)), [0, 1, 0, 1, 0], steps=9, batch_size=2)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_progress_bar_shows_loss_and_remaining_time(capsys: pytest.CaptureFixture[str]) -> None:
    quick(progress=True, steps=3000)  # long enough for the bar to be drawn again
    shown = capsys.readouterr().err
    assert "training" in shown
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d, .*loss \d\.\d{4}", shown)  # elapsed<remaining
    quick(progress=False)
    assert capsys.readouterr().err == ""


def test_repr_and_settings() -> None:
    history = History(10_000, 100, 0.1, 600, [2.0, 1.0], [Accuracy(0, 0.0, 0.1, 0.12)])
    assert repr(history) == (
        "History(2 of 10,000 steps, loss 1.0000, "
        "accuracy 0.1000 train and 0.1200 test after step 0)"
    )
    assert history.settings == {"steps": 10_000, "batch_size": 100, "learning_rate": 0.1}


def test_plot() -> None:
    history = quick(x_test=X, t_test=T, steps=300)
    fig = history.plot()
    left, right = fig.axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("epoch", "loss")
    assert (right.get_xlabel(), right.get_ylabel()) == ("epoch", "accuracy")
    assert [line.get_label() for line in right.lines] == ["training data", "test data"]
    np.testing.assert_array_equal(left.lines[0].get_ydata(), history.losses)
    assert right.lines[0].get_ydata()[-1] == history.final.train
    # The curves also differ without colour.
    assert len({(line.get_linestyle(), line.get_marker()) for line in right.lines}) == 2
    plt.close(fig)


def test_plot_without_accuracies_has_one_part() -> None:
    fig = quick(record_accuracy=False).plot()
    assert len(fig.axes) == 1
    plt.close(fig)


def test_plot_without_matplotlib_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'backprop-course\[draw\]'"):
        quick().plot()
