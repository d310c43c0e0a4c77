"""A known mistake gets its own hint on the page, in every assignment, and is still there later."""

from __future__ import annotations

from typing import Any

import pytest
from browser import look
from page_cases import NEEDS_PYTHON, Solving, headline
from test_page_answers_solved import SLUGS

from course_lib.grading.submissions import model_cells
from course_lib.misconceptions import all_misconceptions

pytestmark = NEEDS_PYTHON
# The first of each assignment.
MISTAKES = {slug: next(m for m in all_misconceptions() if m.slug == slug) for slug in SLUGS}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_mistake_gets_its_hint(browser: Any, site: str, slug: str) -> None:
    mistake, model = MISTAKES[slug], model_cells(slug)
    with look(browser, f"{site}/exercises/{slug}.html") as seen:
        page = Solving(seen.page)
        page.start()
        page.write(mistake.task, mistake.source(model[mistake.task]))
        said = page.run_all()[mistake.task]
        assert mistake.hint in said
        earned, most = headline(said)
        assert earned < most


def test_there_are_ten_mistakes_with_hints_of_their_own() -> None:
    assert len({mistake.hint for mistake in MISTAKES.values()}) >= 10


def test_an_answer_is_there_after_a_reload_and_runs(browser: Any, site: str) -> None:
    slug = SLUGS[0]
    with look(browser, f"{site}/exercises/{slug}.html") as seen:
        page = Solving(seen.page)
        page.start()
        page.write("mul_layer", model_cells(slug)["mul_layer"])
        seen.page.reload()
        status = seen.page.locator(".answers [role=status]")
        assert status.inner_text() == "Your answers are back: mul_layer."
        assert "self.x" in page.cell("mul_layer").inner_text()
        page.start()
        said = page.run_all()
        assert headline(said["mul_layer"]) == (4, 4)
        assert headline(said["add_layer"]) == (0, 3)
