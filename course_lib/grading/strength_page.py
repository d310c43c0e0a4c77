"""Write what the audit measured as a page of the book for instructors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from course_lib.grading.course import Course
from course_lib.grading.strength import Record

_HEAD = (
    ("parts", "parts lost"),
    ("misconceptions", "misconceptions"),
    ("accepted", "right answers"),
    ("hostile", "attacks"),
)


def page_path(course: Course) -> Path:
    """Return where the page is."""
    return course.root / "book" / "instructors" / "grader_strength.md"


def page(record: Record) -> str:
    """Return the page, from the template and what was measured."""
    template = Path(__file__).parent / "templates" / "grader_strength.md"
    rows = [row for measured in record.values() for row in measured["rows"]]
    words = {
        "tasks": str(len(rows)),
        "misconceptions": str(_made(rows, "misconceptions")),
        "accepted": str(_made(rows, "accepted")),
        "hostile": str(_made(rows, "hostile")),
        "mutants": str(_made(rows, "mutants")),
        "caught": str(sum(row["caught"] for row in rows)),
        "equivalent": str(sum(len(row["equivalent"]) for row in rows)),
        "survived": str(_wrong(rows, "mutants")),
        "summary": _summary(record),
        "assignments": "\n".join(_assignment(slug, record[slug]) for slug in record),
    }
    text = template.read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(f"{{{{{name}}}}}", word)
    return text.rstrip("\n") + "\n"


def _summary(record: Record) -> str:
    lines = [_line(slug, measured["rows"]) for slug, measured in record.items()]
    rows = [row for measured in record.values() for row in measured["rows"]]
    return _table("assignment", [*lines, _line("together", rows)])


def _assignment(slug: str, measured: dict[str, Any]) -> str:
    rows = measured["rows"]
    lines = [_line(f"`{row['task']}`", [row]) for row in rows]
    said = [f"## {slug}", "", f"% inputs {measured['inputs']}", "", _table("task", lines)]
    wrong = [name for row in rows for name in _all_wrong(row)]
    if wrong:
        said += ["", "Not as it must be:", "", *(f"- {_plain(name)}" for name in wrong)]
    known = [entry for row in rows for entry in row["equivalent"]]
    if known:
        title = f"{len(known)} mutants that are right answers too"
        said += ["", f"````{{admonition}} {title}", ":class: dropdown", *_reasons(known), "````"]
    return "\n".join([*said, ""])


def _reasons(known: Sequence[Any]) -> Iterable[str]:
    """Return a list of mutants, those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for (_slug, task, where, before, after), why in known:
        by_reason.setdefault(why, []).append(f"  - `{task}`, `{where}`: `{before}` → `{after}`")
    for why, mutants in by_reason.items():
        yield from (f"- {why}", *mutants)


def _table(first: str, lines: Sequence[Sequence[str]]) -> str:
    head = [first, "points", *(title for _name, title in _HEAD)]
    head += ["mutants", "caught", "right after all", "survived"]
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _line(name: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    return [
        name,
        f"{sum(row['points'] for row in rows):g}",
        *(_ratio(rows, kind) for kind, _title in _HEAD),
        str(_made(rows, "mutants")),
        str(sum(row["caught"] for row in rows)),
        str(sum(len(row["equivalent"]) for row in rows)),
        str(_wrong(rows, "mutants")),
    ]


def _ratio(rows: Sequence[dict[str, Any]], kind: str) -> str:
    made = _made(rows, kind)
    return f"{made - _wrong(rows, kind)}/{made}" if made else "0"


def _made(rows: Sequence[dict[str, Any]], kind: str) -> int:
    return sum(row[kind]["made"] for row in rows)


def _wrong(rows: Sequence[dict[str, Any]], kind: str) -> int:
    return sum(len(row[kind]["wrong"]) for row in rows)


def _all_wrong(row: dict[str, Any]) -> list[str]:
    kinds = ("model", "blank", *(kind for kind, _title in _HEAD), "mutants")
    return [f"{kind}: {row['task']}: {name}" for kind in kinds for name in row[kind]["wrong"]]


def _plain(text: str) -> str:
    return text.replace("`", "'")
