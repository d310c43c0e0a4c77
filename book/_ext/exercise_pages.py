"""Give each assignment a page of the book, made from the notebook that students get.

The pages are written into `book/exercises/` before Sphinx looks for pages, and git ignores them.
They are not executed: what is asked for is not there yet. The page's script needs to know which
cell is which, and the notebook as it was released, to give it back with answers: both become part
of the page.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.errors import ExtensionError

HOW = "## How this works\n"
HERE = """{how}
1. Write your code where it says `YOUR CODE HERE` and delete the line `raise NotImplementedError()`.
2. Run the cell below it. The check says at once what is right, what is wrong, and what to think
   about next.
3. Run the check again before you move on: it draws new numbers at every run.

Most checks also test that your code leaves its input arrays unchanged and returns the same result
when it is called again. Results keep the dtype of the input: float64 in, float64 out. Do not rename
classes, functions or methods.

:::{{container}} on-this-page
**On this page.** Start Python with the button above. It runs in your browser: nothing is
installed, and your code is not sent anywhere. Your answers are kept in this browser, on this
device, also when you close the page. The points shown here are for you only; your instructor runs
the checks again for your mark.

**To hand in**, press *Download my answers* and hand in the file `{slug}-answers.ipynb` as your
course tells you.

**To switch** between this page and Jupyter: *Open a notebook* loads your answers from a notebook,
and Jupyter opens the file that you download here.
:::

**In Jupyter**, {{download}}`the notebook without answers <{notebook}>` has the same tasks. It needs
the course package.
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


class NamedCell(nodes.container):
    """A cell of an assignment's page, with its name in the gradebook as `grade_id`."""


def visit_named_cell(self: Any, node: NamedCell) -> None:
    """Write the start of a cell; the page's script reads its name."""
    name = {"data-grade-id": node["grade_id"]}
    self.body.append(self.starttag(node, "div", CLASS="docutils container", **name))


def depart_named_cell(self: Any, _node: NamedCell) -> None:
    """Write the end of a cell."""
    self.body.append("</div>\n")


def name_cells(doctree: nodes.Element, released: dict[str, Any]) -> None:
    """Give each cell of a page its name in the gradebook.

    Parameters
    ----------
    doctree : Element
        The page. Its cells are containers, with the class ``answer-text`` for answers in words.
    released : dict
        The notebook of the page.

    Raises
    ------
    ExtensionError
        If the page and its notebook have different numbers of cells.
    """
    containers = list(doctree.findall(nodes.container))
    shown = {
        "code": [node for node in containers if node.get("nb_element") == "cell_code"],
        "markdown": [node for node in containers if "answer-text" in node["classes"]],
    }
    for kind, cells in shown.items():
        named = [
            c["metadata"].get("nbgrader", {}) for c in released["cells"] if c["cell_type"] == kind
        ]
        if kind == "markdown":
            named = [about for about in named if about.get("solution")]
        if len(cells) != len(named):
            raise ExtensionError(
                f"the page shows {len(cells)} {kind} cells; its notebook has {len(named)}"
            )
        for about, cell in zip(named, cells, strict=True):
            if about:
                named_cell = NamedCell("", *cell.children, **cell.attributes)
                named_cell["grade_id"] = about["grade_id"]
                cell.replace_self(named_cell)


def notebook_script(released: dict[str, Any], slug: str) -> str:
    """Return the script element that holds the notebook of a page."""
    # In a script no character needs escaping but the one that could end it.
    text = json.dumps(released, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="released" data-slug="{slug}">{text}</script>'


def finish_page(app: Any, doctree: nodes.document) -> None:
    """Add to an assignment's page what its script needs."""
    name = app.env.docname
    slug = name.removeprefix("exercises/")
    if name != slug:
        path = Path(app.srcdir).parent / "exercises" / slug / f"{slug}.ipynb"
        released = json.loads(path.read_text(encoding="utf-8"))
        name_cells(doctree, released)
        doctree.append(nodes.raw("", notebook_script(released, slug), format="html"))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    # Before the table of contents asks which pages there are.
    app.connect("config-inited", write_pages, priority=100)
    app.add_node(NamedCell, html=(visit_named_cell, depart_named_cell))
    app.connect("doctree-read", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
