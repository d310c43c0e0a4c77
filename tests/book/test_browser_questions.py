"""Questions are answered in the page: by pointer, by keyboard, without a script and on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import questions
from browser import PATIENCE, Look, look, sideways, switch, violations

NAME = "01_shopping_cart"
OF = {q.entry["name"]: q for q in questions.read(questions.FOLDER / f"{NAME}.toml")}


@pytest.fixture(scope="module")
def chapter(browser: Any, book: Path) -> Iterator[Look]:
    """A chapter, opened once as a file; each test has questions of its own."""
    address = (book / f"{NAME}.html").as_uri()
    with look(browser, address, still=True, formulas=False) as seen:
        yield seen
        assert seen.errors == []
        assert seen.foreign == []


def group(page: Any, name: str) -> Any:
    return page.locator(f'[data-key="{NAME}/{name}"]')


def press(question: Any, words: str) -> None:
    question.get_by_role("button", name=words, exact=True).click()


def said(question: Any) -> str:
    return question.locator(".question-status").inner_text()  # type: ignore[no-any-return]


def kept(page: Any) -> dict[str, Any]:
    return json.loads(page.evaluate("localStorage['backprop-course/progress'] ?? '{}'"))  # type: ignore[no-any-return]


def first_sentence(reason: str) -> str:
    return " ".join(reason.split()).split(". ")[0]


def test_a_number_is_judged_and_a_known_mistake_is_named(chapter: Look) -> None:
    question = group(chapter.page, "product")
    field, variant = question.get_by_role("textbox"), OF["product"].variants[0]
    assert not question.locator(".solution").is_visible()
    press(question, "Check")
    assert said(question).startswith("Answer first.")
    field.fill("many")
    press(question, "Check")
    assert said(question).startswith("Enter a number")
    assert kept(chapter.page) == {}  # neither was an answer
    field.fill(str(variant.wrong[0]))
    press(question, "Check")
    assert first_sentence(OF["product"].reasons[0]) in said(question)
    # The tolerance that the page tells, and no more; a comma as in many countries.
    field.fill(str(variant.answer + 0.02))
    press(question, "Check")
    assert said(question).startswith("Not yet.")
    field.fill(f"{variant.answer + 0.009:.3f}".replace(".", ","))
    press(question, "Check")
    assert said(question).startswith("Right.")
    assert question.locator(".solution").is_visible()
    assert kept(chapter.page)["questions"][f"{NAME}/product"]["stage"] == 0


def test_other_numbers_have_another_answer(chapter: Look) -> None:
    question = group(chapter.page, "tax_rate")
    places = {variant.places: variant.answer for variant in OF["tax_rate"].variants}
    met = set()
    for _ in range(3):
        press(question, "Other numbers")
        # The spans of the question and of its folded solution.
        shown = question.locator("[data-place]").evaluate_all(
            "(spans) => Object.entries(Object.fromEntries("
            "spans.map((s) => [s.dataset.place, s.textContent])))"
            ".sort((a, b) => a[0] - b[0]).map((pair) => pair[1])"
        )
        met.add(tuple(shown))
        answer = places[tuple(shown)]
        question.get_by_role("textbox").fill(str(answer).replace("-", "−"))
        press(question, "Check")
        assert said(question).startswith("Right.")
    assert len(met) > 1


def test_a_choice_gives_the_reason_for_each_option(chapter: Look) -> None:
    question = group(chapter.page, "seed_ten")
    press(question, "Check")
    assert said(question).startswith("Choose an answer first.")
    question.get_by_label("Every gradient grows by 9.").check()
    press(question, "Check")
    assert "multiplied by local gradients, not added" in said(question)
    question.get_by_label("Every gradient is ten times as large.").check()
    press(question, "Check")
    assert said(question).startswith("Right.")
    assert question.locator(".solution li").count() == 4
    # The letters of the options and of the reasons are in one order.
    shown = question.locator("[data-option]").evaluate_all("(l) => l.map((i) => i.dataset.option)")
    verdicts = question.locator(".solution li strong").all_inner_texts()
    assert [shown[i] for i, verdict in enumerate(verdicts) if verdict == "Right."] == ["0"]


def lines(question: Any) -> list[str]:
    return question.locator(".question-lines code").all_inner_texts()  # type: ignore[no-any-return]


def test_lines_are_ordered_by_keyboard(chapter: Look) -> None:
    question, page = group(chapter.page, "order_backward"), chapter.page
    press(question, "Check")
    assert said(question).startswith("Not yet.")
    for extra in ("dx = dout * self.x", "return dx"):
        question.get_by_label(f"Use {extra}", exact=True).focus()
        page.keyboard.press("Space")
    # Up to the top by keys alone: the focus stays on the button that was pressed.
    for line in ("dy = dout * self.x", "dx = dout * self.y"):
        button = question.get_by_label(f"Up: {line}", exact=True)
        button.focus()
        while lines(question)[0] != line:
            page.keyboard.press("Enter")
            assert button.evaluate("(el) => el === document.activeElement")
    assert question.locator(".visually-hidden[role=status]").inner_text() == "Line 1 of 5"
    press(question, "Check")
    assert said(question).startswith("Right.")


def test_lines_are_dragged(chapter: Look) -> None:
    page = chapter.page
    page.reload()
    question = group(page, "order_backward")
    order = lines(question)
    question.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    handle, target = (
        question.locator(".question-handle").nth(at).bounding_box() for at in (len(order) - 1, 0)
    )
    page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 5, target["y"] - 5, steps=6)
    page.mouse.up()
    assert lines(question) == [order[-1], *order[:-1]]


def test_an_output_is_predicted_before_it_is_shown(chapter: Look) -> None:
    question = group(chapter.page, "predict_cart")
    variant = OF["predict_cart"].variants[0]
    assert not question.locator(".question-output").is_visible()
    question.get_by_role("textbox").fill(variant.wrong[0])
    press(question, "Check")
    assert first_sentence(OF["predict_cart"].reasons[0]) in said(question)
    # Spaces and the form of numbers do not count.
    question.get_by_role("textbox").fill(variant.answer.replace(".0 ", ",   "))
    press(question, "Check")
    assert said(question).startswith("Right.")
    assert question.locator(".question-output").inner_text() == variant.answer


def test_the_solution_can_be_asked_for(chapter: Look) -> None:
    question = group(chapter.page, "zero")
    press(question, "Show the solution")
    assert question.locator(".solution").is_visible()
    card = kept(chapter.page)["questions"][f"{NAME}/zero"]
    assert card["stage"] == 0


def test_answered_questions_are_accessible_on_every_screen(chapter: Look, axe: str) -> None:
    page = chapter.page
    page.evaluate("document.querySelectorAll('.question form').forEach((f) => f.requestSubmit())")
    page.evaluate(
        "document.querySelectorAll('.solution').forEach((d) => Object.assign(d, "
        "{ open: true, hidden: false }))"
    )
    for theme in ("dark", "light"):
        switch(page, theme)
        assert violations(page, axe) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sideways(page) == []
    small = page.locator(".question :is(button, summary):visible").evaluate_all(
        "(all) => all.filter((el) => el.getBoundingClientRect().height < 24).length"
    )
    assert small == 0
    page.set_viewport_size({"width": 1280, "height": 900})


def test_without_a_script_questions_stand_with_their_solutions_folded(
    browser: Any, book: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto((book / f"{NAME}.html").as_uri())
    assert page.locator(".question").count() == len(OF)
    assert page.locator(".question :is(input, button)").count() == 0
    solution = group(page, "product").locator(".solution")
    assert not solution.locator("p").is_visible()
    solution.locator("summary").click()
    assert solution.locator("p").is_visible()
    context.close()


def test_the_script_is_small(book: Path) -> None:
    assert (book / "_static" / "learning.js").stat().st_size < 15_000
