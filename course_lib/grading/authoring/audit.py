"""Measure the strength of the checks: wrong answers that pass, right answers that fail."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from course_lib.checks.misconceptions import MisconceptionError
from course_lib.checks.report import Report
from course_lib.checks.tasks import NumberTask
from course_lib.grading.authoring.mutants import Key, describe, mutants, read_equivalent
from course_lib.grading.authoring.trial import (
    Assignment,
    Trial,
    TrialResult,
    read_submission_file,
    run_all,
)
from course_lib.grading.course import Course, CourseError
from course_lib.grading.notebooks import grade_id, read_source
from course_lib.misconceptions import for_task
from course_lib.progress import progress_bar

# A task with code needs this many right answers that are written differently.
SPELLINGS = 5


@dataclass
class Tally:
    """The number of answers of one kind, and the names of those with an unexpected result."""

    made: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.made - len(self.wrong)}/{self.made}"

    def count(self, name: str, right: bool) -> None:
        """Count one answer."""
        self.made += 1
        if not right:
            self.wrong.append(name)


@dataclass
class AuditRow:
    """The measurements of one task.

    Attributes
    ----------
    slug, task : str
    points : float
        The points of the grade cell.
    seeds : int
        The number of seeds that each answer is checked with.
    code : bool
        Whether the answer is code, not predicted numbers.
    model, blank : Tally
        The model solution must earn all points, the blank exercise none.
    parts : Tally
        Parts of the points: each must be lost by a misconception.
    misconceptions : Tally
        Each must lose points and get its own hint.
    accepted, hostile : Tally
        Right answers must earn all points, attacks only the points that they declare.
    mutants : Tally
        Each must lose points, except equivalent mutants.
    equivalent : list of (Key, str)
        The equivalent mutants (those that are right), with the reasons.
    """

    slug: str
    task: str
    points: float
    seeds: int
    code: bool
    model: Tally = field(default_factory=Tally)
    blank: Tally = field(default_factory=Tally)
    parts: Tally = field(default_factory=Tally)
    misconceptions: Tally = field(default_factory=Tally)
    accepted: Tally = field(default_factory=Tally)
    hostile: Tally = field(default_factory=Tally)
    mutants: Tally = field(default_factory=Tally)
    equivalent: list[tuple[Key, str]] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """The number of mutants that lost points."""
        return self.mutants.made - len(self.mutants.wrong) - len(self.equivalent)

    @property
    def problems(self) -> list[str]:
        """A line for each requirement that is not met."""
        said = {
            "{} does not earn everything.": [*self.model.wrong, *self.accepted.wrong],
            "{} earns something.": self.blank.wrong,
            "The part “{}” of the points is lost by no misconception.": self.parts.wrong,
            "The misconception {} passes, or does not get its own hint.": self.misconceptions.wrong,
            "The attack {} earns more than what is right in it.": self.hostile.wrong,
            "This mutant survives: {}": self.mutants.wrong,
        }
        found = [words.format(name) for words, names in said.items() for name in names]
        if not self.misconceptions.made:
            found.append("No misconception is known.")
        if self.code and self.accepted.made < SPELLINGS:
            found.append(
                f"{self.accepted.made} of {SPELLINGS} right answers in other spellings are there."
            )
        return [f"{self.slug}/{self.task}: {one}" for one in found]


def measured(
    task: tuple[str, str, float, bool],
    outcomes: Sequence[TrialResult],
    equivalent: Mapping[Key, str],
) -> AuditRow:
    """Return the measurements of a task, from the results of its trials.

    Parameters
    ----------
    task : (slug, name, points of the grade cell, whether the answer is code)
    outcomes : sequence of TrialResult
    equivalent : mapping of Key to str
        All known equivalent mutants, with the reasons.
    """
    slug, name, points, code = task
    row = AuditRow(slug, name, points, len(outcomes[0].points), code)
    parts: list[str] = []
    lost: set[str] = set()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.trial.number):
        what, *more = outcome.trial.about
        least, most = min(outcome.points), max(outcome.points)
        match outcome.trial.kind:
            case "model":
                row.model.count(what, least == points)
                parts = [part.name for report in outcome.reports if report for part in report.parts]
            case "blank":
                row.blank.count(what, most == 0)
            case "misconception":
                told = {_told(report) for report in outcome.reports}
                row.misconceptions.count(what, most < points and told == {(what, *more)})
                lost |= _lost(outcome)
            case "accepted":
                row.accepted.count(what, least == points)
            case "hostile":
                row.hostile.count(what, most <= float(more[0]))
            case "mutant":
                where, before, after = outcome.trial.about
                key = slug, name, where, before, after
                # An equivalent mutant must earn all points with every seed, not with some.
                known = least == points and key in equivalent
                if known:
                    row.equivalent.append((key, equivalent[key]))
                row.mutants.count(describe(key), known or most < points)
    for part in dict.fromkeys(parts):
        row.parts.count(part, part in lost)
    return row


def _told(report: Report | None) -> tuple[str, ...]:
    """Return the recognised misconception and its hint; empty if there is none."""
    finding = report.finding if report else None
    return (finding.misconception, finding.hint) if finding else ()


def _lost(outcome: TrialResult) -> set[str]:
    """Return the parts of the points that the answer lost with every seed."""
    losses = [
        {part.name for part in report.parts if part.earned < part.points}
        for report in outcome.reports
        if report
    ]
    return set.intersection(*losses) if losses else set()


SEEDS = (0, 1, 2)
# Checks that take more seconds than this run with the first seed only.
SLOW = 1.0


@dataclass(frozen=True)
class Audit:
    """The measurements of all tasks, and the stale entries of the table of equivalent mutants."""

    rows: list[AuditRow]
    stale: list[Key]

    @property
    def problems(self) -> list[str]:
        """A line for each requirement that is not met."""
        return [said for row in self.rows for said in row.problems] + [
            f"It is not true any more that this mutant earns everything: {describe(key)}"
            for key in self.stale
        ]


def audit(course: Course, slugs: Iterable[str], workers: int | None = None) -> Audit:
    """Measure the checks of assignments with all known answers and mutants.

    Parameters
    ----------
    course : Course
    slugs : iterable of str
    workers : int, optional
        The number of processes; by default one per processor.
    """
    assignments = [Assignment(course, slug) for slug in slugs]
    workers = workers or os.cpu_count() or 1
    tasks = [(a, task) for a in assignments for task in a.tasks]
    # Two runs, because the first check in a process also reads files.
    timing = [Trial(a.slug, task, "model", (), {}, SEEDS[:2], 600) for a, task in tasks]
    seconds = {(o.trial.slug, o.trial.task): o.seconds for o in run_all(course, timing, workers)}
    try:
        trials = [trial for a, task in tasks for trial in _trials(a, task, seconds[a.slug, task])]
    except MisconceptionError as error:
        raise CourseError(str(error)) from None
    bar = progress_bar(len(trials), "auditing")
    outcomes: dict[tuple[str, str], list[TrialResult]] = {key: [] for key in seconds}
    for outcome in run_all(course, trials, workers):
        outcomes[outcome.trial.slug, outcome.trial.task].append(outcome)
        bar.update()
    bar.close()
    equivalent = read_equivalent(course)
    rows = [
        measured(
            (a.slug, task, a.points(task), not isinstance(a.tasks[task], NumberTask)),
            outcomes[a.slug, task],
            equivalent,
        )
        for a, task in tasks
    ]
    passed = {key for row in rows for key, _why in row.equivalent}
    audited = {a.slug for a in assignments}
    return Audit(rows, [key for key in equivalent if key[0] in audited and key not in passed])


def _trials(assignment: Assignment, task: str, seconds: float) -> Iterator[Trial]:
    slug, model = assignment.slug, assignment.model
    seeds = SEEDS if seconds < SLOW else SEEDS[:1]
    # A right answer may be slower than the model solution, but each endless loop costs this much.
    limit = 10 + 5 * seconds
    number = count()

    def trial(kind: str, cells: dict[str, str], *about: str) -> Trial:
        return Trial(slug, task, kind, about, cells, seeds, limit, next(number))

    yield trial("model", {}, "the model solution")
    yield trial("blank", assignment.blank, "the blank exercise")
    for m in for_task(slug, task):
        yield trial("misconception", {task: m.source(model[task])}, m.name, m.hint)
    for kind in ("accepted", "hostile"):
        folder = assignment.course.root / "tests" / "submissions" / slug / kind
        for path in sorted(folder.glob("*.py")):
            cells = read_submission_file(path)
            if task in cells:
                yield trial(kind, cells, f"{kind}/{path.name}", _earns(path, task))
    for mutant in mutants(model[task]):
        about = mutant.where, mutant.before, mutant.after
        yield trial("mutant", {task: mutant.source}, *about)


def _earns(path: Path, task: str) -> str:
    """Return the points that an attack deserves, as its file declares."""
    said = re.findall(rf"^# earns:.*\b{task}=(\d+)", path.read_text(encoding="utf-8"), flags=re.M)
    return str(said[0]) if said else "0"


HEAD = (
    "task",
    "points",
    "model",
    "blank",
    "parts lost",
    "misconceptions",
    "accepted",
    "hostile",
    "mutants",
    "caught",
    "equivalent",
    "survived",
)


def audit_table(audit: Audit) -> str:
    """Return a text table with a line for each task and a line of totals."""
    lines = [HEAD, *(_cells(row) for row in audit.rows), sums(audit)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def reasons(audit: Audit) -> str:
    """Return the equivalent mutants, each with its reason."""
    known = [entry for row in audit.rows for entry in row.equivalent]
    return "\n".join(f"{describe(key)}\n    {why}" for key, why in known)


def audit_json(audit: Audit) -> str:
    """Return all measurements as JSON."""
    rows = [asdict(row) | {"caught": row.caught, "problems": row.problems} for row in audit.rows]
    return json.dumps({"rows": rows, "problems": audit.problems}, indent=1, ensure_ascii=False)


def sums(audit: Audit) -> tuple[str, ...]:
    """Return the line of totals."""
    rows = audit.rows
    tallies = [
        [getattr(row, name) for row in rows]
        for name in ("model", "blank", "parts", "misconceptions", "accepted", "hostile")
    ]
    return (
        f"{len(rows)} tasks",
        f"{sum(row.points for row in rows):g}",
        *(_sum(column) for column in tallies),
        str(sum(row.mutants.made for row in rows)),
        str(sum(row.caught for row in rows)),
        str(sum(len(row.equivalent) for row in rows)),
        str(sum(len(row.mutants.wrong) for row in rows)),
    )


def _cells(row: AuditRow) -> tuple[str, ...]:
    tallies = row.model, row.blank, row.parts, row.misconceptions, row.accepted, row.hostile
    return (
        f"{row.slug}/{row.task}",
        f"{row.points:g}",
        *map(str, tallies),
        str(row.mutants.made),
        str(row.caught),
        str(len(row.equivalent)),
        str(len(row.mutants.wrong)),
    )


def _sum(tallies: list[Tally]) -> str:
    made = sum(tally.made for tally in tallies)
    return f"{made - sum(len(tally.wrong) for tally in tallies)}/{made}"


# The recorded measurements: for each assignment, a hash of its inputs and the rows of its tasks.
Record = dict[str, Any]

# Subpackages that decide the results of checks. Layers and functions have tests of their own.
_PARTS = ("checks", "answers")
_TOOLS = ("audit", "mutants", "trial")


def record_path(course: Course) -> Path:
    """Return the path of the recorded measurements."""
    return course.root / "tests" / "mutants" / "measured.json"


def read_record(course: Course) -> Record:
    """Return the recorded measurements of the assignments that still exist."""
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
    """Replace the record of the audited assignments and return the whole record.

    Parameters
    ----------
    course : Course
    audit : Audit
    measured_from : mapping of str to str
        The `inputs` of each assignment, hashed before it was measured.
    """
    record = read_record(course)
    rows: dict[str, list[Any]] = {}
    for row in audit.rows:
        rows.setdefault(row.slug, []).append(asdict(row) | {"caught": row.caught})
    for slug, measured in rows.items():
        record[slug] = {"inputs": measured_from[slug], "rows": measured}
    text = json.dumps(dict(sorted(record.items())), indent=1, ensure_ascii=False)
    record_path(course).write_text(text + "\n", encoding="utf-8")
    # Read back from JSON, so that tuples are lists, as in all later reads.
    return read_record(course)


def out_of_date(course: Course) -> list[str]:
    """Return the assignments without measurements of their current inputs."""
    record = read_record(course)
    return [
        slug
        for slug in course.assignments()
        if slug not in record or record[slug]["inputs"] != inputs(course, slug)
    ]


def inputs(course: Course, slug: str) -> str:
    """Return a hash of everything that affects the measurements of an assignment.

    That is its code cells, points, submissions, equivalent mutants and misconceptions, and the
    modules that its checks use. Comments, docstrings and hints do not count.
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
    """Return the misconceptions of an assignment, without hints."""
    path = course.root / "course_lib" / "misconceptions" / f"{slug}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        task: [{key: value for key, value in entry.items() if key != "hint"} for entry in entries]
        for task, entries in tables.items()
    }


