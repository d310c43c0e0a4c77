"""The audit of the checks: mutants counted by hand, trials, and a check that is too weak."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT

from course_lib.checks import activations, tasks
from course_lib.checks.cases import Case
from course_lib.grading.authoring import audit as audits
from course_lib.grading.authoring import trial
from course_lib.grading.authoring.audit import measured
from course_lib.grading.authoring.mutants import equivalent_path, mutants, read_equivalent
from course_lib.grading.authoring.trial import Trial, TrialResult, model_cells, run
from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError, this_course

ENTRY = '[[equivalent]]\ntask = "a/b"\nwhere = "f"\nline = "x"\nmutants = ["y"]\n'
RELU = ("03_activations", "relu")
KINDS = ("accepted", "hostile")


def mutated(source: str) -> list[str]:
    return [mutant.after for mutant in mutants(source)]


# --- mutants ----------------------------------------------------------------------------------


def test_mutants_of_a_sum_match_a_hand_count() -> None:
    assert sorted(mutated("def f(x):\n    return x + 1")) == sorted(
        [
            "pass",
            "return -(x + 1)",
            "return x",  # a term dropped
            "return 1",
            "return x - 1",
            "return x * 1",
            "return x + 2",
            "return x + 0",
            "return x + -1",
        ]
    )


def test_mutants_of_a_matrix_product_match_a_hand_count() -> None:
    assert sorted(mutated("def f(x, W):\n    return x @ W.T")) == sorted(
        [
            "pass",
            "return -(x @ W.T)",
            "return x",
            "return W.T",
            "return x * W.T",
            "return W.T @ x",
            "return x.T @ W.T",
            "return x @ W.T.T",
            "return x @ W",
            "return W @ W.T",  # one name for another
            "return x @ x.T",
        ]
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("y = x.sum(axis=0)", {"y = x.sum(axis=1)", "y = x.sum(axis=-1)", "y = x.sum(axis=None)",
                               "y = x.sum()", "y = x.mean(axis=0)", "y = x"}),
        ("y = x.max(axis=1, keepdims=True)", {"y = x.max(axis=1, keepdims=False)",
                                              "y = x.max(axis=1)", "y = x.max(keepdims=True)"}),
        ("y = np.maximum(x, 0)", {"y = np.minimum(x, 0)", "y = np.maximum(x, 1)", "y = x"}),
        ("y = np.where(x <= 0, 0, x)", {"y = np.where(x < 0, 0, x)", "y = np.where(x <= 0, x, 0)"}),
        ("y = x[1:]", {"y = x[2:]", "y = x[0:]", "y = x[:]", "y = x"}),
        ("return x, 2 * x", {"return (2 * x, x)", "return (-x, 2 * x)"}),
        ("for i in range(x):\n        pass", {"for i in range(x - 1):", "for i in range(x + 1):",
                                              "for i in range(1, x):"}),
        ("x[0] -= 1", {"x[0] = x[0] - 1", "x[0] += 1", "x[0] = 1"}),
        ("y = -x", {"y = x"}),
        ("y = x.copy()", {"y = x"}),
        ("y = x and not x", {"y = x or not x", "y = x and x"}),
        ("y = {'a': x, 'b': 0}['a']", {"y = {'a': x, 'b': 0}['b']"}),
    ],
)  # fmt: skip
def test_each_kind_of_mutation_is_made(line: str, wanted: set[str]) -> None:
    assert wanted <= set(mutated(f"def f(x):\n    {line}"))


def test_attributes_of_a_layer_are_exchanged_and_dropped() -> None:
    source = (
        "class Mul:\n"
        "    def forward(self, x, y):\n        self.x, self.y = x, y\n        return x * y\n"
        "    def backward(self, dout):\n        return dout * self.y, dout * self.x\n"
    )
    after = mutated(source)
    assert "return (dout * self.x, dout * self.x)" in after
    assert "return (self.y, dout * self.x)" in after  # dout dropped
    assert "return (self.x * self.y, dout * self.x)" in after  # for dout
    assert "self.x, self.y = (y, x)" in after
    assert {mutant.where for mutant in mutants(source)} == {"Mul.forward", "Mul.backward"}


def test_instance_attributes_are_moved_to_the_class() -> None:
    source = "class A:\n    def forward(self, x):\n        self.x = x"
    assert "self.__class__.x = x" in mutated(source)


def test_only_solution_code_is_mutated() -> None:
    source = (
        "def f(x, step=1):\n    y = x + 1\n    ### BEGIN SOLUTION\n    y = 2 * y\n"
        "    ### END SOLUTION\n    return y\n"
    )
    assert {mutant.before for mutant in mutants(source)} == {"y = 2 * y"}


def test_every_mutant_is_valid_and_unique() -> None:
    for source in model_cells("03_activations", solved=True).values():
        made = [mutant.source for mutant in mutants(source)]
        assert len(set(made)) == len(made) > 10
        assert ast.unparse(ast.parse(source)) not in made
        for code in made:
            ast.parse(code)


# --- trials -----------------------------------------------------------------------------------


def trial_result(cell: str, limit: float = 20) -> Any:
    return run(ROOT, Trial(*RELU, "mutant", (), {"relu": cell}, (0, 1), limit))


def test_an_endless_loop_is_stopped_and_earns_no_points() -> None:
    assert trial_result("while True:\n    pass", 0.3).points == (0, 0)
    never = "class Relu:\n    def forward(self, x):\n        while True:\n            pass"
    assert trial_result(never, 0.3).points == (0, 0)


@pytest.mark.parametrize("cell", ["1 / 0", "no python", "raise SystemExit", "Relu = 3"])
def test_a_failing_cell_earns_no_points(cell: str) -> None:
    assert trial_result(cell).points == (0, 0)


def test_the_model_solution_earns_all_points() -> None:
    assert trial_result(model_cells("03_activations")["relu"]).points == (5, 5)


# --- the audit --------------------------------------------------------------------------------


def audit_of(monkeypatch: pytest.MonkeyPatch, task: Any) -> audits.Audit:
    """Return the audit of a single task, in this process."""
    monkeypatch.setattr(trial, "all_tasks", lambda: (task,))
    trial.assignment.cache_clear()
    try:
        return audits.audit(this_course(), ["03_activations"], workers=1)
    finally:
        trial.assignment.cache_clear()


def test_a_strong_check_has_no_survivors(monkeypatch: pytest.MonkeyPatch) -> None:
    found = audit_of(monkeypatch, activations.relu)
    (row,) = found.rows
    assert (row.points, row.mutants.made, row.caught) == (5, 35, 35)
    assert (str(row.parts), str(row.model), str(row.blank)) == ("4/4", "1/1", "1/1")
    assert row.accepted.made >= 5
    assert row.seeds == 3
    assert [said for said in found.problems if "not true any more" not in said] == []


def test_audit_lists_the_mutants_that_a_weak_check_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_below_zero(rng: np.random.Generator) -> list[Case]:
        return [Case({"x": rng.uniform(2, 3, shape)}, np.ones(shape)) for shape in ((2, 3), (4,))]

    weak = replace(
        activations.relu, cases=nothing_below_zero, points={"forward": 2, "dx": 2, "contracts": 1}
    )
    found = audit_of(monkeypatch, weak)
    survivors = " ".join(found.rows[0].mutants.wrong)
    assert "return np.where(self.mask, 0, x)  →  return x" in survivors
    assert "dx = np.where(self.mask, 0, dout)  →  dx = dout" in survivors
    assert "np.where(self.mask, 1, dout)" in survivors
    assert "return -dx" not in survivors
    assert any("This mutant survives" in said for said in found.problems)
    assert any("misconception" in said for said in found.problems)
    assert int(audits.audit_table(found).split()[-1]) == len(found.rows[0].mutants.wrong) > 5


@pytest.mark.slow
def test_audit_reports_points_that_differ_from_the_grade_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    richer = replace(activations.relu, points={**activations.relu.points, "forward": 3})
    assert any(
        "the model solution does not earn everything" in said
        for said in audit_of(monkeypatch, richer).problems
    )


@pytest.mark.slow
def test_audit_reports_outdated_equivalent_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = (*RELU, "Relu.forward", "return x", "return y")
    caught = (*RELU, "Relu.backward", "return dx", "return -dx")
    monkeypatch.setattr(audits, "read_equivalent", lambda _course: {gone: "why", caught: "why"})
    found = audit_of(monkeypatch, activations.relu)
    assert found.stale == [gone, caught]
    assert found.rows[0].caught == 35
    assert len(found.problems) == 2


@pytest.mark.parametrize(("points", "survives"), [((5, 5, 5), []), ((5, 4, 5), ["mutant"])])
def test_a_mutant_that_fails_with_one_seed_is_not_equivalent(
    points: Any, survives: list[str]
) -> None:
    mutant = Trial(*RELU, "mutant", ("f", "return x", "return y"), {}, (0, 1, 2), 1)
    key = (*RELU, "f", "return x", "return y")
    outcome = TrialResult(mutant, points, (None, None, None), 0)
    row = measured((*RELU, 5, True), [outcome], {key: "why"})
    assert len(row.mutants.wrong) == len(survives)
    assert len(row.equivalent) == 1 - len(survives)


def test_attacks_run_before_any_expected_values_are_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected values are cached for other answers; an attack could change their computation."""
    spoil = (
        "from course_lib.checks.tasks import LayerTask\n"
        "LayerTask.expected = lambda self, cases: 1 / 0\n"
        "class Relu: ...\n"
    )
    monkeypatch.setattr(tasks.LayerTask, "expected", tasks.LayerTask.expected)
    trials = [Trial(*RELU, kind, ("", "0"), {"relu": spoil}, (0,), 20) for kind in KINDS]
    trial.assignment.cache_clear()
    assert trial_result(model_cells("03_activations")["relu"]).points == (5, 5)
    assert run(ROOT, trials[0]).points == (0,)  # the expected values are cached
    with pytest.raises(ZeroDivisionError):
        run(ROOT, trials[1])
    trial.assignment.cache_clear()


