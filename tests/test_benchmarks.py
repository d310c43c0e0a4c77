"""The page of figures: in step with the file of results, and without a word on whose machine."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
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
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_medians_and_ratios_are_those_of_the_runs(results: Any) -> None:
    import timing

    given = iter([8.0, 1.0, 4.0, 2.0, 6.0, 9.0])
    rows = timing.compare(dict.fromkeys("ab", lambda: {"seconds": next(given), "test": 0.5}), 3)
    first, second = rows
    assert (first["median"], first["least"], first["most"], first["times"]) == (6, 4, 8, 1)
    assert (second["median"], second["least"], second["most"], second["times"]) == (2, 1, 9, 3)
    assert second["test"] == 0.5
