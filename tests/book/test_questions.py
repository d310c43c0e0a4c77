"""The questions of the chapters: their form, their answers, and what an author is told."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import questions
from conftest import ROOT
from test_chapters import CHAPTERS, page

FILES = sorted(questions.FOLDER.glob("*.toml"))
# Answers that were worked out by hand, for the numbers of a variant.
BY_HAND = {
    "01_shopping_cart/product": lambda x, y, dout: dout * y,
    "01_shopping_cart/tax_rate": lambda n, price: n * price,
    "02_chain_rule/square": lambda x, dout: 2 * x * dout,
    "02_chain_rule/paths": lambda x, y: 2 * x + y,
    "03_activations/sigmoid_from_output": lambda out, dout: dout * out * (1 - out),
    "04_affine/dx_by_hand": lambda a, b, c: a + 10 * b + 100 * c,
    "04_affine/dw_by_hand": lambda p, q, r, s: p * r + q * s,
    "05_softmax_with_loss/probability": lambda a, b, c: b / (a + b + c),
    "05_softmax_with_loss/batch_of_n": lambda N, p: (p - 1) / N,
    "06_two_layer_net/parameters": lambda D, H, K: (D + 1) * H + (H + 1) * K,
    "07_gradient_check/forward_square": lambda x, h: 2 * x + h,
    "07_gradient_check/kink": lambda x: (0.01 + x) / 0.02,
    "08_training/one_step": lambda w, x, t: w - 0.1 * (w * x - t) * x,
    "09_deeper/decay": lambda w, g, decay: w - 0.1 * (g + decay * w),
    "10_autodiff/cube": lambda x: 3 * x * x,
}


def test_every_chapter_asks_its_questions() -> None:
    assert [path.stem for path in FILES] == CHAPTERS
    for name in CHAPTERS:
        assert "\n## Check yourself\n\n```{questions}\n" in page(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_questions_of_a_chapter_are_valid(path: Path) -> None:
    found = questions.read(path)  # runs the code of each
    assert len(found) >= 8
    checked = [q for q in found if q.entry["kind"] != "choice" or "code" in q.entry]
    assert len(checked) >= len(found) - 2  # the others ask for a reason, not for a result


def test_chapters_ask_in_every_way_and_with_new_numbers() -> None:
    for path in FILES:
        found = questions.read(path)
        assert {question.entry["kind"] for question in found} == set(questions.KINDS)
        assert sum(len(question.variants) > 1 for question in found) >= 3


@pytest.mark.parametrize("key", BY_HAND)
def test_answers_are_those_worked_out_by_hand(key: str) -> None:
    chapter, name = key.split("/")
    [question] = [
        q for q in questions.read(questions.FOLDER / f"{chapter}.toml") if q.entry["name"] == name
    ]
    for variant in question.variants:
        assert variant.answer == pytest.approx(BY_HAND[key](**variant.draw), abs=1e-6)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_html_is_complete_without_a_script(path: Path) -> None:
    for question in questions.read(path):
        text = questions.whole(question)
        before, folded = text.split('<details class="solution">')
        assert "{{" not in re.sub(r"<script.*?</script>", "", text)
        assert "<form" not in before
        assert "$" not in text  # formulas would have to be set by a script
        if question.entry["kind"] == "predict":
            assert html.escape(question.variants[0].answer, quote=False) in folded
        if question.entry["kind"] == "choice":
            assert before.count("<li") == folded.count("<li") == len(question.entry["options"])


# --- what an author is told -----------------------------------------------------------------------

NUMBER = """
name = "double"
kind = "number"
text = "What is twice {{x}}?"
draw = { x = [3, 5] }
code = "y = 2 * x"
answer = "y"
wrong = [{ value = "x ** 2", reason = "That is the square." }]
solution = "{{x}} + {{x}} = {{answer}}"
"""
CHOICE = """
name = "larger"
kind = "choice"
text = "Which is larger?"
code = "a, b = 2, 3"
options = [
  { text = "a", holds = "a > b", reason = "2 is less than 3." },
  { text = "b", right = true, holds = "b > a", reason = "3 is more than 2." },
]
solution = "Compare."
"""
ORDER = """
name = "thrice"
kind = "order"
text = "Order the lines."
head = "def thrice(x):"
lines = ["y = x + x", "y = y + x", "return y"]
extra = [{ line = "y = x", reason = "Too little." }]
code = ""
holds = "thrice(2) == 6"
solution = "Two sums."
"""
PREDICT = """
name = "prints"
kind = "predict"
text = "What does it print?"
draw = { x = [1, 2] }
code = "print({{x}} + 1)"
wrong = [{ value = "x", reason = "One is added." }]
solution = "{{x}} + 1"
"""


def read_one(folder: Path, entry: str) -> questions.Question:
    """Check a question of chapter 1 in a folder of its own."""
    book = folder / "book"
    (book / "questions").mkdir(parents=True)
    (book / "01_shopping_cart.md").write_text("# Cart\n\n(mul-layer)=\n## Product\n")
    path = book / "questions" / "01_shopping_cart.toml"
    path.write_text(entry if "[[question]]" in entry else f"[[question]]\n{entry}")
    content = questions.tomllib.loads(path.read_text())
    [table] = content["question"]
    return questions.check(path, 1, table, content.get("setup", ""))


def test_right_questions_are_read(tmp_path: Path) -> None:
    number = read_one(tmp_path / "a", NUMBER)
    assert {variant.answer for variant in number.variants} == {6.0, 10.0}
    assert {variant.wrong for variant in number.variants} == {(9.0,), (25.0,)}
    assert read_one(tmp_path / "b", CHOICE).variants[0].answer == 1
    assert read_one(tmp_path / "c", ORDER).variants[0].answer == [[0, 1, 2]]
    assert {v.answer for v in read_one(tmp_path / "d", PREDICT).variants} == {"2", "3"}


def test_the_example_in_authoring_md_is_right(tmp_path: Path) -> None:
    text = (ROOT / "AUTHORING.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(setup = .*?)```", text, flags=re.DOTALL)
    question = read_one(tmp_path, example)
    assert {variant.answer for variant in question.variants} == {6.0, 7.5, 8.0, 10.0}


WRONG: dict[str, tuple[str, str, str, str]] = {
    "a key too many": (NUMBER, 'answer = "y"', 'answer = "y"\nanwser = "y"', "unknown key anwser"),
    "a number for a text": (NUMBER, 'answer = "y"', "answer = 2", "answer: expected a text"),
    "a text for a number": (
        NUMBER,
        'answer = "y"',
        'answer = "y"\ntolerance = "0.1"',
        "tolerance: expected a number, got '0.1'",
    ),
    "numbers without a list": (NUMBER, "x = [3, 5]", "x = 3", "draw: expected lists"),
    "no numbers that are kept": (NUMBER, "[3, 5]", "[2]", "are the same"),
    "two options that read the same": (CHOICE, 'text = "a"', 'text = "b"', "read the same"),
    "a misspelt name in holds": (ORDER, '"thrice(2)', '"trice(2)', "NameError"),
    "no solution": (NUMBER, "solution =", "read =", "solution is missing"),
    "another kind": (NUMBER, '"number"', '"text"', "kind: expected one of number, choice"),
    "a wrong number that is right": (NUMBER, "x ** 2", "x + x", "are the same"),
    "no reason": (NUMBER, ', reason = "That is the square."', "", "a reason or a misconception"),
    "code that stops": (NUMBER, "y = 2 * x", "y = 1 / 0", "stops with ZeroDivisionError"),
    "a name that draw has": (NUMBER, "y = 2 * x", "y, x = 2 * x, 1", "gives x another value"),
    "a place without a value": (NUMBER, "{{x}}?", "{{z}}?", "'z' stops with NameError"),
    "an unknown misconception": (
        NUMBER,
        'reason = "That is the square."',
        'misconception = "Squared"',
        "misconceptions/01_shopping_cart.toml has no 'Squared'",
    ),
    "a label that is not there": (
        NUMBER,
        "solution =",
        'read = "add-layer"\nsolution =',
        "01_shopping_cart.md has no label 'add-layer'",
    ),
    "two right options": (
        CHOICE,
        '{ text = "a", holds',
        '{ text = "a", right = true, holds',
        "option 1",
    ),
    "a right option that does not hold": (CHOICE, "a, b = 2, 3", "a, b = 3, 2", "option 1: holds"),
    "lines in a wrong order": (
        ORDER,
        '"y = y + x", "return y"',
        '"return y", "y = y + x"',
        "do not give",
    ),
    "an extra line that is right": (ORDER, '"y = x",', '"y = 2 * x",', "is right in place of"),
    "nothing printed": (PREDICT, "print({{x}} + 1)", "{{x}} + 1", "prints nothing"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_an_error_names_file_question_and_mistake(tmp_path: Path, mistake: str) -> None:
    entry, right, wrong, said = WRONG[mistake]
    assert entry.count(right) == 1
    with pytest.raises(questions.QuestionError) as caught:
        read_one(tmp_path, entry.replace(right, wrong))
    message = str(caught.value)
    assert message.startswith("01_shopping_cart.toml, question ")
    assert re.search(r"'?name = \"(\w+)\"", entry)[1] in message  # type: ignore[index]
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question = 3", "question: expected a list, got 3"),
        ("question = [3]", "question: expected tables"),
        ("[[question]", "not valid TOML"),
        (f"[[question]]{NUMBER}[[question]]{NUMBER}", "the name double occurs twice"),
        (f"[[question]]{NUMBER}", "expected 8 questions or more, got 1"),
        (f"[[question]]{NUMBER}\n[misc]", "unknown key misc"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(questions.QuestionError, match=re.escape(said)):
        questions.read(path)


def test_a_wrong_file_ends_the_build_without_a_traceback() -> None:
    import question_pages
    from sphinx.errors import ExtensionError

    with pytest.raises(ExtensionError, match=r"nothing\.toml: this chapter has no questions"):
        question_pages.read(questions.FOLDER / "nothing.toml")


# --- for a course on paper and in a lecture ----------------------------------------------------


def test_sheet_and_slides_hold_all_questions_and_ask_no_network(tmp_path: Path) -> None:
    tool = ROOT / "tools" / "export_questions.py"
    subprocess.run([sys.executable, "-P", tool, tmp_path], check=True, capture_output=True)
    for path in FILES:
        found: list[Any] = list(questions.read(path))
        sheet = (tmp_path / f"{path.stem}-sheet.html").read_text(encoding="utf-8")
        asked, answered = sheet.split('<div class="answers">')
        slides = (tmp_path / f"{path.stem}-slides.html").read_text(encoding="utf-8")
        assert slides.count("<section>") == slides.count("<details>") == len(found)
        for question in found:
            assert questions.body(question) in asked
            assert questions.body(question) in slides
            assert questions.solution(question) in answered
            assert questions.solution(question) not in asked
        for text in (sheet, slides):
            assert not re.search(r"(src|href)=|https?:", text)
