"""Hold an assignment against the list of what one must have, as far as a program can see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from course_lib.checks.misconceptions import MisconceptionError
from course_lib.grading import checklist_tasks as tasks
from course_lib.grading import checklist_words as words
from course_lib.grading.checklist_subject import Subject
from course_lib.grading.course import Course, CourseError
from course_lib.progress import progress_bar

# What is asked, and what finds the sentences that say where it is not so.
RULES: dict[str, Callable[[Subject], Iterable[str]]] = {
    "says what one can do afterwards": words.goals,
    "says how long it takes, 10 to 60 minutes": words.time,
    "names its chapter, and is linked there": words.chapter,
    "has the points in the table that its cells have": words.points_table,
    "says how it works and how to hand in": words.how_it_works,
    "has 3 to 8 graded tasks": words.number_of_tasks,
    "asks for code, for numbers and for words": words.kinds,
    "has a visible check beside each task": words.cells,
    "has a rubric for what a person reads": words.rubrics,
    "is released as it stands": words.in_step,
    "shows no solution in the release": words.nothing_solved,
    "has checks that point to sections of the book": tasks.sections,
    "pays the model everything and the blank nothing": tasks.model_and_blank,
    "has right answers in other spellings": tasks.accepted,
    "has attacks on its checks": tasks.hostile,
    "has misconceptions with hints that ask": tasks.hints,
    "loses every part of its points to a misconception": tasks.parts,
}


@dataclass(frozen=True)
class Verdict:
    """What came of one rule for one assignment; no problems means that it is kept."""

    slug: str
    rule: str
    problems: tuple[str, ...]


def checklist(course: Course, slugs: Iterable[str]) -> list[Verdict]:
    """Return the verdict of every rule for every assignment named."""
    slugs = list(slugs)
    bar = progress_bar(len(slugs) * len(RULES), "checklist")
    found = []
    for slug in slugs:
        subject = Subject(course, slug)
        for rule in RULES:
            found.append(Verdict(slug, rule, problems(subject, rule)))
            bar.update()
    bar.close()
    return found


def problems(subject: Subject, rule: str) -> tuple[str, ...]:
    """Return a sentence for each place where a rule is broken."""
    try:
        return tuple(RULES[rule](subject))
    except (CourseError, MisconceptionError) as error:
        return (str(error),)


def table(found: list[Verdict]) -> str:
    """Return ✓ and ✗ by rule and assignment, and below them the reasons."""
    slugs = list(dict.fromkeys(verdict.slug for verdict in found))
    broken = {(verdict.slug, verdict.rule): bool(verdict.problems) for verdict in found}
    width = max(map(len, RULES))
    lines = [" " * width + "".join(f"  {slug[:2]}" for slug in slugs)]
    for rule in RULES:
        marks = "".join(f"  {'✗' if broken[slug, rule] else '✓'} " for slug in slugs)
        lines.append(f"{rule:<{width}}{marks}".rstrip())
    for verdict in found:
        lines += [f"✗ {verdict.slug}: {problem}" for problem in verdict.problems]
    kept = sum(not verdict.problems for verdict in found)
    return "\n".join([*lines, f"{kept} of {len(found)} kept."])


def as_json(found: list[Verdict]) -> str:
    """Return the verdicts."""
    passed = not any(verdict.problems for verdict in found)
    verdicts = [asdict(one) | {"passed": not one.problems} for one in found]
    return json.dumps({"passed": passed, "verdicts": verdicts}, indent=1, ensure_ascii=False)
