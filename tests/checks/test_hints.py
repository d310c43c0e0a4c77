"""Hints from the values of wrong answers that no misconception describes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course_lib.checks import (
    activations,
    affine,
    autodiff,
    chain_rule,
    shopping_cart,
    softmax_with_loss,
    training,
    two_layer_net,
)
from course_lib.checks.hints import hint_for_number, slips_of
from course_lib.layers import DivLayer


def layer(name: str, forward: Any, backward: Any, **more: Any) -> Any:
    return type(name, (), {"forward": forward, "backward": backward, **more})


def keep_two(self: Any, x: Any, y: Any) -> None:
    self.x, self.y = x, y


def div(forward: Any = None, backward: Any = None) -> Any:
    def right_forward(self: Any, x: Any, y: Any) -> Any:
        keep_two(self, x, y)
        return x / y

    def right_backward(self: Any, dout: Any) -> Any:
        return dout / self.y, -dout * self.x / self.y**2

    return layer("DivLayer", forward or right_forward, backward or right_backward)


def hint(task: Any, answer: Any, seed: int = 0) -> str:
    finding = task(answer, seed=seed).finding
    assert finding is not None
    assert finding.misconception == ""
    return finding.hint


def whole_number_division(self: Any, x: Any, y: Any) -> Any:
    keep_two(self, x, y)
    return x // y


def always_positive(self: Any, x: Any, y: Any) -> Any:
    keep_two(self, x, y)
    return abs(x / y)


def times_the_divisor(self: Any, dout: Any) -> Any:
    return dout / self.y, -dout * self.x / self.y * self.y


def one_term_without_dout(self: Any, dout: Any) -> Any:
    return dout / self.y, -dout * self.x / self.y**2 + self.x


def dout_twice(self: Any, dout: Any) -> Any:
    return dout / self.y, -(dout**2) * self.x / self.y**2


def misspelled(self: Any, dout: Any) -> Any:
    return dOut / self.y, -dout * self.x / self.y**2  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (div(forward=whole_number_division), "rounded"),
        (div(forward=always_positive), "Apart from the sign"),
        (div(backward=times_the_divisor), "division is missing"),
        (div(backward=one_term_without_dout), "If dout were 0, dy"),
        (div(backward=dout_twice), "If dout doubles, dy"),
        (div(backward=misspelled), "Do you mean dout?"),
    ],
)
def test_hint_names_what_the_values_show(answer: Any, words: str) -> None:
    for seed in range(3):
        assert words in hint(shopping_cart.div_layer, answer, seed)


def test_a_relation_that_holds_in_the_first_case_only_gives_no_hint() -> None:
    # Numbers come first in the cases: there every sign is wrong, and in arrays only some are.
    found = hint(shopping_cart.sub_layer, layer(
        "SubLayer",
        lambda s, x, y: np.abs(np.subtract(x, y)) + 0.25 * (np.ndim(x) > 0),
        lambda s, dout: (dout * 1, dout * -1),
    ))  # fmt: skip
    assert "sign" not in found


def test_a_fixed_number_for_a_named_argument_is_named() -> None:
    class LeakyRelu:
        def __init__(self, alpha: float = 0.01) -> None:
            self.alpha = alpha

        def forward(self, x: Any) -> Any:
            self.mask = x <= 0
            return np.where(self.mask, 0.01 * x, x)

        def backward(self, dout: Any) -> Any:
            return np.where(self.mask, 0.01 * dout, dout)

    report = activations.leaky_relu(LeakyRelu, seed=0)
    assert report.points < report.max_points
    assert "if alpha were 0.01" in hint(activations.leaky_relu, LeakyRelu)


def test_another_base_of_the_logarithm_is_named() -> None:
    def entropy(y: Any, t: Any) -> Any:
        t = np.eye(y.shape[1])[t] if t.shape != y.shape else t
        return -(t * np.log2(y)).sum() / len(y)

    entropy.__name__ = "cross_entropy_error"
    assert "log2" in hint(softmax_with_loss.cross_entropy_error, entropy)


def test_brackets_left_out_are_named() -> None:
    class Tanh:
        def forward(self, x: Any) -> Any:
            self.out = np.tanh(x)
            return self.out

        def backward(self, dout: Any) -> Any:
            return dout * 1 - self.out**2

    assert "brackets" in hint(activations.tanh, Tanh)


@pytest.mark.parametrize(
    ("kind", "line", "words"),
    [
        ("a comparison of arrays", lambda x: 0 if x > 0 else x, "for each element"),
        ("a missing attribute", lambda x: x.exponential(), "spelled the same"),
        ("a call of a value", lambda x: x(1), "operator missing"),
        ("None", lambda x: x * None, "None"),
        ("shapes", lambda x: x * np.ones((50, 50)), "shapes do not fit"),
        ("a matrix product", lambda x: x @ x, "element by element"),
        ("a power", lambda x: 2 ^ x, "not a power"),
        ("a misspelt function", lambda x: np.sqare(x), "NumPy has no function"),
        ("a lost axis", lambda x: x / x[:, 0], "keepdims"),
    ],
)
def test_an_exception_gets_a_question(kind: str, line: Any, words: str) -> None:
    answer = layer("SquareLayer", lambda self, x: line(x), lambda self, dout: dout)
    assert words in hint(chain_rule.square_layer, answer), kind


def test_each_wrong_number_has_a_line_of_its_own() -> None:
    def predict() -> dict[str, float]:
        return {"dapple": 4, "dapple_num": -180, "dtax": 720, "one_point": 0.06}

    report = shopping_cart.predict(predict)
    assert report.finding is not None
    lines = report.finding.hint.splitlines()
    assert [line.split(":")[0] for line in lines] == ["dapple", "dapple_num", "dtax", "one_point"]
    assert "sign" in lines[1]
    assert "decimal point" in lines[3]
    assert str(report).count("Think: ") == 4


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (-4.8, "sign"),
        (48, "decimal point"),
        (600, ""),
        (4.83, "close"),
        ((4.8, 1), "number of entries"),
        (17, ""),
    ],
)
def test_hint_to_a_number(got: Any, words: str) -> None:
    hint = hint_for_number("dapple", {"dapple": got}, {"dapple": 4.8, "dtax": 600})
    assert (words in hint) if words else hint == ""


def test_swapped_numbers_are_named_when_both_are_swapped() -> None:
    answers = {"dapple": 4.8, "dtax": 600}
    given = {"dapple": 600, "dtax": 4.8}
    assert "the number for dtax" in hint_for_number("dapple", given, answers)


def test_slips_are_wrong_answers_with_a_question() -> None:
    slips = slips_of(DivLayer, "backward")
    assert len(slips) > 10
    for slip in slips:
        assert "?" in slip.hint
    dys = []
    for slip in slips:
        made = slip.answer()
        made.forward(6.0, 3.0)
        dys.append(made.backward(1.0))
    # Each quotient can be turned round, and the sign of dy can be lost.
    assert (3.0, -6 / 9) in dys
    assert (1 / 3, 6 / 9) in dys


def test_the_shape_of_images_is_not_kept_for_the_next_batch() -> None:
    class Affine:
        def __init__(self, W: Any, b: Any) -> None:
            self.W, self.b, self.images = W, b, None

        def forward(self, x: Any) -> Any:
            if x.ndim > 2:
                self.images = x.shape
            self.x = x.reshape(len(x), -1)
            return self.x @ self.W + self.b

        def backward(self, dout: Any) -> Any:
            self.dW = self.x.T @ dout
            self.db = dout.sum(axis=0)
            dx = dout @ self.W.T
            return dx.reshape(self.images) if self.images else dx

    report = affine.affine(Affine, seed=0)
    assert [part.name for part in report.parts if not part.earned] == ["contracts"]


# A sample of the kinds of wrong answers, each with words of the cause that the hint must name.
KINDS = {
    "a gradient times an input": (
        chain_rule.square_layer,
        layer(
            "SquareLayer",
            lambda self, x: setattr(self, "out", x**2) or self.out,
            lambda self, dout: 2 * dout * self.out,
        ),
        "the right ones times x",
    ),
    "a number that is nearly right": (
        chain_rule.exp_layer,
        layer(
            "ExpLayer",
            lambda self, x: setattr(self, "out", 2.71**x) or self.out,
            lambda self, dout: dout * self.out,
        ),
        "close to the right one",
    ),
    "a local result": (
        chain_rule.exp_layer,
        layer("ExpLayer", lambda self, x: np.exp(x), lambda self, dout: dout * self.out),
        "No line has set self.out",
    ),
    "a result that doubles and should not": (
        chain_rule.log_layer,
        layer(
            "LogLayer",
            lambda self, x: setattr(self, "x", x) or np.log(x),
            lambda self, dout: 1 / (dout * self.x),
        ),
        "If dout doubles",
    ),
    "numbers without dout, of two shapes": (
        shopping_cart.add_layer,
        layer("AddLayer", lambda self, x, y: x + y, lambda self, dout: (1, 1)),
        "values for dout = 1",
    ),
    "a limit on the input": (
        activations.sigmoid,
        layer(
            "Sigmoid",
            lambda self, x: (
                setattr(self, "out", 1 / (1 + np.exp(-np.clip(x, -10, 10)))) or self.out
            ),
            lambda self, dout: dout * self.out * (1 - self.out),
        ),
        "limits x",
    ),
    "a slope in one formula of many layers": (
        chain_rule.fork,
        layer(
            "Fork",
            lambda self, x, y: keep_two(self, x, y) or (x + y) ** 2 * x,
            lambda self, dout: (
                dout * (self.x + self.y) + dout * 2 * (self.x + self.y) * self.x,
                dout * 2 * (self.x + self.y) * self.x,
            ),
        ),
        "power is missing",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_hint_to_a_kind_of_mistake(kind: str, seed: int) -> None:
    task, answer, words = KINDS[kind]
    assert words in hint(task, answer, seed)


class WeightsTimesUpstream:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Any) -> Any:
        self.dW = self.W * dout
        self.db = dout
        return self.W @ dout


def test_a_gradient_without_an_input_is_told_which() -> None:
    made = type("AffineSample", (WeightsTimesUpstream,), {})
    assert "do not change when x changes" in hint(affine.affine_sample, made)


def test_one_gradient_without_dout_is_no_walk_that_starts_with_one() -> None:
    """The other gradients are right, so the misconception with this dtax does not fit."""

    class ShoppingCart:
        def forward(
            self, apple: Any, apple_num: Any, orange: Any, orange_num: Any, tax: Any
        ) -> Any:
            self.inputs = apple, apple_num, orange, orange_num, tax
            return (apple * apple_num + orange * orange_num) * tax

        def backward(self, dout: Any) -> Any:
            a, n, o, m, tax = self.inputs
            return dout * n * tax, dout * a * tax, dout * m * tax, dout * o * tax, a * n + o * m

    assert "values for dout = 1" in hint(shopping_cart.shopping_cart, ShoppingCart)


def test_zeros_have_many_reasons() -> None:
    def accuracy(scores: Any, t: Any) -> Any:
        return np.mean(scores.max(axis=1) == t)

    for seed in range(3):
        assert "makes it 0" in hint(training.accuracy, accuracy, seed)


def test_changed_inputs_are_told_before_what_follows_from_them() -> None:
    def draw_batch(x: Any, t: Any, batch_size: int, seed: int) -> Any:
        for array in (x, t):
            np.random.default_rng(seed).shuffle(array)
        return x[:batch_size], t[:batch_size]

    finding = training.draw_batch(draw_batch, seed=0).finding
    assert finding is not None
    assert "changed in place" in finding.problem


def test_a_block_of_rows_is_no_random_batch() -> None:
    def draw_batch(x: Any, t: Any, batch_size: int, seed: int) -> Any:
        start = np.random.default_rng(seed).integers(len(x) - batch_size + 1)
        return x[start : start + batch_size], t[start : start + batch_size]

    for seed in range(3):
        report = training.draw_batch(draw_batch, seed=seed)
        assert not report.passed
        assert report.finding is not None
        assert report.finding.misconception == "RowsInBlocks"


def test_softplus_is_checked_between_small_and_extreme_inputs() -> None:
    class Softplus:
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.where(x > 5, x, np.log1p(np.exp(np.minimum(x, 5))))

        def backward(self, dout: Any) -> Any:
            return dout / (1 + np.exp(-np.clip(self.x, -700, 700)))

    for seed in range(3):
        assert not activations.softplus(Softplus, seed=seed).passed


def test_every_axis_of_length_one_is_added_up() -> None:
    def unbroadcast(grad: Any, shape: Any) -> Any:
        while grad.ndim > len(shape):
            grad = grad.sum(axis=0)
        return grad.sum(axis=shape.index(1), keepdims=True) if 1 in shape else grad

    assert not autodiff.unbroadcast(unbroadcast, seed=0).passed


def test_a_dict_without_an_entry_is_told_so() -> None:
    def init_params(sizes: Any, std: float, seed: int) -> Any:
        rng = np.random.default_rng(seed)
        return {"W1": std * rng.standard_normal(sizes[:2]), "b1": np.zeros(sizes[1])}

    finding = two_layer_net.init_params(init_params, seed=0).finding
    assert finding is not None
    assert "'W2'" in finding.problem
