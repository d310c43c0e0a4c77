"""Make a deck of slides from each chapter: ``slides/<chapter>.html``, beside the book's pages.

A deck holds what the page of its chapter shows: headings, figures, displayed formulas with the
line that leads to them, tables, code that is not folded with its output, common mistakes, the
summary, and of the prose the sentences with words in bold. In a chapter, ``[text]{.slide}`` adds
a sentence, and the class or cell tag ``no-slide`` leaves a block, a cell or a sentence out.

reveal.js shows the slides; `book/_slides/deck.js` scales each to its screen.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from copy import copy
from dataclasses import dataclass, field
from html import unescape
from math import ceil
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, NavigableString, Tag

# Not in book/_static: Jupyter Book loads the style sheets and scripts of that folder in every page.
PARTS = Path(__file__).parents[1] / "_slides"
CHAPTER = re.compile(r"\d\d_\w+")
ADD, LEAVE_OUT = "slide", "no-slide"
# Lines of text that a slide has room for, and the lines that a figure takes.
ROOM, FIGURE = 12, 8.5
# Letters in a line of text and of code, and the lines that a line of a formula and a row take.
LINE, WIDE, FORMULA, ROW = 62, 84, 1.6, 1.15
MOST_CODE = 18
# Letters of a term alone, and of a line that leads to a formula or a figure.
SHORT, LONGEST_LEAD = 25, 120
NOTHING = re.compile(r"\s*$|import |from .* import |\s*#")
# A sentence that begins like this needs the one before it.
LEANS = re.compile(r"(It|Its|This|That|These|Those|They|Both)\b")
END = re.compile(r"[.?!][)”\"']?\s")
# The parts of a chapter that are not for a lecture.
SKIPPED = {"exercise", "check-yourself"}


@dataclass
class Slide:
    """One slide: its title, the section that it is in, and its blocks of HTML."""

    title: str
    section: str
    kind: str = "plain"
    blocks: list[str] = field(default_factory=list)
    room: float = ROOM


@dataclass
class Deck:
    """The slides of a chapter while they are collected."""

    title: str = ""
    section: str = ""
    slides: list[Slide] = field(default_factory=list)
    full: bool = True

    def begin(self, title: str, section: str) -> None:
        """Put what follows on a new slide."""
        self.title, self.section, self.full = title, section, True

    def add(self, html: str, lines: float, kind: str = "plain") -> None:
        """Put a block on the slide, or on a new one if it has no room."""
        if self.full or lines > self.slides[-1].room:
            self.slides.append(Slide(self.title, self.section))
        slide = self.slides[-1]
        slide.blocks.append(html)
        slide.room -= lines
        if kind != "plain":
            slide.kind = kind
        self.full = kind == "figure"


def has(tag: Tag, *names: str) -> bool:
    """Tell whether a tag has one of these classes."""
    return bool(set(names) & set(tag.get("class") or []))


def inner(tag: Tag) -> str:
    """Return the HTML inside a tag."""
    return tag.decode_contents().strip()


def length(html: str) -> int:
    """Return how many letters of a line a text takes."""
    return len(re.sub(r"<[^>]+>|\\\w+|[{}$]", "", html))


def heading(tag: Tag) -> str:
    """Return a heading without its number and its link to itself."""
    tag = copy(tag)
    for extra in tag.select(".section-number, .headerlink"):
        extra.decompose()
    return inner(tag)


def sentences(paragraph: Tag) -> list[tuple[str, bool]]:
    """Return the sentences of a paragraph as HTML, each with whether it is for a slide."""
    found: list[list[str]] = [[]]
    wanted: list[bool] = [False]
    for node in paragraph.children:
        if isinstance(node, NavigableString):
            text = re.sub(r"\s+", " ", str(node))
            # The end of a sentence may stand in the tag before.
            before = re.sub(r"<[^>]+>", "", found[-1][-1]) if found[-1] else ""
            if text.startswith(" ") and before.endswith((".", "?", "!")):
                found.append([])
                wanted.append(False)
            at = 0
            for match in END.finditer(text):
                found[-1].append(_escaped(text[at : match.end()]))
                found.append([])
                wanted.append(False)
                at = match.end()
            found[-1].append(_escaped(text[at:]))
        elif isinstance(node, Tag) and not has(node, "bibtex-citation"):
            if has(node, LEAVE_OUT):
                wanted[-1] = False
            elif has(node, ADD) or node.name == "strong":
                wanted[-1] = True
            found[-1].append(inner(node) if node.name == "a" or has(node, ADD) else str(node))
    texts = ["".join(parts).strip().replace(" .", ".") for parts in found]
    return [(text, want) for text, want in zip(texts, wanted, strict=True) if text]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def key_points(paragraph: Tag) -> list[str]:
    """Return the sentences of a paragraph, or of an item of a list, that a slide shows."""
    found = sentences(paragraph)
    points = []
    for number, (text, wanted) in enumerate(found):
        if not wanted or leads(text):
            continue
        if LEANS.match(text) and number and not found[number - 1][1]:
            text = f"{found[number - 1][0]} {text}"
        # An item may begin with a term alone: what follows says what it is.
        alone = not number and length(text) < SHORT and paragraph.find_parent("li")
        if alone and len(found) > 1 and not found[1][1]:
            text = f"{text} {found[1][0]}"
        points.append(text)
    return points


def leads(text: str) -> bool:
    """Tell whether a sentence leads to what follows it."""
    return text.removesuffix("</strong>").endswith(":") and length(text) <= LONGEST_LEAD


def lead_of(paragraph: Tag) -> str:
    """Return the line that leads to what follows the paragraph."""
    found = sentences(paragraph)
    text = found[-1][0] if found else ""
    return f'<p class="lead">{text}</p>' if leads(text) else ""


def plain(html: str) -> str:
    """Return the text of a line of highlighted code."""
    return unescape(re.sub(r"<[^>]+>", "", html))


def chunks(lines: list[str]) -> list[list[str]]:
    """Return the lines of a piece of code, divided before its definitions if there are many."""
    parts: list[list[str]] = [[]]
    for before, line in zip(["", *lines], lines, strict=False):
        if not plain(before).strip() and re.match(r"(    )?(def|class|@)|\w", plain(line)):
            parts.append([])
        parts[-1].append(line)
    pages: list[list[str]] = [[]]
    for part in parts:
        if pages[-1] and len(pages[-1]) + len(part) > MOST_CODE:
            pages.append([])
        pages[-1] += part
    # A slide with nothing but imports says nothing.
    return [page for page in pages if any(not NOTHING.match(plain(line)) for line in page)]


def size(lines: list[str]) -> tuple[int, int]:
    """Return how many letters wide and how many lines high a text is."""
    return max((len(plain(line)) for line in lines), default=0), len(lines)


def code_blocks(code: list[str], printed: list[str]) -> list[str]:
    """Return code and what it prints: beside it, below it, or apart, so that both are large."""
    source = "<pre class='highlight'>{}</pre>".format("\n".join(code).strip("\n"))
    if not printed:
        return [f'<div class="code">{source}</div>']
    result = "<pre class='printed'>{}</pre>".format("\n".join(printed))
    (w1, h1), (w2, h2) = size(code), size(printed)
    scales = {
        "beside": min(WIDE / (w1 + w2 + 6), MOST_CODE / max(h1, h2)),
        "below": min(WIDE / max(w1, w2), MOST_CODE / (h1 + h2 + 2)),
    }
    where = max(scales, key=lambda name: scales[name])
    if scales[where] > 0.75:
        return [f'<div class="code {where}">{source}{result}</div>']
    return [f'<div class="code">{source}</div>', f'<div class="code">{result}</div>']


def take_code(deck: Deck, cell: Tag, lead: str) -> None:
    """Add a cell: its code unless it is folded, and its outputs."""
    shown = [c for c in cell.find_all("div", class_="cell_input") if not c.find_parent("details")]
    outputs = cell.select(".cell_output > .output")
    figures = [
        out
        for out in outputs
        if not has(out, "stream", "text_plain") and not out.select_one("dl.mistakes")
    ]
    texts = [inner(pre).strip("\n") for out in outputs for pre in out.select(":scope pre")]
    printed = "\n".join(texts).split("\n") if texts and not figures else []
    for part in shown:
        pages = chunks(inner(part.pre).split("\n"))
        for page in pages:
            for html in code_blocks(page, printed if page is pages[-1] else []):
                deck.full = True
                deck.add(lead + html, ROOM, "code")
                lead = ""
        deck.full = True
    for out in figures:
        deck.add(f'{lead}<div class="drawing">{inner(out)}</div>', FIGURE, "figure")
        lead = ""
    for mistakes in cell.select("dl.mistakes"):
        for wrong, hint in zip(mistakes("dt"), mistakes("dd"), strict=True):
            deck.full = True
            code = f'<pre class="wrong">{inner(wrong.pre)}</pre>'
            deck.add(f'{code}<p class="fragment">{inner(hint)}</p>', ROOM, "mistake")
            deck.full = True


def take(deck: Deck, section: Tag) -> None:
    """Add the slides of a section, and of those within it."""
    lead = ""
    for child in section.find_all(recursive=False):
        if has(child, LEAVE_OUT, f"tag_{LEAVE_OUT}"):
            continue
        if child.name in ("h2", "h3", "h4"):
            title = heading(child)
            deck.begin(title, title if child.name == "h2" else deck.section)
        elif child.name == "section":
            if child.get("id") not in SKIPPED:
                outer = deck.section
                take(deck, child)
                deck.section = outer
        elif child.name == "p":
            for point in key_points(child):
                deck.add(f'<p class="point">{point}</p>', ceil(length(point) / LINE) + 0.5)
            lead = lead_of(child)
            continue
        elif child.name in ("ul", "ol"):
            take_list(deck, child, lead, whole=section.get("id") == "summary")
        elif has(child, "chapter-goals") and child.ul:
            deck.begin("After this chapter you can", "")
            take_list(deck, child.ul, "", whole=True)
        elif has(child, "math"):
            lines = FORMULA * (child.text.count(r"\\") + 1) + 0.6
            later = " fragment" if not deck.full and deck.slides[-1].room >= lines else ""
            deck.add(f'<div class="formula{later}">{lead}{child}</div>', lines + bool(lead))
        elif child.name == "table" or child.find("table", recursive=False):
            table = child if child.name == "table" else child.table
            lines = ROW * len(table.find_all("tr")) + bool(lead)
            deck.add(f"{lead}{table}", min(lines, ROOM))
        elif has(child, "cell"):
            take_code(deck, child, lead)
        lead = ""


def take_list(deck: Deck, items: Tag, lead: str, *, whole: bool) -> None:
    """Add the items of a list that are for a slide, or all of them."""
    for item in items.find_all("li", recursive=False):
        text = item.p or item
        points = [inner(text)] if whole else key_points(text)
        for point in points:
            lines = ceil(length(point) / LINE) + 0.3 + bool(lead)
            deck.add(f'{lead}<p class="item">{point}</p>', lines)
            lead = ""


def show_gradients(figure: Tag) -> None:
    """Turn a graph that asks for its gradients into one that steps: here the lecturer asks."""
    data = figure.select_one(".bpg-data")
    numbers = json.loads(data.string or "{}") if data else {}
    if data and numbers.pop("questions", None):
        data.string = json.dumps(numbers, ensure_ascii=False).replace("<", "\\u003c")
        for extra in figure.select(".bpg-query, .bpg-solution, .bpg-on-paper"):
            extra.decompose()
        for label in figure.select(".bpg-asked"):
            label["class"] = [name for name in label["class"] if name != "bpg-asked"]


def deck_of(body: str, name: str) -> tuple[str, list[Slide]]:
    """Return the title of a chapter and its slides.

    Parameters
    ----------
    body : str
        The HTML of the chapter's page.
    name : str
        The name of the page. Links in the slides lead from the folder ``slides``.
    """
    page = BeautifulSoup(body, "html.parser")
    for tag in page.select("[href], [src]"):
        for key in ("href", "src"):
            if (target := tag.get(key)) and not re.match(r"[a-z]+:|//", str(target)):
                tag[key] = f"../{name}.html{target}" if str(target)[0] == "#" else f"../{target}"
    for figure in page.select("figure.bpg"):
        show_gradients(figure)
    deck = Deck()
    chapter = page.find("section")
    assert isinstance(chapter, Tag)
    title = heading(chapter.h1)
    take(deck, chapter)
    for slide in deck.slides:
        if slide.kind == "plain" and len(slide.blocks) == 1 and 'class="point"' in slide.blocks[0]:
            slide.kind = "statement"
    return title, deck.slides


def write_deck(app: Any, name: str, _template: str, context: dict[str, Any], tree: Any) -> None:
    """Write the deck of a chapter when its page is written."""
    if not tree or app.builder.name != "html" or not CHAPTER.fullmatch(name):
        return
    title, slides = deck_of(context["body"], name)
    target = Path(app.outdir) / "slides" / f"{name}.html"
    target.parent.mkdir(exist_ok=True)
    text = app.builder.templates.render_string(
        (PARTS / "deck.html").read_text(encoding="utf-8"),
        {
            "name": name,
            "number": int(name[:2]),
            "title": title,
            "slides": slides,
            "book": app.config.html_title or app.config.project,
            "mathjax": json.dumps(app.config.mathjax3_config),
            "exercise": f"exercises/{name}" in app.env.found_docs,
        },
    )
    target.write_text(text, encoding="utf-8")


def note_version(_app: Any, config: Any) -> None:
    """Make what decks are made with a setting: when it changes, Sphinx writes all pages again."""
    parts = b"".join(path.read_bytes() for path in (Path(__file__), PARTS / "deck.html"))
    config.slides_version = hashlib.sha256(parts).hexdigest()


def copy_parts(app: Any, error: Exception | None) -> None:
    """Copy the style sheet and the script of all decks."""
    if not error and app.builder.name == "html":
        for name in ("deck.css", "deck.js"):
            shutil.copyfile(PARTS / name, Path(app.outdir) / "slides" / name)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_config_value("slides_version", "", "html", str)
    app.connect("config-inited", note_version)
    app.connect("html-page-context", write_deck)
    app.connect("build-finished", copy_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
