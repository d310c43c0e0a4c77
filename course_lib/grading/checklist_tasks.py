"""The rules of the checklist about checks, misconceptions and submissions.

Each yields a sentence for everything that is not as it must be. What takes minutes to find out is
left to `course audit`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from course_lib.checks.report import Report
from course_lib.checks.tasks import NumberTask
from course_lib.grading.audit_rows import SPELLINGS
from course_lib.grading.checklist_subject import Subject
from course_lib.misconceptions import all_misconceptions, for_task

ATTACKS = 4
MISCONCEPTIONS = 10
SHORTEST_HINT, LONGEST_HINT = 40, 300
_FORMULA = re.compile(r"dout\s*[*/+-]|\bd\w+ = ")


def sections(subject: Subject) -> Iterator[str]:
    """Look whether there is something to read where a check tells to read."""
    for name, task in subject.assignment.tasks.items():
        page, _hash, label = task.read.partition("#")
        if f"\n({label})=\n" not in subject.page(page):
            yield f"the check of {name} points to {task.read}, and the book has no such section."


def model_and_blank(subject: Subject) -> Iterator[str]:
    """Try the two answers of which everybody knows what they earn."""
    for name in subject.assignment.tasks:
        points = subject.assignment.points(name)
        if (earned := _points(subject.model_reports[name])) != points:
            yield f"the model solution of {name} earns {earned:g} of {points:g}."
        if (earned := _points(subject.tried(name, subject.assignment.blank))) != 0:
            yield f"the blank answer to {name} earns {earned:g}."


def accepted(subject: Subject) -> Iterator[str]:
    """Count them for each task with code. Whether they earn everything the audit finds out."""
    files = subject.submissions("accepted")
    yield from _strange_cells(subject, files)
    spellings = Counter(name for cells in files.values() for name in cells)
    for name, task in subject.assignment.tasks.items():
        if not isinstance(task, NumberTask) and spellings[name] < SPELLINGS:
            yield f"{name} has {spellings[name]} of {SPELLINGS} right answers in accepted/."


def hostile(subject: Subject) -> Iterator[str]:
    """Count them. Whether they fail the audit finds out."""
    files = subject.submissions("hostile")
    yield from _strange_cells(subject, files)
    if len(files) < ATTACKS:
        yield f"{len(files)} of {ATTACKS} attacks are in hostile/."


def hints(subject: Subject) -> Iterator[str]:
    """Ask for enough of them, short, with a question and without the formula."""
    everywhere = Counter(m.name for m in all_misconceptions())
    mine = [m for m in all_misconceptions() if m.slug == subject.slug]
    if len(mine) < MISCONCEPTIONS:
        yield f"{len(mine)} of {MISCONCEPTIONS} misconceptions are there."
    for m in mine:
        if m.task not in subject.assignment.tasks:
            yield f"{m.name} belongs to a task {m.task}, and there is none."
        if everywhere[m.name] > 1:
            yield f"{m.name} is the name of {everywhere[m.name]} misconceptions."
        if "?" not in m.hint:
            yield f"the hint of {m.name} asks nothing."
        if not SHORTEST_HINT <= len(m.hint) <= LONGEST_HINT:
            yield (
                f"the hint of {m.name} has {len(m.hint)} letters; {SHORTEST_HINT} to "
                f"{LONGEST_HINT} are right."
            )
        if found := _FORMULA.search(m.hint):
            yield f"the hint of {m.name} tells the formula: {found[0]!r}."


def parts(subject: Subject) -> Iterator[str]:
    """Look for a part of a task's points that no misconception loses."""
    for name in subject.assignment.tasks:
        model = subject.model_reports[name]
        left = [part.name for part in model.parts] if model else []
        for m in for_task(subject.slug, name):
            if not left:
                break
            wrong = subject.tried(name, {name: m.source(subject.assignment.model[name])})
            if wrong:
                kept = {part.name for part in wrong.parts if part.earned == part.points}
                left = [part for part in left if part in kept]
        for part in left:
            yield f"the part “{part}” of {name} is lost by no misconception."


def _points(report: Report | None) -> float:
    return report.points if report else 0.0


def _strange_cells(subject: Subject, files: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for file, cells in files.items():
        for name in cells:
            if name not in subject.assignment.model:
                yield f"{file} answers {name}, and there is no such cell to write in."