def _modules(course: Course, slug: str) -> Iterable[tuple[str, Path]]:
    """Return the name and path of each module that affects an assignment's measurements."""
    library, name = course.root / "course_lib", slug.partition("_")[2]
    todo = [f"checks/{name}.py", "checks/misconceptions.py"]
    todo += [f"grading/authoring/{tool}.py" for tool in _TOOLS]
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
    """Return the source of a module without blank lines, comment lines and docstrings."""
    text = path.read_text(encoding="utf-8")
    words: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line for i, line in enumerate(text.splitlines(), 1) if i not in words and line.strip()]
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


_HEAD = (
    ("parts", "parts lost"),
    ("misconceptions", "misconceptions"),
    ("accepted", "right answers"),
    ("hostile", "attacks"),
)


def page_path(course: Course) -> Path:
    """Return the path of the page."""
    return course.root / "book" / "instructors" / "grader_strength.md"


def page(record: Record) -> str:
    """Return the page: the template, filled with the measurements."""
    template = Path(__file__).parent / "templates" / "grader_strength.md"
    rows = [row for measured in record.values() for row in measured["rows"]]
    words = {
        "tasks": str(len(rows)),
        "misconceptions": str(_made(rows, "misconceptions")),
        "accepted": str(_made(rows, "accepted")),
        "hostile": str(_made(rows, "hostile")),
        "mutants": str(_made(rows, "mutants")),
        "caught": str(sum(row["caught"] for row in rows)),
        "equivalent": str(sum(len(row["equivalent"]) for row in rows)),
        "survived": str(_wrong(rows, "mutants")),
        "summary": _summary(record),
        "assignments": "\n".join(_assignment(slug, record[slug]) for slug in record),
    }
    text = template.read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(f"{{{{{name}}}}}", word)
    return text.rstrip("\n") + "\n"


