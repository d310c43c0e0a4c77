"""Check an assignment against the list of what every assignment must have."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from course_lib.checks.misconceptions import MisconceptionError
from course_lib.checks.report import Report
from course_lib.checks.tasks import NumberTask
from course_lib.grading.authoring.audit import SPELLINGS
from course_lib.grading.authoring.new_exercise import TEMPLATES, chapter_link
from course_lib.grading.authoring.trial import Assignment, Trial, read_submission_file, run
from course_lib.grading.course import Course, CourseError
from course_lib.grading.notebooks import NotebookNode, grade_id, is_solution, read_source
from course_lib.grading.release import out_of_step
from course_lib.misconceptions import all_misconceptions, for_task
from course_lib.progress import progress_bar

_ROW = re.compile(r"^\| *(\d+) `(\w+)` *\|[^|]*\| *(\d+) *\|$", flags=re.MULTILINE)
# Seconds for one check. Right answers take a few at most.
_LIMIT = 60
_SOLVED = re.compile(r"### BEGIN SOLUTION\n.*?### END SOLUTION", flags=re.DOTALL)


@dataclass(frozen=True)
class Subject:
    """What the checklist looks at.

    Parameters
    ----------
    course : Course
    slug : str
    """

    course: Course
    slug: str

    @cached_property
    def text(self) -> str:
        """The source of the assignment, without what is solved in it."""
        return _SOLVED.sub("", self.solved_text)

    @cached_property
    def solved_text(self) -> str:
        """The source of the assignment as it stands."""
        self.cells  # noqa: B018 - says what is wrong with a file that cannot be read
        return self.course.source(self.slug).read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[NotebookNode]:
        """Its cells."""
        return list(read_source(self.course.source(self.slug)).cells)

    @cached_property
    def graded(self) -> dict[str, NotebookNode]:
        """The cells that earn points, by the name of their task."""
        return {
            grade_id(cell).removeprefix("check_"): cell
            for cell in self.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    @cached_property
    def solutions(self) -> dict[str, NotebookNode]:
        """The cells in which students write, by the name of their task."""
        return {grade_id(cell): cell for cell in self.cells if is_solution(cell)}

    @cached_property
    def rows(self) -> list[tuple[int, str, int]]:
        """The table of the text: number, name and points of each task."""
        return [
            (int(number), name, int(points)) for number, name, points in _ROW.findall(self.text)
        ]

    @cached_property
    def assignment(self) -> Assignment:
        """The assignment, to try answers on."""
        return Assignment(self.course, self.slug)

    @cached_property
    def released(self) -> list[dict[str, Any]]:
        """The cells that students get."""
        path = self.course.released(self.slug)
        if not path.is_file():
            raise CourseError(f"{_under(path, self.course)} is missing: run `course release`.")
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])

    @cached_property
    def model_reports(self) -> dict[str, Report | None]:
        """What the checks say of the model solution, by task."""
        return {name: self.tried(name, {}) for name in self.assignment.tasks}

    def tried(self, task: str, cells: Mapping[str, str]) -> Report | None:
        """Return what the check of a task says of an answer; None if it takes too long.

        Cells that are not named keep the model solution.
        """
        trial = Trial(self.slug, task, "checklist", (), cells, (0,), _LIMIT)
        return run(self.course.root, trial).reports[0]

    def page(self, name: str) -> str:
        """Return the text of a chapter, empty if there is none."""
        path = self.course.root / "book" / f"{name}.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def submissions(self, kind: str) -> dict[str, dict[str, str]]:
        """Return the cells of each file of a kind ("accepted" or "hostile"), by its name."""
        folder = self.course.root / "tests" / "submissions" / self.slug / kind
        return {path.name: read_submission_file(path) for path in sorted(folder.glob("*.py"))}


def _under(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()


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


# What is asked, and what finds the sentences that say where it is not so.
RULES: dict[str, Callable[[Subject], Iterable[str]]] = {
    "says what one can do afterwards": goals,
    "says how long it takes, 10 to 60 minutes": time,
    "names its chapter, and is linked there": chapter,
    "has the points in the table that its cells have": points_table,
    "says how it works and how to hand in": how_it_works,
    "has 3 to 8 graded tasks": number_of_tasks,
    "asks for code, for numbers and for words": kinds,
    "has a visible check beside each task": cells,
    "has a rubric for what a person reads": rubrics,
    "is released as it stands": in_step,
    "shows no solution in the release": nothing_solved,
    "has checks that point to sections of the book": sections,
    "pays the model everything and the blank nothing": model_and_blank,
    "has right answers in other spellings": accepted,
    "has attacks on its checks": hostile,
    "has misconceptions with hints that ask": hints,
    "loses every part of its points to a misconception": parts,
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
