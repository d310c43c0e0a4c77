"""The mutants that are right answers after all, each with the reason, as people reviewed them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from course_lib.grading.course import Course, CourseError

# Assignment, task, function, line, and what stands there instead.
Key = tuple[str, str, str, str, str]


def path(course: Course) -> Path:
    """Return where the table is."""
    return course.root / "tests" / "mutants" / "equivalent.toml"


def read_equivalent(course: Course) -> dict[Key, str]:
    """Return the reasons by mutant.

    The table has an entry for each line that has such mutants: ``task = "03_activations/relu"``,
    ``where = "Relu.backward"``, ``line``, a list of ``mutants``, and the ``reason``.
    """
    file = path(course)
    if not file.is_file():
        return {}
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("equivalent", [])
        found: dict[Key, str] = {}
        for entry in entries:
            slug, task = entry["task"].split("/")
            for mutant in entry["mutants"]:
                key = (slug, task, entry["where"], entry["line"], mutant)
                if key in found:
                    raise CourseError(f"{file} has {describe(key)} twice.")
                found[key] = " ".join(entry["reason"].split())
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{file} is not TOML: {error}.") from None
    except KeyError as missing:
        raise CourseError(f"{file}: the entry {entry} has no {missing}.") from None
    return found


def describe(key: Key) -> str:
    """Return a line that names a mutant."""
    slug, task, where, before, after = key
    return f"{slug}/{task}, {where}: {before}  →  {after}"
