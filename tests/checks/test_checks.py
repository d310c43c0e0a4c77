"""Comparison, observation, scoring and reports of the checks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from course_lib.checks import activations, all_tasks, chain_rule, shopping_cart
from course_lib.checks.autodiff import takes_similar_time
from course_lib.checks.cases import Case, signed_pair
from course_lib.checks.compare import NotNumbers, agrees, alike, as_numbers
from course_lib.checks.integrity import uses_reference
from course_lib.checks.report import Finding, Part, Report
from course_lib.checks.side import Failure, attempt
from course_lib.checks.tasks import LayerTask, NumberTask, observe_layer
from course_lib.layers import MulLayer, Relu

LAYER_TASKS = [task for task in all_tasks() if isinstance(task, LayerTask)]


class PlainRelu:
    """A learner's ReLU; see `relu_with` to replace its methods."""

    def forward(self, x: Any) -> Any:
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout: Any) -> Any:
        return np.where(self.mask, 0, dout)


class PlainMul:
    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dout: Any) -> Any:
        return dout * self.y, dout * self.x


def relu_with(**methods: Callable[..., Any]) -> type:
    return type("Relu", (PlainRelu,), {"__module__": "__main__", **methods})


def mul_with(**methods: Callable[..., Any]) -> type:
    return type("MulLayer", (PlainMul,), {"__module__": "__main__", **methods})


# --- values ---


@pytest.mark.parametrize(
    ("value", "shape"),
    [(3, ()), (2.5, ()), (True, ()), (np.float32(1), ()), (np.array(4), ()), ([1, 2.5], (2,)),
     (np.zeros((2, 3), np.int8), (2, 3)), ((np.ones(2), np.ones(2)), (2, 2))],
)  # fmt: skip
def test_numbers_are_converted_to_float64(value: Any, shape: tuple[int, ...]) -> None:
    array = as_numbers(value)
    assert array.dtype == np.float64
    assert array.shape == shape


@pytest.mark.parametrize(
    "value",
    [None, "1.0", 1j, [1, "a"], [[1], [1, 2]], {"dx": 1}, object(), np.array(["1"]), 10**400,
     np.array([None]), np.datetime64("2020-01-01"), np.broadcast_to(0.0, (10**5, 10**5))],
    ids=lambda value: type(value).__name__,  # the same in every worker process
)  # fmt: skip
def test_other_types_are_refused(value: Any) -> None:
    with pytest.raises(NotNumbers, match=r"\w"):
        as_numbers(value)


def test_converted_numbers_are_a_copy() -> None:
    mine = np.array([1.0, 2.0])
    taken = as_numbers(mine)
    mine[0] = 9
    assert taken[0] == 1


@pytest.mark.parametrize(
    ("got", "want", "same"),
    [
        (1.0, 1.0 + 9e-7, True),  # 1e-6 of the larger
        (1.0, 1.0 + 2e-6, False),
        (np.array([1e-7, 1.0]), np.array([0.0, 1.0]), True),  # 2e-7 of the largest
        (np.array([3e-7, 1.0]), np.array([0.0, 1.0]), False),
        (np.zeros(3), np.zeros(3), True),
        (np.array([1e-300]), np.zeros(1), True),
        (np.array([-1.1e-16]), np.zeros(1), True),
        (np.array([1e-14]), np.zeros(1), False),
        (np.zeros((2, 1)), np.zeros((1, 2)), False),
        (np.array(np.inf), np.array(np.inf), True),
        (np.array(np.inf), np.array(1.0), False),
        (np.array(np.nan), np.array(1.0), False),
    ],
)
def test_tolerance(got: Any, want: Any, same: bool) -> None:
    assert agrees(np.asarray(got), np.asarray(want)) is same


# --- calls ---


def test_an_exception_becomes_a_failure_that_names_the_line() -> None:
    value, _ = attempt(lambda: 1 / 0)
    assert value.kind == "ZeroDivisionError"
    assert "1 / 0" in value.where


def test_shape_mismatch_is_alike_for_matmul_and_dot() -> None:
    x, W = np.ones((3, 2)), np.ones((4, 5))
    by_sign, _ = attempt(lambda: x @ W)
    by_dot, _ = attempt(lambda: np.dot(x, W))
    turned, _ = attempt(lambda: np.dot(W.T, x.T))
    assert by_sign.message != by_dot.message
    assert alike(by_sign, by_dot)
    assert not alike(by_sign, turned)


def test_interrupts_are_not_swallowed() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupted)


