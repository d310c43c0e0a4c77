"""Make the demo class, grade it as `course grade` does, and take it out again.

Only students whose ids begin with ``demo-`` are written, run or removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import course_lib
from course_lib.grading import nbgrader_tools
from course_lib.grading.course import Course, CourseError
from course_lib.grading.engine.graded import NO_RESULT
from course_lib.grading.engine.ledger import Ledger
from course_lib.grading.engine.ledger import folder as grading
from course_lib.grading.summary import Row, write_scores

if TYPE_CHECKING:
    from course_lib.grading.engine.pool import Executor
    from course_lib.grading.roster import Student

PREFIX = "demo-"
STEPS = ("submitted", "autograded", "feedback")
# Seconds for one cell: the demo's endless loops need not wait as long as a real class may.
TIMEOUT = 15.0

Say = Callable[[str], None]


def folder(course: Course) -> Path:
    """Return where the table of marks and the notes on what is done lie."""
    return course.build / "demo"


def run(course: Course, *, force: bool = False, say: Say = print) -> int:
    """Hand in, grade and give feedback where something changed; return how many were graded.

    What is done is noted after each submission: an interrupted run goes on where it stopped.
    """
    inputs = _hash_files([_graders(course), _texts(course)])
    if not force and _noted(course) == inputs and _has_results(course):
        return 0
    # Slow to import, and not needed above.
    from course_lib.grading.engine.options import Options
    from course_lib.grading.engine.run import grade
    from course_lib.grading.release import release
    from course_lib.grading.roster import CLASS

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
        raise CourseError(f"These have no result, run `course demo` again: {'; '.join(failed)}.")
    _note(course, inputs)
    return sum(row.fresh for row in outcome.rows)


def remove(course: Course) -> list[str]:
    """Take the demo class out of the folders and the gradebook; return the students' ids."""
    names = _names(course)
    _remove_students(course, names)
    for step in STEPS:
        with contextlib.suppress(OSError):  # a real class is in it, or it never was
            (course.root / step).rmdir()
    shutil.rmtree(folder(course), ignore_errors=True)
    (course.build / ".stamps" / "demo").unlink(missing_ok=True)
    return sorted(names)


def _executor() -> Executor:
    from course_lib.grading.engine.pool import LocalPool

    return LocalPool()


def _can_isolate(say: Say) -> bool:
    from course_lib.grading.engine.ready import check_ready

    try:
        check_ready(True)
    except CourseError as error:
        say(f"{error}\nThe demo class is graded unprotected, and without its hostile members.")
        return False
    return True


def _hand_in(course: Course, slugs: list[str], students: Iterable[Student]) -> None:
    """Write what changed into ``submitted/``."""
    from course_lib.grading.engine.ledger import write_atomically

    for slug in slugs:
        for student in students:
            path = course.root / "submitted" / student.name / slug / f"{slug}.ipynb"
            data = student.file(course, slug)
            if not path.is_file() or path.read_bytes() != data:
                write_atomically(path, data)


def _names(course: Course) -> set[str]:
    """Return the demo students that there are, in the folders or in the gradebook."""
    found = {path.name for step in STEPS for path in (course.root / step).glob(f"{PREFIX}*")}
    return found | set(nbgrader_tools.student_ids(course, PREFIX))


def _has_results(course: Course) -> bool:
    """Return whether everything handed in has its notebook and its page, and is in a gradebook."""
    handed_in = (course.root / "submitted").glob(f"{PREFIX}*/*/*.ipynb")
    return course.gradebook.is_file() and all(
        (course.root / step / path.parts[-3] / path.parts[-2] / path.name)
        .with_suffix(ending)
        .is_file()
        for path in handed_in
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
    """Write the marks as nbgrader does, and once more as the summary reads them."""
    from course_lib.grading.roster import CLASS

    nbgrader_tools.export(course, students, folder(course) / "grades.csv")
    what = {student.name: student.what for student in CLASS}
    scores = nbgrader_tools.scores(course, students)
    write_scores(course, [Row(what=what[score.student], **vars(score)) for score in scores])


def _remove_students(course: Course, names: Iterable[str]) -> None:
    names = [name for name in names if name.startswith(PREFIX)]
    if not names:
        return
    nbgrader_tools.remove_students(course, names)
    for ledger in (Ledger(course, path.name) for path in grading(course).glob("*/")):
        ledger.forget(names)
    for path in (course.root / step / name for step in STEPS for name in names):
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


def _graders(course: Course) -> list[Path]:
    """Return what decides about marks: the settings, and what grade cells can run."""
    return [course.config, *_library(lambda part: part not in ("graphs", "live", "grading"))]


def _library(wanted: Callable[[str], bool]) -> list[Path]:
    root = Path(course_lib.__file__).parent
    files = sorted([*root.rglob("*.py"), *root.rglob("*.toml")])
    return [path for path in files if wanted(path.relative_to(root).parts[0])]


def _texts(course: Course) -> list[Path]:
    """Return what assignments and submissions are made from, and what makes them."""
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
