"""Every assignment can be solved on its page: blank, with a misconception, and right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser import BOOK, look
from conftest import ROOT
from page_cases import Solving, headline, released

from course_lib.grading.authoring.trial import model_cells
from course_lib.misconceptions import all_misconceptions

SLUGS = sorted(path.stem for path in (ROOT / "solutions").glob("*.md"))
# The first misconception of each assignment.
MISTAKES = {slug: next(m for m in all_misconceptions() if m.slug == slug) for slug in SLUGS}


def promised(slug: str) -> dict[str, float]:
    """Return the points of each automatically graded task in the released notebook."""
    graded = [cell["metadata"].get("nbgrader", {}) for cell in released(slug)["cells"]]
    return {
        about["grade_id"].removeprefix("check_"): about["points"]
        for about in graded
        if about.get("grade") and not about["solution"]
    }


@pytest.mark.parametrize(
    "slug",
    # Starting Python in a page takes many seconds.
    [pytest.param(s, marks=[] if s[:2] == "01" else [pytest.mark.slow]) for s in SLUGS],
)
def test_checks_on_the_page_for_blank_wrong_and_right_answers(
    browser: Any, site: str, slug: str
) -> None:
    mistake, model, most = MISTAKES[slug], model_cells(slug), promised(slug)
    with look(browser, f"{site}/exercises/{slug}.html", formulas=False, still=True) as seen:
        page = Solving(seen.page)
        page.start()

        # Blank answers are reported as not written.
        said = page.checks()
        points = {name: headline(text) for name, text in said.items()}
        assert points == {name: (0, points) for name, points in most.items()}
        for text in said.values():
            assert "not written yet" in text or "not filled in yet" in text
            assert "Traceback" not in text
            assert "stops with" not in text

        # A misconception gets its own hint; the other tasks are right.
        for name, source in model.items():
            page.write(name, source)
        page.write(mistake.task, mistake.source(model[mistake.task]))
        said = page.checks()
        assert mistake.hint in said[mistake.task]
        earned, possible = headline(said[mistake.task])
        assert earned < possible
        finished = seen.page.get_by_label("I have finished this exercise")
        assert not finished.is_checked()
        # The section to read is a link to it.
        task = f'[data-grade-id="check_{mistake.task}"].tag_check'
        [address] = seen.page.locator(f"{task} .check p a").evaluate_all(
            "(links) => links.map((link) => link.getAttribute('href'))"
        )
        chapter, label = re.fullmatch(r"\.\./(\w+)\.html#([\w-]+)", address).groups()
        assert f'id="{label}"' in (BOOK / f"{chapter}.html").read_text(encoding="utf-8")

        # The model solution earns all points.
        page.write(mistake.task, model[mistake.task])
        points = {name: headline(text) for name, text in page.checks().items()}
        assert points == {name: (points, points) for name, points in most.items()}
        assert finished.is_checked()
        assert seen.foreign == []
        assert seen.errors == []


def test_ten_different_hints_are_tested() -> None:
    assert len({mistake.hint for mistake in MISTAKES.values()}) >= 10


@pytest.mark.slow
def test_an_answer_survives_a_reload_and_runs(browser: Any, site: str) -> None:
    slug = SLUGS[0]
    with look(browser, f"{site}/exercises/{slug}.html", formulas=False, still=True) as seen:
        page = Solving(seen.page)
        page.start()
        page.write("mul_layer", model_cells(slug)["mul_layer"])
        seen.page.reload()
        status = seen.page.locator(".answers [role=status]")
        assert status.inner_text() == "Your answers are back: mul_layer."
        assert "self.x" in page.cell("mul_layer").inner_text()
        page.start()
        said = page.checks()
        assert headline(said["mul_layer"]) == (4, 4)
        assert headline(said["add_layer"]) == (0, 3)
