"""Every assignment can be solved on its page, and a page without answers says what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from browser import look
from conftest import ROOT
from page_cases import NEEDS_PYTHON, Solving, headline, released

from course_lib.grading.submissions import model_cells

pytestmark = NEEDS_PYTHON
SLUGS = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))


def promised(slug: str) -> dict[str, float]:
    """The points of each task that a program checks, as the released notebook states them."""
    graded = [cell["metadata"].get("nbgrader", {}) for cell in released(slug)["cells"]]
    return {
        about["grade_id"].removeprefix("check_"): about["points"]
        for about in graded
        if about.get("grade") and not about["solution"]
    }


@pytest.mark.parametrize("slug", SLUGS)
def test_the_model_solution_earns_everything_on_the_page(
    browser: Any, site: str, slug: str
) -> None:
    with look(browser, f"{site}/exercises/{slug}.html") as seen:
        page = Solving(seen.page)
        page.start()
        for name, source in model_cells(slug).items():
            page.write(name, source)
        said = page.run_all()
        assert {name: headline(text) for name, text in said.items()} == {
            name: (points, points) for name, points in promised(slug).items()
        }
        assert seen.foreign == []
        assert seen.errors == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_blank_page_is_told_what_is_not_written_yet(browser: Any, site: str, slug: str) -> None:
    with look(browser, f"{site}/exercises/{slug}.html") as seen:
        page = Solving(seen.page)
        page.start()
        said = page.run_all()
        assert {name: headline(text) for name, text in said.items()} == {
            name: (0, points) for name, points in promised(slug).items()
        }
        for text in said.values():
            assert "not written yet" in text or "not filled in yet" in text
            assert "Error" not in text
        assert seen.errors == []
