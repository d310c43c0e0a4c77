"""The questions of a chapter: read, checked by running their code, and written as HTML.

`book/questions/<chapter>.toml` has the questions; AUTHORING.md describes its form. No answer of a
number, an order or an output is typed: the code of the question computes it with `course_lib`.
The HTML is complete without a script, with the solution folded; `book/_browser/src/questions.js`
turns it into a question that is answered in the page.
"""

from __future__ import annotations

import contextlib
import html
import io
import itertools
import json
import random
import re
import textwrap
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_lib.misconceptions import all_misconceptions

FOLDER = Path(__file__).parents[1] / "questions"
VARIANTS = 12
LEAST = 8  # questions in a chapter
# The keys of each kind besides those that all have: needed, and allowed.
COMMON = {"name", "kind", "text", "solution"}, {"read"}
GENERATED = {"draw", "keep"}
KINDS = {
    "number": ({"code", "answer", "wrong"}, {"tolerance", *GENERATED}),
    "choice": ({"options"}, {"code", *GENERATED}),
    "order": ({"code", "head", "lines", "holds"}, {"extra"}),
    "predict": ({"code", "wrong"}, {"setup", *GENERATED}),
}
# The keys of the tables in a list.
PARTS = {
    "wrong": ({"value"}, {"reason", "misconception"}),
    "options": ({"text"}, {"right", "holds", "reason", "misconception"}),
    "extra": ({"line"}, {"reason", "misconception"}),
}
# What each key holds, if not a text.
TYPES: dict[str, tuple[Any, str]] = {
    "draw": (dict, "a table of lists"),
    "right": (bool, "true or false"),
    "tolerance": ((int, float), "a number"),
    **dict.fromkeys(("lines", "question", *PARTS), (list, "a list")),
}
# {{ an expression }}, with a format such as .2f behind a colon; r is Python's own.
PLACE = re.compile(r"\{\{(.+?)(?::(\.\d+[fge]|r))?\}\}")


class QuestionError(ValueError):
    """A file of questions is wrong; the message names the file, the question and what to do."""


@dataclass(frozen=True)
class Variant:
    """A question with one set of numbers: what stands in each place, and the answer."""

    draw: dict[str, Any]
    places: tuple[str, ...]
    answer: Any
    wrong: tuple[Any, ...] = ()

    def data(self) -> dict[str, Any]:
        return {"places": self.places, "answer": self.answer, "wrong": self.wrong}


@dataclass(frozen=True)
class Question:
    """A checked question of a chapter, with its variants; the first is the one on paper."""

    chapter: str
    number: int
    entry: dict[str, Any]
    variants: tuple[Variant, ...]
    reasons: tuple[str, ...]
    places: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        return f"{self.chapter}/{self.entry['name']}"


def _fail(where: str, problem: str) -> QuestionError:
    return QuestionError(f"{where}: {problem}")


