"""The review asks what is due, by a clock that the tests set; what is done is kept and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import questions
from browser import Look, look, sideways, switch, violations

KEY = "backprop-course/progress"
START = datetime(2027, 3, 1, 12, tzinfo=UTC)
CART, CHAIN = "01_shopping_cart", "02_chain_rule"
OF = {q.key: q for name in (CART, CHAIN) for q in questions.read(questions.FOLDER / f"{name}.toml")}


class Reader:
    """A reader at a page, on a day."""

    def __init__(self, seen: Look, book: Path) -> None:
        self.page, self.book = seen.page, book
        self.page.clock.install(time=START)

    def go(self, name: str, day: int = 0) -> None:
        self.page.clock.set_fixed_time(START + timedelta(days=day))
        self.page.goto((self.book / f"{name}.html").as_uri())

    @property
    def kept(self) -> dict[str, Any]:
        return json.loads(self.page.evaluate(f"localStorage['{KEY}'] ?? '{{}}'"))  # type: ignore[no-any-return]

    def keep(self, pages: dict[str, int], cards: dict[str, dict[str, int]]) -> None:
        text = json.dumps({"pages": pages, "questions": cards})
        self.page.evaluate(f"(text) => {{ localStorage['{KEY}'] = text; }}", text)

    @property
    def status(self) -> str:
        return self.page.locator("#review-place > [role=status]").inner_text()  # type: ignore[no-any-return]

    @property
    def asked(self) -> str | None:
        question = self.page.locator("#review-place .question")
        return question.get_attribute("data-key") if question.count() else None

    def answer(self, right: bool) -> None:
        """Answer the question on the page: by the data it carries, or ask for the solution."""
        question = self.page.locator("#review-place .question")
        if not right:
            question.get_by_role("button", name="Show the solution").click()
            return
        entry = OF[self.asked or ""]
        assert entry.entry["kind"] == "choice"
        right_option = entry.variants[0].answer
        question.locator(f'[data-option="{right_option}"] input').check()
        question.get_by_role("button", name="Check").click()


@pytest.fixture
def reader(browser: Any, book: Path) -> Iterator[Reader]:
    with look(browser, (book / "review.html").as_uri(), still=True, formulas=False) as seen:
        yield Reader(seen, book)
        assert seen.errors == []
        assert seen.foreign == []


def day(number: int) -> int:
    """Return the page's own number of a day after the start."""
    return (START + timedelta(days=number) - datetime(1970, 1, 1, tzinfo=UTC)).days


def test_a_right_answer_comes_back_after_1_3_and_7_days(reader: Reader) -> None:
    name = f"{CART}/zero"
    done = {key: {"stage": 3, "due": day(0)} for key in OF if key != name}
    reader.go("review")
    reader.keep({CART: day(0), CHAIN: day(0)}, done)
    today, gaps = 0, []
    for expected in (1, 3, 7):
        for early in range(expected):
            reader.go("review", today + early)
            assert reader.asked is None
            assert "Nothing is due today." in reader.status
        today += expected
        reader.go("review", today)
        assert reader.asked == name
        assert reader.status == "1 question is due today."
        reader.answer(right=True)
        gaps.append(expected)
        reader.page.get_by_role("button", name="Next question").click()
        assert reader.asked is None
    reader.go("review", today + 100)
    assert "answered every question" in reader.status


def test_a_wrong_answer_comes_back_the_next_day(reader: Reader) -> None:
    name = f"{CART}/zero"
    done = {key: {"stage": 3, "due": day(0)} for key in OF}
    reader.go("review")
    reader.keep({CART: day(0)}, {**done, name: {"stage": 2, "due": day(5)}})
    reader.go("review", 4)
    assert reader.asked is None
    reader.go("review", 5)
    reader.answer(right=False)
    assert reader.kept["questions"][name] == {"stage": 0, "due": day(6)}
    # A second look on the same day, now right, changes nothing.
    reader.go("review", 5)
    assert reader.asked is None
    reader.go("review", 6)
    assert reader.asked == name


def test_only_chapters_read_are_asked_in_turn(reader: Reader) -> None:
    reader.go("review")
    assert reader.status.startswith("Nothing to review yet.")
    reader.keep({CART: day(0), CHAIN: 0}, {})
    reader.go("review", 1)
    own = [key for key in OF if key.startswith(CART)]
    assert reader.status == f"{len(own)} questions are due today."
    reader.keep({CART: day(0), CHAIN: day(0)}, {})
    reader.go("review", 1)
    chapters = []
    for _ in range(4):
        chapters.append((reader.asked or "").split("/")[0])
        reader.answer(right=False)
        reader.page.get_by_role("button", name="Next question").click()
    assert chapters == [CART, CHAIN, CART, CHAIN]


