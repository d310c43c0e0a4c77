"""Mend what the tools below write into pages and what screen readers stumble over."""

from __future__ import annotations

import re
from typing import Any

# What it is, and what it becomes.
REPAIRS = {
    # A header cell without text heads nothing.
    r"<th((?:\s[^>]*)?)>\s*(?:<p>\s*</p>)?\s*</th>": r"<td\1></td>",
    # The name that is read must be the one that shows.
    r'<summary aria-label="Toggle hidden content">': "<summary>",
    # A role that is deprecated, and a list whose children are no items.
    r' role="doc-biblioentry"': "",
    r'<div role="list" class="citation-list">': '<div class="citation-list">',
}


def mend(html: str) -> str:
    """Return a page's body with every repair made."""
    for wrong, right in REPAIRS.items():
        html = re.sub(wrong, right, html)
    return html


def mend_page(_app: Any, _name: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Mend the body of a page before it is put into its template."""
    if "body" in context:
        context["body"] = mend(context["body"])


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("html-page-context", mend_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
