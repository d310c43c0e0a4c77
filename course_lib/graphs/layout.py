"""The layout of a drawing: columns from left to right, with straight lines where possible.

Nodes are in the even columns, and the labels of edges in the odd columns. Every edge has its own
space in each column that it crosses, and changes its height only in the gaps between columns. So no
line crosses a node or a label, and no two boxes overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np

from course_lib.graphs.items import (
    Edge,
    Item,
    bend_item,
    branch_item,
    label_item,
    leaf_item,
    node_item,
    output_item,
)
from course_lib.graphs.numbers import Show
from course_lib.graphs.qp import settle
from course_lib.graphs.tape import Node, Tape, Value

_SWEEPS = 12
_STRAIGHT, _WEAK = 100.0, 0.05
_SPACE = 8.0  # between two boxes of a column
_MARGIN = 3.0
ARROW = 8.0
_PORT = 10.0  # between two lines that end in one node


@dataclass(eq=False)
class Layout:
    """Items with their positions, the edges between them, and the size of the drawing."""

    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def add(self, item: Item) -> Item:
        """Add an item and return it."""
        self.items.append(item)
        return item


def lay_out(
    graph: Tape, show: Show, backward: bool, room: Mapping[str, float] | None = None
) -> Layout:
    """Return the layout of a graph; `room` holds the smallest width of each changing number."""
    layout = Layout()
    _add_items(layout, graph, show, backward, room or {})
    columns = order_columns(layout.items, layout.edges)
    _set_ports(layout, columns)
    _place_vertically(layout, columns)
    _place_horizontally(layout, columns)
    return layout


def _depths(graph: Tape) -> dict[int, int]:
    """Return the column of each value's source and of each node: the longest path to it."""
    node_of = {id(node.output): node for node in graph.nodes}
    depth: dict[int, int] = {}
    for node in graph.nodes:
        # One column further where the value first reaches its branch.
        depth[id(node)] = 1 + max(
            depth.get(id(node_of.get(id(value))), 0) + (len(value.uses) > 1)
            for value in node.inputs
        )
    for value in graph.values:
        if value.kind == "result":
            depth[id(value)] = depth[id(node_of[id(value)])]
        else:
            first = min((depth[id(node)] for node, _ in value.uses), default=1)
            depth[id(value)] = first - 1 - (len(value.uses) > 1)
    return depth


def _add_items(
    layout: Layout, graph: Tape, show: Show, backward: bool, room: Mapping[str, float]
) -> None:
    depth = _depths(graph)
    node_items = {id(n): layout.add(node_item(n, 2 * depth[id(n)])) for n in graph.nodes}
    sources: dict[int, Item] = {id(n.output): node_items[id(n)] for n in graph.nodes}

    def connect(edge: Edge, target: Item) -> None:
        column = edge.path[0].column + 1
        edge.path.append(layout.add(label_item(edge, column, show, backward, room)))
        edge.path += [layout.add(bend_item(c)) for c in range(column + 1, target.column)]
        edge.path.append(target)
        layout.edges.append(edge)

    for value in graph.values:
        if value.kind != "result":
            sources[id(value)] = layout.add(leaf_item(value, 2 * depth[id(value)], show))
        source = sources[id(value)]
        if value.kind == "result" and not value.uses:
            target = layout.add(output_item(value, source.column + 2))
            connect(Edge(value, [source], pull=_STRAIGHT), target)
        branches = len(value.uses) > 1
        if branches:
            dot = layout.add(branch_item(value, source.column + 2))
            connect(Edge(value, [source], pull=_STRAIGHT), dot)
            source = dot
        for node, i in value.uses:
            edge = Edge(value, [source], use=(node, i), pull=_pull(node, value))
            connect(edge, node_items[id(node)])


def _pull(node: Node, value: Value) -> float:
    """Return the weight that keeps an edge level, largest for the main line through a node."""
    results = [v for v in node.inputs if v.kind == "result"]
    main = results or [v for v in node.inputs if v.kind == "input"] or node.inputs[:1]
    if not any(v is value for v in main):
        return _WEAK
    if len(main) == 1 and len(value.uses) == 1:
        return _STRAIGHT
    # Keeps a node midway between its leaves, against the pull of its output.
    return 1.0 if value.kind == "input" else 0.1


def _set_ports(layout: Layout, columns: list[list[Item]]) -> None:
    """Spread the ends of the lines into one node, in the order of their sources."""
    place = {id(item): i for column in columns for i, item in enumerate(column)}
    for item in layout.items:
        if item.kind != "node":
            continue
        edges = [edge for edge in layout.edges if edge.path[-1] is item]
        edges.sort(key=lambda edge: place[id(edge.path[-2])])
        straight = [i for i, edge in enumerate(edges) if edge.pull == _STRAIGHT]
        middle = straight[0] if straight else (len(edges) - 1) / 2
        step = min(_PORT, (item.up - 5) / max(1, *(abs(i - middle) for i in range(len(edges)))))
        for i, edge in enumerate(edges):
            edge.port = (i - middle) * step


