"""Shared by tests that start Python in a page of the built book."""

from __future__ import annotations

from typing import Any

from browser import PATIENCE

# Milliseconds for a whole chapter, of which one trains a network.
LONG = 3_600_000
WRITABLE = ":is(textarea, [contenteditable=true])"
SAID = """(words) => document.querySelector(".python [role=status]").textContent.match(words)"""


class Running:
    """A page on which Python runs or can be started."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.cells = page.locator("div.cell")

    def button(self, name: str) -> Any:
        return self.page.locator(".python").get_by_role("button", name=name)

    def said(self) -> str:
        return self.page.locator(".python [role=status]").inner_text()  # type: ignore[no-any-return]

    def wait_for(self, words: str, patience: float = PATIENCE) -> str:
        """Wait until the status text matches a pattern; return the text."""
        self.page.wait_for_function(SAID, arg=words, timeout=patience)
        return self.said()

    def start(self) -> None:
        self.button("Start Python").click()
        self.wait_for("^Python is ready")

    def run_all(self, patience: float = PATIENCE) -> str:
        self.page.locator(".python").get_by_role("button", name="Run all", exact=True).click()
        return self.wait_for("^All done|ended with|stopped", patience)

    def cell(self, which: int | str) -> Any:
        """Return a cell of the page by its index or by its grade_id."""
        if isinstance(which, int):
            return self.cells.nth(which)
        return self.page.locator(f'[data-grade-id="{which}"]')

    def press(self, which: int | str, name: str) -> None:
        """Press a button of a cell, which may be folded away."""
        cell = self.cell(which)
        cell.evaluate("(cell) => cell.querySelectorAll('details').forEach((d) => (d.open = true))")
        cell.get_by_role("button", name=name, exact=True).click()

    def write(self, which: int | str, source: str) -> None:
        cell = self.cell(which)
        cell.evaluate("(cell) => cell.querySelectorAll('details').forEach((d) => (d.open = true))")
        cell.locator(WRITABLE).fill(source)

    def run(self, which: int | str, source: str) -> str:
        """Write code into a cell, run it, and return its output."""
        self.write(which, source)
        self.press(which, "Run")
        self.wait_for(r"is done\.|^All done|ended with|stopped")
        return self.output(which)

    def output(self, which: int | str) -> str:
        shown = self.cell(which).locator("> .cell_output")
        return shown.inner_text() if shown.count() else ""
