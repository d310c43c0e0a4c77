"""The boxes of a drawing and their sizes.

Text widths are upper estimates for common fonts, because no browser measures them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from course_lib.graphs.formulas import grad_key, rule, sent_key, symbol, value_key
from course_lib.graphs.numbers import Show, value_lines
from course_lib.graphs.tape import Node, Value

FONT = 13.0
LINE = 16.0
RADIUS = 18.0
_RULE_WIDTH = 96.0
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


@dataclass(eq=False)
class Item:
    """A box in the drawing. `up` and `down` are its extents above and below its line at `y`.

    `span` is the left and right end of its column. Lines change their height between columns.
    """

    kind: ItemKind
    column: int
    width: float
    up: float
    down: float
    text: list[str] = field(default_factory=list)
    value: Value | None = None
    node: Node | None = None
    forward: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)
    rule: list[str] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    order: float = 0.0
    span: tuple[float, float] = (0.0, 0.0)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        half = self.width / 2
        return self.x - half, self.y - self.up, self.x + half, self.y + self.down


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
        """Keys of the numbers above and below the line; see :mod:`course_lib.graphs.formulas`."""
        shares = self.use is not None and len(self.value.uses) > 1
        below = sent_key(*self.use) if shares and self.use else grad_key(self.value)
        return value_key(self.value), below


def leaf_item(value: Value, column: int, show: Show) -> Item:
    """Return the box of an input, a constant or a parameter, with its name in it."""
    text = value.name or value_lines(value.value, show)[0]
    lines = wrap(text, FONT, 92.0)
    width = max(text_width(line, FONT) for line in lines) + 11
    half = len(lines) * LINE / 2 + 4
    return Item("leaf", column, width, half, half, lines, value=value)


def node_item(node: Node, column: int) -> Item:
    """Return the circle of an operation, or a pill for a longer symbol."""
    lines = wrap(symbol(node), FONT, 76.0)
    width = max(2 * RADIUS, max(text_width(line, FONT) for line in lines) + 13)
    half = max(RADIUS, len(lines) * LINE / 2 + 6)
    return Item("node", column, width, half, half, lines, node=node)


def branch_item(value: Value, column: int) -> Item:
    """Return the dot at which the line of a value with several uses branches."""
    return Item("branch", column, 9.0, 4.5, 4.5, value=value)


def output_item(value: Value, column: int) -> Item:
    """Return the name of an output."""
    lines = wrap(value.name, FONT, 92.0) if value.name else []
    width = BOLD * max((text_width(line, FONT) for line in lines), default=0.0) + 4
    half = max(len(lines) * LINE / 2, 6.0)
    return Item("output", column, width, half, half, lines, value=value)


def bend_item(column: int) -> Item:
    """Return the space of a line that passes through a column."""
    return Item("bend", column, 0.0, 5.0, 5.0)


def label_item(
    edge: Edge, column: int, show: Show, backward: bool, room: Mapping[str, float]
) -> Item:
    """Return the label of an edge: the value above the line, the gradient and its rule below.

    `room` holds the largest width of each number that sliders change, by key.
    """
    value = edge.value
    item = Item("label", column, 0.0, 4.0, 4.0, value=value)
    # The box of an unnamed constant already shows the number.
    if value.kind != "constant" or value.name:
        item.forward = value_lines(value.value, show)
    grad = value.grad
    if edge.use is not None and len(value.uses) > 1:
        node, index = edge.use
        grad = node.grads[index] if node.grads else None
    if backward and grad is not None and value.kind != "constant":
        item.backward = value_lines(grad, show)
        if edge.use is not None and edge.use[0].grads:
            item.rule = wrap(text, FONT, _RULE_WIDTH) if (text := rule(*edge.use)) else []
    # The numbers of the current step are bold.
    widths = [text_width(line, FONT) for line in item.forward + item.backward]
    shown = [
        key for key, lines in zip(edge.keys, (item.forward, item.backward), strict=True) if lines
    ]
    widths += [room.get(key, 0.0) for key in shown]
    numbers = [MARK + BOLD * width for width in widths]
    item.width = max([12.0, *numbers, *(text_width(line, FONT) for line in item.rule)])
    if item.forward:
        item.up = 4 + LINE * len(item.forward)
    if item.backward:
        item.down = 4 + LINE * (len(item.backward) + len(item.rule))
    return item


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
