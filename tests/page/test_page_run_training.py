"""The chapter on training runs in the page, with fewer steps than in the book."""

from __future__ import annotations

from typing import Any

import pytest
from test_page_run import NUMBER, run_chapter, same

# Tolerance after 10,000 steps in 32-bit floats.
ADDED_UP = 0.02
# In outputs that rank or count single images, only words and sorted numbers are compared.
SINGLE = ("is read as a", "misread digits", "images, ")


def alike(built: str, found: str) -> bool:
    """Return whether two outputs of the trained network agree."""
    if not any(words in built for words in SINGLE):
        return same(built, found, ADDED_UP)
    lists = [sorted(float(n.replace(",", "")) for n in NUMBER.findall(t)) for t in (built, found)]
    words = [sorted(NUMBER.sub("#", text).split()) for text in (built, found)]
    return words[0] == words[1] and lists[0] == pytest.approx(lists[1], rel=0.05, abs=3)


# Ten thousand steps take minutes in a page, and prove no more than these.
SHORTER = {"steps=10_000": "steps=650", "steps=2000": "steps=100", "steps=600": "steps=100"}


@pytest.mark.slow
def test_training_on_the_page_gives_the_results_of_the_book(browser: Any, site: str) -> None:
    found = run_chapter(browser, f"{site}/08_training.html", alike, SHORTER)
    assert any("losses are those of the loop above: True" in text for text in found)


@pytest.mark.parametrize(
    ("built", "found", "expected"),
    [
        ("test 0.9701", "test 0.9688", True),
        ("test 0.9701", "test 0.9401", False),
        ("a 4 is read as a 9: 15 times", "a 9 is read as a 4: 14 times", True),
        ("a 4 is read as a 9: 15 times", "a 4 is read as a 9: 25 times", False),
        ("297 images, 40.3 % right", "", False),
    ],
)
def test_alike_compares_outputs_of_a_trained_network(
    built: str, found: str, expected: bool
) -> None:
    assert alike(built, found) is expected
