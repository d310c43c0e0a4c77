"""Check an assignment against the rules that every assignment must keep."""

from __future__ import annotations

import ast
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
    """The assignment to check, with everything that the rules read.

    Parameters
    ----------
    course : Course
    slug : str
    """

    course: Course
    slug: str

    @cached_property
    def text(self) -> str:
        """The source of the assignment, without the solutions."""
        return _SOLVED.sub("", self.solved_text)

    @cached_property
    def solved_text(self) -> str:
        """The source of the assignment, with the solutions."""
        self.cells  # noqa: B018 - raises a CourseError if the file cannot be read
        return self.course.source(self.slug).read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[NotebookNode]:
        """The cells of the source."""
        return list(read_source(self.course.source(self.slug)).cells)

    @cached_property
    def graded(self) -> dict[str, NotebookNode]:
        """The cells with points, by the names of their tasks."""
        return {
            grade_id(cell).removeprefix("check_"): cell
            for cell in self.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    @cached_property
    def solutions(self) -> dict[str, NotebookNode]:
        """The solution cells, by the names of their tasks."""
        return {grade_id(cell): cell for cell in self.cells if is_solution(cell)}

    def task_text(self, task: str) -> str:
        """Return the text above the cell to write in, up to the cell with points before it."""
        text: list[str] = []
        for cell in self.cells:
            if grade_id(cell) == task:
                break
            graded = cell.metadata.get("nbgrader", {}).get("grade")
            text = [] if graded else [*text, cell.source] if cell.cell_type == "markdown" else text
        return "\n".join(text)

    @cached_property
    def rows(self) -> list[tuple[int, str, int]]:
        """The rows of the table of tasks: number, name and points."""
        return [
            (int(number), name, int(points)) for number, name, points in _ROW.findall(self.text)
        ]

    @cached_property
    def assignment(self) -> Assignment:
        """The assignment, to check answers with."""
        return Assignment(self.course, self.slug)

    @cached_property
    def released(self) -> list[dict[str, Any]]:
        """The cells of the students' notebook."""
        path = self.course.released(self.slug)
        if not path.is_file():
            raise CourseError(f"{_under(path, self.course)} is missing: run `course release`.")
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])

    @cached_property
    def model_reports(self) -> dict[str, Report | None]:
        """The reports on the model solution, by task."""
        return {name: self.tried(name, {}) for name in self.assignment.tasks}

    def tried(self, task: str, cells: Mapping[str, str]) -> Report | None:
        """Return the report on an answer to a task; None if the check takes too long.

        Cells that are not named keep the model solution.
        """
        trial = Trial(self.slug, task, "checklist", (), cells, (0,), _LIMIT)
        return run(self.course.root, trial).reports[0]

    def page(self, name: str) -> str:
        """Return the text of a chapter, empty if there is none."""
        path = self.course.root / "book" / f"{name}.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def submissions(self, kind: str) -> dict[str, dict[str, str]]:
        """Return the cells of each file in "accepted" or "hostile", by file name."""
        folder = self.course.root / "tests" / "submissions" / self.slug / kind
        return {path.name: read_submission_file(path) for path in sorted(folder.glob("*.py"))}


