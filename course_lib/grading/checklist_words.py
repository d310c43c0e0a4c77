"""The rules of the checklist about an assignment's text, its cells, its chapter and its release.

Each yields a sentence for everything that is not as it must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from course_lib.checks.tasks import NumberTask
from course_lib.grading.checklist_subject import Subject
from course_lib.grading.new_exercise import TEMPLATES, chapter_link
from course_lib.grading.release import out_of_step
from course_lib.grading.source import grade_id

LEAST_MINUTES, MOST_MINUTES = 10, 60
FEWEST_TASKS, MOST_TASKS = 3, 8
_HOW = re.compile(r"^## How this works\n.*?(?=^```\{code-cell\})", re.MULTILINE | re.DOTALL)


def goals(subject: Subject) -> Iterator[str]:
    """Ask for two goals or more, one a line."""
    said = re.search(
        r"After\s+this\s+exercise\s+you\s+can\n\n((?:[-*] .+\n(?: +.+\n)*)*)", subject.text
    )
    count = len(re.findall(r"^[-*] ", said[1], flags=re.MULTILINE)) if said else 0
    if count < 2:
        yield f"“After this exercise you can” is followed by {count} goals; say two or more."


def time(subject: Subject) -> Iterator[str]:
    """Ask how many minutes it takes."""
    said = re.search(r"\*\*Time\*\*:\s+(?:(\d+)\s+to\s+)?(\d+)\s+minutes", subject.text)
    if not said:
        yield "no time is stated: write “**Time**: 30 to 45 minutes.”"
        return
    least, most = int(said[1] or said[2]), int(said[2])
    if not LEAST_MINUTES <= least <= most <= MOST_MINUTES:
        yield f"{said[0]!r} is not within {LEAST_MINUTES} to {MOST_MINUTES} minutes."


def chapter(subject: Subject) -> Iterator[str]:
    """Ask for a link in each direction."""
    slug = subject.slug
    if not re.search(rf"\*\*Read first\*\*:\s+chapter\s+`{slug}`", subject.text):
        yield f"it does not name its chapter: write “**Read first**: chapter `{slug}`.”"
    if not (page := subject.page(slug)):
        yield f"there is no chapter book/{slug}.md."
    elif chapter_link(slug) not in page:
        yield f"book/{slug}.md has no link to it: {chapter_link(slug)}."


def points_table(subject: Subject) -> Iterator[str]:
    """Compare what the table, the cells and the checks say."""
    listed = {name: points for _number, name, points in subject.rows}
    if [number for number, _name, _points in subject.rows] != [*range(1, len(subject.rows) + 1)]:
        yield "the table does not number its tasks 1, 2, 3, ..."
    if list(listed) != list(subject.graded):
        yield (
            f"the table lists {', '.join(listed) or 'nothing'}; the cells grade "
            f"{', '.join(subject.graded) or 'nothing'}."
        )
    for name, cell in subject.graded.items():
        points = cell.metadata["nbgrader"]["points"]
        if name in listed and listed[name] != points:
            yield f"{name} has {listed[name]} points in the table and {points} in its cell."
        task = subject.assignment.tasks.get(name)
        if task and task.max_points != points:
            yield f"{name} has {points} points in its cell, and its check gives {task.max_points}."


def how_it_works(subject: Subject) -> Iterator[str]:
    """Ask for the course's own words, so that nobody has to read them anew each time."""
    template = (TEMPLATES / "solutions" / "SLUG.md.txt").read_text(encoding="utf-8")
    wanted, said = _HOW.search(template), _HOW.search(subject.text)
    assert wanted
    if not said:
        yield "there is no section “How this works” before the first code cell."
    elif said[0] != wanted[0]:
        lines = set(said[0].splitlines()) ^ set(wanted[0].splitlines())
        yield (
            "“How this works” is not what `course new-exercise` writes. "
            f"The lines that differ begin with {min(lines, default='an empty line')!r}."
        )


def number_of_tasks(subject: Subject) -> Iterator[str]:
    """Count them: neither too few nor too many."""
    count = len(subject.graded)
    if not FEWEST_TASKS <= count <= MOST_TASKS:
        yield f"{count} graded tasks; there should be {FEWEST_TASKS} to {MOST_TASKS}."


def kinds(subject: Subject) -> Iterator[str]:
    """Ask for one of each kind at least."""
    tasks = subject.assignment.tasks.values()
    has = {
        "code to write": any(not isinstance(task, NumberTask) for task in tasks),
        "numbers to predict": any(isinstance(task, NumberTask) for task in tasks),
        "words for a person to read": any(
            name in subject.solutions and cell.cell_type == "markdown"
            for name, cell in subject.graded.items()
        ),
    }
    for kind, there in has.items():
        if not there:
            yield f"no task asks for {kind}."


def cells(subject: Subject) -> Iterator[str]:
    """Look right below each cell to write in for a locked one with one call of its check."""
    following = dict(zip(map(grade_id, subject.cells), subject.cells[1:], strict=False))
    for name, cell in subject.solutions.items():
        below = following.get(name)
        if cell.metadata["nbgrader"]["grade"]:
            continue
        if below is None or grade_id(below) != f"check_{name}":
            yield f"the cell check_{name} does not stand right below the cell {name}."
        elif not re.fullmatch(rf"checks\.{name}\(\w+\)", below.source.strip()):
            yield f"the cell check_{name} is not one call, checks.{name}(...)."
        elif not below.metadata["nbgrader"]["locked"]:
            yield f"the cell check_{name} is not locked."
        elif name not in subject.assignment.tasks:
            yield f"no check is known for the task {name}."
    for name, cell in subject.graded.items():
        if name not in subject.solutions:
            yield f"the cell {grade_id(cell)} grades no cell to write in."


def rubrics(subject: Subject) -> Iterator[str]:
    """Ask for a model answer, and for points that add up, in what students do not get."""
    for name, cell in subject.graded.items():
        if name not in subject.solutions or subject.solutions[name] is not cell:
            continue
        hidden = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
        said = hidden[1] if hidden else ""
        for part in ("Model answer", "Rubric"):
            if f"**{part}.**" not in said:
                yield f"{name} has no “**{part}.**” between the marks of its solution."
        rubric = said.partition("**Rubric.**")[2]
        total = sum(map(int, re.findall(r"(\d+)\s+points?:", rubric)))
        points = cell.metadata["nbgrader"]["points"]
        if rubric and total != points:
            yield f"the rubric of {name} gives {total} points, and the cell has {points}."


def in_step(subject: Subject) -> Iterator[str]:
    """Compare what students get with what the source gives."""
    for problem in out_of_step(subject.course, [subject.slug]):
        yield f"{problem} Run `course release {subject.slug}`."


def nothing_solved(subject: Subject) -> Iterator[str]:
    """Look for lines of a solution, and for marks of one, in what students get."""
    solved = re.findall(
        r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", subject.solved_text, flags=re.DOTALL
    )
    released = "\n".join("".join(cell["source"]) for cell in subject.released)
    for line in dict.fromkeys(line.strip() for part in solved for line in part.splitlines()):
        # A line as short as `return x` may well be given somewhere else.
        if len(line) >= 10 and line not in subject.text and line in released:
            yield f"the release shows {line!r} of the model solution."
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "**Rubric.**"):
        if mark in released:
            yield f"the release shows {mark!r}."