def _summary(record: Record) -> str:
    lines = [_line(slug, measured["rows"]) for slug, measured in record.items()]
    rows = [row for measured in record.values() for row in measured["rows"]]
    return _table("assignment", [*lines, _line("together", rows)])


def _assignment(slug: str, measured: dict[str, Any]) -> str:
    rows = measured["rows"]
    lines = [_line(f"`{row['task']}`", [row]) for row in rows]
    said = [f"## {slug}", "", f"% inputs {measured['inputs']}", "", _table("task", lines)]
    wrong = [name for row in rows for name in _all_wrong(row)]
    if wrong:
        said += ["", "Not as it must be:", "", *(f"- {_plain(name)}" for name in wrong)]
    known = [entry for row in rows for entry in row["equivalent"]]
    if known:
        title = f"{len(known)} mutants that are right answers too"
        said += ["", f"````{{admonition}} {title}", ":class: dropdown", *_reasons(known), "````"]
    return "\n".join([*said, ""])


def _reasons(known: Sequence[Any]) -> Iterable[str]:
    """Yield the lines of a list of mutants, grouped by reason."""
    by_reason: dict[str, list[str]] = {}
    for (_slug, task, where, before, after), why in known:
        by_reason.setdefault(why, []).append(f"  - `{task}`, `{where}`: `{before}` → `{after}`")
    for why, lines in by_reason.items():
        yield from (f"- {why}", *lines)