def _under(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()


ATTACKS = 4
MISCONCEPTIONS = 10
SHORTEST_HINT, LONGEST_HINT = 40, 300
_FORMULA = re.compile(r"dout\s*[*/+-]|\bd\w+ = ")


def sections(subject: Subject) -> Iterator[str]:
    """Require that the book has the section that each check points to."""
    for name, task in subject.assignment.tasks.items():
        page, _hash, label = task.read.partition("#")
        if f"\n({label})=\n" not in subject.page(page):
            yield f"the check of {name} points to {task.read}, but the book has no such section."


def model_and_blank(subject: Subject) -> Iterator[str]:
    """Require all points for the model solution and none for the blank exercise."""
    for name in subject.assignment.tasks:
        points = subject.assignment.points(name)
        if (earned := _points(subject.model_reports[name])) != points:
            yield f"the model solution of {name} earns {earned:g} of {points:g}."
        if (earned := _points(subject.tried(name, subject.assignment.blank))) != 0:
            yield f"the blank answer to {name} earns {earned:g}."


def accepted(subject: Subject) -> Iterator[str]:
    """Require enough right answers for each task with code. The audit checks their points."""
    files = subject.submissions("accepted")
    yield from _unknown_cells(subject, files)
    spellings = Counter(name for cells in files.values() for name in cells)
    for name, task in subject.assignment.tasks.items():
        if not isinstance(task, NumberTask) and spellings[name] < SPELLINGS:
            yield f"accepted/ has {spellings[name]} right answers to {name}; write {SPELLINGS}."


def hostile(subject: Subject) -> Iterator[str]:
    """Require enough attacks. The audit checks their points."""
    files = subject.submissions("hostile")
    yield from _unknown_cells(subject, files)
    if len(files) < ATTACKS:
        yield f"hostile/ has {len(files)} attacks; write {ATTACKS} or more."


def hints(subject: Subject) -> Iterator[str]:
    """Require enough misconceptions, with short hints that ask a question and give no formula."""
    everywhere = Counter(m.name for m in all_misconceptions())
    mine = [m for m in all_misconceptions() if m.slug == subject.slug]
    if len(mine) < MISCONCEPTIONS:
        yield f"there are {len(mine)} misconceptions; write {MISCONCEPTIONS} or more."
    for m in mine:
        if m.task not in subject.assignment.tasks:
            yield f"{m.name} belongs to the task {m.task}, which does not exist."
        if everywhere[m.name] > 1:
            yield f"{everywhere[m.name]} misconceptions have the name {m.name}; it must be unique."
        if "?" not in m.hint:
            yield f"the hint of {m.name} asks no question."
        if not SHORTEST_HINT <= len(m.hint) <= LONGEST_HINT:
            yield (
                f"the hint of {m.name} has {len(m.hint)} characters; it should have "
                f"{SHORTEST_HINT} to {LONGEST_HINT}."
            )
        if found := _FORMULA.search(m.hint):
            yield f"the hint of {m.name} gives the formula away: {found[0]!r}."


def parts(subject: Subject) -> Iterator[str]:
    """Require that a misconception loses each part of a task's points."""
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
            yield f"no misconception loses the part “{part}” of {name}."


def _points(report: Report | None) -> float:
    return report.points if report else 0.0


def _unknown_cells(subject: Subject, files: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for file, cells in files.items():
        for name in cells:
            if name not in subject.assignment.model:
                yield f"{file} answers {name}, but there is no such solution cell."


LEAST_MINUTES, MOST_MINUTES = 10, 60
FEWEST_TASKS, MOST_TASKS = 3, 8
_HOW = re.compile(r"^## How this works\n.*?(?=^```\{code-cell\})", re.MULTILINE | re.DOTALL)


def goals(subject: Subject) -> Iterator[str]:
    """Require two learning goals or more, one per line."""
    said = re.search(
        r"After\s+this\s+exercise\s+you\s+can\n\n((?:[-*] .+\n(?: +.+\n)*)*)", subject.text
    )
    count = len(re.findall(r"^[-*] ", said[1], flags=re.MULTILINE)) if said else 0
    if count < 2:
        yield f"“After this exercise you can” is followed by {count} goals; list two or more."


def time(subject: Subject) -> Iterator[str]:
    """Require the time that the assignment takes."""
    said = re.search(r"\*\*Time\*\*:\s+(?:(\d+)\s+to\s+)?(\d+)\s+minutes", subject.text)
    if not said:
        yield "no time is stated: write “**Time**: 30 to 45 minutes.”"
        return
    least, most = int(said[1] or said[2]), int(said[2])
    if not LEAST_MINUTES <= least <= most <= MOST_MINUTES:
        yield f"{said[0]!r} is not within {LEAST_MINUTES} to {MOST_MINUTES} minutes."


def chapter(subject: Subject) -> Iterator[str]:
    """Require a link to the chapter, and a link back."""
    slug = subject.slug
    if not re.search(rf"\*\*Read first\*\*:\s+chapter\s+`{slug}`", subject.text):
        yield f"the chapter is not named: write “**Read first**: chapter `{slug}`.”"
    if not (page := subject.page(slug)):
        yield f"there is no chapter book/{slug}.md."
    elif chapter_link(slug) not in page:
        yield f"book/{slug}.md has no link to the exercise: {chapter_link(slug)}."


def points_table(subject: Subject) -> Iterator[str]:
    """Require the same tasks and points in the table, the cells and the checks."""
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
            yield f"{name} has {points} points in its cell, but its check gives {task.max_points}."


def how_it_works(subject: Subject) -> Iterator[str]:
    """Require the standard instructions, so that students need not read them again each time."""
    template = (TEMPLATES / "solutions" / "SLUG.md.txt").read_text(encoding="utf-8")
    wanted, said = _HOW.search(template), _HOW.search(subject.text)
    assert wanted
    if not said:
        yield "there is no section “How this works” before the first code cell."
    elif said[0] != wanted[0]:
        lines = set(said[0].splitlines()) ^ set(wanted[0].splitlines())
        yield (
            "“How this works” is not what `course new-exercise` writes. "
            f"One of the lines that differ is {min(lines, default='an empty line')!r}."
        )


def number_of_tasks(subject: Subject) -> Iterator[str]:
    """Require neither too few nor too many graded tasks."""
    count = len(subject.graded)
    if not FEWEST_TASKS <= count <= MOST_TASKS:
        yield f"{count} graded tasks; there should be {FEWEST_TASKS} to {MOST_TASKS}."


def kinds(subject: Subject) -> Iterator[str]:
    """Require at least one task of each kind."""
    tasks = subject.assignment.tasks.values()
    has = {
        "code to write": any(not isinstance(task, NumberTask) for task in tasks),
        "numbers to predict": any(isinstance(task, NumberTask) for task in tasks),
        "an explanation in words": any(
            name in subject.solutions and cell.cell_type == "markdown"
            for name, cell in subject.graded.items()
        ),
    }
    for kind, there in has.items():
        if not there:
            yield f"no task asks for {kind}."


def cells(subject: Subject) -> Iterator[str]:
    """Require a locked cell with the call of the check right below each solution cell."""
    following = dict(zip(map(grade_id, subject.cells), subject.cells[1:], strict=False))
    for name, cell in subject.solutions.items():
        below = following.get(name)
        if cell.metadata["nbgrader"]["grade"]:
            continue
        if below is None or grade_id(below) != f"check_{name}":
            yield f"the cell check_{name} is not right below the cell {name}."
        elif not re.fullmatch(rf"checks\.{name}\(\w+\)", below.source.strip()):
            yield f"the cell check_{name} must be one call, checks.{name}(...)."
        elif not below.metadata["nbgrader"]["locked"]:
            yield f"the cell check_{name} is not locked."
        elif name not in subject.assignment.tasks:
            yield f"the task {name} has no check."
    for name, cell in subject.graded.items():
        if name not in subject.solutions:
            yield f"the cell {grade_id(cell)} belongs to no solution cell."


def rubrics(subject: Subject) -> Iterator[str]:
    """Require a model answer and a rubric between the solution marks of each written task."""
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
            yield f"the rubric of {name} gives {total} points, but the cell has {points}."


def in_step(subject: Subject) -> Iterator[str]:
    """Require a release that is up to date with its source."""
    for problem in out_of_step(subject.course, [subject.slug]):
        yield f"{problem} Run `course release {subject.slug}`."


def demands(subject: Subject) -> Iterator[str]:
    """Require a case for each argument and attribute that a task names.

    The model solution must lose points if an argument keeps the first value that it gets, or its
    default, and if an attribute in the text has another name.
    """
    for name, task in subject.assignment.tasks.items():
        if isinstance(task, NumberTask):
            continue
        model = subject.assignment.model[name]
        # What the blank cell sets is no demand: the class alone uses it.
        named = re.findall(r"`self\.(\w+)`", subject.task_text(name))
        blank = subject.assignment.blank[name]
        own = [one for one in dict.fromkeys(named) if f"self.{one}" not in blank]
        for what, wrong in _violations(model, own):
            report = subject.tried(name, {name: wrong})
            if report and report.passed:
                yield f"no case of {name} fails an answer in which {what}."


# Appended to a model solution: one argument of one of its functions never changes.
_FIXED_ARGUMENT = """

def always(function, name, kept):
    names = function.__code__.co_varnames[:function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    def wrong(*args, **settings):
        given = dict(zip(names[len(names) - len(defaults):], defaults))
        given |= dict(zip(names, args)) | settings
        given[name] = kept.setdefault(name, given[name])
        return function(**given)
    return wrong

{place} = always({place}, {name!r}, {kept})
"""


def _violations(model: str, attributes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what a wrong answer does with one demand of a task, and its source."""
    for place, function in _functions(ast.parse(model)):
        arguments = [one.arg for one in function.args.args if one.arg != "self"]
        defaults = dict(zip(arguments[::-1], function.args.defaults[::-1], strict=False))
        for name in arguments:
            fixed = ast.unparse(defaults[name]) if name in defaults else ""
            wrong = _FIXED_ARGUMENT.format(
                place=place, name=name, kept=f"{{{name!r}: {fixed}}}" if fixed else "{}"
            )
            yield f"{name} of {place} is always {fixed or 'the first one'}", model + wrong
    for attribute in attributes:
        renamed = re.sub(rf"\bself\.{attribute}\b", f"self.my_{attribute}", model)
        if renamed != model:
            yield f"self.{attribute} has another name", renamed


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions, and the methods of the classes, with the place where each is found."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield f"{node.name}.{method.name}", method


def nothing_solved(subject: Subject) -> Iterator[str]:
    """Require that the release shows no line of a solution and no solution mark."""
    solved = re.findall(
        r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", subject.solved_text, flags=re.DOTALL
    )
    released = "\n".join("".join(cell["source"]) for cell in subject.released)
    for line in dict.fromkeys(line.strip() for part in solved for line in part.splitlines()):
        # A line as short as `return x` may also occur in code given to students.
        if len(line) >= 10 and line not in subject.text and line in released:
            yield f"the release shows {line!r} of the model solution."
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "**Rubric.**"):
        if mark in released:
            yield f"the release shows {mark!r}."


# Each rule, and the function that yields a sentence for each violation.
RULES: dict[str, Callable[[Subject], Iterable[str]]] = {
    "states its learning goals": goals,
    "states its time, 10 to 60 minutes": time,
    "links to its chapter and back": chapter,
    "has the same points in table, cells and checks": points_table,
    "explains how it works and how to hand in": how_it_works,
    "has 3 to 8 graded tasks": number_of_tasks,
    "asks for code, numbers and an explanation": kinds,
    "has a visible check below each task": cells,
    "has a rubric for each written answer": rubrics,
    "has an up-to-date release": in_step,
    "shows no solution in the release": nothing_solved,
    "has checks that point to sections of the book": sections,
    "gives the model solution all points, the blank none": model_and_blank,
    "has right answers written differently": accepted,
    "has attacks on its checks": hostile,
    "has misconceptions whose hints ask a question": hints,
    "has a case for each argument and attribute that it names": demands,
    "has a misconception for each part of its points": parts,
}


@dataclass(frozen=True)
class Verdict:
    """The result of one rule for one assignment; without problems, the rule is kept."""

    slug: str
    rule: str
    problems: tuple[str, ...]


def checklist(course: Course, slugs: Iterable[str]) -> list[Verdict]:
    """Return the verdict of each rule for each assignment."""
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
    """Return a sentence for each violation of a rule."""
    try:
        return tuple(RULES[rule](subject))
    except (CourseError, MisconceptionError) as error:
        return (str(error),)


def table(found: list[Verdict]) -> str:
    """Return a table with ✓ or ✗ for each rule and assignment, and the problems below it."""
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
    """Return the verdicts as JSON."""
    passed = not any(verdict.problems for verdict in found)
    verdicts = [asdict(one) | {"passed": not one.problems} for one in found]
    return json.dumps({"passed": passed, "verdicts": verdicts}, indent=1, ensure_ascii=False)
