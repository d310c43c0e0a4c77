"""Weigh each page of the built book with all that a browser loads for it.

Compressed is what a server sends that compresses text with gzip; fonts are compressed already.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from browser import BOOK, FLAGS, find_chromium, look
from playwright.sync_api import sync_playwright

TARGET = 1_000_000


def compressed(path: Path) -> int:
    data = path.read_bytes()
    return len(data) if path.suffix in (".woff", ".woff2", ".png") else len(gzip.compress(data, 6))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--book", type=Path, default=BOOK, help="default: %(default)s")
    parser.add_argument("--files", metavar="PAGE", help="list the files of this page")
    options = parser.parse_args()

    book = options.book.resolve()
    pages = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    if not pages:
        raise SystemExit(f"There is no book in {book}; `make book` builds it.")
    sizes: dict[Path, tuple[int, int]] = {}
    heaviest = (0, "")
    print(f"{'page':<28}{'files':>6}{'raw kB':>10}{'gzip kB':>10}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for page in pages:
            with look(browser, page.as_uri()) as seen:
                loaded = {Path(unquote(urlsplit(url).path)) for url in seen.home if "file:" in url}
            for path in loaded - sizes.keys():
                sizes[path] = (path.stat().st_size, compressed(path))
            raw, small = (sum(sizes[path][kind] for path in loaded) for kind in (0, 1))
            note = "  more than 1 MB" if small > TARGET else ""
            name = page.relative_to(book).as_posix()
            heaviest = max(heaviest, (small, name))
            print(f"{name:<28}{len(loaded):>6}{raw / 1000:>10.0f}{small / 1000:>10.0f}{note}")
            if name == options.files:
                for path in sorted(loaded, key=lambda path: -sizes[path][1]):
                    raw, small = sizes[path]
                    part = path.relative_to(book).as_posix()
                    print(f"  {part:<64}{raw / 1000:>8.0f}{small / 1000:>8.0f}")
        browser.close()
    small, name = heaviest
    print(f"The heaviest is {name}: {small / TARGET:.0%} of the target, {TARGET / 1e6:g} MB gzip.")


if __name__ == "__main__":
    main()
