"""The page of figures: in step with the file of results, and without a word on whose machine."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from course_lib.networks import TwoLayerNet

BENCHMARKS = ROOT / "benchmarks"
FOLDER = ROOT / "book" / "instructors"


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return json.loads((BENCHMARKS / "results.json").read_text(encoding="utf-8"))


def test_the_page_is_in_step_with_the_results(results: Any) -> None:
    import page

    assert (FOLDER / page.PAGE).read_text(encoding="utf-8") == page.text(results), (
        "Write the page anew: python benchmarks/page.py"
    )
    results["gradient_check"]["tables"]["check"][1]["median"] *= 2
    assert (FOLDER / page.PAGE).read_text(encoding="utf-8") != page.text(results)


def test_the_plots_are_in_step_with_the_results(results: Any) -> None:
    import plots

    made = plots.plots(results)
    assert made.keys() == {path.name for path in FOLDER.glob("performance_*.svg")}
    for name, content in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == content, (
            f"{name}: draw the plots anew: python benchmarks/page.py"
        )


def test_every_figure_has_the_command_that_repeats_it(results: Any) -> None:
    text = (FOLDER / "performance.md").read_text(encoding="utf-8")
    for name, section in results.items():
        assert f"python benchmarks/{name}.py" in section["command"]
        assert (BENCHMARKS / f"{name}.py").exists()
        assert section["command"] in text


def test_nothing_tells_whose_machine_it_was() -> None:
    for path in (BENCHMARKS / "results.json", FOLDER / "performance.md"):
        assert not re.search(r"/(home|root|tmp|work|Users)/", path.read_text(encoding="utf-8"))


def test_results_are_replaced_section_by_section(
    tmp_path: Path, results: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import timing

    file = tmp_path / "results.json"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    for name, value in (("b", 1.0), ("a", 2.0), ("b", 0.123456)):
        words = [f"/somewhere/{name}.py", "--runs", "2", "--json", str(file)]
        monkeypatch.setattr(sys, "argv", words)
        timing.save(file, {"rows": [{"name": "x", "seconds": value}]})
    saved = json.loads(file.read_text(encoding="utf-8"))
    assert list(saved) == ["a", "b"]
    assert saved["b"]["tables"] == {"rows": [{"name": "x", "seconds": 0.1235}]}
    assert saved["a"]["command"] == "OPENBLAS_NUM_THREADS=1 python benchmarks/a.py --runs 2"
    assert saved["a"]["took"] >= 0
    assert re.search(r"\d\.\d.*threads: \d|unknown", saved["a"]["machine"]["products"])
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_medians_and_ratios_are_those_of_the_runs(results: Any) -> None:
    import timing

    given = iter([8.0, 1.0, 4.0, 2.0, 6.0, 9.0])
    rows = timing.compare(dict.fromkeys("ab", lambda: {"seconds": next(given), "test": 0.5}), 3)
    first, second = rows
    assert (first["median"], first["least"], first["most"], first["times"]) == (6, 4, 8, 1)
    assert (second["median"], second["least"], second["most"], second["times"]) == (2, 1, 9, 3)
    assert second["test"] == 0.5


def test_the_page_adds_up_what_the_benchmarks_took(results: Any) -> None:
    import page

    for section, seconds in zip(results.values(), itertools.cycle((30, 90)), strict=False):
        section["took"] = seconds
    assert len(results) == 8
    assert "8 minutes" in page.text(results)
    assert page.text(results).count("It took 90 s.") == 4


def test_the_page_says_whether_the_aim_of_training_is_reached_by_hand(results: Any) -> None:
    import page

    rows = {row["name"]: row for row in results["training"]["tables"]["training"]}
    rows["the source's way, float64"]["median"] = 10.0
    for seconds, words in ((2.1, "they miss the target, too"), (1.9, "they meet the target")):
        rows["the same steps by hand, float32"]["median"] = seconds
        assert words in page.text(results)


def test_every_class_is_graded_with_one_worker_and_with_two(results: Any) -> None:
    rows = results["grading"]["tables"]["grading"]
    ways = {(row["submissions"], row["name"].removesuffix(" ~")) for row in rows}
    jobs = ("nbgrader autograde", "course grade, 1 job", "course grade, 2 jobs")
    assert ways == set(itertools.product((20, 200, 1000), jobs))


def test_what_training_is_compared_with_takes_the_same_steps(results: Any) -> None:
    import by_hand
    import plain

    rng = np.random.default_rng(0)
    x = rng.random((7, 784), np.float32)
    t = np.eye(10, dtype=np.float32)[rng.integers(10, size=7)]
    ours = TwoLayerNet(784, 50, 10, rng=1)
    for name in ("b1", "b2"):
        ours.params[name] = rng.standard_normal(ours.params[name].shape)
    hand, source = by_hand.ByHand(rng), plain.PlainNet(rng)
    for name, param in ours.params.items():
        setattr(hand, name, param.astype(np.float32))
        source.params[name] = param.copy()
    loss, grads = ours.loss_and_gradient(x, t)
    assert source.loss(x, t) == pytest.approx(loss, rel=1e-5)
    for name, grad in source.gradient(x, t).items():
        np.testing.assert_allclose(grad, grads[name], rtol=1e-9, atol=1e-12)
    assert hand.accuracy(x, t) == ours.accuracy(x, t) == source.accuracy(x, t)
    before = {name: getattr(hand, name).copy() for name in grads}
    # A power of 2 as the learning rate, so that the gradient comes back as it was.
    assert hand.step(x, t, np.float32(2)) == pytest.approx(loss, rel=1e-5)
    for name, grad in grads.items():
        moved = (before[name] - getattr(hand, name)) / 2
        np.testing.assert_allclose(moved, grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["pages", "page_python"])
def test_a_missing_browser_is_said_in_a_sentence(name: str) -> None:
    words = [sys.executable, str(BENCHMARKS / f"{name}.py")]
    env = {key: value for key, value in os.environ.items() if key != "COURSE_REQUIRE_BROWSER"}
    run = subprocess.run(words, env=env | {"PATH": ""}, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("Pages can't be measured: no Chromium here")
    assert len(run.stderr.splitlines()) == 1
