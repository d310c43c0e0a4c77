"""List the sections that the search page shows above the pages that Sphinx finds.

Sphinx's search finds pages that contain all words. A question such as "why does db sum" leads to a
section, so each section and each term of the notation is written into a script, with its title, its
`{index}` entries and its text. `book/_browser/src/search.js` ranks them with MiniSearch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from browser_files import fetch
from docutils import nodes
from python_files import bundle
from sphinx import addnodes

SCRIPT, SECTIONS = "search.js", "sections.js"
# Formulas and drawings are no words; a code cell is searched, but not quoted.
NO_WORDS = (nodes.math, nodes.math_block, nodes.raw, nodes.comment, nodes.title)


def words(node: nodes.Node, *, code: bool) -> list[str]:
    """Return the texts below a node: those in blocks of code, or all others."""
    if isinstance(node, nodes.Text):
        return [] if code else [node.astext()]
    if isinstance(node, nodes.literal_block):
        return [node.astext()] if code else []
    # A paragraph ends with a space; in the middle of one, a code name touches its comma.
    end = [] if isinstance(node, nodes.Inline) else [" "]
    found = [
        text
        for child in node.children
        if not isinstance(child, (*NO_WORDS, nodes.section))
        for text in words(child, code=code)
    ]
    return found + end


def joined(texts: list[str]) -> str:
    """Return the texts as one line."""
    return " ".join("".join(texts).split())


def entries(node: nodes.Element) -> str:
    """Return the index entries of a section, without those of its subsections."""
    found = [child for child in node.children if isinstance(child, addnodes.index)]
    return " ".join(entry[1] for index in found for entry in index["entries"])


def sections_of(document: nodes.document, page: str) -> list[dict[str, str]]:
    """Return the sections of a page and the terms that it defines, in order.

    Parameters
    ----------
    document : document
        The page as it was read.
    page : str
        Its name.

    Returns
    -------
    list of dict
        For each: ``page``, ``anchor`` (empty for the page itself), ``title``, ``path`` (the titles
        that it stands under), ``keywords``, ``text`` and ``code``.
    """
    found = []
    for node in document.findall(nodes.section):
        above = []
        parent = node.parent
        while isinstance(parent, nodes.section):
            above.insert(0, parent[0].astext())
            parent = parent.parent
        found.append(
            {
                "page": page,
                "anchor": node["ids"][0] if above else "",
                "title": node[0].astext(),
                "path": " / ".join(above),
                "keywords": entries(node),
                "text": joined(words(node, code=False)),
                "code": joined(words(node, code=True)),
            }
        )
    for glossary in document.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            names = [child for child in item.children if isinstance(child, nodes.term)]
            found.append(
                {
                    "page": page,
                    "anchor": names[0]["ids"][0],
                    "title": ", ".join(joined(words(name, code=False)) for name in names),
                    "path": found[0]["title"],
                    "keywords": "",
                    "text": joined(words(item[-1], code=False)),
                    "code": "",
                }
            )
    return found


def write_sections(app: Any, error: Exception | None) -> None:
    """Write the sections of all pages into a script: an opened file can load no other data."""
    if error or app.builder.name != "html":
        return
    env = app.env
    found = [
        section
        for page in sorted(env.found_docs)
        for section in sections_of(env.get_doctree(page), page)
    ]
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    static = Path(app.outdir) / "_static"
    (static / SECTIONS).write_text(f"window.courseSections = {text};\n", encoding="utf-8")
    bundle(SCRIPT, static, fetch(), "--global-name=courseSearch")


def add_scripts(app: Any, name: str, _template: str, _context: Any, _tree: Any) -> None:
    """Load the sections and the script on the search page."""
    if name == "search":
        app.add_js_file(SECTIONS, defer="defer")
        app.add_js_file(SCRIPT, defer="defer", priority=600)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
