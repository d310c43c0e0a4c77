"""The layout of a drawing: columns along the flow, with straight lines where possible.

Nodes are in the even columns, and the labels of edges in the odd columns. Every edge has its own
space in each column that it crosses, and changes its place across the flow only in the gaps between
columns. So no line crosses a node or a label, and no two boxes overlap. Between its first and its
last gap an edge is straight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise

import numpy as np

from course_lib.arrays import Array
from course_lib.graphs.items import (
    Edge,
    Flow,
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
_SPACE = {"right": 8.0, "down": 8.0, "stacked": 5.0}  # between two boxes of a column
_MARGIN = 3.0
_RISE = {"right": 16.0, "down": 24.0, "stacked": 24.0}  # more space between two columns
ARROW = 8.0
TURN = 24.0  # width and height of the turn of a line that goes on in the next row
_PORT = 10.0  # between two lines that end in one node


@dataclass(eq=False)
class Layout:
    """Items with their positions, the edges between them, and the size of the drawing.

    `rows` holds, for each row of a folded drawing, the height above it at which a line comes back.
    """

    flow: Flow
    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def add(self, item: Item) -> Item:
        """Add an item and return it."""
        self.items.append(item)
        return item


def lay_out(
    graph: Tape,
    show: Show,
    backward: bool,
    room: Mapping[str, float] | None = None,
    flow: Flow = "right",
    width: float = np.inf,
) -> Layout:
    """Return the layout of a graph.

    `room` holds the smallest width of each changing number. A drawing from top to bottom is made at
    most `width` wide, if it can be.
    """
    layout = Layout(flow)
    _add_items(layout, graph, show, backward, room or {})
    columns = order_columns(layout.items, layout.edges)
    _set_ports(layout, columns)
    across = _place_across(layout, columns, np.inf if flow == "right" else width)
    along = _place_along(layout, columns)
    layout.width, layout.height = (along, across) if flow == "right" else (across, along)
    return layout


def fit(
    graph: Tape, show: Show, backward: bool, room: Mapping[str, float] | None, width: float
) -> Layout:
    """Return the first layout that is at most `width` wide, or else the narrowest.

    A drawing from left to right comes first, then one in two rows or three, then from top to
    bottom.
    """
    wide = lay_out(graph, show, backward, room)
    if wide.width > width and wide.items:
        _fold(wide, width)
    tried = [wide]
    flows: tuple[Flow, ...] = ("down", "stacked")
    for flow in flows:
        if tried[-1].width <= width:
            break
        tried.append(lay_out(graph, show, backward, room, flow, width))
    return tried[-1] if tried[-1].width <= width else min(tried, key=lambda each: each.width)


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
    depth, flow = _depths(graph), layout.flow
    node_items = {id(n): layout.add(node_item(n, 2 * depth[id(n)], flow)) for n in graph.nodes}
    sources: dict[int, Item] = {id(n.output): node_items[id(n)] for n in graph.nodes}

    def connect(edge: Edge, target: Item) -> None:
        column = edge.path[0].column + 1
        edge.path.append(layout.add(label_item(edge, column, flow, show, backward, room)))
        edge.path += [layout.add(bend_item(c, flow)) for c in range(column + 1, target.column)]
        edge.path.append(target)
        layout.edges.append(edge)

    for value in graph.values:
        if value.kind != "result":
            sources[id(value)] = layout.add(leaf_item(value, 2 * depth[id(value)], flow, show))
        source = sources[id(value)]
        if value.kind == "result" and not value.uses:
            target = layout.add(output_item(value, source.column + 2, flow))
            connect(Edge(value, [source], pull=_STRAIGHT), target)
        branches = len(value.uses) > 1
        if branches:
            dot = layout.add(branch_item(value, source.column + 2, flow))
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
        step = min(_PORT, (item.before - 5) / max(1, *(abs(i - middle) for i in range(len(edges)))))
        for i, edge in enumerate(edges):
            edge.port = (i - middle) * step


def _place_across(layout: Layout, columns: list[list[Item]], limit: float) -> float:
    """Set the line of each item, and return the size of the drawing across the flow."""
    lane = _lanes(layout, columns)
    pulls = []
    for edge in layout.edges:
        first = 0.5 if edge.path[0].kind == "branch" else _STRAIGHT
        inner = [10.0] * (len(edge.path) - 3)
        for (a, b), pull in zip(pairwise(edge.path), [first, *inner, edge.pull], strict=True):
            if lane[id(a)] != lane[id(b)]:
                offset = edge.port if b is edge.path[-1] else 0.0
                pulls.append((lane[id(a)], lane[id(b)], offset, pull))
    gaps = [
        (lane[id(a)], lane[id(b)], a.after + b.before + _SPACE[layout.flow])
        for column in columns
        for a, b in pairwise(column)
    ]
    count = len(set(lane.values()))
    y = settle(count, pulls, np.array(gaps, dtype=float).reshape(-1, 3))
    size = _line_up(layout, lane, pulls, y)
    if size <= limit:
        return size
    # Once more between two walls that stand as far apart as allowed.
    first, last = count, count + 1
    for column in filter(None, columns):
        gaps.append((first, lane[id(column[0])], column[0].before))
        gaps.append((lane[id(column[-1])], last, column[-1].after))
    between = max(limit - 2 * _MARGIN - 1, _longest(gaps, count + 2))
    y = settle(count + 2, pulls, np.array([*gaps, (last, first, -between)], dtype=float))
    return _line_up(layout, lane, pulls, y)


def _line_up(
    layout: Layout, lane: dict[int, int], pulls: list[tuple[int, int, float, float]], y: Array
) -> float:
    """Set the lines to `y` of each lane, and return the size across the flow."""
    # Weak pulls leave small differences in level lines: remove them.
    for i, j, offset, _ in sorted(pulls, key=lambda pull: -pull[3]):
        if offset == 0 and abs(y[i] - y[j]) < 1:
            y[np.isclose(y, y[j], rtol=0, atol=1e-9)] = y[i]
    top = min((y[lane[id(item)]] - item.before for item in layout.items), default=0.0)
    for item in layout.items:
        item.line = round(float(y[lane[id(item)]] - top) + _MARGIN, 1)
    return max((item.line + item.after for item in layout.items), default=0.0) + _MARGIN


def _longest(gaps: list[tuple[int, int, float]], count: int) -> float:
    """Return the least distance from the first to the last that keeps all gaps."""
    before: dict[int, list[tuple[int, float]]] = {i: [] for i in range(count)}
    for a, b, gap in gaps:
        before[b].append((a, gap))
    far: dict[int, float] = {}
    for i in TopologicalSorter({i: [a for a, _ in b] for i, b in before.items()}).static_order():
        far[i] = max((far[a] + gap for a, gap in before[i]), default=0.0)
    return max(far.values())


def _lanes(layout: Layout, columns: list[list[Item]]) -> dict[int, int]:
    """Return a number for each item, the same for items that stay in line.

    The inner items of an edge are in line, unless that contradicts the order of the columns.
    """
    lane = {id(item): i for i, item in enumerate(layout.items)}
    for edge in sorted(layout.edges, key=lambda edge: -len(edge.path)):
        joined = lane | {id(item): lane[id(edge.path[1])] for item in edge.path[1:-1]}
        after: dict[int, set[int]] = {}
        for column in columns:
            for a, b in pairwise(column):
                after.setdefault(joined[id(b)], set()).add(joined[id(a)])
        try:
            TopologicalSorter(after).prepare()
        except CycleError:
            continue
        lane = joined
    number = {old: new for new, old in enumerate(dict.fromkeys(lane.values()))}
    return {key: number[old] for key, old in lane.items()}


def _place_along(layout: Layout, columns: list[list[Item]]) -> float:
    """Set where each item starts, and return the size of the drawing along the flow."""
    rises = [0.0] * len(columns)
    for edge in layout.edges:
        for k, (a, b) in enumerate(pairwise(edge.path)):
            port = edge.port if k == len(edge.path) - 2 else 0.0
            rises[b.column] = max(rises[b.column], abs(b.line + port - a.line))
    at = _MARGIN
    for column, rise in zip(columns, rises, strict=True):
        if column and at > _MARGIN:
            arrow = ARROW if any(item.kind in ("node", "branch") for item in column) else 0.0
            at += 4 + arrow + min(_RISE[layout.flow], 0.33 * rise)
        length = max((item.length for item in column), default=0.0)
        for item in column:
            item.span = (at, at + length)
            share = {"leaf": 1.0, "label": 0.0, "output": 0.0}.get(item.kind, 0.5)
            item.start = round(at + share * (length - item.length), 1)
        at += length
    return at + _MARGIN


def _fold(layout: Layout, width: float) -> None:
    """Break a drawing from left to right into rows of at most `width`, if it is a chain of parts.

    Each row ends where a single line goes on, after its label.
    """
    columns: list[list[Item]] = [[] for _ in range(1 + max(i.column for i in layout.items))]
    for item in layout.items:
        columns[item.column].append(item)
    spans = [column[0].span for column in columns]
    alone = [c for c, column in enumerate(columns) if [i.kind for i in column] == ["label"]]

    def parts(cuts: tuple[int, ...]) -> list[tuple[int, int]]:
        return list(pairwise([0, *(cut + 1 for cut in cuts), len(columns)]))

    def size(cuts: tuple[int, ...]) -> float:
        return 2 * (_MARGIN + TURN) + max(spans[b - 1][1] - spans[a][0] for a, b in parts(cuts))

    # The last label stands before the output.
    best = [min(found, key=size) for n in (1, 2) if (found := [*combinations(alone[:-1], n)])]
    fitting = [cuts for cuts in best if size(cuts) <= width]
    if not fitting:
        return
    top = 0.0
    for row, (a, b) in enumerate(parts(fitting[0])):
        items = [item for column in columns[a:b] for item in column]
        down = top - min(item.line - item.before for item in items) + _MARGIN
        right = _MARGIN + TURN - spans[a][0]
        for item in items:
            item.row, item.line, item.start = row, item.line + down, item.start + right
            item.span = (item.span[0] + right, item.span[1] + right)
        layout.rows.append(top - TURN / 2)
        top = max(item.line + item.after for item in items) + TURN
    layout.width, layout.height = size(fitting[0]), top - TURN + _MARGIN


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
        _sort_by_neighbours(columns, links, sweep % 2 == 0, turn_ties=sweep % 4 > 1)
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
    columns: list[list[Item]],
    links: list[tuple[Item, Item]],
    rightwards: bool,
    turn_ties: bool,
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
        if turn_ties:
            column.reverse()
        column.sort(key=lambda item, mean=mean: mean[id(item)])  # type: ignore[misc]