def _place_vertically(layout: Layout, columns: list[list[Item]]) -> None:
    index = {id(item): i for i, item in enumerate(layout.items)}
    pulls = []
    for edge in layout.edges:
        ids = [index[id(item)] for item in edge.path]
        first = 0.5 if edge.path[0].kind == "branch" else _STRAIGHT
        inner = [10.0] * (len(ids) - 3)
        for k, pull in enumerate([first, *inner, edge.pull]):
            offset = edge.port if k == len(ids) - 2 else 0.0
            pulls.append((ids[k], ids[k + 1], offset, pull))
    gaps = [
        (index[id(a)], index[id(b)], a.down + b.up + _SPACE)
        for column in columns
        for a, b in pairwise(column)
    ]
    y = settle(len(layout.items), pulls, np.array(gaps, dtype=float).reshape(-1, 3))
    # Weak pulls leave small differences in level lines: remove them.
    for i, j, offset, _ in sorted(pulls, key=lambda pull: -pull[3]):
        if offset == 0 and abs(y[i] - y[j]) < 1:
            y[np.isclose(y, y[j], rtol=0, atol=1e-9)] = y[i]
    top = min((y[index[id(item)]] - item.up for item in layout.items), default=0.0)
    for item in layout.items:
        item.y = round(float(y[index[id(item)]] - top) + _MARGIN, 1)
    layout.height = max((item.box[3] for item in layout.items), default=0.0) + _MARGIN


def _place_horizontally(layout: Layout, columns: list[list[Item]]) -> None:
    rises = [0.0] * len(columns)
    for edge in layout.edges:
        for k, (a, b) in enumerate(pairwise(edge.path)):
            port = edge.port if k == len(edge.path) - 2 else 0.0
            rises[b.column] = max(rises[b.column], abs(b.y + port - a.y))
    x = _MARGIN
    for column, rise in zip(columns, rises, strict=True):
        if column and x > _MARGIN:
            arrow = ARROW if any(item.kind in ("node", "branch") for item in column) else 0.0
            x += 4 + arrow + min(24.0, 0.33 * rise)
        width = max((item.width for item in column), default=0.0)
        for item in column:
            item.span = (x, x + width)
            item.x = round(x + width / 2, 1)
            if item.kind == "leaf":
                item.x = round(x + width - item.width / 2, 1)
            if item.kind in ("label", "output"):
                item.x = round(x + item.width / 2, 1)
        x += width
    layout.width = x + _MARGIN


# --- the order within a column -----------------------------------------------------------------


def order_columns(items: list[Item], edges: list[Edge]) -> list[list[Item]]:
    """Return the items of each column from top to bottom.

    The initial order follows the inputs of each node, so that the lines of a tree do not cross.
    The barycentre heuristic then reduces crossings, and the best order is kept.
    """
    columns: list[list[Item]] = [[] for _ in range(max((i.column for i in items), default=-1) + 1)]
    _first_order(items, edges)
    for item in sorted(items, key=lambda item: item.order):
        columns[item.column].append(item)
    links = [(a, b) for edge in edges for a, b in pairwise(edge.path)]
    best, fewest = [column[:] for column in columns], crossings(columns, links)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        _sort_by_neighbours(columns, links, rightwards=sweep % 2 == 0)
        count = crossings(columns, links)
        if count < fewest:
            best, fewest = [column[:] for column in columns], count
    return best


def crossings(columns: list[list[Item]], links: list[tuple[Item, Item]]) -> int:
    """Return the number of pairs of lines that cross."""
    place = {id(item): i for column in columns for i, item in enumerate(column)}
    by_column: dict[int, list[tuple[int, int]]] = {}
    for a, b in links:
        by_column.setdefault(a.column, []).append((place[id(a)], place[id(b)]))
    return sum(
        (a1 - b1) * (a2 - b2) < 0
        for pairs in by_column.values()
        for (a1, a2), (b1, b2) in combinations(pairs, 2)
    )


def _first_order(items: list[Item], edges: list[Edge]) -> None:
    """Set `order`: leaves count up in the order of a walk from the outputs; others average."""
    into: dict[int, list[Edge]] = {}
    for edge in edges:
        into.setdefault(id(edge.path[-1]), []).append(edge)
    for incoming in into.values():
        incoming.sort(key=lambda edge: edge.use[1] if edge.use else 0)
    seen: set[int] = set()
    count = 0

    def visit(item: Item) -> float:
        nonlocal count
        if id(item) in seen:
            return item.order
        seen.add(id(item))
        incoming = into.get(id(item), [])
        if not incoming:
            item.order = float(count)
            count += 1
            return item.order
        orders = [visit(edge.path[0]) for edge in incoming]
        item.order = sum(orders) / len(orders)
        return item.order

    for item in items:
        if item.kind == "output":
            visit(item)
    for item in items:
        if item.kind != "label" and item.kind != "bend":
            visit(item)
    for edge in edges:
        source, target = edge.path[0], edge.path[-1]
        order = source.order
        if source.kind == "branch":
            # Sort lines from one branch by their targets, and lines into one node by its inputs.
            index = edge.use[1] if edge.use else 0
            order = (source.order + target.order) / 2 + 1e-3 * index
        for item in edge.path[1:-1]:
            item.order = order


def _sort_by_neighbours(
    columns: list[list[Item]], links: list[tuple[Item, Item]], rightwards: bool
) -> None:
    neighbours: dict[int, list[Item]] = {}
    for a, b in links:
        neighbours.setdefault(id(b if rightwards else a), []).append(a if rightwards else b)
    for column in columns if rightwards else reversed(columns):
        place = {id(item): i for c in columns for i, item in enumerate(c)}
        mean = {
            id(item): sum(place[id(other)] for other in others) / len(others)
            if (others := neighbours.get(id(item)))
            else float(place[id(item)])
            for item in column
        }
        column.sort(key=lambda item, mean=mean: mean[id(item)])  # type: ignore[misc]
