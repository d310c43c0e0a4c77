"""Give each assignment a page of the book, made from the notebook that students get.

The pages are written into `book/exercises/` before Sphinx looks for pages, and git ignores them.
They are not executed: what is asked for is not there yet. The page's script needs to know which
cell is which, and the notebook as it was released, to give it back with answers: both are put
into the HTML.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

HOW = "## How this works\n"
HERE = """{how}
Write your code where it says `YOUR CODE HERE` and delete the line `raise NotImplementedError()`.
Then run the cell below it: the check tells you at once what is right, what is not, and what to
think about next. It draws new numbers at every run, so run it again when you think you are done.
Leave the names of classes, functions and methods as they are.

:::{{container}} on-this-page
**On this page.** Start Python with the button above. It runs in your browser: nothing is
installed, and nothing that you write is sent anywhere. Your answers are kept in this browser,
on this device, also when you close the page. The points shown here are for you; marks come from
your instructor's own run of the checks.

**To hand in**, press *Download my answers* and give the file `{slug}.ipynb` to your instructor in
the way that your course uses.

**To change over** between this page and Jupyter: *Open a notebook* brings onto this page what you
wrote in Jupyter, and Jupyter opens what you download here.
:::

**In Jupyter**, {{download}}`the notebook without answers <{notebook}>` holds the same tasks. It
needs the course's package.
"""


def page_of(released: dict[str, Any], slug: str) -> dict[str, Any]:
    """Return the notebook of a page: tags that say what a cell is, and how to answer here."""
    # Two folders up from book/exercises/ is the root of the course.
    here = HERE.format(how=HOW, slug=slug, notebook=f"../../exercises/{slug}/{slug}.ipynb")
    cells = [{**cell, "source": "".join(cell["source"])} for cell in released["cells"]]
    for cell in cells:
        kind, about = cell["cell_type"], cell["metadata"].get("nbgrader", {})
        if kind == "code" and (about.get("solution") or about.get("grade")):
            tag = "answer" if about["solution"] else "check"
            cell["metadata"] = {**cell["metadata"], "tags": [tag]}
        elif about.get("solution"):
            cell["source"] = f":::{{container}} answer-text\n{cell['source']}\n:::"
        elif kind == "markdown":
            text = re.sub(
                rf"^{HOW}.*?(?=^## |\Z)", lambda _: here, cell["source"], flags=re.M | re.S
            )
            cell["source"] = re.sub(r"chapter\s+`(\d\d_\w+)`", r"chapter {doc}`/\1`", text)
    metadata = {**released["metadata"], "mystnb": {"execution_mode": "off"}}
    return {**released, "cells": cells, "metadata": metadata}


def write_pages(app: Any, _config: Any) -> None:
    """Bring `book/exercises/` in step with `exercises/`."""
    folder = Path(app.srcdir) / "exercises"
    folder.mkdir(exist_ok=True)
    wanted = {}
    for path in sorted((Path(app.srcdir).parent / "exercises").glob("*/*.ipynb")):
        page = page_of(json.loads(path.read_text(encoding="utf-8")), path.stem)
        wanted[path.name] = json.dumps(page, ensure_ascii=False, indent=1) + "\n"
    for path in folder.glob("*.ipynb"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        # Sphinx reads a page again when its file is newer.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def name_cells(body: str, released: dict[str, Any], slug: str) -> str:
    """Return a page's body with the name that the grader has for each cell, and the notebook."""
    for kind, start in (("code", '<div class="cell'), ("markdown", '<div class="answer-text')):
        named = [
            c["metadata"].get("nbgrader", {}) for c in released["cells"] if c["cell_type"] == kind
        ]
        if kind == "markdown":
            named = [about for about in named if about.get("solution")]
        first, *parts = re.split(rf"{start}(?=[ \"])", body)
        if len(parts) != len(named):
            raise ExtensionError(
                f"the page shows {len(parts)} {kind} cells; its notebook has {len(named)}"
            )
        for about, part in zip(named, parts, strict=True):
            name = f' data-grade-id="{about["grade_id"]}"' if about else ""
            first += start.replace("<div", f"<div{name}") + part
        body = first
    # In a script no character needs escaping but the one that could end it.
    text = json.dumps(released, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    about = f'type="application/json" id="released" data-slug="{slug}"'
    return f"{body}<script {about}>{text}</script>"


def finish_page(app: Any, name: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Put into the HTML of an assignment's page what its script needs."""
    slug = name.removeprefix("exercises/")
    path = Path(app.srcdir).parent / "exercises" / slug / f"{slug}.ipynb"
    if name != slug and "body" in context:
        released = json.loads(path.read_text(encoding="utf-8"))
        context["body"] = name_cells(context["body"], released, slug)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    # Before the table of contents asks which pages there are.
    app.connect("config-inited", write_pages, priority=100)
    app.connect("html-page-context", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
