"""The demo class: define its students and their answers, grade it, and remove it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import course_lib
from course_lib.grading.authoring.trial import (
    build_submission,
    model_cells,
    read_submission_file,
    written_cells,
)
from course_lib.grading.course import Course, CourseError
from course_lib.grading.gradebook import nbgrader
from course_lib.grading.notebooks import NotebookNode, nbformat
from course_lib.grading.outcome import NO_RESULT
from course_lib.grading.results import ResultStore, results_folder
from course_lib.misconceptions import for_task

# More assignments than these get short columns.
_MOST_WIDE = 3


@dataclass(frozen=True)
class DemoScore:
    """A demo student's points for one assignment, and the kind of answer submitted."""

    student: str
    what: str
    slug: str
    points: float
    out_of: float
    to_read: float


def write_scores(course: Course, rows: list[DemoScore]) -> None:
    """Store the points for `course where`."""
    _file(course).write_text(json.dumps([vars(row) for row in rows], indent=1), encoding="utf-8")


def table(course: Course) -> str:
    """Return a table of the demo class's points: students in lines, assignments in columns."""
    scores = _scores(course)
    rows = {(row.student, row.slug): row for row in scores}
    slugs = sorted({slug for _student, slug in rows})
    wide = len(slugs) <= _MOST_WIDE
    lines = [["", *(slug if wide else slug.split("_")[0] for slug in slugs), ""]]
    for student, what in sorted({(row.student, row.what) for row in scores}):
        cells = (_cell(rows.get((student, slug)), wide) for slug in slugs)
        lines.append([student, *cells, what])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    if not wide and any(row.to_read for row in scores):
        shown.append("+ some points are still to be graded by hand")
    return "\n".join(shown)


def places(course: Course) -> str:
    """Return file addresses of the book, the grades and each student's feedback."""
    book = course.build / "html" / "index.html"
    grades = course.build / "demo" / "grades.csv"
    lines = [
        ("The book", _address(book, "make book")),
        ("The grades", _address(grades, "make demo")),
    ]
    for student in sorted({row.student for row in _scores(course)}):
        pages = course.root / "feedback" / student
        lines.append((f"{student}'s feedback", _address(pages, "make demo")))
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {address}" for label, address in lines)


