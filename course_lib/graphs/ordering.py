"""Who stands above whom in a column, with as few crossing lines as can easily be had."""

from __future__ import annotations

from itertools import combinations, pairwise

from course_lib.graphs.items import Edge, Item

_SWEEPS = 12


def order_columns(items: list[Item], edges: list[Edge]) -> list[list[Item]]:
    """Return the items of each column from top to bottom.

    The first try follows each node's inputs from its first to its last: for a tree nothing
    crosses then. Otherwise the barycentre heuristic improves it, and the best try is kept.
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
    """Count the pairs of lines that cross."""
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
            # Lines out of one dot part towards their targets, and into one node by its inputs.
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
