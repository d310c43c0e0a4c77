"""Weigh each page of the built book with all that a browser loads for it, and time some.

Compressed is what a server sends that compresses text with gzip; fonts are compressed already.
Times are those of a browser that opens the page for the first time, from a server on the same
machine, with its processor slowed down fourfold. Readable: the browser has painted text.
Interactive: the page's scripts have run, formulas are drawn, and the page answers at once.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import pytest
from browser import BOOK, DRAWN, FLAGS, find_chromium, look, serve
from playwright.sync_api import sync_playwright
from timing import parser_of, save, summary

TARGET = 1_000_000
# The smallest, one with formulas, the heaviest, and one that runs Python.
TIMED = (
    "index.html",
    "05_softmax_with_loss.html",
    "08_training.html",
    "exercises/01_shopping_cart.html",
)
SLOWER = 4
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# Two frames: the browser has drawn one since, and had time for what it was asked before.
ANSWERS = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""


def chromium() -> str:
    """Return where Chromium is, or end with a sentence that says how to get it."""
    try:
        return find_chromium()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        raise SystemExit(f"Pages can't be measured: {missing}") from None


def compressed(path: Path) -> int:
    data = path.read_bytes()
    return len(data) if path.suffix in (".woff", ".woff2", ".png") else len(gzip.compress(data, 6))


def weigh(browser: Any, book: Path, listed: str | None) -> list[dict[str, Any]]:
    sizes: dict[Path, tuple[int, int]] = {}
    rows: list[dict[str, Any]] = []
    print(f"{'page':<36}{'files':>6}{'raw kB':>10}{'gzip kB':>10}")
    for page in sorted(book.rglob("*.html")):
        if "_static" in page.parts:
            continue
        with look(browser, page.as_uri()) as seen:
            loaded = {Path(unquote(urlsplit(url).path)) for url in seen.home if "file:" in url}
        for path in loaded - sizes.keys():
            sizes[path] = (path.stat().st_size, compressed(path))
        raw, small = (sum(sizes[path][kind] for path in loaded) for kind in (0, 1))
        note = "  more than 1 MB" if small > TARGET else ""
        name = page.relative_to(book).as_posix()
        rows.append({"name": name, "files": len(loaded), "raw": raw, "gzip": small})
        print(f"{name:<36}{len(loaded):>6}{raw / 1000:>10.0f}{small / 1000:>10.0f}{note}")
        if name == listed:
            for path in sorted(loaded, key=lambda path: -sizes[path][1]):
                raw, small = sizes[path]
                part = path.relative_to(book).as_posix()
                print(f"  {part:<72}{raw / 1000:>8.0f}{small / 1000:>8.0f}")
    if not rows:
        raise SystemExit(f"There is no book in {book}; `make book` builds it.")
    heaviest = max(rows, key=lambda row: row["gzip"])
    share = heaviest["gzip"] / TARGET
    print(f"The heaviest is {heaviest['name']}: {share:.0%} of the target, 1 MB gzip.")
    return rows


def open_page(browser: Any, address: str) -> tuple[float, float]:
    """Return after how many seconds a page was readable, and interactive."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address)
        page.evaluate(DRAWN)
        interactive = page.evaluate(ANSWERS)
        return page.evaluate(PAINTED) / 1000, interactive / 1000
    finally:
        context.close()


def time_pages(browser: Any, book: Path, runs: int) -> list[dict[str, Any]]:
    rows = []
    with serve(book) as address:
        for name in TIMED:
            if not (book / name).exists():
                continue
            times = [open_page(browser, f"{address}/{name}") for _ in range(runs)]
            for what, seconds in zip(
                ("readable", "interactive"), zip(*times, strict=True), strict=True
            ):
                rows.append(summary(name, list(seconds)) | {"what": what})
                least, most = min(seconds), max(seconds)
                print(
                    f"{name:<36}{what:<12}{rows[-1]['median']:6.2f} s  ({least:.2f} to {most:.2f})"
                )
    return rows


def main() -> None:
    parser = parser_of(__doc__, runs=5)
    parser.add_argument("--book", type=Path, default=BOOK, help="default: %(default)s")
    parser.add_argument("--files", metavar="PAGE", help="list the files of this page")
    options = parser.parse_args()
    book = options.book.resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        tables = {
            "weights": weigh(browser, book, options.files),
            "times": time_pages(browser, book, options.runs),
        }
        version = browser.version
        browser.close()
    save(options.json, tables, browser=f"Chromium {version}", slower=SLOWER)


if __name__ == "__main__":
    main()
