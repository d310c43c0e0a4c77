"""README.md, CONTRIBUTING.md and AUTHORING.md name files, tests and targets that exist."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "AUTHORING.md", "benchmarks/README.md")
# What the course makes, or a class: there after a run, and never in git.
MADE = [
    "_build",
    "submitted",
    "autograded",
    "feedback",
    "exchange",
    "gradebook.db",
    ".venv",
    "work",
]
# One slug stands for all, as the layer and the checks of one chapter do.
EXAMPLES = {"<slug>": "04_affine", "<name>": "affine", "<layer>": "affine"}
_PATH = re.compile(r"(?:[\w<>.-]+/)+[\w<>.*-]*|[\w-]+\.(?:md|py|toml|lock|yml)|Makefile")


def table_paths(text: str) -> set[str]:
    """Return the paths in the rows of a document's tables, with examples for what is open."""
    rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    paths = set()
    for code in re.findall(r"`([^`]+)`", rows):
        for word in code.split():
            if _PATH.fullmatch(word) and "..." not in word:
                for mark, example in EXAMPLES.items():
                    word = word.replace(mark, example)
                paths.add(word.rstrip("/"))
    return {path for path in paths if path.split("/")[0] not in MADE}


def command_paths(text: str) -> set[str]:
    """Return the paths of tests and scripts in the commands of a document."""
    return set(re.findall(r"\b(?:tests|tools|benchmarks)/[\w/]+\.py\b", text))


def missing(text: str) -> set[str]:
    """Return what a document names and the checkout does not have."""
    return {p for p in table_paths(text) | command_paths(text) if not (ROOT / p).exists()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_in_the_tables_and_commands_exists(name: str) -> None:
    assert missing((ROOT / name).read_text(encoding="utf-8")) == set()


def test_the_tables_are_read() -> None:
    paths = table_paths((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(paths) > 80
    assert {"course_lib/layers", "solutions/04_affine.md", "tests/layers", "Makefile"} <= paths


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("`course_lib/grading/demo.py`", "`course_lib/grading/roster.py`"),
        ("`tests/layers`", "`tests/strata/`"),
        ("`tests/library/test_functions.py`", "`tests/test_functions.py`"),
        ("`solutions/<slug>.md`", "`solution/<slug>.md`"),
        ("`_config.yml`", "`_settings.yml`"),
        ("pytest tests/page/test_page_script.py", "pytest tests/test_page_script.py"),
    ],
)
def test_a_wrong_path_is_found(right: str, wrong: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert right in text
    assert len(missing(text.replace(right, wrong))) == 1


def test_every_test_module_is_named_by_a_table_or_its_folder() -> None:
    paths = table_paths((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    rooms = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    named = [ROOT / path for path in paths]
    assert {
        room.relative_to(ROOT).as_posix()
        for room in rooms
        if not any(path == room or path.parent == room for path in named)
    } == set()
