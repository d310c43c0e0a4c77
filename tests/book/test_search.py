"""A learner's questions lead to the section that answers them, over file:// and http."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Look, look, sideways
from docutils import nodes
from docutils.core import publish_doctree
from sphinx import addnodes

# What learners type, and the titles of the sections that answer it, as page#anchor.
QUERIES = {
    "loss not decreasing": "08_training#choosing-a-learning-rate",
    "loss does not go down": "08_training#choosing-a-learning-rate",
    "why is my loss not getting smaller": "08_training#choosing-a-learning-rate",
    "loss stuck at 2.3": "08_training#choosing-a-learning-rate",
    "learning rate": "08_training#choosing-a-learning-rate",
    "learning rate too high": "08_training#choosing-a-learning-rate",
    "dead relu": "08_training#choosing-a-learning-rate",
    "batch size": "08_training#mini-batches",
    "sgd": "08_training#mini-batches",
    "overfitting": "08_training#learning-curves",
    "MNIST": "08_training#ten-thousand-steps",
    "why y - t": "05_softmax_with_loss#softmax-and-loss-as-one-layer",
    "gradient of softmax": "05_softmax_with_loss#softmax-and-loss-as-one-layer",
    "softmax overflow": "05_softmax_with_loss#what-goes-wrong-logits-of-a-thousand",
    "softmax nan": "05_softmax_with_loss#what-goes-wrong-logits-of-a-thousand",
    "log of zero": "05_softmax_with_loss#what-goes-wrong-the-logarithm-of-0",
    "loss is inf": "05_softmax_with_loss#what-goes-wrong-the-logarithm-of-0",
    "why divide by N": "05_softmax_with_loss#why-divided-by-n",
    "cross entropy": "05_softmax_with_loss#cross-entropy",
    "one-hot": "05_softmax_with_loss#what-goes-wrong-labels-where-rows-are-expected",
    "mean squared error": "05_softmax_with_loss#identity-with-loss",
    "vanishing": "09_deeper#gradients-that-vanish",
    "exploding gradients": "09_deeper#gradients-that-vanish",
    "how to initialize weights": "09_deeper#gradients-that-vanish",
    "batch normalization": "09_deeper#batch-normalisation",
    "dropout": "09_deeper#dropout",
    "regularization": "09_deeper#weight-decay",
    "why does db sum": "04_affine#why-db-is-a-sum",
    "bias gradient": "04_affine#why-db-is-a-sum",
    "transpose": "04_affine#the-derivation",
    "matrix multiplication backward": "04_affine#one-sample-drawn-with-shapes",
    "AttributeError dW": "04_affine#what-goes-wrong-dw-is-not-dw",
    "flatten images": "04_affine#tensors-images-in-images-out",
    "relu at zero": "03_activations#relu-a-switch",
    "derivative of sigmoid": "03_activations#sigmoid-four-stages-then-one",
    "overflow in exp": "03_activations#what-goes-wrong-the-number-that-is-too-large",
    "chain rule": "02_chain_rule#",
    "gradients add": "02_chain_rule#one-value-used-twice-gradients-add",
    "value used twice": "02_chain_rule#one-value-used-twice-gradients-add",
    "multiplication node": "01_shopping_cart#the-product-node-mullayer",
    "what is dout": "01_shopping_cart#local-computation",
    "gradient check fails": "07_gradient_check#what-goes-wrong-a-right-gradient-that-fails",
    "numerical gradient": "07_gradient_check#the-numerical-gradient",
    "central difference": "07_gradient_check#the-numerical-gradient",
    "how large should h be": "07_gradient_check#how-small-a-step",
    "kink": "07_gradient_check#kinks",
    "weights not updating": "06_two_layer_net#what-goes-wrong-a-minus-that-does-not-train",
    "accuracy": "06_two_layer_net#logits-loss-accuracy",
    "autograd": "10_autodiff#",
    "pytorch": "10_autodiff#how-others-do-it",
    "broadcasting": "10_autodiff#arrays",
    "how to install": "index#how-to-read-it",
    "moodle import": "instructors/grading#moodle",
    # Mistyped, and the beginning of a word.
    "gradeint descent": "06_two_layer_net#the-learning-procedure",
    "regularis": "09_deeper#weight-decay",
}
FOUND = """(queries) => queries.map((query) =>
  courseSearch.find(query).map(({ page, anchor }) => `${page}#${anchor}`))"""


@pytest.fixture(scope="module")
def search_page(browser: Any, book: Path) -> Iterator[Look]:
    with look(browser, (book / "search.html").as_uri(), still=True) as seen:
        yield seen


def test_questions_lead_to_the_right_section_first(search_page: Look) -> None:
    found = search_page.page.evaluate(FOUND, list(QUERIES))
    first = {query: places[:1] for query, places in zip(QUERIES, found, strict=True)}
    assert first == {query: [place] for query, place in QUERIES.items()}


def test_words_that_the_book_does_not_have_find_nothing(search_page: Look) -> None:
    assert search_page.page.evaluate(FOUND, ["zebra", "", "???"]) == [[], [], []]


def test_a_search_shows_sections_with_an_excerpt_and_opens_the_first(
    browser: Any, book: Path, site: str
) -> None:
    for start in ((book / "search.html").as_uri(), f"{site}/search.html"):
        with look(browser, f"{start}?q=why+does+db+sum", width=360, still=True) as seen:
            page = seen.page
            first = page.locator("#found-sections li").first
            assert first.locator("a").inner_text() == "Why db is a sum"
            assert "db" in first.locator("mark").all_inner_texts()
            assert sideways(page) == []
            # Sphinx still fetches its excerpts; leaving the page would stop that with an error.
            page.wait_for_load_state("networkidle")
            first.locator("a").click()
            page.wait_for_url("**/04_affine.html#why-db-is-a-sum")
            assert page.locator("#why-db-is-a-sum").bounding_box()["y"] < 450
            # Sphinx marks the words in the text, and none in a drawing, where it would fail.
            page.wait_for_function("document.querySelector('#why-db-is-a-sum .highlighted')")
            assert page.locator("svg .highlighted").count() == 0
            assert seen.errors == []
            assert seen.foreign == []


def test_without_a_page_with_all_words_only_sections_are_shown(browser: Any, book: Path) -> None:
    with look(browser, (book / "search.html").as_uri() + "?q=gradeint+descnet") as seen:
        assert seen.page.locator("#found-sections li").count() > 0
        seen.page.wait_for_function("Search._pulse_status < 0")
        assert not seen.page.locator("#search-results").is_visible()
    with look(browser, (book / "search.html").as_uri() + "?q=zebra") as seen:
        seen.page.wait_for_function("Search._pulse_status < 0")
        assert seen.page.locator("#found-sections").count() == 0
        assert "did not match" in seen.page.locator("#search-results").inner_text()


def test_each_section_has_its_own_words_and_entries() -> None:
    section_search = pytest.importorskip("section_search")
    page = publish_doctree(
        "Title\n=====\n\nWords, :math:`x` and ``code``.\n\n"
        "Part\n----\n\nMore words::\n\n    a = 1\n\nRest.\n\nOther\n-----\n",
        settings_overrides={"doctitle_xform": False},
    )
    part = next(node for node in page.findall(nodes.section) if "part" in node["ids"])
    part.insert(1, addnodes.index(entries=[("single", "loss; stuck", "", "", None)]))
    found = section_search.sections_of(page, "name")
    assert [section["title"] for section in found] == ["Title", "Part", "Other"]
    whole, part_of_it, _other = found
    assert (whole["anchor"], whole["path"], whole["keywords"]) == ("", "", "")
    assert whole["text"] == "Words, and code."
    assert (part_of_it["anchor"], part_of_it["path"]) == ("part", "Title")
    assert part_of_it["keywords"] == "loss; stuck"
    assert part_of_it["text"] == "More words: Rest."
    assert part_of_it["code"] == "a = 1"


# Icons at the ends of the search field, and where its text may stand.
COVERED = """() => {
  const field = document.querySelector("input[type=search]:focus");
  const box = field.getBoundingClientRect(), style = getComputedStyle(field);
  const left = box.left + parseFloat(style.paddingLeft);
  const right = box.right - parseFloat(style.paddingRight);
  return [...field.form.querySelectorAll("i, .search-button__kbd-shortcut")]
    .filter((icon) => icon.checkVisibility())
    .map((icon) => icon.getBoundingClientRect())
    .filter((icon) => icon.right > left && icon.left < right && icon.width)
    .map((icon) => [icon.left - left, right - icon.right]);
}"""


@pytest.mark.parametrize("width", [1280, 360])
def test_no_icon_covers_what_is_typed(browser: Any, book: Path, width: int) -> None:
    with look(browser, (book / "search.html").as_uri(), width=width, still=True) as seen:
        field = seen.page.locator(".bd-search-container input")
        field.fill("learning rate")
        field.focus()
        assert seen.page.evaluate(COVERED) == []
        field.evaluate("(field) => { field.style.padding = '0'; }")
        assert seen.page.evaluate(COVERED) != []
    with look(browser, (book / "index.html").as_uri(), width=width, still=True) as seen:
        seen.page.keyboard.press("Control+k")
        seen.page.keyboard.type("learning rate")
        assert seen.page.evaluate(COVERED) == []
