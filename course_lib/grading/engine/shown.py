"""Text and code of a stranger, made fit for a page: short, readable, and nothing in it acts.

Nothing here escapes HTML, except for `highlighted`: templates do.
"""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup

from course_lib.text import _

_LONGEST_LINE = 2000

# What terminals obey: colours and cursors, titles and links, and single commands.
_ESCAPES = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]?|[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~]?)"
)
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# They turn the direction of writing, or take no room at all: code can look like other code.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def readable(text: object, most: int = 20_000) -> str:
    """Return text without what acts on terminals or readers, and not too much of it.

    Marks that turn the direction of writing, or that nobody sees, are shown by their number.
    """
    if not isinstance(text, str):
        return ""
    cut = text[:most]
    # Of a line that was written over, as progress bars do, the last is left.
    lines = _ESCAPES.sub("", cut).split("\n")
    cut = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    cut = _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", cut)
    cut = _UNREADABLE.sub("\ufffd", cut)
    if len(text) > most:
        left_out = f"{len(text) - most:,}"
        cut += _("\n… {count} more characters are left out here.").format(count=left_out)
    return cut


def first_lines(text: str, most: int) -> str:
    """Return the first lines of a text, each of a length that a page can bear."""
    lines = text.split("\n")
    kept = [line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…" for line in lines]
    if len(kept) > most:
        left_out = f"{len(kept) - most:,}"
        kept = [*kept[:most], _("… {count} more lines are left out here.").format(count=left_out)]
    return "\n".join(kept)


@lru_cache(maxsize=200)
def highlighted(code: str) -> Markup:
    """Return Python code as HTML with its kinds of words marked.

    What many students wrote, or left as it was, is looked at once.
    """
    lexer, css = _lexer()
    runs: list[tuple[str, list[str]]] = [("", [])]
    for _index, kind, text in lexer.get_tokens_unprocessed(code):
        name = runs[-1][0] if text.isspace() else css(kind)
        if name != runs[-1][0]:
            runs.append((name, []))
        runs[-1][1].append(text)
    parts = ((name, html.escape("".join(texts))) for name, texts in runs)
    return Markup(
        "".join(f'<span class="{name}">{text}</span>' if name else text for name, text in parts)
    )


@cache
def _lexer() -> Any:
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    kinds = {
        Comment: "c",
        Keyword: "k",
        Operator.Word: "k",
        String: "s",
        Number: "m",
        Name.Function: "f",
        Name.Class: "f",
        Name.Decorator: "f",
        Name.Builtin: "b",
    }

    @cache
    def css(kind: Any) -> str:
        return next((name for family, name in kinds.items() if kind in family), "")

    return PythonLexer(), css
