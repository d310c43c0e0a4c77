"""Draw the plots of the page of figures; the same results give the same bytes."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

Rows = list[dict[str, Any]]
Section = dict[str, Any]


def plots(results: dict[str, Section]) -> dict[str, str]:
    """Return the plots by the names of their files; the same results give the same bytes."""
    made = {}
    fixed = {"svg.hashsalt": "performance", "svg.fonttype": "none", "font.size": 10}
    with mpl.rc_context(fixed):
        for name, draw in PLOTS.items():
            if name not in results or (
                name == "gradient_check" and "parameters" not in results[name]["tables"]
            ):
                continue
            figure = Figure(figsize=(7, 2.8), layout="constrained", facecolor="white")
            draw(figure.add_subplot(), results[name]["tables"])
            file = io.StringIO()
            figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
            lines = (line.rstrip() for line in file.getvalue().splitlines())
            made[f"performance_{name}.svg"] = "\n".join(lines) + "\n"
    return made


def _bars(axes: Any, tables: dict[str, Rows]) -> None:
    rows = tables["training"][::-1]
    bars = axes.barh([row["name"] for row in rows], [row["median"] for row in rows])
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.margins(x=0.1)
    axes.set_xlabel("seconds")


def _growth(axes: Any, tables: dict[str, Rows]) -> None:
    rows = tables["parameters"]
    sizes = [row["parameters"] for row in rows]
    axes.loglog(sizes, [row["plain"] for row in rows], "o--", label="the source's way (worked out)")
    axes.loglog(sizes, [row["seconds"] for row in rows], "o-", label="check_gradients")
    axes.set_xlabel("parameters")
    axes.set_ylabel("seconds")
    axes.legend()


def _builds(axes: Any, tables: dict[str, Rows]) -> None:
    rows = tables["builds"][::-1]
    names, inside = [row["name"] for row in rows], [row["kernels"] for row in rows]
    outside = [row["seconds"] - row["kernels"] for row in rows]
    axes.barh(names, inside, label="in kernels")
    axes.barh(names, outside, left=inside, label="outside")
    axes.set_xlabel("seconds")
    axes.legend()


def _grading(axes: Any, tables: dict[str, Rows]) -> None:
    rows = tables["grading"][::-1]
    of_size = {row["submissions"]: row["starting"] for row in rows if "starting" in row}
    names = [f"{row['submissions']}: {row['name']}" for row in rows]
    # What starting nbgrader takes is not measured apart.
    starting = [
        0 if "nbgrader" in row["name"] else of_size[row["submissions"]] / row["submissions"]
        for row in rows
    ]
    rest = [
        row["seconds"] / row["submissions"] - apart
        for row, apart in zip(rows, starting, strict=True)
    ]
    axes.barh(names, rest, label="submissions")
    axes.barh(names, starting, left=rest, label="starting")
    axes.set_xlabel("seconds for each submission")
    axes.legend()


PLOTS = {"training": _bars, "gradient_check": _growth, "grading": _grading, "book": _builds}
