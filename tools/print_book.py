"""Print the book: convert Sphinx's single page of all chapters to a PDF.

Usage: python tools/print_book.py <page.html> <book.pdf>
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The page number, in the lower margin that print.css leaves.
FOOTER = (
    '<div style="width: 100%; text-align: center; font: 9px sans-serif">'
    '<span class="pageNumber"></span></div>'
)
READY = """async () => {
  await MathJax.startup.promise;
  await document.fonts.ready;
}"""


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def print_page(source: Path, target: Path, chromium: str) -> None:
    """Convert an HTML page to a PDF with links, an outline and page numbers."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(source.resolve().as_uri())
        page.evaluate(READY)
        page.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            outline=True,
            tagged=True,
        )
        browser.close()


def main() -> None:
    """Convert the page that the command line names."""
    source, target = map(Path, sys.argv[1:])
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium is missing: it prints the book. On Debian: sudo apt install chromium")
    print_page(source, target, chromium)
    print(f"The printed book: {target}")


if __name__ == "__main__":
    main()