def _check_keys(where: str, table: Any, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(table, dict):
        raise _fail(where, f"expected a table, got {table!r}.")
    if missing := sorted(needed - set(table)):
        raise _fail(where, f"{', '.join(missing)} is missing.")
    if unknown := sorted(set(table) - needed - allowed):
        known = ", ".join(sorted(needed | allowed))
        raise _fail(where, f"unknown key {', '.join(unknown)}; it may have {known}.")
    for key, value in table.items():
        kind, words = TYPES.get(key, (str, "a text in quotes"))
        if not isinstance(value, kind):
            raise _fail(where, f"{key}: expected {words}, got {value!r}.")


def _run(where: str, code: str, names: dict[str, Any]) -> str:
    """Run code in `names`; return what it printed."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, where, "exec"), names)
    except Exception as error:
        raise _fail(where, f"its code stops with {type(error).__name__}: {error}") from None
    return printed.getvalue()


def _value(where: str, source: str, names: dict[str, Any]) -> Any:
    try:
        return eval(compile(source.strip(), where, "eval"), names)
    except Exception as error:
        raise _fail(where, f"{source!r} stops with {type(error).__name__}: {error}") from None


def shown(value: Any, spec: str = "") -> str:
    """Return a value as the text shows it: a true minus sign, arrays as rows in brackets."""
    if spec == "r":
        return repr(value)
    if isinstance(value, (np.ndarray, list, tuple)):
        rows = [shown(part, spec) for part in value]
        return ", ".join(rows) if np.ndim(value) > 1 else f"({', '.join(rows)})"
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return format(float(value) if not spec else value, spec or ".6g").replace("-", "−")


def _reason(where: str, chapter: str, table: dict[str, Any]) -> str:
    """Return why an answer is wrong: a sentence, or the hint of a known misconception."""
    if "misconception" in table:
        name = table["misconception"]
        hints = [m.hint for m in all_misconceptions() if (m.slug, m.name) == (chapter, name)]
        if not hints:
            raise _fail(where, f"course_lib/misconceptions/{chapter}.toml has no {name!r}.")
        return " ".join(hints[0].split())
    if not table.get("reason"):
        raise _fail(where, "a reason or a misconception is missing.")
    return str(table["reason"])


def _draws(where: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return sets of numbers in an order that looks random and is the same in every build."""
    draw = entry.get("draw", {})
    if not all(isinstance(values, list) and values for values in draw.values()):
        raise _fail(where, "draw: expected lists of numbers by name, such as { x = [1, 2] }.")
    sets = [dict(zip(draw, values, strict=True)) for values in itertools.product(*draw.values())]
    random.Random(entry["name"]).shuffle(sets)
    return [names for names in sets if _value(where, entry.get("keep", "True"), dict(names))]


def _tokens(text: str) -> list[Any]:
    """Return the numbers and words of an output, as the page compares them."""
    words = re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[^\W\d]\w*", text)
    return [float(w) if re.match(r"[-+.\d]", w) else w.lower() for w in words]


def _same(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, str):
        return _tokens(a) == _tokens(b)
    return bool(abs(a - b) <= tolerance)


def tolerance(entry: dict[str, Any]) -> float:
    """Return by how much a number may be off."""
    return float(entry.get("tolerance", 1e-9))


def _answers(
    where: str, entry: dict[str, Any], names: dict[str, Any]
) -> tuple[Any, tuple[Any, ...]]:
    """Run the code of a question with its numbers; return the answer and the wrong ones."""
    kind = entry["kind"]
    if kind == "predict":
        _run(where, entry.get("setup", ""), names)
        code = PLACE.sub(lambda m: repr(_value(where, m[1], names)), entry["code"])
        answer: Any = _run(where, code, names).strip()
        if not answer:
            raise _fail(where, "its code prints nothing; there is nothing to predict.")
        wrong = [str(_value(where, part["value"], names)) for part in entry["wrong"]]
        return answer, tuple(wrong)
    _run(where, entry.get("code", ""), names)
    if kind == "number":
        numbers = [
            float(_value(where, source, names))
            for source in (entry["answer"], *(part["value"] for part in entry["wrong"]))
        ]
        names["answer"] = numbers[0]
        return numbers[0], tuple(numbers[1:])
    right = []
    for number, option in enumerate(entry["options"]):
        holds = "code" in entry and "holds" in option
        truth = bool(_value(where, option["holds"], names)) if holds else option.get("right", False)
        if holds and truth != option.get("right", False):
            raise _fail(where, f"option {number + 1}: holds is {truth}, but right says otherwise.")
        right += [number] if truth else []
    if len(right) != 1:
        raise _fail(where, f"expected one option with right = true, got {len(right)}.")
    return right[0], ()


def _orders(where: str, entry: dict[str, Any], names: dict[str, Any]) -> list[list[int]]:
    """Return every order of the lines that gives a right method, found by trying all."""
    _run(where, entry["code"], names)

    def holds(lines: list[str]) -> bool:
        body = textwrap.indent("\n".join(lines), "    ")
        _run(where, f"{entry['head']}\n{body}", names)
        return bool(np.all(_value(where, entry["holds"], names)))

    def works(lines: list[str]) -> bool:
        try:
            with np.errstate(all="ignore"):
                return holds(lines)
        except Exception:
            return False

    lines = entry["lines"]
    if not 2 < len(lines) < 7 or not all(isinstance(line, str) for line in lines):
        raise _fail(where, f"lines: expected 3 to 6 texts, got {lines!r}.")
    if not holds(lines):
        raise _fail(where, "the lines in the order of the file do not give what `holds` asks for.")
    for extra in entry.get("extra", []):
        for at in range(len(lines)):
            if works([*lines[:at], extra["line"], *lines[at + 1 :]]):
                raise _fail(where, f"{extra['line']!r} is right in place of {lines[at]!r}.")
    orders = itertools.permutations(range(len(lines)))
    return [list(order) for order in orders if works([lines[i] for i in order])]


def _as_python(code: str) -> str:
    """Return shown code whose places hold values as Python writes them."""
    return PLACE.sub(lambda match: f"{{{{{match[1]}:r}}}}", code)


def _texts(entry: dict[str, Any], reasons: tuple[str, ...]) -> list[str]:
    texts = [entry["text"], entry["solution"], *reasons]
    if entry["kind"] == "predict":
        texts.append(_as_python(entry["code"]))
    return texts + [option["text"] for option in entry.get("options", [])]


def check(path: Path, number: int, entry: dict[str, Any], setup: str) -> Question:
    """Return a question of a file after checking its form and running its code.

    Raises
    ------
    QuestionError
        If a key is missing or unknown, if code fails, or if a wrong answer is right.
    """
    name = entry.get("name", f"number {number}")
    where, chapter = f"{path.name}, question {name}", path.stem
    _check_keys(where, entry, {"name", "kind"}, set(entry))
    if entry["kind"] not in KINDS:
        raise _fail(where, f"kind: expected one of {', '.join(KINDS)}, got {entry['kind']!r}.")
    needed, allowed = KINDS[entry["kind"]]
    _check_keys(where, entry, COMMON[0] | needed, COMMON[1] | allowed)
    if not re.fullmatch(r"[a-z0-9_]+", entry["name"]):
        raise _fail(where, "name: expected lowercase letters, digits and _.")
    reasons = []
    for key, (part_needs, part_has) in PARTS.items():
        for at, part in enumerate(entry.get(key, [])):
            _check_keys(f"{where}, {key} {at + 1}", part, part_needs, part_has)
            reasons.append(_reason(f"{where}, {key} {at + 1}", chapter, part))
    if "read" in entry:
        page = path.parent.parent / f"{chapter}.md"
        if f"\n({entry['read']})=\n" not in page.read_text(encoding="utf-8"):
            raise _fail(where, f"read: {page.name} has no label {entry['read']!r}.")

    texts = _texts(entry, tuple(reasons))
    places = tuple(
        dict.fromkeys((m[1], m[2] or "") for text in texts for m in PLACE.finditer(text))
    )
    variants = []
    for draw in _draws(where, entry):
        names = {"__name__": where, **draw}
        _run(where, setup, names)
        names.update(draw)
        if entry["kind"] == "order":
            answer, wrong = _orders(where, entry, names), ()
        else:
            answer, wrong = _answers(where, entry, names)
        if changed := [name for name, value in draw.items() if names[name] is not value]:
            raise _fail(where, f"its code gives {changed[0]} another value; draw has this name.")
        pairs = itertools.combinations((answer, *wrong), 2) if wrong else ()
        if alike := [pair for pair in pairs if _same(*pair, tolerance(entry))]:
            if not entry.get("draw"):
                raise _fail(where, f"two of the answers, right or wrong, are the same: {alike[0]}.")
            continue
        values = tuple(shown(_value(where, source, names), spec) for source, spec in places)
        filled = dict(zip(places, values, strict=True))
        options = [
            PLACE.sub(lambda m, filled=filled: filled[m[1], m[2] or ""], option["text"])
            for option in entry.get("options", [])
        ]
        if len(set(options)) < len(options):
            raise _fail(where, f"with {draw} two options read the same: {', '.join(options)}.")
        variants.append(Variant(draw, values, answer, wrong))
        if len(variants) == VARIANTS:
            break
    if not variants:
        raise _fail(
            where, "with all numbers of draw, two of the answers, right or wrong, are the same."
        )
    return Question(chapter, number, entry, tuple(variants), tuple(reasons), places)


@cache
def read(path: Path) -> tuple[Question, ...]:
    """Return the questions of a file, checked.

    Raises
    ------
    QuestionError
        If the file or a question is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _fail(path.name, f"this chapter has no questions; write {path}.") from None
    except tomllib.TOMLDecodeError as error:
        raise _fail(path.name, f"not valid TOML: {error}") from None
    _check_keys(path.name, content, {"question"}, {"setup"})
    entries = content["question"]
    if not all(isinstance(entry, dict) for entry in entries):
        raise _fail(path.name, "question: expected tables, each below its own [[question]].")
    found = [
        check(path, number, entry, content.get("setup", ""))
        for number, entry in enumerate(entries, start=1)
    ]
    names = [question.entry["name"] for question in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _fail(path.name, f"the name {', '.join(twice)} occurs twice.")
    if len(found) < LEAST:
        raise _fail(path.name, f"expected {LEAST} questions or more, got {len(found)}.")
    return tuple(found)


# --- HTML ---------------------------------------------------------------------------------------


def _highlighted(code: str, *_about: Any) -> str:
    lines = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<div class="highlight"><pre><code>{lines.rstrip()}</code></pre></div>\n'


_markdown = MarkdownIt("commonmark", {"highlight": _highlighted})


class _Writer:
    """Writes the texts of a question with the numbers of its first variant."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.order = {place: number for number, place in enumerate(question.places)}

    def fill(self, text: str) -> str:
        """Put a span with the number into each place of a text that is HTML already."""

        def span(match: re.Match[str]) -> str:
            number = self.order[html.unescape(match[1]), match[2] or ""]
            value = html.escape(self.question.variants[0].places[number])
            return f'<span data-place="{number}">{value}</span>'

        return PLACE.sub(span, text)

    def block(self, text: str) -> str:
        return self.fill(_markdown.render(text))

    def line(self, text: str) -> str:
        return self.fill(_markdown.renderInline(" ".join(text.split())))

    def code(self, code: str) -> str:
        # The lexer sees numbers where the places are.
        code = _as_python(code)
        stand_ins: list[str] = []

        def stand_in(match: re.Match[str]) -> str:
            stand_ins.append(match[0])
            return f"{7_000_000 + len(stand_ins)}"

        done = _highlighted(PLACE.sub(stand_in, code.strip()))
        for number, place in enumerate(stand_ins, start=1):
            done = done.replace(f"{7_000_000 + number}", html.escape(place, quote=False))
        return self.fill(done)


def shuffled(question: Question) -> list[int]:
    """Return the order in which options or lines are shown: never the right one at once."""
    entry = question.entry
    if entry["kind"] == "choice":
        order = list(range(len(entry["options"])))
        random.Random(entry["name"]).shuffle(order)
        return order
    lines = len(entry["lines"])
    order = list(range(lines + len(entry.get("extra", []))))
    chance = random.Random(entry["name"])
    while [i for i in order if i < lines] in question.variants[0].answer:
        chance.shuffle(order)
    return order


def _plain_code(line: str) -> str:
    return f"<code>{html.escape(line, quote=False)}</code>"


def body(question: Question) -> str:
    """Return what a question asks, as HTML."""
    entry, write = question.entry, _Writer(question)
    parts = [write.block(entry["text"])]
    if entry["kind"] == "predict":
        parts.append(write.code(entry["code"]))
    if entry["kind"] == "choice":
        items = "".join(
            f'<li data-option="{i}">{write.line(entry["options"][i]["text"])}</li>'
            for i in shuffled(question)
        )
        parts.append(f'<ol class="question-options">{items}</ol>')
    if entry["kind"] == "order":
        lines = [*entry["lines"], *(extra["line"] for extra in entry.get("extra", []))]
        items = "".join(
            f'<li data-line="{i}">{_plain_code(lines[i])}</li>' for i in shuffled(question)
        )
        parts.append(f'<p>{_plain_code(entry["head"])}</p><ul class="question-lines">{items}</ul>')
    return "".join(parts)


def solution(question: Question) -> str:
    """Return the answer and its explanation, as HTML."""
    entry, write = question.entry, _Writer(question)
    explained = write.block(entry["solution"])
    if entry["kind"] == "number":
        return explained
    if entry["kind"] == "predict":
        # The output is one more place, filled by the script when the numbers change.
        printed = html.escape(question.variants[0].answer, quote=False)
        return f'<p>It prints:</p><pre class="question-output">{printed}</pre>{explained}'
    if entry["kind"] == "order":
        code = "\n".join([entry["head"], *(f"    {line}" for line in entry["lines"])])
        return write.code(code) + explained + _extras(question, write)
    order = shuffled(question)
    items = []
    for i in order:
        verdict = "Right." if i == question.variants[0].answer else "Wrong."
        items.append(f"<li><strong>{verdict}</strong> {write.line(question.reasons[i])}</li>")
    return f"{explained}<ol class='question-options'>{''.join(items)}</ol>"


def _extras(question: Question, write: _Writer) -> str:
    items = "".join(
        f"<li>{_plain_code(extra['line'])}: {write.line(reason)}</li>"
        for extra, reason in zip(question.entry.get("extra", []), question.reasons, strict=True)
    )
    return f"<p>Not needed:</p><ul>{items}</ul>" if items else ""


def whole(question: Question, chapter_page: str = "") -> str:
    """Return a question that works without a script, with the data that its script needs.

    Outside of its chapter, `chapter_page` is the address of the chapter.
    """
    entry, write = question.entry, _Writer(question)
    data = {
        "kind": entry["kind"],
        "tolerance": tolerance(entry),
        "variants": [variant.data() for variant in question.variants],
        "reasons": [write.line(reason) for reason in question.reasons],
        "lines": len(entry.get("lines", [])),
    }
    if "read" in entry:
        data["read"] = f"{chapter_page}#{entry['read']}"
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    label = f"Question {question.number}"
    if chapter_page:
        label = f"Chapter {int(question.chapter[:2])}, question {question.number}"
    return (
        f'<div class="question" role="group" aria-label="{label}" data-key="{question.key}">'
        f'<p class="question-title">{label}</p>'
        f'<div class="question-body">{body(question)}</div>'
        f'<details class="solution"><summary>Solution</summary>{solution(question)}</details>'
        f'<script type="application/json">{text}</script></div>\n'
    )
