"""The chapter on training runs in the page: all ten thousand steps of it."""

from __future__ import annotations

from typing import Any

from test_page_run import run_chapter

# In ten thousand steps of 32-bit numbers what rounds otherwise adds up to this, not to more.
ADDED_UP = 0.02


def test_the_network_learns_in_the_page_what_it_learnt_in_the_book(browser: Any, site: str) -> None:
    run_chapter(browser, f"{site}/08_training.html", ADDED_UP)