def test_numpy_warnings_are_recorded_and_others_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    import sys
    import warnings

    def noisy() -> Any:
        warnings.warn("mine", stacklevel=1)
        print("words", file=sys.stderr)
        return np.exp(np.array([1000.0]))

    _, warned = attempt(noisy)
    assert warned == ["overflow encountered in exp"]
    captured = capsys.readouterr()
    assert "words" in captured.out
    assert captured.err == ""


# --- observing ---


def test_observed_gradients_of_a_product_match_hand_calculation() -> None:
    case = Case({"x": 10.0, "y": 5.0}, 1.3)
    (seen,) = observe_layer(PlainMul, [case], ("dx", "dy"))
    assert seen["out"] == 50
    assert (float(seen["dx"]), float(seen["dy"])) == (6.5, 13.0)
    assert not any(value for value in seen.values() if isinstance(value, bool))


def test_expected_gradients_do_not_use_the_reference_backward() -> None:
    class WrongBackward(MulLayer):
        def backward(self, dout: Any) -> Any:
            return dout * 0, dout * 0

    task = LayerTask(
        slug="01_shopping_cart", name="mul_layer", reference=WrongBackward, returned=("dx", "dy"),
        cases=lambda rng: [Case({"x": 10.0, "y": 5.0}, 1.3)], points={"dx": 1}, read="a#b",
        notice="",
    )  # fmt: skip
    (want,) = task.expected(task.cases(np.random.default_rng(0)))
    assert float(want["dx"]) == pytest.approx(6.5, rel=1e-8)
    assert float(want["dy"]) == pytest.approx(13, rel=1e-8)


@pytest.mark.parametrize(
    ("methods", "fact"),
    [
        ({"forward": lambda s, x: (setattr(s, "mask", x <= 0), x.__imul__(~s.mask))[1]},
         "inputs changed"),
        ({"backward": lambda s, dout: dout.__imul__(~s.mask)}, "dout changed"),
        ({"backward": lambda s, dout: (np.where(s.mask, 0, dout), setattr(s, "mask", ~s.mask))[0]},
         "second backward differs"),
        ({"forward": lambda s, x: (s.__dict__.setdefault("mask", x <= 0), np.maximum(x, 0))[1]},
         "earlier batch remembered"),
        ({"forward": lambda s, x: (setattr(type(s), "mask", x <= 0), np.maximum(x, 0))[1]},
         "instances share state"),
        ({"backward": lambda s, dout: (s.forward(dout + 1), dout)[1]}, "tries forward"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_contract_violation_is_detected(methods: Any, fact: str) -> None:
    rng = np.random.default_rng(0)
    cases = [
        Case({"x": x}, dout) for x, dout in (signed_pair(rng, (2, 3)), signed_pair(rng, (1, 5)))
    ]
    right = observe_layer(PlainRelu, cases, ("dx",))
    assert not any(one[fact] for one in right)
    assert any(one[fact] for one in observe_layer(relu_with(**methods), cases, ("dx",)))


def test_cases_contain_all_pairs_of_signs_and_no_value_near_zero() -> None:
    for seed in range(20):
        for shape in ((2, 3), (1, 5), (4,)):
            x, dout = signed_pair(np.random.default_rng(seed), shape)
            pairs = {(a > 0, b > 0) for a, b in zip(x.ravel(), dout.ravel(), strict=True)}
            assert len(pairs) == 4
            assert np.abs(x).min() >= 0.1


def test_all_numbers_of_a_case_differ() -> None:
    for task in LAYER_TASKS:
        case = task.cases(np.random.default_rng(0))[0]
        drawn = [value for name, value in case.inputs.items() if name != "t"]
        values = np.concatenate([np.ravel(v) for v in (*drawn, case.dout)])
        assert len(set(values.tolist())) == values.size


# --- numerical gradients and copies of the reference ---


def square_layer_with(backward: Callable[..., Any]) -> type:
    """Return a layer that squares x, with this backward."""

    def forward(self: Any, x: Any) -> Any:
        self.x = x
        return x**2

    return type("SquareLayer", (), {"forward": forward, "backward": backward})


@pytest.mark.parametrize(
    ("slope", "caught"),
    [
        (lambda x: ((x + 1e-5) ** 2 - (x - 1e-5) ** 2) / 2e-5, True),
        (lambda x: ((x + 1e-4) ** 2 - (x - 1e-4) ** 2) / 2e-4, True),
        (lambda x: ((x + 1e-6) ** 2 - (x - 1e-6) ** 2) / 2e-6, True),
        (lambda x: 2 * x, False),
        (lambda x: np.float32(2) * np.asarray(x, np.float32), True),
        (lambda x: np.vectorize(lambda v: v + v)(x), False),
        # A small constant against division by 0 changes the numbers more than a difference does.
        (lambda x: 2 * x * x / (x + 1e-10), False),
        (lambda x: 2 * x * (1 + 3e-8), False),
    ],
)
def test_numerical_gradient_is_detected_by_its_rounding_error(slope: Any, caught: bool) -> None:
    layer = square_layer_with(lambda self, dout: dout * slope(self.x))
    for seed in range(20):
        report = chain_rule.square_layer(layer, seed=seed)
        assert report.points == (1 if caught else 4), str(report)
        assert bool(report.held) is caught


def test_only_calls_of_the_course_library_count_as_using_the_reference() -> None:
    def theirs() -> Any:
        return MulLayer().forward(2, 3)

    def mine() -> Any:
        return PlainMul().forward(2, 3)

    assert "course_lib.layers" in uses_reference("MulLayer", (__name__,), theirs)
    assert "checks it" in uses_reference("MulLayer", (__name__,), lambda: sys._getframe())
    assert uses_reference("MulLayer", ("__main__",), mine) == ""
    assert sys.getprofile() is None


def test_takes_similar_time_separates_twofold_from_thousandfold_work() -> None:
    assert takes_similar_time(lambda: sum(range(10_000)), lambda: sum(range(20_000)))
    assert not takes_similar_time(lambda: sum(range(1_000)), lambda: sum(range(1_000_000)))


# --- findings ---


def finding(answer: Any, task: Any = activations.relu) -> Finding:
    report = task(answer, seed=0)
    assert report.finding is not None
    return report.finding


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda s, dout: np.where(s.mask, 0, -3 * dout), "-3 times"),
        (lambda s, dout: np.where(s.mask, 0, -dout), "wrong sign"),
        (lambda s, dout: dout * 0, "Every value is 0"),
        (lambda s, dout: np.where(s.mask, 0, dout).T, "transpose"),
        (lambda s, dout: np.where(s.mask, 0, dout).sum(axis=0), "exactly the shape"),
        (lambda s, dout: dout / 0.0, "nan or inf"),
    ],
)
def test_hint_names_the_pattern_of_the_wrong_numbers(backward: Any, words: str) -> None:
    assert words in finding(relu_with(backward=backward)).hint


