"""Every chapter runs in the page, and prints what is printed in the book."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from browser import look
from conftest import ROOT
from running import LONG, Running

# Chapter 8, which trains for minutes, has a file of its own, so that it can run beside the others.
CHAPTERS = sorted(p.stem for p in (ROOT / "book").glob("[01]*.md") if p.stem[:2] != "08")
NUMBER = re.compile(r"[-\u2212+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
# How many digits agree: the same work in another order, by another NumPy, rounds otherwise.
CLOSE = 1e-6
# What is printed with an exponent is the size of an error, which rounding decides. The kernels that
# NumPy has for other processors alone make 7 times of it: an error keeps its order of size.
CHANCE = 10
# Rounding also decides which element of a parameter is the worst, where all of them pass.
WORST = re.compile(r"\t\[[\d, ]+\]\t\S+\t\S+\t(?=\S+\tpass\b)")

# Where matplotlib puts the ticks of an axis differs between its versions.
SHOWN = """(cells) => cells.map((cell) => {
  const output = cell.querySelector(":scope > .cell_output");
  const curve = output?.querySelector(".curve svg");
  return curve ? curve.getAttribute("aria-label") : output?.innerText ?? "";
})"""


def near(built: str, found: str, close: float) -> bool:
    """Tell whether two numbers agree."""
    a, b = (float(text.replace(",", "").replace("\u2212", "-")) for text in (built, found))
    if "e-" in built and "e-" in found and a * b > 0:
        return 1 / CHANCE <= a / b <= CHANCE
    return math.isclose(a, b, rel_tol=close)


def same(built: str, found: str, close: float = CLOSE) -> bool:
    """Tell whether two outputs say the same words, and the same numbers but for rounding."""
    built, found = (WORST.sub("\tworst\t", text) for text in (built, found))
    if NUMBER.sub("#", " ".join(built.split())) != NUMBER.sub("#", " ".join(found.split())):
        return False
    pairs = zip(NUMBER.findall(built), NUMBER.findall(found), strict=True)
    return all(near(*pair, close) for pair in pairs)


def shown(page: Any) -> list[str]:
    """What each cell of the page shows; of a drawn curve what it says to those who can't see it."""
    return page.locator("div.cell").evaluate_all(SHOWN)  # type: ignore[no-any-return]


def run_chapter(browser: Any, address: str, agree: Callable[[str, str], bool] = same) -> None:
    with look(browser, address, formulas=False, still=True) as seen:
        page = Running(seen.page)
        built = shown(seen.page)
        page.start()
        # An output that is still there afterwards was not made by the run.
        seen.page.evaluate("document.querySelectorAll('.cell_output').forEach((o) => o.remove())")
        assert page.run_all(LONG) == "All done."
        found = shown(seen.page)
        assert len(built) == len(found)
        wrong = [pair for pair in zip(built, found, strict=True) if not agree(*pair)]
        assert wrong == []
        assert any(built)
        assert seen.foreign == []
        assert seen.errors == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_prints_what_the_book_shows(browser: Any, site: str, chapter: str) -> None:
    run_chapter(browser, f"{site}/{chapter}.html")


def test_there_are_ten_chapters() -> None:
    assert len(CHAPTERS) == 9
    assert (ROOT / "book" / "08_training.md").exists()


# A row of a gradient check's report.
ROW = "W1\t(784, 50)\t[27, 17]\t1.145\t1.146\t9.2e-08\tpass (101 at a kink)"


@pytest.mark.parametrize(
    ("built", "found", "expected"),
    [
        ("loss: 2.298171", "loss: 2.298171", True),
        ("x  1,024.0\n", "x 1,024.0", True),
        ("loss: 2.298171", "loss: 2.298172", True),
        ("loss: 2.298171", "loss: 2.298181", False),
        ("difference: 1.1e-11", "difference: 3.0e-11", True),
        ("difference: 1.1e-11", "difference: 9.9e-11", True),
        ("difference: 1.1e-11", "difference: 1.2e-10", False),
        ("difference: 1.1e-11", "difference: -1.1e-11", False),
        ("W1 agrees: True", "W1 agrees: False", False),
        (ROW, ROW.replace("[27, 17]\t1.145\t1.146", "[24, 17]\t-1.433\t-1.434"), True),
        (ROW, ROW.replace("(784, 50)", "(50, 784)"), False),
        (ROW, ROW.replace("101", "100"), False),
        (ROW, ROW.replace("pass (101 at a kink)", "FAIL"), False),
        (ROW.replace("pass", "FAIL"), ROW.replace("pass", "FAIL").replace("27", "24"), False),
        ("12", "13", False),
        ("\u22124", "4", False),
        ("1 2", "1", False),
        ("something", "", False),
    ],
)
def test_outputs_are_compared(built: str, found: str, expected: bool) -> None:
    assert same(built, found) is expected
