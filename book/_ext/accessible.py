"""Write HTML for screen readers and narrow screens, where Sphinx and MyST-NB fall short of it."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput


def visit_entry(self: Any, node: nodes.entry) -> None:
    """Write a table's cell; an empty cell of its head is an ordinary one, as it heads nothing."""
    if node.astext().strip() or not isinstance(node.parent.parent, nodes.thead):
        type(self).visit_entry(self, node)
    else:
        node.parent.column += 1
        self.body.append(self.starttag(node, "td", ""))
        self.context.append("</td>\n")


def visit_citation(self: Any, node: nodes.citation) -> None:
    """Write an entry of the references without roles: docutils gives it a deprecated one."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=[node.tagname]))


def visit_hidden_cell(self: Any, node: HideCodeCellNode) -> None:
    """Write the start of a folded cell, whose visible title is also its name for screen readers."""
    classes = " ".join(node["classes"])
    self.body.append(f'<details class="admonition hide {classes}">\n<summary>\n')
    for state, prompt in (("collapsed", "prompt_show"), ("expanded", "prompt_hide")):
        title = escape(node[prompt])
        self.body.append(f'<p class="{state} admonition-title">{title}</p>\n')
    self.body.append("</summary>\n")


# A long name may break where its words end: after _ and /, and after a dot, but not in W.T.
END_OF_WORD = re.compile(r"(?<=[\w;][_/])(?=[\w&])|(?<=\w\w\.)(?=[a-zA-Z]{2})")


def depart_literal(self: Any, node: nodes.literal) -> None:
    """Write the end of a code name, and into the name the places where a line may break."""
    start = len(self.body) - 1
    while not self.body[start].startswith(("<code", "<kbd")):
        start -= 1
    self.body[start + 1 :] = [END_OF_WORD.sub("<wbr>", text) for text in self.body[start + 1 :]]
    type(self).depart_literal(self, node)


def setup(app: Any) -> dict[str, bool]:
    """Replace the visitors of these nodes in HTML."""
    for node, visit, depart in (
        (nodes.entry, visit_entry, lambda self, node: type(self).depart_entry(self, node)),
        (nodes.literal, lambda self, node: type(self).visit_literal(self, node), depart_literal),
        (nodes.citation, visit_citation, lambda self, node: type(self).depart_citation(self, node)),
        (HideCodeCellNode, visit_hidden_cell, depart_HideCellInput),
    ):
        app.add_node(node, override=True, html=(visit, depart))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
