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
        for name, (section, table, height, draw) in PLOTS.items():
            tables = results.get(section, {"tables": {}})["tables"]
            if table not in tables:
                continue
            figure = Figure(figsize=(5, height), layout="constrained", facecolor="white")
            draw(figure.add_subplot(), tables)
            file = io.StringIO()
            figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
            lines = (line.rstrip() for line in file.getvalue().splitlines())
            made[f"performance_{name}.svg"] = "\n".join(lines) + "\n"
    return made


def _bars(axes: Any, tables: dict[str, Rows]) -> None:
    rows = tables["training"][::-1]
    bars = axes.barh([row["name"] for row in rows], [row["median"] for row in rows])
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.margins(x=0.15)
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
    # Where a bar of no length begins, the axis would end.
    axes.set_xlim(0, 1.05 * max(row["seconds"] / row["submissions"] for row in rows))
    axes.set_xlabel("seconds for each submission")
    axes.legend()


def _stacked(axes: Any, rows: Rows, unit: str) -> None:
    """Draw parts as one bar."""
    left = 0.0
    for row in rows:
        axes.barh([""], [row["seconds"]], left=left, label=row["name"])
        left += row["seconds"]
    axes.set_xlabel(unit)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)


def _grading_parts(axes: Any, tables: dict[str, Rows]) -> None:
    _stacked(axes, tables["parts"], "seconds for each submission, one worker")


def _training_parts(axes: Any, tables: dict[str, Rows]) -> None:
    _stacked(axes, tables["parts"], "seconds of a training run")


# The section and the table that each is drawn from, and its height in inches.
PLOTS = {
    "training": ("training", "training", 2.8, _bars),
    "training_parts": ("training", "parts", 2.2, _training_parts),
    "gradient_check": ("gradient_check", "parameters", 2.8, _growth),
    "grading": ("grading", "grading", 3.6, _grading),
    "grading_parts": ("grading", "parts", 2.0, _grading_parts),
    "book": ("book", "builds", 2.8, _builds),
}
