"""A whole class in rows: what each student handed in, what it came to, what the gradebook holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from course_lib.grading.course import Course
from course_lib.grading.engine.blueprint import Blueprint, read_blueprint
from course_lib.grading.engine.intake import folders, take_in
from course_lib.grading.engine.ledger import Ledger, without_outputs
from course_lib.grading.engine.records import Result
from course_lib.grading.engine.scores import Scores, read_scores
from course_lib.grading.source import grade_id


@dataclass(frozen=True)
class ClassRow:
    """One student's work for one assignment, as it stands.

    Attributes
    ----------
    student : str
    result : Result or None
        Without outputs; None if `course grade` has not graded it.
    scores : Scores or None
        None if the gradebook has no row for it.
    problems, notes : tuple of str
        Of what was handed in and of its grading.
    changed : bool
        Whether something else was handed in since.
    """

    student: str
    result: Result | None
    scores: Scores | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changed: bool = False

    @property
    def waiting(self) -> str:
        """Why nobody knows the final points yet; empty if they are known."""
        if self.scores is None:
            return "not graded yet"
        if self.changed:
            return "handed in anew since it was graded"
        if self.scores.to_read:
            return f"{self.scores.to_read:g} points to be given by a person"
        return ""


def class_rows(
    course: Course, slug: str, blueprint: Blueprint | None = None, students: Collection[str] = ()
) -> list[ClassRow]:
    """Return a row for each student who handed something in or has a row in the gradebook."""
    blueprint = blueprint or read_blueprint(course, slug)
    ledger, scores = Ledger(course, slug), read_scores(course, slug)
    handed_in = folders(course, slug)
    order = [grade_id(cell) for cell in blueprint.notebook.cells]
    rows = []
    for student in dict.fromkeys([*handed_in, *scores]):
        if students and student not in students:
            continue
        entry = ledger.entry(student)
        result = without_outputs(entry.result) if entry else None
        problems: tuple[str, ...] = result.problems if result else ()
        notes: tuple[str, ...] = ()
        changed = False
        if student in handed_in:
            graded = entry.digest if entry else None
            submission = take_in(course, slug, student, blueprint, {graded}.__contains__)
            changed = entry is not None and entry.digest != submission.digest
            # What is graded as it stands was read then.
            read = submission if entry is None or changed else entry
            problems, notes = (*read.problems, *problems), read.notes
        problems = tuple(dict.fromkeys(problems))
        ours = _ordered(scores.get(student), order)
        rows.append(ClassRow(student, result, ours, problems, notes, changed))
    return sorted(rows, key=lambda row: row.student)


def _ordered(scores: Scores | None, order: Sequence[str]) -> Scores | None:
    """Return scores in the notebook's order; the gradebook has none."""
    if scores is None:
        return None
    names = [name for name in order if name in scores.cells]
    names += [name for name in scores.cells if name not in names]
    return replace(scores, cells={name: scores.cells[name] for name in names})