def _table(first: str, lines: Sequence[Sequence[str]]) -> str:
    head = [first, "points", *(title for _name, title in _HEAD)]
    head += ["mutants", "caught", "right after all", "survived"]
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _line(name: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    return [
        name,
        f"{sum(row['points'] for row in rows):g}",
        *(_ratio(rows, kind) for kind, _title in _HEAD),
        str(_made(rows, "mutants")),
        str(sum(row["caught"] for row in rows)),
        str(sum(len(row["equivalent"]) for row in rows)),
        str(_wrong(rows, "mutants")),
    ]


def _ratio(rows: Sequence[dict[str, Any]], kind: str) -> str:
    made = _made(rows, kind)
    return f"{made - _wrong(rows, kind)}/{made}" if made else "0"


def _made(rows: Sequence[dict[str, Any]], kind: str) -> int:
    return sum(row[kind]["made"] for row in rows)


def _wrong(rows: Sequence[dict[str, Any]], kind: str) -> int:
    return sum(len(row[kind]["wrong"]) for row in rows)


def _all_wrong(row: dict[str, Any]) -> list[str]:
    kinds = ("model", "blank", *(kind for kind, _title in _HEAD), "mutants")
    return [f"{kind}: {row['task']}: {name}" for kind in kinds for name in row[kind]["wrong"]]


def _plain(text: str) -> str:
    return text.replace("`", "'")
