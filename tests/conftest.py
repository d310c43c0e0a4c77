"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from course_lib.grading.course import Course

ROOT = Path(__file__).parent.parent
pytest_plugins = ["browser"]
# Enough to try every tool on, however many assignments the course has.
TWO = ("01_shopping_cart", "03_activations")
# Few tests that take minutes.
LONG = ("test_page_run_training", "test_page_library", "test_page_answers_graded", "test_live_lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no processor waits for another one in the end."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.stem not in LONG, -tests[item.path]))


def thinned(values: Iterable[Any], every: int, name: Callable[[Any], str]) -> list[Any]:
    """Return parameters of a test with their names; all but each n-th are marked as slow."""
    return [
        pytest.param(value, id=name(value), marks=[pytest.mark.slow] if i % every else [])
        for i, value in enumerate(values)
    ]


def toc_pages() -> list[str]:
    """Return the pages of the book in their order; the assignments' pages are made by its build."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"]]
    for entry in (entry for part in toc["parts"] for entry in part["chapters"]):
        # What the build makes is named after the folder of each assignment.
        made = sorted(ROOT.glob(entry["glob"])) if "glob" in entry else []
        pages += [p.relative_to(ROOT).as_posix() for p in made] or [entry["file"]]
    return pages


def copy_course(target: Path) -> Course:
    """Copy what the tools work on, with two assignments; the library stays where it is."""
    for folder in ("solutions", "exercises", "tests/submissions"):
        (target / folder).mkdir(parents=True)
        for slug in TWO:
            for path in (ROOT / folder).glob(f"{slug}*"):
                if path.is_dir():
                    shutil.copytree(path, target / folder / path.name)
                else:
                    shutil.copy2(path, target / folder)
    shutil.copy2(ROOT / "nbgrader_config.py", target)
    return Course(target)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the course to spoil, in a folder with a space in its name."""
    return copy_course(tmp_path / "my course")