def test_wanted_and_got_are_reported_with_their_inputs() -> None:
    def backward(self: Any, dout: Any) -> Any:
        return np.where(self.mask, 0, 7 * dout)

    found = finding(relu_with(backward=backward))
    match = re.fullmatch(
        r"(-?[\d.e-]+) \(at \[\d, \d\], for x = (-?[\d.e-]+), dout = (-?[\d.e-]+)\)", found.wanted
    )
    assert match is not None, found.wanted
    wanted, x, dout = map(float, match.groups())
    assert wanted == (dout if x > 0 else 0)
    assert float(found.got) == pytest.approx(7 * wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PlainRelu(), "without ()"),
        (3, "Expected Relu itself, got an object of int"),
        (Relu, "course library"),
        (type("Mine", (Relu,), {}), "course library"),
        (relu_with(backward=lambda s, dout: None), "is there a return"),
        (relu_with(backward=lambda s, dout: "0"), "str, not a number"),
        (relu_with(backward=lambda s, dout: (dout, dout)), "wrong number of values"),
        (relu_with(backward=lambda s: 0), "stops with TypeError"),
        (type("Empty", (), {"__module__": "__main__"}), "has no attribute 'forward'"),
        (relu_with(__init__=lambda s, size: None), "stops with TypeError"),
    ],
)
def test_answer_of_the_wrong_kind_is_reported(answer: Any, words: str) -> None:
    found = finding(answer)
    assert words in f"{found.problem} {found.got}"


def test_unrecognised_numbers_get_no_hint() -> None:
    def backward(self: Any, dout: Any) -> Any:
        return dout * np.cos(1 + np.arange(dout.size)).reshape(dout.shape)

    found = finding(relu_with(backward=backward))
    assert found.hint == ""
    assert found.misconception == ""