def _scores(course: Course) -> list[DemoScore]:
    path = _file(course)
    try:
        return [DemoScore(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise CourseError("The demo class is not graded yet: run `course demo`.") from None
    except (ValueError, TypeError):
        raise CourseError(f"{path} is damaged: delete it and run `course demo`.") from None


def _cell(row: DemoScore | None, wide: bool = True) -> str:
    if row is None:
        return "not graded" if wide else "-"
    if not wide:
        return f"{row.points:.3g}/{row.out_of:g}" + "+" * bool(row.to_read)
    points = f"{row.points:g} of {row.out_of:g}"
    return points + (f", {row.to_read:g} to grade" if row.to_read else "")


def _address(path: Path, command: str) -> str:
    return path.as_uri() if path.exists() else f"missing: run `{command}`"


def _file(course: Course) -> Path:
    return course.build / "demo" / "scores.json"


Answers = dict[str, str]
Recipe = Callable[[Course, str], Answers]

WRITTEN = (
    "A node needs only its own inputs and the upstream gradient. It multiplies that gradient by "
    "its local gradient and passes it on, so the local gradients along a path multiply."
)
NEVER_ENDS = "count = 3\nwhile count > 0:\n    total = count\n\n\n"
RAISES = "table = {'slope': 1}\ntable['slop']\n\n\n"
# EQUAL earns full points if the check runs in the answer's process. READS searches for the
# gradebook and the solutions, and changes points.
EQUAL = """import builtins, sys
import numpy as np

class Right(float):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = float.__hash__

np.allclose = np.array_equal = np.isclose = lambda *args, **named: True
builtins.abs = builtins.max = lambda *args: Right(0)
for name, module in list(sys.modules.items()):
    if "checks" in name:
        for task in list(vars(module)):
            setattr(module, task, lambda *args: Right(100))
"""
READS = """import glob, os, sqlite3

found = []
for above in (".", "..", "../..", "../../..", os.path.expanduser("~")):
    for name in ("gradebook.db", "*/gradebook.db", "_build/source/*/*.ipynb", "solutions/*.md"):
        found += glob.glob(os.path.join(above, name))
for path in found:
    if path.endswith(".db"):
        with sqlite3.connect(path) as book:
            book.execute("UPDATE grade SET auto_score = 100")
print("found:", found)
os._exit(0)
"""
NO_PYTHON = "class Layer\n    pass\n\n\n"


def accepted(course: Course, slug: str) -> Answers:
    """Answer correctly, with an accepted solution other than the model solution if there is one."""
    files = sorted((course.root / "tests" / "submissions" / slug / "accepted").glob("*.py"))
    other = read_submission_file(files[0]) if files else {}
    return model(course, slug) | other


def model(course: Course, slug: str) -> Answers:
    """Answer with the model solution, and the questions in words with a short text."""
    written = dict.fromkeys(written_cells(slug, course), WRITTEN)
    return model_cells(slug, course=course) | written


def first_half(course: Course, slug: str) -> Answers:
    """Leave the second half of the code and the questions in words blank."""
    cells = model_cells(slug, course=course)
    return dict(islice(cells.items(), len(cells) // 2))


def blank(_course: Course, _slug: str) -> Answers:
    """Submit the released notebook unchanged."""
    return {}


def mistaken(*tasks: int) -> Recipe:
    """Return a recipe with the first misconception in the given tasks, counted from 0."""

    def recipe(course: Course, slug: str) -> Answers:
        cells = model_cells(slug, course=course)
        wrong = {}
        for task in (name for number, name in enumerate(cells) if number in tasks):
            known = for_task(slug, task)
            if known:
                wrong[task] = known[0].source(cells[task])
        return model(course, slug) | wrong

    return recipe


def last_task_begins(with_code: str) -> Recipe:
    """Return a recipe in which the last solution cell begins with code that stops it."""

    def recipe(course: Course, slug: str) -> Answers:
        answers = model(course, slug)
        last = list(model_cells(slug, course=course))[-1]
        return answers | {last: with_code + answers[last]}

    return recipe


def sometimes(recipe: Recipe) -> Recipe:
    """Return a recipe for the first and third assignments, with correct answers for the others.

    Each endless loop takes the whole time limit, so the demo has only a few.
    """

    def limited(course: Course, slug: str) -> Answers:
        return (recipe if slug[:2] in ("01", "03") else model)(course, slug)

    return limited


def begins_with(code: str) -> Recipe:
    """Return a recipe that begins an otherwise blank first answer with some code."""

    def recipe(course: Course, slug: str) -> Answers:
        return {next(iter(model_cells(slug, course=course))): code}

    return recipe


def as_it_is(notebook: NotebookNode) -> bytes:
    """Submit a notebook in the format in which JupyterLab saves it."""
    return nbformat.writes(notebook).encode()


def with_other_points(notebook: NotebookNode) -> bytes:
    """Submit a notebook whose checks are altered to give 100 points each."""
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade") and not about.get("solution"):
            about["points"], about["locked"], cell.source = 100, False, "100.0"
            cell.metadata["tags"] = ["skip-execution"]
    return as_it_is(notebook)


def cut_off(notebook: NotebookNode) -> bytes:
    """Submit a truncated file."""
    return as_it_is(notebook)[:2000]


@dataclass(frozen=True)
class Student:
    """A member of the demo class.

    Attributes
    ----------
    name, what : str
    recipe : callable
        Answers an assignment.
    save : callable
        Returns the bytes of the submitted file.
    hostile : bool
        Whether the code attacks the machine that runs it.
    """

    name: str
    what: str
    recipe: Recipe
    save: Callable[[NotebookNode], bytes] = as_it_is
    hostile: bool = False

    def file(self, course: Course, slug: str) -> bytes:
        """Return this student's submission for an assignment."""
        return self.save(build_submission(slug, self.recipe(course, slug), course))


CLASS = (
    Student("demo-ada", "correct, different from the model solution", accepted),
    Student("demo-blaise", "correct, the model solution", model),
    Student("demo-charles", "the first half correct, the rest blank", first_half),
    Student("demo-dorothy", "a mistake in task 1, on which later tasks build", mistaken(0)),
    Student("demo-edsger", "a mistake in task 3", mistaken(2)),
    Student("demo-frances", "a mistake in tasks 2, 4, 5 and 6", mistaken(1, 3, 4, 5)),
    Student("demo-grace", "the last task raises an error", last_task_begins(RAISES)),
    Student("demo-haskell", "the last task is not valid Python", last_task_begins(NO_PYTHON)),
    Student("demo-ida", "endless loops in 01 and 03", sometimes(last_task_begins(NEVER_ENDS))),
    Student("demo-john", "blank", blank),
    Student("demo-kathleen", "a truncated file", model, save=cut_off),
    Student("demo-mallory", "blank, but fakes right results", begins_with(EQUAL), hostile=True),
    Student("demo-oscar", "blank, but alters checks and points", blank, save=with_other_points),
    Student("demo-trudy", "blank, but searches for the grades", begins_with(READS), hostile=True),
)

if TYPE_CHECKING:
    from course_lib.grading.executors import Executor


PREFIX = "demo-"
STEPS = ("submitted", "autograded", "feedback")
# Seconds for one cell: shorter than for a real class, because the demo has endless loops.
TIMEOUT = 15.0

Say = Callable[[str], None]


def folder(course: Course) -> Path:
    """Return the folder of the demo's points and progress notes."""
    return course.build / "demo"


def run(course: Course, *, force: bool = False, say: Say = print) -> int:
    """Submit and grade what has changed; return how many submissions were graded.

    An interrupted run resumes at the first submission without a result.
    """
    inputs = _hash_files([_grading_files(course), _source_files(course)])
    if not force and _noted(course) == inputs and _has_results(course):
        return 0
    # Slow to import, and not needed above.
    from course_lib.grading.outcome import Options
    from course_lib.grading.release import release
    from course_lib.grading.run import grade

    sandbox = _can_isolate(say)
    students = [student for student in CLASS if sandbox or not student.hostile]
    _note(course, "")
    slugs = course.choose([])
    release(course, slugs)
    _remove_students(course, _names(course) - {student.name for student in students})
    _hand_in(course, slugs, students)
    outcome = grade(
        course,
        slugs,
        _executor(),
        Options({student.name for student in students}, force, sandbox, TIMEOUT),
        say=say,
    )
    if outcome.interrupted:
        raise KeyboardInterrupt
    _export(course, sorted({row.student for row in outcome.rows}))
    failed = [f"{row.student}, {row.slug}" for row in outcome.rows if row.status == NO_RESULT]
    if failed:
        raise CourseError(
            f"These submissions have no result: {'; '.join(failed)}. Run `course demo` again."
        )
    _note(course, inputs)
    return sum(row.fresh for row in outcome.rows)


def remove(course: Course) -> list[str]:
    """Remove the demo class from the folders and the gradebook; return the students' ids."""
    names = _names(course)
    _remove_students(course, names)
    for step in STEPS:
        with contextlib.suppress(OSError):  # missing, or it holds a real class
            (course.root / step).rmdir()
    shutil.rmtree(folder(course), ignore_errors=True)
    (course.build / ".stamps" / "demo").unlink(missing_ok=True)
    return sorted(names)


def _executor() -> Executor:
    from course_lib.grading.executors import LocalPool

    return LocalPool()


def _can_isolate(say: Say) -> bool:
    from course_lib.grading.sandbox.process import check_ready

    try:
        check_ready(True)
    except CourseError as error:
        say(f"{error}\nThe demo class is graded without a sandbox, its hostile members left out.")
        return False
    return True


def _hand_in(course: Course, slugs: list[str], students: Iterable[Student]) -> None:
    """Write the changed submissions to ``submitted/``."""
    from course_lib.grading.results import write_atomically

    for slug in slugs:
        for student in students:
            path = course.root / "submitted" / student.name / slug / f"{slug}.ipynb"
            data = student.file(course, slug)
            if not path.is_file() or path.read_bytes() != data:
                write_atomically(path, data)


def _names(course: Course) -> set[str]:
    """Return the ids of the demo students in the folders or the gradebook."""
    found = {path.name for step in STEPS for path in (course.root / step).glob(f"{PREFIX}*")}
    return found | set(nbgrader.student_ids(course, PREFIX))


def _has_results(course: Course) -> bool:
    """Return whether there is a gradebook, and a graded notebook and page for each submission."""
    submitted = (course.root / "submitted").glob(f"{PREFIX}*/*/*.ipynb")
    return course.gradebook.is_file() and all(
        (course.root / step / path.parts[-3] / path.parts[-2] / path.name)
        .with_suffix(ending)
        .is_file()
        for path in submitted
        for step, ending in (("autograded", ".ipynb"), ("feedback", ".html"))
    )


def _noted(course: Course) -> str:
    with contextlib.suppress(OSError):
        return (folder(course) / "done").read_text(encoding="utf-8")
    return ""


def _note(course: Course, inputs: str) -> None:
    folder(course).mkdir(parents=True, exist_ok=True)
    (folder(course) / "done").write_text(inputs, encoding="utf-8")


def _export(course: Course, students: list[str]) -> None:
    """Write the points to nbgrader's CSV file, and to the file that `course where` reads."""
    nbgrader.export(course, students, folder(course) / "grades.csv")
    what = {student.name: student.what for student in CLASS}
    scores = nbgrader.scores(course, students)
    write_scores(course, [DemoScore(what=what[score.student], **vars(score)) for score in scores])


def _remove_students(course: Course, names: Iterable[str]) -> None:
    names = [name for name in names if name.startswith(PREFIX)]
    if not names:
        return
    nbgrader.remove_students(course, names)
    for store in (ResultStore(course, path.name) for path in results_folder(course).glob("*/")):
        store.forget(names)
    for path in (course.root / step / name for step in STEPS for name in names):
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


def _grading_files(course: Course) -> list[Path]:
    """Return the files that affect points: the settings, and the code that grade cells can run."""
    return [course.config, *_library(lambda part: part not in ("graphs", "live", "grading"))]


def _library(wanted: Callable[[str], bool]) -> list[Path]:
    root = Path(course_lib.__file__).parent
    files = sorted([*root.rglob("*.py"), *root.rglob("*.toml")])
    return [path for path in files if wanted(path.relative_to(root).parts[0])]


def _source_files(course: Course) -> list[Path]:
    """Return the sources of assignments and submissions, and the code that generates them."""
    solutions = course.solutions.glob("*.md")
    released = course.exercises.rglob("*.ipynb")
    accepted = (course.root / "tests" / "submissions").rglob("*.py")
    tools = _library(lambda part: part == "grading")
    return sorted([*solutions, *released, *accepted, *tools])


def _hash_files(groups: Iterable[Iterable[Path]]) -> str:
    return _hash(*(part for g in groups for f in g for part in (str(f), f.read_bytes())))


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()
