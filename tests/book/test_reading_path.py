"""The path through the book: what follows what, and what a chapter takes and gives."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import reading_path
from conftest import ROOT
from sphinx.errors import ExtensionError
from test_chapters import CHAPTERS, page


def test_an_exercise_follows_its_chapter() -> None:
    pages = ["index", "01_a", "02_b", "exercises/01_a", "exercises/03_c", "exercises/02_b", "end"]
    assert reading_path.path_of(pages) == [
        *("index", "01_a", "exercises/01_a", "02_b", "exercises/02_b"),
        *("exercises/03_c", "end"),  # it has no chapter, and stays where it is
    ]


def test_reading_time_counts_words_code_and_formulas() -> None:
    head = page("01_shopping_cart").partition("\n# ")[0]
    words = "word " * 180 * 10  # ten minutes
    assert reading_path.minutes(f"{head}\n{words}") == 10
    code = "x = 1\n" * 75  # five minutes
    shown = f"```{{code-cell}} python\n{code}```\n"
    folded = f"```{{code-cell}} python\n:tags: [hide-input]\n\n{code}```\n"
    assert reading_path.minutes(f"{head}\n{words}\n\n{shown}") == 15
    assert reading_path.minutes(f"{head}\n{words}\n\n{folded}") == 10
    formulas = "$$\nx^2\n$$\n\n" * 30  # five minutes
    assert reading_path.minutes(f"{head}\n{words}\n\n{formulas}") == 15
    assert reading_path.minutes(head) == 5


def words(markup: str) -> str:
    """Return the text of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_says_at_its_top_what_it_takes_and_gives(book: Path, name: str) -> None:
    goals = reading_path.goals(ROOT / "book" / f"{name}.md")
    assert 2 <= len(goals) <= 4
    before = page(name).partition("\n## ")[0]
    assert before.count("```{goals}") == 1
    chapter = (book / f"{name}.html").read_text(encoding="utf-8")
    text = words(chapter.partition('class="chapter-goals')[2].partition("</div>")[0])
    minutes = reading_path.minutes(page(name))
    assert f"About {minutes} minutes. After this chapter you can" in text
    for goal in goals:
        assert re.sub(r"[`$]", "", goal) in text
    # The plan has the same words from the same place.
    plan = (book / "outline.html").read_text(encoding="utf-8").partition("<article")[2]
    row = plan.partition(f'href="{name}.html"')[2].partition("</tr>")[0]
    assert f"{minutes} min" in row
    assert f"exercises/{name}.html" in row
    for goal in goals:
        assert re.sub(r"[`$]", "", goal) in words(row)


def test_a_plan_without_goals_ends_the_build(tmp_path: Path) -> None:
    chapter = tmp_path / "01_a.md"
    for text in ("# A\n", "# A\n\n```{goals}\n- one\n```\n", "# A\n\n```{goals}\none, two\n```\n"):
        chapter.write_text(text)
        with pytest.raises(ExtensionError, match=r"01_a\.md: expected a list of 2 to 4 goals"):
            reading_path.goals(chapter)
    chapter.write_text("# A\n\n```{goals}\n- one,\n- two\n  lines.\n```\n")
    assert reading_path.goals(chapter) == ["one", "two lines"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_and_its_exercise_link_each_other(book: Path, name: str) -> None:
    exercise = (book / "exercises" / f"{name}.html").read_text(encoding="utf-8")
    assert re.search(rf'chapter <a class="[^"]*" href="\.\./{name}\.html">', exercise)
    chapter = (book / f"{name}.html").read_text(encoding="utf-8")
    end = chapter.partition('<section id="exercise">')[2]
    assert f'href="exercises/{name}.html"' in end.partition("</section>")[0]


def test_the_menu_numbers_the_chapters_alone(book: Path) -> None:
    index = (book / "index.html").read_text(encoding="utf-8")
    menu = index.partition('aria-label="Main"')[2].partition("</nav>")[0]
    numbers = re.findall(r'href="(\w+)\.html">(\d+)\.', menu)
    assert numbers == [(name, str(int(name[:2]))) for name in CHAPTERS]
    assert 'href="review.html"' in menu
