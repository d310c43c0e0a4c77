"""Every part of the library that computes refuses an old NumPy with a short error."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

PARTS = [
    "answers.two_layer_net",
    "autodiff",
    "checks.activations",
    "datasets",
    "functions",
    "gradients",
    "graphs",
    "layers",
    "live",
    "networks",
    "training",
]

TRY_EACH = """
import importlib, sys
import numpy
numpy.__version__ = sys.argv[1]
for part in sys.argv[2:]:
    try:
        importlib.import_module(f"course_lib.{part}")
    except ImportError as error:
        print(part, error)
"""


def error_lines(version: str) -> list[str]:
    """Return the error line of each part with this version of NumPy."""
    run = subprocess.run(
        [sys.executable, "-c", TRY_EACH, version, *PARTS],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return run.stdout.splitlines()


def test_every_part_refuses_an_old_numpy() -> None:
    lines = error_lines("1.26.4")
    assert [line.split()[0] for line in lines] == PARTS
    for line in lines:
        assert "1.26.4" in line
        assert "2.0" in line
        assert "python -m pip install --upgrade numpy" in line


@pytest.mark.parametrize("version", ["2.0.0", "2.10.1", "3.0.0.dev0"])
def test_newer_numpy_versions_are_accepted(version: str) -> None:
    assert error_lines(version) == []


def test_package_requires_the_same_numpy_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == ["numpy>=2.0"]
