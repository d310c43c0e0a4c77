"""The figure: the drawing, the buttons that step through it, and the caption.

Without JavaScript, and in print, the drawing shows all values, and there are no buttons or sliders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from course_lib.graphs.ask import TOLERANCE, Question, make_questions
from course_lib.graphs.live import Live, make_live, settings
from course_lib.graphs.numbers import Show
from course_lib.graphs.steps import (
    Story,
    describe,
    describe_gradients,
    describe_with_blanks,
    results_with_blanks,
    start_of_backward,
    tell_story,
    title,
)
from course_lib.graphs.svg import draw_wide_and_narrow
from course_lib.graphs.tape import Tape, Value
from course_lib.graphs.words import WORDS, say

_ICONS = {
    "reset": '<path d="M3.5 8a4.5 4.5 0 1 0 1.4-3.3M3.2 2.2v3h3"/>',
    "back": '<path class="bpg-fill" d="M11.5 3v10L5.5 8z"/><path d="M4 3v10"/>',
    "play": '<path class="bpg-fill bpg-icon-play" d="M4.5 2.5v11l9-5.5z"/>'
    '<path class="bpg-icon-pause" d="M5.5 3v10M10.5 3v10"/>',
    "next": '<path class="bpg-fill" d="M4.5 3v10l6-5z"/><path d="M12 3v10"/>',
}

_SCRIPTS = ("numbers.js", "live.js", "sliders.js", "player.js")

_ASK_WORDS = ["label", "check", "give up", "tolerance", "first", "right", "shown"]
_ASK_WORDS += ["close", "count", "no number"]

# Larger arrays are not sent to the page.
_SMALL = 64


class Figure:
    """A snapshot of a graph; see :meth:`course_lib.graphs.Graph.figure`.

    Attributes
    ----------
    html : str
        One self-contained piece of HTML.
    """

    def __init__(
        self,
        graph: Tape,
        show: Show,
        backward: bool,
        sliders: bool | Sequence[str] = True,
        ask: str | None = None,
    ) -> None:
        if ask not in (None, "gradients"):
            raise ValueError(f'ask: expected "gradients" or None, got {ask!r}.')
        story = tell_story(graph, backward)
        questions = make_questions(graph, story, show, backward) if ask else []
        asked = {key for question in questions for key in question.keys}
        live = make_live(graph, sliders)
        room = live.room if live else None
        hint = escape(say("ask hints" if ask else "sliders hint" if live else "hint"))
        data = _data(graph, story, live, backward, questions)
        label = escape(say("scroller", title=title(graph)))
        drawings, classes = draw_wide_and_narrow(graph, show, backward, story, room, asked)
        self.html = (
            f'<figure class="bpg{classes}" data-lm-suppress-shortcuts="true">'
            f'<div class="bpg-scroll" tabindex="0" role="group" aria-label="{label}">'
            f'{drawings}<span class="bpg-spot"></span></div>'
            f'<div class="bpg-panel">{_bar(bool(story.grad_at))}'
            f'<p class="bpg-caption" hidden>{hint}</p></div>'
            f"{_solution(graph) if ask else ''}"
            f'<script type="application/json" class="bpg-data">{data}</script>'
            f"<script>{_script(bool(ask))}</script></figure>"
        )
        self._words = describe(graph, backward and not ask)

    def __repr__(self) -> str:
        return self._words

    def _repr_html_(self) -> str:
        return self.html


def _bar(backward: bool) -> str:
    buttons = "".join(
        f'<button type="button" data-do="{name}" aria-label="{escape(say(name))}" '
        f'title="{escape(say(name))}"><svg viewBox="0 0 16 16" aria-hidden="true">{icon}</svg>'
        "</button>"
        for name, icon in _ICONS.items()
    )
    keys = _key("forward", "M1 1L9 5L1 9z")
    if backward:
        keys += _key("backward", "M9 1L1 5L9 9z")
    return (
        f'<div class="bpg-bar"><div class="bpg-buttons" role="group" hidden '
        f'aria-label="{escape(say("controls"))}">{buttons}<span class="bpg-counter"></span></div>'
        f'<div class="bpg-keys">{keys}</div></div>'
    )


def _key(kind: str, mark: str) -> str:
    return (
        f'<span class="bpg-key bpg-key-{kind}"><svg viewBox="0 0 10 10" aria-hidden="true">'
        f'<path d="{mark}"/></svg>{escape(say(f"legend {kind}"))}</span>'
    )


def _solution(graph: Tape) -> str:
    """Return the gradients for pages without JavaScript, to be opened, and for paper."""
    text = escape(describe_gradients(graph))
    return (
        f'<details class="bpg-solution"><summary>{escape(say("ask solution"))}</summary>'
        f'<p>{text}</p></details><p class="bpg-on-paper">{text}</p>'
    )


def _data(
    graph: Tape, story: Story, live: Live | None, backward: bool, questions: list[Question]
) -> str:
    """Return the JSON for the page's script: steps, structure and numbers of the graph."""
    number = {id(value): i for i, value in enumerate(graph.values)}
    captions = story.templates if live else story.captions
    words = ["play", "pause", "counter"]
    data: dict[str, Any] = {
        "steps": [
            {"caption": caption, "backward": step > max(story.value_at.values(), default=0)}
            for step, caption in enumerate(captions)
        ],
        "values": [_value(value) for value in graph.values],
        "nodes": [
            {
                "operation": type(node.layer).__name__,
                "inputs": [number[id(value)] for value in node.inputs],
                "output": number[id(node.output)],
            }
            for node in graph.nodes
        ],
    }
    if live:
        words += ["sliders", "sliders reset"]
        start = start_of_backward(graph)
        for node, entry in zip(graph.nodes, data["nodes"], strict=True):
            entry["settings"] = settings(node)
        data |= {
            "sliders": [asdict(slider) for slider in live.sliders],
            "seed": start and {"index": number[id(start)], "grad": float(start.grad)},
            "changed": results_with_blanks(graph),
            "description": describe_with_blanks(graph, backward),
        }
    if questions:
        hint = say("sliders hint" if live else "hint")
        data |= {
            "questions": [asdict(question) for question in questions],
            "tolerance": TOLERANCE,
            "done": f"{say('ask done')} {hint}",
            "described": describe(graph, backward),
        }
        words += [f"ask {key}" for key in _ASK_WORDS]
    data["words"] = {key: WORDS[key] for key in words}
    # "</script>" inside a string would end the script.
    return json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def _value(value: Value) -> dict[str, Any]:
    return {
        "name": value.name,
        "kind": value.kind,
        "shape": list(np.shape(value.value)),
        "value": _json(value.value),
        "grad": _json(value.grad),
    }


def _json(value: Any) -> Any:
    """Return numbers for JSON, which has no infinity and no NaN; None for large arrays."""
    if value is None or np.size(value) > _SMALL or not np.isfinite(value).all():
        return None
    return np.asarray(value).tolist()


def _script(ask: bool) -> str:
    here = files(__package__)
    names = ("ask.js", *_SCRIPTS) if ask else _SCRIPTS
    text = "".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)
    text = re.sub(r"^\s+|^\s*//.*\n", "", text, flags=re.MULTILINE)
    return f'(function () {{\n"use strict";\n{text}}})();'
