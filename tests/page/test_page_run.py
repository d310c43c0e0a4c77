"""Every chapter runs in the page with the same outputs as in the book."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from browser import look
from conftest import ROOT
from running import LONG, Running

# Chapter 8 trains for minutes, and has its own test file so that it runs in parallel.
CHAPTERS = sorted(p.stem for p in (ROOT / "book").glob("[01]*.md") if p.stem[:2] != "08")
NUMBER = re.compile(r"[-\u2212+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
# Relative tolerance: another NumPy rounds differently.
CLOSE = 1e-6
# Largest ratio of numbers with an exponent: these are errors, which depend on rounding.
CHANCE = 5
# If all elements of a parameter pass, rounding decides which one is the worst.
WORST = re.compile(r"\t(\[[\d, ]+\])\t(\S+)\t(\S+)\t(\S+)(?=\tpass\b)")
# Error of a relative error computed from the eight digits of a report.
DIGITS = 2e-7


# Compares the description of a curve: ticks differ between versions of matplotlib. A figure that
# runs in the page has a still only where matplotlib is there already.
SHOWN = """(cells) => cells.map((cell) => {
  const output = cell.querySelector(":scope > .cell_output");
  const curve = output?.querySelector(".curve svg:not(.still *)");
  return curve ? curve.getAttribute("aria-label") : output?.innerText ?? "";
})"""


def near(built: str, found: str, close: float) -> bool:
    """Return whether two numbers agree."""
    a, b = (float(text.replace(",", "").replace("\u2212", "-")) for text in (built, found))
    if "e-" in built and "e-" in found and a * b > 0:
        return 1 / CHANCE <= a / b <= CHANCE
    return math.isclose(a, b, rel_tol=close)


def without_worst(built: str, found: str) -> tuple[str, str]:
    """Remove worst elements that differ from two reports, if their printed errors are right."""
    rows = [list(WORST.finditer(text)) for text in (built, found)]
    if len(rows[0]) != len(rows[1]):
        return built, found
    # From the end, so that earlier positions stay valid.
    for pair in reversed(list(zip(*rows, strict=True))):
        if pair[0][1] == pair[1][1]:
            continue
        for row in pair:
            a, n, error = map(float, row.groups()[1:])
            if abs(a - n) > (error + DIGITS) * max(abs(a), abs(n)):
                return built, found
        built, found = (
            f"{text[: row.start()]}\tworst\t{row[4]}{text[row.end() :]}"
            for text, row in zip((built, found), pair, strict=True)
        )
    return built, found


def same(built: str, found: str, close: float = CLOSE) -> bool:
    """Return whether two outputs have the same words, and the same numbers up to rounding."""
    built, found = without_worst(built, found)
    if NUMBER.sub("#", " ".join(built.split())) != NUMBER.sub("#", " ".join(found.split())):
        return False
    pairs = zip(NUMBER.findall(built), NUMBER.findall(found), strict=True)
    return all(near(*pair, close) for pair in pairs)


def shown(page: Any) -> list[str]:
    """Return the output of each cell; of a curve its text description."""
    return page.locator("div.cell").evaluate_all(SHOWN)  # type: ignore[no-any-return]


def run_chapter(
    browser: Any,
    address: str,
    agree: Callable[[str, str], bool] = same,
    changes: Mapping[str, str] | None = None,
) -> list[str]:
    """Run a chapter in the page, compare it with the book, and return what its cells show.

    With `changes` to its code, only what comes before the first change is compared.
    """
    with look(browser, address, formulas=False, still=True) as seen:
        page = Running(seen.page)
        built, sources = shown(seen.page), page.cells.evaluate_all(SOURCES)
        page.start()
        changed = [edit(page, sources, old, new) for old, new in (changes or {}).items()]
        alike = min(changed, default=len(built))
        # Whatever a cell shows after this, the run made.
        seen.page.evaluate("document.querySelectorAll('.cell_output').forEach((o) => o.remove())")
        assert page.run_all(LONG) == "All done."
        found = shown(seen.page)
        assert len(built) == len(found)
        pairs = zip(built[:alike], found[:alike], strict=True)
        wrong = [pair for pair in pairs if not agree(*pair)]
        assert wrong == []
        assert any(built[:alike])
        assert seen.foreign == []
        assert seen.errors == []
        return found


# Before Python starts: an editor that is folded away gives no line breaks.
SOURCES = """(cells) => cells.map(
  (cell) => cell.querySelector(".cell_input pre")?.textContent ?? "")"""


def edit(page: Running, sources: list[str], old: str, new: str) -> int:
    """Change the only cell whose code contains `old`; return its place."""
    (place,) = [i for i, source in enumerate(sources) if old in source]
    page.write(place, sources[place].replace(old, new))
    return place


@pytest.mark.parametrize(
    "chapter",
    # Starting Python in a page takes many seconds.
    [pytest.param(c, marks=[] if c[:2] == "02" else [pytest.mark.slow]) for c in CHAPTERS],
)
def test_outputs_on_the_page_equal_those_in_the_book(browser: Any, site: str, chapter: str) -> None:
    run_chapter(browser, f"{site}/{chapter}.html")


def test_there_are_ten_chapters() -> None:
    assert len(CHAPTERS) == 9
    assert (ROOT / "book" / "08_training.md").exists()


# A row of a gradient check's report.
ROW = "W1\t(784, 50)\t[27, 17]\t1.1450972e-05\t1.1450974e-05\t9.2e-08\tpass (101 at a kink)"
OTHER = ROW.replace(
    "[27, 17]\t1.1450972e-05\t1.1450974e-05", "[4, 17]\t-1.4329389e-05\t-1.4329388e-05"
)


@pytest.mark.parametrize(
    ("built", "found", "expected"),
    [
        ("loss: 2.298171", "loss: 2.298171", True),
        ("x  1,024.0\n", "x 1,024.0", True),
        ("loss: 2.298171", "loss: 2.298172", True),
        ("loss: 2.298171", "loss: 2.298181", False),
        ("difference: 1.1e-11", "difference: 3.0e-11", True),
        ("difference: 1.1e-11", "difference: 1.1e-10", False),
        ("difference: 1.1e-11", "difference: -1.1e-11", False),
        ("W1 agrees: True", "W1 agrees: False", False),
        (ROW, OTHER, True),
        (f"{ROW}\n{ROW}", f"{ROW}\n{OTHER}", True),
        (f"{ROW}\n{ROW}", OTHER, False),
        (ROW, OTHER.replace("-1.4329388e-05", "-1.4329288e-05"), False),
        (ROW, OTHER.replace("-1.4329388e-05", "1.4329388e-05"), False),
        (ROW, OTHER.replace("9.2e-08", "9.2e-07"), False),
        (ROW, ROW.replace("1.1450972e-05", "9.1450972e-05"), False),
        (ROW, OTHER.replace("(784, 50)", "(50, 784)"), False),
        (ROW, OTHER.replace("101", "100"), False),
        (ROW, OTHER.replace("pass (101 at a kink)", "FAIL"), False),
        (ROW.replace("pass", "FAIL"), OTHER.replace("pass", "FAIL"), False),
        ("12", "13", False),
        ("\u22124", "4", False),
        ("1 2", "1", False),
        ("something", "", False),
    ],
)
def test_same_compares_words_exactly_and_numbers_approximately(
    built: str, found: str, expected: bool
) -> None:
    assert same(built, found) is expected
