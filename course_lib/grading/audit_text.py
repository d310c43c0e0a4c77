"""Show what the audit measured: as a table, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from course_lib.grading.audit import Audit
from course_lib.grading.audit_rows import Row, Tally
from course_lib.grading.equivalent import describe

HEAD = (
    "task",
    "points",
    "model",
    "blank",
    "parts lost",
    "misconceptions",
    "accepted",
    "hostile",
    "mutants",
    "caught",
    "equivalent",
    "survived",
)


def table(audit: Audit) -> str:
    """Return a line per task and a line of sums."""
    lines = [HEAD, *(_cells(row) for row in audit.rows), sums(audit)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def reasons(audit: Audit) -> str:
    """Return the mutants that are right, each with the reason."""
    known = [entry for row in audit.rows for entry in row.equivalent]
    return "\n".join(f"{describe(key)}\n    {why}" for key, why in known)


def as_json(audit: Audit) -> str:
    """Return everything that was measured."""
    rows = [asdict(row) | {"caught": row.caught, "problems": row.problems} for row in audit.rows]
    return json.dumps({"rows": rows, "problems": audit.problems}, indent=1, ensure_ascii=False)


def sums(audit: Audit) -> tuple[str, ...]:
    """Return the last line: everything together."""
    rows = audit.rows
    tallies = [
        [getattr(row, name) for row in rows]
        for name in ("model", "blank", "parts", "misconceptions", "accepted", "hostile")
    ]
    return (
        f"{len(rows)} tasks",
        f"{sum(row.points for row in rows):g}",
        *(_sum(column) for column in tallies),
        str(sum(row.mutants.made for row in rows)),
        str(sum(row.caught for row in rows)),
        str(sum(len(row.equivalent) for row in rows)),
        str(sum(len(row.mutants.wrong) for row in rows)),
    )


def _cells(row: Row) -> tuple[str, ...]:
    tallies = row.model, row.blank, row.parts, row.misconceptions, row.accepted, row.hostile
    return (
        f"{row.slug}/{row.task}",
        f"{row.points:g}",
        *map(str, tallies),
        str(row.mutants.made),
        str(row.caught),
        str(len(row.equivalent)),
        str(len(row.mutants.wrong)),
    )


def _sum(tallies: list[Tally]) -> str:
    made = sum(tally.made for tally in tallies)
    return f"{made - sum(len(tally.wrong) for tally in tallies)}/{made}"