@pytest.mark.slow
def test_json_contains_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.loads(audits.audit_json(audit_of(monkeypatch, activations.relu)))
    assert [row["task"] for row in said["rows"]] == ["relu"]
    assert said["rows"][0]["mutants"]["made"] == 35


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[equivalent]", "is not TOML"),
        (ENTRY, "no 'reason'"),
        (2 * (ENTRY + 'reason = "z"\n'), "twice"),
    ],
)
def test_a_damaged_table_of_equivalent_mutants_is_reported(
    tmp_path: Path, text: str, words: str
) -> None:
    course = Course(tmp_path)
    file = equivalent_path(course)
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=words):
        read_equivalent(course)


@pytest.mark.slow
def test_every_listed_equivalent_mutant_has_a_reason_and_exists() -> None:
    @cache
    def made(slug: str, task: str) -> set[tuple[str, str, str]]:
        model = model_cells(slug, solved=True)[task]
        return {(m.where, m.before, m.after) for m in mutants(model)}

    for (slug, task, *mutant), why in read_equivalent(this_course()).items():
        assert len(why) > 10
        assert tuple(mutant) in made(slug, task)


@pytest.mark.slow
def test_audit_of_the_course_finds_no_problem() -> None:
    result = CliRunner().invoke(main, ["audit", "05_softmax_with_loss"])
    assert result.exit_code == 0, result.output
