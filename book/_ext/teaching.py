"""The tables of the lecturers' page: plans, and what each exercise measures.

Points, tasks, kinds and minutes come from `solutions/`, reading times from the chapters. The
page says only which chapters and tasks belong to which week.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from course_lib.grading.authoring.answers import Sheet, read_sheet
from course_lib.grading.course import Course, CourseError

WORDS_A_MINUTE = 180
SECONDS_A_LINE, SECONDS_A_FORMULA = 4, 10
FOLDED = {"hide-input", "remove-input", "remove-cell"}
KINDS = {
    "hand": "predict",
    "build": "build",
    "transfer": "transfer",
    "repair": "repair",
    "words": "explain",
}
DASH = "\u2013"
KEYS = {"when", "chapters", "without", "tasks"}


def minutes(text: str) -> float:
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
        seconds += len(re.findall(r"\w[\w'\u2019.,-]*", prose)) * 60 / WORDS_A_MINUTE
    return seconds / 60


def leave_out(text: str, label: str) -> str | None:
    """Return a chapter without the section of a label; None if it has no such section."""
    lines, in_code = text.split("\n"), False
    # Of each section: its first line, which may be its label, how deep it is, and its label.
    sections: list[tuple[int, int, str]] = []
    for number, line in enumerate(lines):
        in_code ^= line.startswith("```")
        if not in_code and (marks := re.match(r"#+ ", line)):
            above = re.fullmatch(r"\(([\w-]+)\)=", lines[number - 1])
            sections.append((number - bool(above), len(marks[0]), above[1] if above else ""))
    for at, (start, depth, name) in enumerate(sections):
        if name == label:
            below = (first for first, other, _name in sections[at + 1 :] if other <= depth)
            return "\n".join(lines[:start] + lines[next(below, len(lines)) :])
    return None


@cache
def _sheet(root: Path, slug: str, _stamp: float) -> Sheet:
    return read_sheet(Course(root), slug)


def hours(total: float) -> str:
    """Return minutes as hours, to half an hour."""
    return f"{round(total / 30) / 2:g}"


def numbers(chosen: list[int], count: int) -> str:
    """Return the numbers of tasks as text, with a dash for those in between."""
    if len(chosen) == count:
        return "all"
    runs: list[list[int]] = []
    for n in chosen:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{run[0]}{DASH}{run[-1]}" if run[1:] else f"{run[0]}" for run in runs)


class TeachingTable(SphinxDirective):
    """A table that is made when the book is built."""

    def sheet(self, slug: str) -> Sheet:
        """Return an assignment; the page is written again when its source changes."""
        root = Path(self.env.srcdir).parent
        path = Course(root).source(slug)
        if not path.is_file():
            raise self.wrong(f"there is no assignment {slug!r}; expected a name in solutions/.")
        self.env.note_dependency(str(path))
        try:
            return _sheet(root, slug, path.stat().st_mtime)
        except CourseError as error:
            raise ExtensionError(str(error)) from None

    def wrong(self, problem: str) -> ExtensionError:
        """Return an error that names the page and the line of the directive."""
        return ExtensionError(f"{self.env.docname}.md:{self.lineno}: {self.name}: {problem}")

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        """Return the nodes of lines of Markdown."""
        box = nodes.container()
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, box)
        return list(box.children)


class TeachingPlan(TeachingTable):
    """``{teaching-plan}``: what to read and to do in each part of a course."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            rows = yaml.safe_load("\n".join(self.content))
        except yaml.YAMLError as error:
            raise self.wrong(f"expected a list in YAML: {error}") from None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.wrong(f"expected a list of rows with the keys {', '.join(sorted(KEYS))}.")
        shortened = any("without" in row for row in rows)
        heads = ["when", "read", *(["leave out"] if shortened else []), "tasks", "points", "hours"]
        table = [heads, ["---"] * len(heads)]
        points = time = 0.0
        for row in rows:
            (when, read, without, tasks), row_points, row_time = self.row(row)
            left_out = [without] if shortened else []
            table.append([when, read, *left_out, tasks, str(row_points), hours(row_time)])
            points, time = points + row_points, time + row_time
        empty = [""] * (len(heads) - 3)
        table.append(["**in all**", *empty, f"**{points:g}**", f"**{hours(time)}**"])
        lines = [f"| {' | '.join(cells)} |" for cells in table]
        return self.parsed(lines)

    def row(self, row: dict[str, Any]) -> tuple[list[str], int, float]:
        """Return the first four cells of a row, its points and its minutes."""
        if unknown := set(row) - KEYS:
            raise self.wrong(f"unknown key {unknown.pop()!r}; a row has {', '.join(sorted(KEYS))}.")
        texts = {}
        for name in row.get("chapters", []):
            path = Path(self.env.doc2path(name))
            if not path.is_file():
                raise self.wrong(f"there is no chapter {name!r}; expected a name in book/.")
            self.env.note_dependency(str(path))
            texts[name] = path.read_text(encoding="utf-8")
        for label in row.get("without", []):
            shorter = {name: leave_out(text, label) for name, text in texts.items()}
            if not any(shorter.values()):
                raise self.wrong(f"no chapter of {row.get('when')} has the label {label!r}.")
            texts |= {name: text for name, text in shorter.items() if text}
        points, time = 0, sum(minutes(text) for text in texts.values())
        tasks = []
        for slug, wanted in row.get("tasks", {}).items():
            sheet = self.sheet(slug)
            count = len(sheet.tasks)
            chosen = list(range(1, count + 1)) if wanted == "all" else wanted
            if not isinstance(chosen, list) or not set(chosen) <= set(range(1, count + 1)):
                raise self.wrong(f"tasks of {slug}: expected all, or numbers from 1 to {count}.")
            got = sum(sheet.tasks[n - 1].points for n in chosen)
            points += got
            time += sum(sheet.minutes) / 2 * got / sheet.points
            link = f"{{doc}}`{int(slug[:2])} </exercises/{slug}>`"
            tasks.append(f"{link}: {numbers(chosen, count)}")
        read = "<br>".join(f"{int(name[:2])} {{doc}}`/{name}`" for name in texts)
        without = ", ".join(f"{{ref}}`{label}`" for label in row.get("without", []))
        return [str(row.get("when", "")), read, without, "<br>".join(tasks)], points, time


