"""Fixtures that several test files share."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from course_lib.grading.course import Course

# First, because it imports nbformat without a grammar that takes seconds. A page has no nbformat.
with contextlib.suppress(ImportError):
    import course_lib.grading.notebooks  # noqa: F401

ROOT = Path(__file__).parent.parent
pytest_plugins = ["browser"]
# The assignments in the copies of the course that tests change.
TWO = ("01_shopping_cart", "03_activations")
# Files with few tests that take minutes.
LONG = ("test_page_run_training", "test_page_library", "test_page_answers_graded", "test_live_lab")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all but a sample of long tests' cases as slow, and run the longest files first.

    The longest files come first so that all workers end at about the same time.
    """
    cases: Counter[tuple[Path, str]] = Counter()
    for item in items:
        if mark := item.get_closest_marker("sample"):
            test = (item.path, getattr(item, "originalname", item.name))
            if cases[test] % mark.kwargs["every"]:
                item.add_marker("slow")
            cases[test] += 1
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.stem not in LONG, -tests[item.path]))


def toc_pages() -> list[str]:
    """Return the pages of the book in order, including the pages of the assignments."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"]]
    for entry in (entry for part in toc["parts"] for entry in part["chapters"]):
        # The build names the page of an assignment after its folder.
        made = sorted(ROOT.glob(entry["glob"])) if "glob" in entry else []
        pages += [p.relative_to(ROOT).as_posix() for p in made] or [entry["file"]]
    return pages


def copy_course(target: Path) -> Course:
    """Copy the folders that the tools read and write, with two assignments; not the library."""
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


@pytest.fixture(autouse=True)
def own_folder_for_new_processes() -> Iterator[None]:
    """Let the Python processes of later tests import from their folder again.

    A command that runs in this process forbids that to all processes that it starts.
    """
    yield
    os.environ.pop("PYTHONSAFEPATH", None)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Return a copy of the course that a test can change; its path contains a space."""
    return copy_course(tmp_path / "my course")
