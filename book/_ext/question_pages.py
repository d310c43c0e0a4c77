"""Show the questions of a chapter under "Check yourself", and all of them on the page *Review*."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import python_files
import questions
from browser_files import fetch
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

SCRIPT, BANK = "learning.js", "question-bank.js"


def files() -> list[Path]:
    """Return the files of questions, in the order of the chapters."""
    return sorted(questions.FOLDER.glob("*.toml"))


def read(path: Path) -> tuple[questions.Question, ...]:
    """Return the questions of a file; a mistake in it ends the build with its message."""
    try:
        return questions.read(path)
    except questions.QuestionError as error:
        raise ExtensionError(str(error)) from None


BEFORE = "Answer from memory. {doc}`review` asks these questions again after 1, 3 and 7 days."


class QuestionsDirective(SphinxDirective):
    """``{questions}`` in a chapter: its questions, each with its solution folded.

    The content is what the chapter's notebook says in their place.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        path = questions.FOLDER / f"{self.env.docname}.toml"
        self.env.note_dependency(str(path))
        asked = "".join(questions.whole(question) for question in read(path))
        before = nodes.container()
        self.state.nested_parse(StringList([BEFORE], "questions"), self.content_offset, before)
        return [*before.children, nodes.raw("", asked, format="html")]


class Place(SphinxDirective):
    """``{review}`` and ``{progress}``: where the script puts what is due, and what is kept."""

    def run(self) -> list[nodes.Node]:
        for path in files():
            self.env.note_dependency(str(path))
        without = "<noscript><p>This needs JavaScript. The questions, with their solutions, are "
        without += "at the end of each chapter.</p></noscript>"
        return [nodes.raw("", f'<div id="{self.name}-place">{without}</div>', format="html")]


def write_scripts(app: Any) -> None:
    """Bundle the script that every page loads, and write all questions into another one.

    A page that was opened as a file can load no data but scripts.
    """
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static"
    target.mkdir(parents=True, exist_ok=True)
    python_files.bundle(SCRIPT, target, fetch())
    bank = [
        (question.key, questions.whole(question, f"{path.stem}.html"))
        for path in files()
        for question in read(path)
    ]
    text = json.dumps(bank, ensure_ascii=False, separators=(",", ":"))
    (target / BANK).write_text(f"window.questionBank = {text};\n", encoding="utf-8")


def add_bank(app: Any, name: str, _template: str, _context: Any, _tree: Any) -> None:
    """Load all questions on the page *Review*, before the script that asks them."""
    if name == "review":
        app.add_js_file(BANK, priority=400, defer="defer")


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_directive("questions", QuestionsDirective)
    app.add_directive("review", Place)
    app.add_directive("progress", Place)
    app.add_js_file(SCRIPT, defer="defer")
    app.connect("builder-inited", write_scripts)
    app.connect("html-page-context", add_bank)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
