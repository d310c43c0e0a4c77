"""Jobs for the grading tests, from the model solution and files in `tests/submissions`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.grading.authoring.trial import model_cells
from course_lib.grading.course import this_course
from course_lib.grading.jobs import GIVEN, RUN, Cell, Job, classify, with_models
from course_lib.grading.notebooks import is_solution, read_source
from course_lib.grading.sandbox.package import imported

SUBMISSIONS = Path(__file__).parents[1] / "submissions"
SLUG = "01_shopping_cart"


@cache
def notebook(slug: str) -> tuple[Any, ...]:
    return tuple(read_source(this_course().source(slug)).cells)


def job(slug: str = SLUG, answers: Mapping[str, str] | None = None, **settings: Any) -> Job:
    """Return a job of the model solution with other answers in some cells."""
    solved = model_cells(slug) | dict(answers or {})
    cells = [classify(cell, instructors=not is_solution(cell)) for cell in notebook(slug)]
    cells = [replace(c, source=solved[c.grade_id]) if c.kind == RUN else c for c in cells]
    cells = list(with_models(cells, model_cells(slug)))
    given = imported(cell.source for cell in cells if cell.kind == GIVEN)
    # Long enough for honest work on a busy machine.
    fixed: dict[str, Any] = {"student": "ada", "seed": 1, "timeout": 120.0, "given": given}
    return Job(**fixed | {"slug": slug, "cells": tuple(cells)} | settings)


def one_cell(source: str, **settings: Any) -> Job:
    """Return a job of one cell without a check."""
    return Job(
        **{"student": "ada", "slug": SLUG, "cells": (Cell(RUN, source),), "seed": 1} | settings
    )


def honest_points(path: Path) -> dict[str, float]:
    """Return the points of the correct answers in an attack, by its `# earns:` line."""
    said = re.findall("^# earns: (.*)", path.read_text(encoding="utf-8"), flags=re.M)
    return {task: float(n) for task, n in re.findall(r"(\w+)=(\d+)", " ".join(said))}