class ExerciseKinds(TeachingTable):
    """``{exercise-kinds}``: the points of each exercise by kinds of tasks, and all tasks."""

    def run(self) -> list[nodes.Node]:
        slugs = Course(Path(self.env.srcdir).parent).assignments()
        sheets = [self.sheet(slug) for slug in slugs]
        lines = [
            f"| exercise | {' | '.join(KINDS.values())} | points | minutes |",
            "|---" * (len(KINDS) + 3) + "|",
        ]
        sums = dict.fromkeys(KINDS, 0)
        for sheet in sheets:
            cells = []
            for kind in KINDS:
                got = sum(task.points for task in sheet.tasks if task.kind == kind)
                sums[kind] += got
                cells.append(str(got or ""))
            time = DASH.join(str(n) for n in dict.fromkeys(sheet.minutes))
            link = f"{int(sheet.slug[:2])} {{doc}}`/{sheet.slug}`"
            lines.append(f"| {link} | {' | '.join(cells)} | {sheet.points} | {time} |")
        cells = [f"**{n}**" for n in (*sums.values(), sum(sums.values()))]
        lines.append(f"| **in all** | {' | '.join(cells)} | |")
        for sheet in sheets:
            lines += ["", f"::::{{dropdown}} {sheet.title}", *self.tasks(sheet), "::::"]
        return self.parsed(lines)

    @staticmethod
    def tasks(sheet: Sheet) -> list[str]:
        """Return the table of an exercise's tasks."""
        lines = ["| task | what | kind | points | for | hints |", "|---|---|---|---|---|---|"]
        for number, task in enumerate(sheet.tasks, start=1):
            parts = ", ".join(f"{name} {points}" for name, points in task.parts)
            parts = parts or ("a person reads it" if task.kind == "words" else "1 each")
            lines.append(
                f"| {number} `{task.name}` | {task.summary} | {KINDS[task.kind]} | {task.points} "
                f"| {parts} | {len(task.mistakes) or ''} |"
            )
        return lines


class Decks(TeachingTable):
    """``{decks}``: links to the slides of all chapters."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        items = []
        for name in sorted(n for n in self.env.found_docs if re.fullmatch(r"\d\d_\w+", n)):
            heading = re.search(r"^# (.+)$", Path(self.env.doc2path(name)).read_text("utf-8"), re.M)
            title = heading[1] if heading else name
            link = nodes.reference("", f"{int(name[:2])} {title}", refuri=f"{up}slides/{name}.html")
            items.append(nodes.list_item("", nodes.paragraph("", "", link)))
        return [nodes.bullet_list("", *items)]


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.add_directive("teaching-plan", TeachingPlan)
    app.add_directive("exercise-kinds", ExerciseKinds)
    app.add_directive("decks", Decks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
