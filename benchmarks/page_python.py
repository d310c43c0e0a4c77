"""Time Python in a page of the built book: until it is ready, and until the first output.

Each run opens a chapter in a browser with a profile of its own, from a server on the same machine,
so that nothing is kept from before. Ready: after the click on "Start Python", until the page says
so. First output: after that, until the first cell has printed. First figure: the same for a drawing
by matplotlib, which is loaded for it. Again: the click in a second visit, with the files, and what
they were compiled to, in the browser's cache.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "page"))
from browser import BOOK, FLAGS, serve
from pages import chromium
from playwright.sync_api import sync_playwright
from running import Running
from timing import parser_of, save, summary

CODE = "print(6 * 7)"
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"


def seconds(act: Any) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def visit(context: Any, address: str) -> tuple[Running, float]:
    tab = context.new_page()
    tab.goto(address, wait_until="load")
    page = Running(tab)
    return page, seconds(page.start)


def measure(context: Any, address: str) -> dict[str, float]:
    page, ready = visit(context, address)
    at = page.page.locator("div.cell").evaluate_all(
        "(cells) => cells.findIndex((cell) => !/tag_/.test(cell.className))"
    )
    # The page glides to the cell, which takes longer than the cell.
    page.cell(at).get_by_role("button", name="Run", exact=True).click(trial=True)
    return {
        "ready": ready,
        "first output": seconds(lambda: page.run(at, CODE)),
        "first figure": seconds(lambda: page.run(at, FIGURE)),
        "again": visit(context, address)[1],
    }


def main() -> None:
    parser = parser_of(__doc__, runs=3)
    parser.add_argument("--page", default="01_shopping_cart", help="default: %(default)s")
    options = parser.parse_args()
    executable = chromium()
    if not (BOOK / f"{options.page}.html").exists():
        parser.error(f"there is no {options.page} in the built book; `make book` builds it")
    with sync_playwright() as playwright, serve(BOOK) as site:
        runs = []
        for _ in range(options.runs):
            # A browser keeps nothing on the disk for a context without a profile.
            with (
                tempfile.TemporaryDirectory() as profile,
                playwright.chromium.launch_persistent_context(
                    profile, executable_path=executable, args=FLAGS
                ) as context,
            ):
                runs.append(measure(context, f"{site}/{options.page}.html"))
                version = context.browser.version
    rows = [summary(name, [run[name] for run in runs]) for name in runs[0]]
    for row in rows:
        print(
            f"{row['name']:<14}{row['median']:6.1f} s  ({row['least']:.1f} to {row['most']:.1f} s)"
        )
    save(options.json, {"times": rows}, browser=f"Chromium {version}", page=options.page)


if __name__ == "__main__":
    main()
