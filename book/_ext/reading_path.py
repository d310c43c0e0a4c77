"""Lead a reader from each chapter to its exercise and on, and say what a chapter takes and gives.

``{goals}`` at the top of a chapter lists what one can do after it; ``{plan}`` makes the table of
all chapters from these lists. ``{hours}`reading` `` and ``{hours}`exercises` `` are the times of
the whole course. Nothing else states a time or goals.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jupytext
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

EXERCISES = "exercises/"
CHAPTER = re.compile(r"\d\d_\w+")
GOALS = re.compile(r"^```\{goals\}\n(.*?)^```$", re.M | re.S)
WORDS_A_MINUTE = 180
SECONDS_A_LINE, SECONDS_A_FORMULA = 4, 10
FOLDED = {"hide-input", "remove-input", "remove-cell"}
RULE = (
    f"Reading times count {WORDS_A_MINUTE} words a minute, {SECONDS_A_LINE} seconds for each line "
    f"of code that is not folded, and {SECONDS_A_FORMULA} seconds for each displayed formula, and "
    "are rounded to 5 minutes."
)


def minutes(text: str) -> int:
    """Return the time to read a chapter, from its text as a notebook."""
    seconds = 0.0
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        if cell.cell_type == "code":
            if not FOLDED & set(cell.metadata.get("tags", [])):
                lines = [line for line in cell.source.splitlines() if line.strip()]
                seconds += SECONDS_A_LINE * len(lines)
            continue
        prose, formulas = re.subn(r"^\$\$.*?^\$\$", "", cell.source, flags=re.M | re.S)
        seconds += SECONDS_A_FORMULA * formulas
        # Marks of tables, lists and directives are no words.
        seconds += len(re.findall(r"\w[\w'.,-]*", prose)) * 60 / WORDS_A_MINUTE
    return max(5, 5 * round(seconds / 300))


def goals(path: Path) -> list[str]:
    """Return what a reader can do after a chapter."""
    found = GOALS.search(path.read_text(encoding="utf-8"))
    listed = re.split(r"^- ", found[1], flags=re.M)[1:] if found else []
    if not 2 <= len(listed) <= 4:
        raise ExtensionError(
            f"{path.name}: expected a list of 2 to 4 goals in ```{{goals}} below the title, "
            f'got {len(listed)}. Each begins with "- ".'
        )
    return [" ".join(goal.split()).rstrip(".,;") for goal in listed]


def exercise_time(path: Path) -> str:
    """Return the time that an exercise states."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.search(r"\*\*Time\*\*: (\d[^.]*?)\s*minutes", text)
    return f"{found[1]} min" if found else ""


class Goals(SphinxDirective):
    """``{goals}``: the time, and a list of what the chapter teaches to do."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.doc2path(self.env.docname))
        listed = goals(path)
        time = minutes(path.read_text(encoding="utf-8"))
        box = nodes.container(classes=["chapter-goals"])
        lines = [
            f"**About {time} minutes.** After this chapter you can",
            "",
            *(f"- {goal}{',' if goal != listed[-1] else '.'}" for goal in listed),
        ]
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, box)
        return [box]


class Plan(SphinxDirective):
    """``{plan}``: a table of the chapters with their times and goals."""

    def run(self) -> list[nodes.Node]:
        source = Path(self.env.srcdir)
        lines = ["| chapter | reading | exercise | afterwards you can |", "|---|---|---|---|"]
        order = [name for name in self.env.found_docs if CHAPTER.fullmatch(name)]
        for name in sorted(order):
            path = Path(self.env.doc2path(name))
            self.env.note_dependency(str(path))
            notebook = source / EXERCISES / f"{name}.ipynb"
            exercise = ""
            if notebook.exists():
                exercise = f"{{doc}}`{exercise_time(notebook)} <{EXERCISES}{name}>`"
            time = f"{minutes(path.read_text(encoding='utf-8'))} min"
            done = "; ".join(goals(path)) + "."
            lines.append(f"| {int(name[:2])} {{doc}}`{name}` | {time} | {exercise} | {done} |")
        box = nodes.container()
        self.state.nested_parse(StringList([*lines, "", RULE], "plan"), self.content_offset, box)
        return list(box.children)


class Hours(SphinxRole):
    """``{hours}``: the time for all chapters or all exercises, in hours."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        source = Path(self.env.srcdir)
        if self.text == "reading":
            paths = [p for p in source.glob("*.md") if CHAPTER.fullmatch(p.stem)]
            times = [str(minutes(path.read_text(encoding="utf-8"))) for path in paths]
        elif self.text == "exercises":
            paths = list((source / EXERCISES).glob("*.ipynb"))
            times = [exercise_time(path).removesuffix(" min") for path in paths]
        else:
            raise ExtensionError(
                f'{{hours}}: expected "reading" or "exercises", got "{self.text}".'
            )
        for path in paths:
            self.env.note_dependency(str(path))
        # A time such as "40 to 60" counts with its mean.
        ranges = [[int(number) for number in time.split(" to ")] for time in times if time]
        hours = round(sum(sum(both) / len(both) for both in ranges) / 60)
        return [nodes.Text(f"{hours} hours")], []


def path_of(pages: list[str]) -> list[str]:
    """Return the pages in the order of *next*: an exercise follows its chapter."""
    ordered = []
    for page in pages:
        if page.startswith(EXERCISES) and page.removeprefix(EXERCISES) in pages:
            continue
        ordered.append(page)
        if f"{EXERCISES}{page}" in pages:
            ordered.append(f"{EXERCISES}{page}")
    return ordered


def lead_on(app: Any, name: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Set where *previous* and *next* of a page lead."""
    pages = path_of(list(app.env.collect_relations()))
    if name not in pages:
        return  # the index, the search
    at = pages.index(name)
    for key, near in (("prev", at - 1), ("next", at + 1)):
        if 0 <= near < len(pages):
            context[key] = {
                "link": app.builder.get_relative_uri(name, pages[near]),
                "title": app.builder.render_partial(app.env.titles[pages[near]])["title"],
            }
        else:
            context[key] = None


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_role("hours", Hours())
    app.add_directive("goals", Goals)
    app.add_directive("plan", Plan)
    app.connect("html-page-context", lead_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
