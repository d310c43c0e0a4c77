"""What the check of an order looks at: facts that hold for any right order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from course_lib.answers import autodiff as answers
from course_lib.checks.answer_side import Lent, call, plain
from course_lib.checks.autodiff_probes import LONG
from course_lib.checks.calls import NotAsked
from course_lib.checks.observe import Case
from course_lib.text import _


def graph_cases(rng: np.random.Generator) -> list[Case]:
    """Return graphs whose names and whose order tell nothing."""
    # In the plain chain every name has two uses, so that paths are many and nodes are few.
    return [
        *(Case({"graph": _graph(rng, 12), "last": "L"}, dout=None) for _case in range(2)),
        Case({"graph": _chain_graph(rng), "last": "L"}, dout=None, at="in a long chain"),
    ]


def _graph(rng: np.random.Generator, size: int) -> dict[str, list[str]]:
    """Return names with the names that they are made from, in an order that tells nothing."""
    names = [f"v{number}" for number in rng.permutation(100)[:size]]
    graph: dict[str, list[str]] = {names[0]: [], names[1]: [], "unused": [names[0]]}
    for i in range(2, size):
        graph[names[i]] = [names[i - 1], names[int(rng.integers(i - 1))]]
    # Past everything else, so that a short way leads to what a long one leads to as well.
    graph["L"] = [names[2], names[-1]]
    keys = list(graph)
    return {keys[i]: graph[keys[i]] for i in rng.permutation(len(keys))}


def _chain_graph(rng: np.random.Generator) -> dict[str, list[str]]:
    links = {f"v{i}": [f"v{i - 1}"] for i in range(1, LONG)}
    graph = {"v0": [], **links, "L": [f"v{LONG - 1}"]}
    return {name: graph[name] for name in rng.permutation(list(graph)).tolist()}


def probe_order(answer: Any, graph: Lent, last: str) -> Iterable[tuple[str, Any]]:
    """Yield how far an order is right: 1 where it is."""
    used = set(answers.backward_order(graph.value, last))
    edges = [(name, source) for name in used for source in graph.value[name]]
    came: list[list[str]] = []

    def order() -> list[str]:
        if not came:
            given = plain(call(answer, "", graph, last))
            if not isinstance(given, (list, tuple)) or not all(isinstance(n, str) for n in given):
                raise NotAsked(_("a list of names is wanted"))
            came.append(list(given))
        return came[0]

    def before() -> float:
        place = {name: i for i, name in enumerate(order())}
        return sum(place.get(a, len(place)) < place.get(b, -1) for a, b in edges) / len(edges)

    yield "no name is missing", lambda: len(used & set(order())) / len(used)
    yield "no name comes twice", lambda: len(set(order())) / max(len(order()), 1)
    yield "nothing else comes", lambda: float(bool(order()) and set(order()) <= used)
    yield "each name comes before its inputs", before