@pytest.mark.slow
def test_a_chapter_is_read_at_its_end_and_the_menu_shows_it(reader: Reader, axe: str) -> None:
    page = reader.page
    reader.go(CART)
    assert reader.kept == {}
    assert page.locator(".done-mark").count() == 0
    box = page.get_by_label("I have read this chapter")
    box.scroll_into_view_if_needed()
    page.wait_for_function(f"localStorage['{KEY}']")
    assert reader.kept["pages"] == {CART: day(0)}
    assert box.is_checked()
    read = page.locator('.bd-docs-nav a[href="#"] .done-mark')
    assert read.inner_text().split() == ["✓", "read"]
    note = page.locator(".done-note")
    assert "kept in this browser only" in note.inner_text()
    assert note.locator("a").get_attribute("href") == "./review.html#your-progress"
    # What the reader says goes before what the page has seen.
    box.uncheck()
    page.reload()
    page.get_by_label("I have read this chapter").scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    assert reader.kept["pages"] == {CART: 0}
    # An exercise is finished when its reader says so; it is not taken for the chapter.
    reader.go(f"exercises/{CART}")
    page.get_by_label("I have finished this exercise").check()
    marked = page.locator(".bd-docs-nav a:has(.done-mark)")
    assert marked.count() == 1
    assert marked.inner_text().split()[-2:] == ["✓", "finished"]
    reader.go(CART)
    page.get_by_label("I have read this chapter").check()
    reader.go("index")
    marks = page.locator(".bd-docs-nav a:has(.done-mark)").evaluate_all(
        "(links) => links.map((link) => [link.getAttribute('href'), link.textContent])"
    )
    assert [(href, text.split()[-1]) for href, text in marks] == [
        (f"{CART}.html", "read"),
        (f"exercises/{CART}.html", "finished"),
    ]
    for theme in ("dark", "light"):
        switch(page, theme)
        assert violations(page, axe) == []


def test_an_answer_makes_its_chapter_a_chapter_read(reader: Reader) -> None:
    reader.go(CHAIN, day=2)
    question = reader.page.locator(f'[data-key="{CHAIN}/exp_stores"]')
    question.get_by_role("button", name="Show the solution").click()
    assert reader.kept["pages"] == {CHAIN: day(2)}


def test_progress_is_saved_opened_and_erased(reader: Reader, tmp_path: Path, axe: str) -> None:
    page = reader.page
    reader.go("review")
    reader.keep({CART: day(0)}, {f"{CART}/zero": {"stage": 1, "due": day(3)}})
    reader.go("review", 1)
    before = reader.kept
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save to a file").click()
    assert waiting.value.suggested_filename == "backprop-progress.json"
    saved = tmp_path / "saved.json"
    waiting.value.save_as(saved)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Erase").click()
    assert reader.kept == before
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase").click()
    assert reader.kept == {}
    assert page.locator(".done-mark").count() == 0
    assert reader.status.startswith("Nothing to review yet.")

    told = page.locator("#progress-place [role=status]")
    for wrong in ("{", "[]", '{"pages": {"a": "b"}, "questions": {}}'):
        bad = tmp_path / "bad.json"
        bad.write_text(wrong)
        page.locator("#progress-place input").set_input_files(bad)
        page.wait_for_function(
            "document.querySelector('#progress-place [role=status]').textContent.includes('bad')"
        )
        assert "is no progress of this course" in told.inner_text()
        assert reader.kept == {}
        page.evaluate("document.querySelector('#progress-place [role=status]').textContent = ''")
    page.locator("#progress-place input").set_input_files(saved)
    page.wait_for_function("document.querySelector('.done-mark')")
    assert reader.kept == before
    assert reader.status.endswith("questions are due today.")
    for theme in ("dark", "light"):
        switch(page, theme)
        assert violations(page, axe) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sideways(page) == []


def test_without_storage_questions_are_answered_all_the_same(browser: Any, book: Path) -> None:
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack))
    page.goto((book / f"{CART}.html").as_uri())
    question = page.locator(f'[data-key="{CART}/zero"]')
    question.locator('[data-option="0"] input').check()
    question.get_by_role("button", name="Check").click()
    assert question.locator(".question-status").inner_text().startswith("Right.")
    assert [stack for stack in errors if "learning.js" in stack] == []
    context.close()
