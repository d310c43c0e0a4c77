"""The drawing: shapes, colours and the style sheet, for light and dark pages and for paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from math import sqrt

from course_lib.graphs.items import FONT, LINE, MARK, RADIUS, Edge, Item
from course_lib.graphs.layout import ARROW, Layout, lay_out
from course_lib.graphs.numbers import Show
from course_lib.graphs.steps import Story, describe, tell_story, title
from course_lib.graphs.tape import Tape

# Font size of the drawing where there is room, and the smallest one to which it shrinks.
_USUAL_FONT, _SMALLEST_FONT = 15.0, 11.0
# Distance of the baseline of digits below the middle of a text line.
_BASELINE = 4.6

# Text colours have a contrast of at least 4.5:1 against every background.
LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c2530",
    "line": "#76849a",
    "edge": "#d5dbe5",
    "forward": "#1d4ed8",
    "backward": "#b03a06",
    "node": "#edf2fd",
    "leaf": "#f5f6f8",
    "active": "#ffe9a8",
    "ring": "#8a5a00",
}
DARK = {
    "paper": "#161b22",
    "ink": "#e8ecf2",
    "line": "#8493ab",
    "edge": "#343d4b",
    "forward": "#8cb6ff",
    "backward": "#ffab70",
    "node": "#25324a",
    "leaf": "#212832",
    "active": "#574400",
    "ring": "#ffd257",
}


def draw(
    graph: Tape,
    show: Show,
    backward: bool,
    story: Story | None = None,
    room: Mapping[str, float] | None = None,
) -> str:
    """Return the ``<svg>`` of a graph; see :meth:`course_lib.graphs.Graph.svg`.

    With `room` (see :mod:`course_lib.graphs.live`), each number has its key as an attribute, so
    that the page can change it.
    """
    if show not in ("values", "shapes", "both"):
        raise ValueError(f'show: expected "values", "shapes" or "both", got {show!r}.')
    story = tell_story(graph, backward) if story is None else story
    layout = lay_out(graph, show, backward, room)
    parts = [_edge(edge, story) for edge in layout.edges]
    parts += [_item(item, layout, story, room is not None) for item in layout.items]
    width, height = layout.width, layout.height
    usual, narrowest = _USUAL_FONT / FONT, _SMALLEST_FONT / FONT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bpg-svg" role="img" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" '
        f'width="{width * usual:.0f}" height="{height * usual:.0f}" '
        f'style="min-width:{width * narrowest:.0f}px">'
        f"<title>{escape(title(graph))}</title><desc>{escape(describe(graph, backward))}</desc>"
        f"<style>{_style()}</style>{''.join(parts)}</svg>"
    )


def _item(item: Item, layout: Layout, story: Story, live: bool) -> str:
    if item.kind == "label":
        return _label(item, layout, story, live)
    if item.kind == "bend":
        return ""
    if item.kind == "branch":
        at = story.sum_at.get(id(item.value))
        shape = f'<circle cx="{item.x:g}" cy="{item.y:g}" r="4.5"/>'
        return _group("bpg-branch", shape, active=[at])
    left, top, right, bottom = item.box
    text = _lines(item.text, item.x, item.y)
    if item.kind == "output":
        return _group("bpg-output", text)
    if item.kind == "leaf":
        assert item.value is not None
        box = _rect(left, top, right, bottom, 7)
        return _group(f"bpg-leaf bpg-{item.value.kind}", box + text)
    at_work = [story.forward_at.get(id(item.node)), story.backward_at.get(id(item.node))]
    box = _rect(left, top, right, bottom, min(RADIUS, item.up))
    return _group("bpg-node", box + text, active=at_work)


def _label(item: Item, layout: Layout, story: Story, live: bool) -> str:
    edge = next(edge for edge in layout.edges if item in edge.path)
    above, below = (
        f' data-key="{key}" data-room="{item.width - MARK:.1f}"' if live else ""
        for key in edge.keys
    )
    left = item.box[0]
    parts = []
    first = item.y - item.up + LINE / 2
    value_at = story.value_at[id(edge.value)]
    parts.append(_numbers("bpg-forward", item.forward, left, first, value_at, True, above))
    grad_at = story.grad_at.get(id(edge.value))
    rule_at = None
    if edge.use is not None:
        rule_at = story.contribution_at.get((id(edge.use[0]), edge.use[1]))
        if len(edge.value.uses) > 1:
            grad_at = rule_at
    first = item.y + 4 + LINE / 2
    parts.append(_numbers("bpg-backward", item.backward, left, first, grad_at, False, below))
    if item.rule:
        first += LINE * len(item.backward) + _BASELINE
        lines = "".join(
            f'<text x="{left:.1f}" y="{first + i * LINE:.1f}">{escape(line)}</text>'
            for i, line in enumerate(item.rule)
        )
        parts.append(f'<g class="bpg-rule" data-only="{rule_at}">{lines}</g>')
    return "".join(parts)


def _numbers(
    kind: str,
    lines: list[str],
    left: float,
    first: float,
    at: int | None,
    rightwards: bool,
    attributes: str,
) -> str:
    """Return lines of numbers after a triangle, which shows their direction without colour."""
    if not lines:
        return ""
    a, b = (left + 0.5, left + 7.5) if rightwards else (left + 7.5, left + 0.5)
    mark = f'<path d="M{a:.1f} {first - 4:.1f}L{b:.1f} {first:.1f}L{a:.1f} {first + 4:.1f}z"/>'
    texts = "".join(
        f'<text x="{left + MARK:.1f}" y="{first + i * LINE + _BASELINE:.1f}"{attributes}>'
        f"{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    since = "" if at is None else f' data-from="{at}"'
    return f'<g class="{kind}"{since}>{mark}{texts}</g>'


def _edge(edge: Edge, story: Story) -> str:
    source, target = edge.path[0], edge.path[-1]
    y = source.y
    path = [f"M{source.box[2]:.1f} {y:.1f}"]
    for before, item in pairwise(edge.path):
        # Lines change their height only in the gaps between columns.
        start, stop, to = before.span[1], item.span[0], item.y
        if item is target:
            to += edge.port
            stop -= ARROW if item.kind == "node" else 0
        if abs(to - y) > 0.05:
            middle = (start + stop) / 2
            path.append(
                f"H{start:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to:.1f} {stop:.1f} {to:.1f}"
            )
        y = to
    end = _entry(target, edge.port)
    path.append(f"H{end:.1f}")
    # A line to a branch or an output needs no arrow.
    tips = ""
    if target.kind == "node":
        x0, y0 = source.box[2], source.y
        tips = (
            f'<path class="bpg-tip bpg-tip-on" d="M{end:.1f} {y:.1f}l-8 -4v8z"/>'
            f'<path class="bpg-tip bpg-tip-back" d="M{x0:.1f} {y0:.1f}l8 -4v8z"/>'
        )
    active: list[int | None] = []
    if edge.use is not None:
        node, index = edge.use
        active = [story.forward_at.get(id(node)), story.contribution_at.get((id(node), index))]
    return _group("bpg-edge", f'<path d="{"".join(path)}"/>{tips}', active=active)


def _entry(target: Item, port: float) -> float:
    """Return the x at which a line at `port` meets the rounded left side of its target."""
    left = target.box[0]
    if target.kind != "node":
        return left
    corner = min(RADIUS, target.up)
    beyond = max(0.0, abs(port) - (target.up - corner))
    return left + corner - sqrt(corner**2 - beyond**2)


def _lines(lines: list[str], x: float, y: float) -> str:
    first = y - LINE * (len(lines) - 1) / 2 + _BASELINE
    return "".join(
        f'<text x="{x:.1f}" y="{first + i * LINE:.1f}" text-anchor="middle">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )


def _rect(left: float, top: float, right: float, bottom: float, corner: float) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" rx="{corner:g}"/>'
    )


def _group(kind: str, content: str, active: Sequence[int | None] = ()) -> str:
    steps = " ".join(str(step) for step in active if step is not None)
    at = f' data-at="{steps}"' if steps else ""
    return f'<g class="{kind}"{at}>{content}</g>'


def _style() -> str:
    """Return the style sheet with the palettes filled in."""
    text = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = text.replace("LIGHT;", _properties(LIGHT)).replace("DARK;", _properties(DARK))
    return re.sub(r"\s+", " ", text).strip()


def _properties(palette: dict[str, str]) -> str:
    return "".join(f"--bpg-{name}:{colour};" for name, colour in palette.items())
