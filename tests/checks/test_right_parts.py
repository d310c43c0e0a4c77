"""Parts that are right keep their points when another part of the answer is wrong."""

from __future__ import annotations

import pytest
from test_submissions import TASKS, answer_of, check, model_cells_of

from course_lib.checks.report import Report

NET = "06_two_layer_net"


def earned(report: Report) -> dict[str, float]:
    return {part.name: part.earned for part in report.parts}


def changed(slug: str, task: str, *edits: tuple[str, str]) -> Report:
    """Return the report on the model solution with edits."""
    source = model_cells_of(slug)[task]
    for old, new in edits:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return check(slug, {task: source}, task)


NO_RELU = ('            "Relu1": Relu(),\n', "")
NUMERICAL = """
    def gradient(self, x, t):
        grads = {}
        for name, p in self.params.items():
            grads[name] = np.zeros_like(p)
            for i in np.ndindex(p.shape):
                kept = p[i]
                p[i] = kept + 1e-5
                above = self.loss(x, t)
                p[i] = kept - 1e-5
                grads[name][i] = (above - self.loss(x, t)) / 2e-5
                p[i] = kept
        return grads
"""


def test_a_missing_relu_costs_the_logits_only() -> None:
    assert earned(changed(NET, "two_layer_net", NO_RELU)) == {
        "predict": 0,
        "loss": 1,
        "accuracy": 1,
        "one-hot accuracy": 1,
        "dW2, db2": 1,
        "dW1, db1": 2,
        "any order": 1,
        "contracts": 0,  # needs all others
    }
    assert changed(NET, "three_layer_net", ('            "Relu2": Relu(),\n', "")).points == 7


@pytest.mark.parametrize("seed", range(5))
def test_the_points_do_not_depend_on_the_draw(seed: int) -> None:
    source = model_cells_of(NET)["two_layer_net"].replace(*NO_RELU)
    answer = answer_of(NET, {"two_layer_net": source}, "two_layer_net")
    assert TASKS[NET, "two_layer_net"](answer, seed=seed).points == 7


def test_a_second_mistake_costs_its_own_part() -> None:
    scaled = ("self.last_layer.backward(1)", "self.last_layer.backward(2)")
    got = earned(changed(NET, "two_layer_net", NO_RELU, scaled))
    assert [part for part in got if got[part]] == ["loss", "accuracy", "one-hot accuracy"]


def test_a_numerical_gradient_of_a_wrong_loss_earns_nothing() -> None:
    source = model_cells_of(NET)["two_layer_net"].replace(*NO_RELU)
    source = source[: source.index("    def gradient")] + NUMERICAL
    got = earned(check(NET, {"two_layer_net": source}, "two_layer_net"))
    assert [part for part in got if got[part]] == ["loss", "accuracy", "one-hot accuracy"]


@pytest.mark.parametrize(
    "predict",
    ["return np.zeros((len(x), len(self.params['b2'])))", "return x @ self.params['W1']"],
)
def test_logits_of_no_known_mistake_leave_no_other_part_right(predict: str) -> None:
    source = model_cells_of(NET)["two_layer_net"]
    source += f"\n    def predict(self, x):\n        {predict}\n"
    source += (
        "\n    def gradient(self, x, t):\n"
        "        return {name: np.zeros_like(p) for name, p in self.params.items()}\n"
    )
    assert check(NET, {"two_layer_net": source}, "two_layer_net").points <= 2


def test_backward_is_right_apart_from_a_wrong_forward() -> None:
    # The gradient is that of tanh, at the wrong output.
    wrong = ("np.tanh(x)", "1 / (1 + np.exp(-x))")
    got = earned(changed("03_activations", "tanh", wrong))
    assert got == {"forward": 0, "dx": 2, "at extremes": 0, "contracts": 0}
    both = changed("03_activations", "tanh", wrong, ("self.out**2", "self.out"))
    assert both.points == 0


def test_an_error_in_backward_is_no_right_part() -> None:
    kept = ("self.out = np.tanh(x)\n        return self.out", "return 1 / (1 + np.exp(-x))")
    assert changed("03_activations", "tanh", kept).points == 0
