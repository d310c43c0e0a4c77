"""Keep what the audit measured, and know when it is out of date."""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_lib.grading.audit import Audit
from course_lib.grading.course import Course, CourseError
from course_lib.grading.equivalent import read_equivalent
from course_lib.grading.source import grade_id, read_source

# What was measured: for each assignment its inputs and the rows of its tasks.
Record = dict[str, Any]

# Parts of the library that decide what a check says. Layers and functions have tests of their own.
_PARTS = ("checks", "answers")
_TOOLS = ("audit", "audit_rows", "mutants", "mutations", "trial", "trial_runs")


def record_path(course: Course) -> Path:
    """Return where the figures are kept."""
    return course.root / "tests" / "mutants" / "measured.json"


def read_record(course: Course) -> Record:
    """Return what was measured, for assignments that are still there."""
    path = record_path(course)
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise CourseError(
            f"{path} is damaged ({error}). Delete it and run `course audit --write-page`."
        ) from None
    return {slug: found[slug] for slug in course.assignments() if slug in found}


def write_record(course: Course, audit: Audit, measured_from: Mapping[str, str]) -> Record:
    """Put new figures in the place of old ones, and return all of them.

    Parameters
    ----------
    course : Course
    audit : Audit
    measured_from : mapping of str to str
        The `inputs` of each assignment, as they were before it was measured.
    """
    record = read_record(course)
    rows: dict[str, list[Any]] = {}
    for row in audit.rows:
        rows.setdefault(row.slug, []).append(asdict(row) | {"caught": row.caught})
    for slug, measured in rows.items():
        record[slug] = {"inputs": measured_from[slug], "rows": measured}
    text = json.dumps(dict(sorted(record.items())), indent=1, ensure_ascii=False)
    record_path(course).write_text(text + "\n", encoding="utf-8")
    # As it will be read: without a difference between tuples and lists.
    return read_record(course)


def out_of_date(course: Course) -> list[str]:
    """Return the assignments whose figures are missing or of something else."""
    record = read_record(course)
    return [
        slug
        for slug in course.assignments()
        if slug not in record or record[slug]["inputs"] != inputs(course, slug)
    ]


def inputs(course: Course, slug: str) -> str:
    """Return a hash of all that the figures of an assignment come from.

    That is its code cells, its points, its submissions, the table of equivalents, and the
    modules that its checks use and its misconceptions. Comments, docstrings and hints do not
    count.
    """
    cells = [
        [cell.cell_type == "code" and cell.source, cell.metadata.get("nbgrader", {}).get("points")]
        for cell in read_source(course.source(slug)).cells
        if grade_id(cell)
    ]
    known = [[key, why] for key, why in read_equivalent(course).items() if key[0] == slug]
    folder = course.root / "tests" / "submissions" / slug
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
             for path in sorted(folder.glob("*/*.py"))}  # fmt: skip
    modules = {name: _code(path) for name, path in sorted(_modules(course, slug))}
    everything = json.dumps([cells, known, files, modules, _misconceptions(course, slug)])
    return hashlib.sha256(everything.encode()).hexdigest()[:16]


def _misconceptions(course: Course, slug: str) -> dict[str, Any]:
    """Return the misconceptions of an assignment without their hints."""
    path = course.root / "course_lib" / "misconceptions" / f"{slug}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        task: [{key: value for key, value in entry.items() if key != "hint"} for entry in entries]
        for task, entries in tables.items()
    }


def _modules(course: Course, slug: str) -> Iterable[tuple[str, Path]]:
    """Return the modules that an assignment's checks are made of."""
    library, name = course.root / "course_lib", slug.partition("_")[2]
    todo = [f"checks/{module}.py" for module in (name, "registry")]
    todo += [f"grading/{tool}.py" for tool in _TOOLS]
    found: dict[str, Path] = {}
    while todo:
        module = todo.pop()
        path = library / module
        if module not in found and path.is_file():
            found[module] = path
            todo += _imported(ast.parse(path.read_text(encoding="utf-8")))
    return found.items()


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib."):
            _package, part, *module = str(node.module).split(".")
            if part in _PARTS:
                names = module or [alias.name for alias in node.names]
                yield from (f"{part}/{name}.py" for name in names)


def _code(path: Path) -> str:
    """Return a module without blank lines, lines of comment and docstrings."""
    text = path.read_text(encoding="utf-8")
    words: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line for i, line in enumerate(text.splitlines(), 1) if i not in words and line.strip()]
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))
