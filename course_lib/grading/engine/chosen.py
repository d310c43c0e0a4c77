"""Whose work, for which assignments: what was handed in, and names that were mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from course_lib.grading.course import Course, CourseError
from course_lib.grading.engine.intake import folders


def handed_in(course: Course, slugs: Sequence[str]) -> list[str]:
    """Return those of the assignments for which somebody handed in something."""
    return [slug for slug in slugs if folders(course, slug)]


def check_students(course: Course, slugs: Sequence[str], students: Collection[str]) -> None:
    """Refuse names of students who handed nothing in.

    Raises
    ------
    CourseError
    """
    known = sorted({name for slug in slugs for name in folders(course, slug)})
    if not known:
        raise CourseError(
            f"Nothing was handed in for {', '.join(slugs)}: there is no submitted/<student>/"
            f"{slugs[0]}/. `course grade {slugs[0]} --from FOLDER_OR_ZIP` takes in an export."
        )
    for student in students:
        if student not in known:
            close = difflib.get_close_matches(student, known, n=1, cutoff=0.5)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise CourseError(f"{student} handed in nothing for {', '.join(slugs)}.{meant}")
