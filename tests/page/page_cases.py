"""Shared by the tests of assignment pages: a page with plain text fields for cells."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import exercise_pages
from browser import PATIENCE, serve
from conftest import ROOT
from running import Running

FIELD = '<div class="cell"{}><pre>{}</pre></div>'
SCRIPT = """<script type="module">
import { keepAnswers } from "./src/answers.js";
keepAnswers([...document.querySelectorAll("div.cell")].map((element) => {
  const shown = element.querySelector("pre"), area = document.createElement("textarea");
  area.ariaLabel = "Code";
  area.value = shown.textContent;
  area.oninput = () => area.dispatchEvent(new CustomEvent("cell:edited", { bubbles: true }));
  const cell = {
    element,
    mount: async () => shown.replaceWith(area),
    get source() { return area.value; },
    set source(text) { shown.textContent = area.value = text; },
  };
  if (location.hash !== "#closed") cell.mount();
  return cell;
}));
document.body.dataset.ready = "yes";
</script>"""


def released(slug: str) -> dict[str, Any]:
    path = ROOT / "exercises" / slug / f"{slug}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def page_text(slug: str) -> str:
    parts = []
    for cell in released(slug)["cells"]:
        source = html.escape("".join(cell["source"]))
        about = cell["metadata"].get("nbgrader")
        name = f' data-grade-id="{about["grade_id"]}"' if about else ""
        if cell["cell_type"] == "code":
            parts.append(FIELD.format(name, source))
        elif about:
            parts.append(f'<div class="answer-text docutils container"{name}><p>{source}</p></div>')
    body = "\n".join([*parts, exercise_pages.notebook_script(released(slug), slug)])
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>'
    return f"{head}<main><h1>A page</h1>{body}</main>{SCRIPT}"


@contextmanager
def served(folder: Path, slug: str) -> Iterator[str]:
    """Serve the page of an assignment from an empty folder; yield its address."""
    shutil.copytree(ROOT / "book" / "_browser" / "src", folder / "src")
    (folder / "page.html").write_text(page_text(slug), encoding="utf-8")
    with serve(folder) as site:
        yield f"{site}/page.html"


class Tab:
    """The page, open in a tab."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(PATIENCE)
        self.asked: list[str] = []
        self.answer = True
        page.on("dialog", self.ask)
        # Asked for only when it is waited for, it would come too late for a key.
        page.on("filechooser", lambda _chooser: None)
        self.load()

    def ask(self, dialog: Any) -> None:
        self.asked.append(dialog.message or dialog.type)
        if self.answer:
            dialog.accept()
        else:
            dialog.dismiss()

    def load(self) -> None:
        self.page.goto(self.address)
        self.page.wait_for_selector("body[data-ready]")

    def field(self, name: str) -> Any:
        return self.page.locator(f'[data-grade-id="{name}"] textarea')

    def source(self, name: str) -> str:
        return self.field(name).input_value()  # type: ignore[no-any-return]

    def said(self) -> str:
        return self.page.locator(".answers [role=status]").inner_text()  # type: ignore[no-any-return]

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def download(self) -> tuple[str, str]:
        return download(self.page)

    def open(self, path: Path) -> str:
        self.page.evaluate("document.querySelector('.answers [role=status]').textContent = ''")
        with self.page.expect_file_chooser() as waiting:
            self.press("Open a notebook")
        waiting.value.set_files(path)
        self.page.wait_for_function("document.querySelector('.answers [role=status]').textContent")
        return self.said()


def download(page: Any) -> tuple[str, str]:
    """Download the answers; return the name and the content of the file."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download my answers", exact=True).click()
    path = Path(waiting.value.path())
    return waiting.value.suggested_filename, path.read_text(encoding="utf-8")


class Solving(Running):
    """The page of an assignment in the built book, with Python running in it."""

    def checks(self) -> dict[str, str]:
        """Run every cell; return the output of each check by task."""
        assert self.run_all() == "All done."
        checks = self.page.locator('[data-grade-id^="check_"].tag_check')
        said = {}
        for number in range(checks.count()):
            check = checks.nth(number)
            name = check.get_attribute("data-grade-id").removeprefix("check_")
            said[name] = " ".join(check.locator(".check").inner_text().split())
        return said


def headline(said: str) -> tuple[float, float]:
    """Return earned and possible points from the output of a check."""
    earned, most = re.match(r"\w+: ([\d.]+) of ([\d.]+) points", said).groups()  # type: ignore[union-attr]
    return float(earned), float(most)
