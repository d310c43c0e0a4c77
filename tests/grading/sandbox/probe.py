"""Run cells in a student process and print their outputs; tests run this file as another user."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from course_lib.grading.execute import execute
from course_lib.grading.jobs import RUN, Cell, Job


def cell_outputs(sources: Sequence[str], **settings: Any) -> list[str]:
    """Return what each cell printed, or the error that it ended with."""
    cells = tuple(Cell(RUN, source, f"c{i}") for i, source in enumerate(sources))
    result = execute(Job("ada", "01_shopping_cart", cells, seed=1, **settings))
    if result.problems:
        raise RuntimeError(result.problems)
    return [
        "".join(output.get("text") or output.get("evalue") or "" for output in outputs)
        for outputs in result.outputs
    ]


if __name__ == "__main__":
    json.dump(cell_outputs(json.load(sys.stdin)), sys.stdout)
