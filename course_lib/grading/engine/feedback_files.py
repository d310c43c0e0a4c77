"""Write students' pages of feedback where nbgrader has its own, with what releasing them needs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass, field

from course_lib.grading.course import Course
from course_lib.grading.engine import handed_in
from course_lib.grading.engine.blueprint import read_blueprint
from course_lib.grading.engine.intake import Submission, folders, take_in
from course_lib.grading.engine.ledger import Ledger, write_atomically
from course_lib.grading.engine.pages import feedback_page
from course_lib.grading.engine.plain import plain
from course_lib.grading.engine.scores import read_scores

# `nbgrader submit` makes them, and `nbgrader release_feedback` names the page by them.
_NEEDED_TO_RELEASE = ("timestamp.txt", "submission_secret.txt")
_MOST_BYTES = 1000


@dataclass
class Written:
    """How many pages were written, and whose were not, each with the reason."""

    pages: int = 0
    left_out: list[str] = field(default_factory=list)


def write_feedback(course: Course, slug: str, students: Collection[str] = ()) -> Written:
    """Write the pages for an assignment anew, with what people have given since it was graded."""
    blueprint, ledger = read_blueprint(course, slug), Ledger(course, slug)
    scores, written = read_scores(course, slug, students), Written()
    for student in folders(course, slug):
        if students and student not in students:
            continue
        submission = take_in(course, slug, student, blueprint)
        entry = ledger.entry(student)
        if entry is None or not submission.name_fits:
            written.left_out.append(f"{plain(student, 60)}: not graded yet")
        elif entry.digest != submission.digest:
            written.left_out.append(f"{plain(student, 60)}: handed in anew since it was graded")
        else:
            page = feedback_page(
                course,
                submission.notebook,
                entry.result,
                scores.get(student),
                submission.problems,
            )
            write_page(course, submission, page)
            written.pages += 1
    return written


def write_page(course: Course, submission: Submission, page: str) -> None:
    """Write one student's page, and beside it what ``nbgrader release_feedback`` asks for."""
    student, slug = submission.student, submission.slug
    place = course.root / "feedback" / student / slug
    write_atomically(place / f"{slug}.html", page.encode("utf-8", "replace"))
    base = course.root / "submitted" / student / slug
    with contextlib.suppress(OSError):
        inside = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            for name in _NEEDED_TO_RELEASE:
                with contextlib.suppress(OSError, handed_in.Refused):
                    data, _about = handed_in.read(name, inside, _MOST_BYTES)
                    write_atomically(place / name, data)
        finally:
            os.close(inside)
