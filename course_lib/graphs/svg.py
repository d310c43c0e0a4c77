"""The drawing: shapes, colours and the style sheet, for light and dark pages and for paper."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from math import ceil, sqrt

from course_lib.graphs.items import FONT, LINE, MARK, RADIUS, Edge, Flow, Item
from course_lib.graphs.layout import ARROW, TURN, Layout, fit
from course_lib.graphs.numbers import Show
from course_lib.graphs.steps import Story, describe, tell_story, title
from course_lib.graphs.tape import Tape

# Font size of the drawing where there is room, and the smallest one to which it shrinks.
_USUAL_FONT, _SMALLEST_FONT = 15.0, 11.0
# Pixels that a figure has in the book's column and on a phone, and the height that it should keep.
_COLUMN, _PHONE, _HEIGHT = 686.0, 326.0, 640.0
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


def draw(graph: Tape, show: Show, backward: bool) -> str:
    """Return the ``<svg>`` of a graph; see :meth:`course_lib.graphs.Graph.svg`."""
    story = tell_story(graph, backward)
    return render(graph, _fit(graph, show, backward, None, _COLUMN), backward, story, _style())


def draw_wide_and_narrow(
    graph: Tape,
    show: Show,
    backward: bool,
    story: Story,
    room: Mapping[str, float] | None,
    asked: Collection[str] = (),
) -> tuple[str, str]:
    """Return the drawings of a figure, and the classes that the figure needs for them.

    If the drawing does not fit a phone, a second one does. The page shows it where the figure is
    narrower than the first one needs. With `room` (see :mod:`course_lib.graphs.live`), each number
    has its key as an attribute, so that the page can change it. The numbers with the keys `asked`
    are hidden behind question marks.
    """
    wide = _fit(graph, show, backward, room, _COLUMN)
    narrow = _fit(graph, show, backward, room, _PHONE)
    classes = "" if wide.flow == "right" else " bpg-down"
    if narrow.flow == wide.flow and narrow.rows == wide.rows:
        return render(graph, wide, backward, story, _style(), room, asked), classes
    limit = _least_width(wide)
    turned = (
        f".bpg-fold-{limit} .bpg-key svg {{ rotate: 90deg; }} " if narrow.flow != "right" else ""
    )
    style = (
        f"{_style()} @media screen {{ @container (max-width: {limit - 0.02}px) {{ "
        f".bpg-fold-{limit} .bpg-wide {{ display: none; }} "
        f".bpg-fold-{limit} .bpg-narrow {{ display: block; }} "
        f"{turned}}} }}"
    )
    first = render(graph, wide, backward, story, style, room, asked, "bpg-wide")
    second = render(graph, narrow, backward, story, "", room, asked, "bpg-narrow")
    return first + second, f"{classes} bpg-fold-{limit}"


def _fit(
    graph: Tape, show: Show, backward: bool, room: Mapping[str, float] | None, width: float
) -> Layout:
    """Return a layout whose text stays readable at a width in pixels."""
    if show not in ("values", "shapes", "both"):
        raise ValueError(f'show: expected "values", "shapes" or "both", got {show!r}.')
    return fit(graph, show, backward, room, width * FONT / _SMALLEST_FONT)


def render(
    graph: Tape,
    layout: Layout,
    backward: bool,
    story: Story,
    style: str = "",
    room: Mapping[str, float] | None = None,
    asked: Collection[str] = (),
    kind: str = "",
) -> str:
    """Return the ``<svg>`` of a layout; `kind` is its class in a figure with two."""
    parts = [_edge(edge, layout, story) for edge in layout.edges]
    parts += [_item(item, layout, story, room is not None, asked) for item in layout.items]
    width, height = layout.width, layout.height
    # A tall drawing is drawn smaller, so that more of it shows at once.
    usual = max(_SMALLEST_FONT, min(_USUAL_FONT, FONT * _HEIGHT / max(height, 1.0))) / FONT
    words = escape(describe(graph, backward and not asked))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{f"bpg-svg {kind}".strip()}" role="img" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" '
        f'width="{width * usual:.0f}" height="{height * usual:.0f}" '
        f'style="min-width:{_least_width(layout)}px">'
        f"<title>{escape(title(graph))}</title><desc>{words}</desc>"
        f"{f'<style>{style}</style>' if style else ''}{''.join(parts)}</svg>"
    )


def _least_width(layout: Layout) -> int:
    """Return the width in pixels at which the text has the smallest size."""
    return ceil(layout.width * _SMALLEST_FONT / FONT)


def _item(item: Item, layout: Layout, story: Story, live: bool, asked: Collection[str]) -> str:
    if item.kind == "label":
        return _label(item, layout, story, live, asked)
    if item.kind == "bend":
        return ""
    x, y = item.middle
    if item.kind == "branch":
        at = story.sum_at.get(id(item.value))
        shape = f'<circle cx="{x:g}" cy="{y:g}" r="4.5"/>'
        return _group("bpg-branch", shape, active=[at])
    left, top, right, bottom = item.box
    text = _lines(item.text, x, y)
    if item.kind == "output":
        return _group("bpg-output", text)
    if item.kind == "leaf":
        assert item.value is not None
        box = _rect(left, top, right, bottom, 7)
        return _group(f"bpg-leaf bpg-{item.value.kind}", box + text)
    at_work = [story.forward_at.get(id(item.node)), story.backward_at.get(id(item.node))]
    box = _rect(left, top, right, bottom, min(RADIUS, (bottom - top) / 2))
    return _group("bpg-node", box + text, active=at_work)


def _label(item: Item, layout: Layout, story: Story, live: bool, asked: Collection[str]) -> str:
    edge = next(edge for edge in layout.edges if item in edge.path)
    value_at = story.value_at[id(edge.value)]
    grad_at = story.grad_at.get(id(edge.value))
    rule_at = None
    if edge.use is not None:
        rule_at = story.contribution_at.get((id(edge.use[0]), edge.use[1]))
        if len(edge.value.uses) > 1:
            grad_at = rule_at
    left, top, right, _ = item.box
    # The first line of each number: its side of the line, and the middle of the text's height.
    if item.flow == "right":
        above, below = (left, top + LINE / 2), (left, item.line + 4 + LINE / 2)
        rooms = [right - left] * 2
    elif item.flow == "down":
        above, below = (item.line - 4, top + LINE / 2), (item.line + 4, top + LINE / 2)
        rooms = [above[0] - left, right - below[0]]
    else:
        above, below = ((item.line + 4, top + (0.5 + n) * LINE) for n in (0, len(item.forward)))
        rooms = [right - below[0]] * 2
    keys = [
        f' data-key="{key}" data-room="{room - MARK:.1f}"' if live else ""
        for key, room in zip(edge.keys, rooms, strict=True)
    ]
    parts = [_numbers("bpg-forward", item.forward, item.flow, above, value_at, keys[0])]
    question = edge.keys[1] if edge.keys[1] in asked else ""
    parts.append(
        _numbers("bpg-backward", item.backward, item.flow, below, grad_at, keys[1], question)
    )
    if item.rule:
        x, y = below[0], below[1] + LINE * len(item.backward) + _BASELINE
        lines = "".join(
            f'<text x="{x:.1f}" y="{y + i * LINE:.1f}">{escape(line)}</text>'
            for i, line in enumerate(item.rule)
        )
        parts.append(f'<g class="bpg-rule" data-only="{rule_at}">{lines}</g>')
    return "".join(parts)


def _numbers(
    kind: str,
    lines: list[str],
    flow: Flow,
    first: tuple[float, float],
    at: int | None,
    attributes: str,
    question: str = "",
) -> str:
    """Return lines of numbers beside a triangle, which shows their direction without colour."""
    if not lines:
        return ""
    (x, y), forward = first, kind == "bpg-forward"
    # Left of a line that runs down, the text ends at the triangle.
    side = -1 if flow == "down" and forward else 1
    tip, middle = (3.5 if forward else -3.5), x + side * 4
    corners = [(-tip, -4.0), (tip, 0.0), (-tip, 4.0)]
    if flow != "right":
        corners = [(across, along) for along, across in corners]
    mark = "L".join(f"{middle + dx:.1f} {y + dy:.1f}" for dx, dy in corners)
    anchor = ' text-anchor="end"' if side < 0 else ""
    texts = "".join(
        f'<text x="{x + side * MARK:.1f}" y="{y + i * LINE + _BASELINE:.1f}"{anchor}{attributes}>'
        f"{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    since = "" if at is None else f' data-from="{at}"'
    if question:
        kind += " bpg-asked"
        since += f' data-asked="{question}"'
        texts += f'<text class="bpg-query" x="{x + MARK:.1f}" y="{y + _BASELINE:.1f}">?</text>'
    return f'<g class="{kind}"{since}><path d="M{mark}z"/>{texts}</g>'


def _edge(edge: Edge, layout: Layout, story: Story) -> str:
    source, target = edge.path[0], edge.path[-1]
    turned = layout.flow != "right"

    def at(along: float, across: float) -> str:
        x, y = (across, along) if turned else (along, across)
        return f"{x:.1f} {y:.1f}"

    y = source.line
    path = [f"M{at(source.end, y)}"]
    for before, item in pairwise(edge.path):
        # Lines change their place across the flow only in the gaps between columns.
        start, stop, to = before.span[1], item.span[0], item.line
        if item is target:
            to += edge.port
            stop -= ARROW if item.kind == "node" else 0
        if before.row != item.row:
            path.append(_carriage_return(start, y, stop, to, layout.rows[item.row]))
        elif abs(to - y) > 0.05:
            middle = (start + stop) / 2
            path.append(f"L{at(start, y)}C{at(middle, y)} {at(middle, to)} {at(stop, to)}")
        y = to
    end = _entry(target, edge.port)
    path.append(f"L{at(end, y)}")
    # A line to a branch or an output needs no arrow.
    tips = ""
    if target.kind == "node":
        on, back = ("l-4 -8h8z", "l-4 8h8z") if turned else ("l-8 -4v8z", "l8 -4v8z")
        tips = (
            f'<path class="bpg-tip bpg-tip-on" d="M{at(end, y)}{on}"/>'
            f'<path class="bpg-tip bpg-tip-back" d="M{at(source.end, source.line)}{back}"/>'
        )
    active: list[int | None] = []
    if edge.use is not None:
        node, index = edge.use
        active = [story.forward_at.get(id(node)), story.contribution_at.get((id(node), index))]
    return _group("bpg-edge", f'<path d="{"".join(path)}"/>{tips}', active=active)


def _carriage_return(x: float, y: float, to_x: float, to_y: float, between: float) -> str:
    """Return the way from the end of a row, through the space `between`, to the next row."""
    r = TURN / 2
    return (
        f"L{x:.1f} {y:.1f}q{r} 0 {r} {r}V{between - r:.1f}q0 {r} {-r} {r}"
        f"H{to_x:.1f}q{-r} 0 {-r} {r}V{to_y - r:.1f}q0 {r} {r} {r}"
    )


def _entry(target: Item, port: float) -> float:
    """Return where along the flow a line at `port` meets the rounded side of its target."""
    if target.kind != "node":
        return target.start
    corner = min(RADIUS, target.length / 2, target.before)
    beyond = max(0.0, abs(port) - (target.before - corner))
    return target.start + corner - sqrt(corner**2 - beyond**2)


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
