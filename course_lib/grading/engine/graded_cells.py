"""What grading puts into a notebook: points that nbgrader reads, reports, words for a person."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable

import nbformat
from nbformat import NotebookNode

from course_lib.checks.report import Finding, Report
from course_lib.checks.report import Part as ReportPart
from course_lib.grading.engine.records import TaskResult


def points_output(task: TaskResult | None, most: float, count: int) -> NotebookNode:
    """Return what a grade cell shows: a number that nbgrader reads, and the table of a report."""
    if task is None:
        task = TaskResult("", "", 0.0, most, problem="This task was not checked.")
    points = task.points if math.isfinite(task.points) else 0.0
    points = float(min(max(points, 0.0), most))
    return nbformat.from_dict(
        {
            "output_type": "execute_result",
            "data": {"text/plain": repr(points), "text/html": as_report(task)._repr_html_()},
            "metadata": {},
            "execution_count": count,
        }
    )


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as JSON, a cell a line: nbformat's own form takes ten times as long."""
    about = {key: value for key, value in notebook.items() if key != "cells"}
    cells = ",\n".join(json.dumps(cell, sort_keys=True) for cell in notebook.cells)
    return f'{{"cells": [\n{cells}\n],{json.dumps(about, sort_keys=True)[1:]}\n'


def as_report(task: TaskResult) -> Report:
    """Return a task's result as the report that the check made."""
    parts = tuple(ReportPart(p.name, p.points, p.earned, p.reason) for p in task.parts)
    if not parts:
        parts = (ReportPart(task.task, task.max_points, task.points),)
    finding = None
    if task.problem:
        finding = Finding(task.problem, task.wanted, task.got, task.hint, task.misconception)
    return Report(task.task, parts, finding, task.notice, task.read)


def problem_cell(problems: Iterable[str]) -> NotebookNode:
    """Return the cell that tells a person what to look at."""
    lines = "".join(f"<li>{html.escape(problem)}</li>" for problem in problems)
    text = f"**For the person who grades this:**\n\n<ul>{lines}</ul>"
    return nbformat.v4.new_markdown_cell(text, id="from-the-grader")