def test_a_gradient_that_is_not_stored_is_reported() -> None:
    class Forgetful(PlainRelu):
        def forward(self, x: Any) -> Any:
            self.dW = None
            return super().forward(x)

    case = Case({"x": np.array([1.0, -2.0])}, np.array([3.0, 4.0]))
    (seen,) = observe_layer(Forgetful, [case], ("dx",), ("dW", "db"))
    assert seen["dx"].tolist() == [3, 0]
    assert "no self.dW" in str(seen["dW"])
    assert "no self.db" in str(seen["db"])
    assert not alike(seen["dW"], seen["db"])


def test_number_task_accepts_shapes_and_small_arrays() -> None:
    task = NumberTask(
        slug="s", name="predict", answers={"shape": (3, 4), "db": (5, 7), "n": 2}, read="a#b",
        notice="",
    )  # fmt: skip

    def earned(**given: Any) -> list[float]:
        return [part.earned for part in task(lambda: given).parts]

    assert earned(shape=(3, 4), db=np.array([5.0, 7.0]), n=2) == [1, 1, 1]
    assert earned(shape=[3, 4], db=[5, 7.5], n=(2,)) == [1, 0, 0]
    assert earned(shape=(4, 3), db=(5, 7, 0), n="2") == [0, 0, 0]
    assert earned(shape=12, db=((5, 7),), n=None) == [0, 0, 0]


def test_each_call_has_a_new_seed_and_a_seed_fixes_the_finding() -> None:
    seeds = {activations.relu(PlainRelu).seed for _ in range(5)}
    assert len(seeds) == 5
    wrong = relu_with(backward=lambda s, dout: dout * 2)
    assert finding(wrong) == finding(wrong)


def test_each_part_is_earned_separately() -> None:
    only_dy = mul_with(backward=lambda s, dout: (dout * s.y + 1, dout * s.x))
    report = shopping_cart.mul_layer(only_dy, seed=0)
    assert [(p.name, p.earned) for p in report.parts] == [
        ("forward", 1), ("dx", 0), ("dy", 1), ("contracts", 0),
    ]  # fmt: skip
    assert report.parts[-1].reason
    assert "contracts" not in str(report)


def test_right_backward_earns_its_points_despite_a_wrong_forward() -> None:
    report = shopping_cart.mul_layer(
        mul_with(forward=lambda s, x, y: (setattr(s, "x", x), setattr(s, "y", y), x * y + 1)[2])
    )
    assert [p.earned for p in report.parts] == [0, 1, 1, 0]


# --- the report ---

REPORT = Report(
    "relu",
    (Part("forward", 1, 1), Part("dx", 2, 0, "a < b")),
    Finding("P.", "W", "G", "H?", "Name"),
    read="03_activations#relu",
)


def test_repr_is_the_number_of_points_for_nbgrader() -> None:
    assert repr(REPORT) == "1.0"
    assert float(REPORT) == 1.0
    assert REPORT.max_points == 3


def test_report_lists_problem_wanted_got_hint_and_section_in_order() -> None:
    text = str(REPORT)
    places = [text.index(word) for word in ("P.", "Expected: W", "Got: G", "Think: H?", "Read: ")]
    assert places == sorted(places)
    assert "Name" not in text


def test_html_is_escaped() -> None:
    page = REPORT._repr_html_()
    assert "a &lt; b" in page
    assert "a < b" not in page
    hostile = Report("relu", (Part("forward", 1, 0, "<script>alert(1)</script>"),))
    assert "<script" not in hostile._repr_html_()


def test_text_of_a_learners_exception_is_escaped() -> None:
    def forward(self: Any, x: Any) -> Any:
        raise ValueError("<img src=x onerror=alert(1)>")

    assert "<img" not in activations.relu(relu_with(forward=forward))._repr_html_()


def test_report_without_a_section_has_no_read_line() -> None:
    report = Report("relu", (Part("forward", 1, 0),), Finding("P."))
    assert "Read" not in str(report)
    assert "Read" not in report._repr_html_()


# --- tasks and the book ---


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
def test_section_named_by_a_task_exists(task: Any) -> None:
    chapter, label = task.read.split("#")
    assert chapter == task.slug
    assert f"({label})=" in (ROOT / "book" / f"{chapter}.md").read_text(encoding="utf-8")


def test_alike_compares_the_kind_and_message_of_failures() -> None:
    one = Failure("AttributeError", "'Relu' object has no attribute 'mask'")
    assert alike(one, Failure("AttributeError", "'Mine' object has no attribute 'mask'"))
    assert not alike(one, Failure("AttributeError", "'Relu' object has no attribute 'x'"))
    assert not alike(one, np.zeros(2))
    assert not alike(np.zeros(2), one)
