"""The boxes of a drawing and their sizes.

Text widths are upper estimates for common fonts, because no browser measures them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from course_lib.graphs.formulas import grad_key, rule, sent_key, symbol, value_key
from course_lib.graphs.numbers import Show, value_lines
from course_lib.graphs.tape import Node, Value

FONT = 13.0
LINE = 16.0
RADIUS = 18.0
_RULE_WIDTH, _ROW_WIDTH = 84.0, 110.0
MARK = 11.0  # room of the small triangle before a number

# Advance widths in em of DejaVu Sans, the widest of the fonts that the drawing may meet.
_WIDTHS = (
    ("'ijlIJ", 0.30),
    (" .,·:;/|f-ᵀt()[]²", 0.39),
    (".,:; ", 0.34),
    ("r_szc", 0.55),
    ("LkFvxyP", 0.60),
    ("wm", 0.98),
    ("W@", 1.0),
    ("×÷−+=<>∞", 0.84),
)
# In bold.
BOLD = 1.1
_WIDTH_OF = {char: width for chars, width in _WIDTHS for char in chars}

ItemKind = Literal["leaf", "node", "branch", "output", "label", "bend"]

# "right": from left to right. "down": from top to bottom, with values on the left of each line and
# gradients on its right. "stacked": from top to bottom, with both on the right, which is narrower.
Flow = Literal["right", "down", "stacked"]


@dataclass(eq=False)
class Item:
    """A box in the drawing, measured along the flow and across it.

    It begins at `start` and has the given `length` along the flow; across it, it extends `before`
    and `after` its `line`. `span` holds the start and the end of its column. Lines change their
    place across the flow between columns.
    """

    kind: ItemKind
    column: int
    flow: Flow
    length: float
    before: float
    after: float
    text: list[str] = field(default_factory=list)
    value: Value | None = None
    node: Node | None = None
    forward: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)
    rule: list[str] = field(default_factory=list)
    start: float = 0.0
    line: float = 0.0
    order: float = 0.0
    row: int = 0
    span: tuple[float, float] = (0.0, 0.0)

    @property
    def end(self) -> float:
        """The end along the flow."""
        return self.start + self.length

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        across = self.line - self.before, self.line + self.after
        if self.flow == "right":
            return self.start, across[0], self.end, across[1]
        return across[0], self.start, across[1], self.end

    @property
    def middle(self) -> tuple[float, float]:
        """The x and y of the point on its line halfway along it."""
        along = (self.start + self.end) / 2
        return (along, self.line) if self.flow == "right" else (self.line, along)


@dataclass(eq=False)
class Edge:
    """A line from one item to another, through the labels and bends between them.

    `use` is the (node, index) that takes the value; None for a branch or an output. The larger its
    `pull`, the straighter the edge.
    """

    value: Value
    path: list[Item]
    use: tuple[Node, int] | None = None
    port: float = 0.0
    pull: float = 1.0

    @property
    def keys(self) -> tuple[str, str]:
        """Keys of the value and the gradient; see :mod:`course_lib.graphs.formulas`."""
        shares = self.use is not None and len(self.value.uses) > 1
        below = sent_key(*self.use) if shares and self.use else grad_key(self.value)
        return value_key(self.value), below


def leaf_item(value: Value, column: int, flow: Flow, show: Show) -> Item:
    """Return the box of an input, a constant or a parameter, with its name in it."""
    text = value.name or value_lines(value.value, show)[0]
    lines = wrap(text, FONT, 92.0)
    width = max(text_width(line, FONT) for line in lines) + 11
    return _box("leaf", column, flow, width, len(lines) * LINE + 8, lines, value=value)


def node_item(node: Node, column: int, flow: Flow) -> Item:
    """Return the circle of an operation, or a pill for a longer symbol."""
    lines = wrap(symbol(node), FONT, 76.0)
    width = max(2 * RADIUS, max(text_width(line, FONT) for line in lines) + 13)
    height = max(2 * RADIUS, len(lines) * LINE + 12)
    return _box("node", column, flow, width, height, lines, node=node)


def branch_item(value: Value, column: int, flow: Flow) -> Item:
    """Return the dot at which the line of a value with several uses branches."""
    return _box("branch", column, flow, 9.0, 9.0, [], value=value)


def output_item(value: Value, column: int, flow: Flow) -> Item:
    """Return the name of an output."""
    lines = wrap(value.name, FONT, 92.0) if value.name else []
    width = BOLD * max((text_width(line, FONT) for line in lines), default=0.0) + 4
    return _box("output", column, flow, width, max(len(lines) * LINE, 12.0), lines, value=value)


def bend_item(column: int, flow: Flow) -> Item:
    """Return the space of a line that passes through a column."""
    return Item("bend", column, flow, 0.0, 5.0, 5.0)


def _box(
    kind: ItemKind,
    column: int,
    flow: Flow,
    width: float,
    height: float,
    lines: list[str],
    **about: Any,
) -> Item:
    length, across = (width, height) if flow == "right" else (height, width)
    return Item(kind, column, flow, length, across / 2, across / 2, lines, **about)


def label_item(
    edge: Edge, column: int, flow: Flow, show: Show, backward: bool, room: Mapping[str, float]
) -> Item:
    """Return the label of an edge: the value, the gradient and the gradient's rule.

    `room` holds the largest width of each number that sliders change, by key.
    """
    value = edge.value
    item = Item("label", column, flow, 0.0, 4.0, 4.0, value=value)
    # The box of an unnamed constant already shows the number; and where there is little space, a
    # branch does not repeat the number before it.
    repeated = flow == "stacked" and edge.path[0].kind == "branch"
    if not repeated and (value.kind != "constant" or value.name):
        item.forward = value_lines(value.value, show)
    grad = value.grad
    if edge.use is not None and len(value.uses) > 1:
        node, index = edge.use
        grad = node.grads[index] if node.grads else None
    if backward and grad is not None and value.kind != "constant":
        item.backward = value_lines(grad, show)
        if edge.use is not None and edge.use[0].grads:
            item.rule = wrap(text, FONT, _RULE_WIDTH) if (text := rule(*edge.use)) else []
    if flow == "stacked":
        item.forward, item.backward = map(_broken, (item.forward, item.backward))
    above, below = (
        # The numbers of the current step are bold.
        MARK + BOLD * max(room.get(key, 0.0), *(text_width(line, FONT) for line in lines))
        if lines
        else 0.0
        for key, lines in zip(edge.keys, (item.forward, item.backward), strict=True)
    )
    below = max([below, *(text_width(line, FONT) for line in item.rule)])
    lines_above, lines_below = len(item.forward), len(item.backward) + len(item.rule)
    if flow == "right":
        item.length = max(12.0, above, below)
        item.before += LINE * lines_above
        item.after += LINE * lines_below
    elif flow == "down":
        item.length = max(12.0, LINE * max(lines_above, lines_below))
        item.before += above
        item.after += below
    else:
        item.length = max(12.0, LINE * (lines_above + lines_below))
        item.after += max(above, below)
    return item


def _broken(lines: list[str]) -> list[str]:
    """Return rows of numbers with each row broken into lines of a phone's width."""
    return [part for line in lines for part in wrap(line, FONT, _ROW_WIDTH)]


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of `text` at font size `size`, in pixels."""
    return size * sum(map(_char_width, text))


def _char_width(char: str) -> float:
    if char in _WIDTH_OF:
        return _WIDTH_OF[char]
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.78 if char.isupper() else 0.64


def wrap(text: str, size: float, limit: float) -> list[str]:
    """Break `text` into lines of at most `limit` pixels, between words and not inside brackets."""
    lines: list[str] = []
    for word in re.findall(r"(?:\([^()]*\)|\S)+", text):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size) <= limit:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines or [""]
