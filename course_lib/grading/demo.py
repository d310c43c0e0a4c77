"""Make the demo class, grade it through nbgrader, and take it out again.

Only students whose ids begin with ``demo-`` are written, run or removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import course_lib
from course_lib.grading import nbgrader_tools
from course_lib.grading.course import Course, CourseError
from course_lib.grading.summary import Row, write_scores
from course_lib.progress import progress_bar

PREFIX = "demo-"
STEPS = ("submitted", "autograded", "feedback")
# Seconds for one cell: the demo's endless loop need not wait as long as a real class may.
TIMEOUT = 10

Key = tuple[str, str]
"""A student and an assignment."""


def folder(course: Course) -> Path:
    """Return where the table of marks and the notes on what is done lie."""
    return course.build / "demo"


def run(course: Course, *, force: bool = False) -> int:
    """Hand in, grade and give feedback where something changed; return how many were graded.

    What is done is noted after each submission: an interrupted run goes on where it stopped.
    """
    notes = _Notes(course)
    inputs = _hash_files([_graders(course), _texts(course)])
    if not force and notes.inputs == inputs and all(map(notes.has_results, notes.graded)):
        return 0
    # Slow to import, and not needed above.
    from course_lib.grading.release import release
    from course_lib.grading.roster import ASSIGNMENTS

    notes.begin()
    slugs = [slug for slug in course.choose([]) if slug in ASSIGNMENTS]
    release(course, slugs)
    submissions = _submissions(course, slugs)
    graders = _hash_files([_graders(course)])
    marks = {
        key: _hash(graders, course.source(key[1]).read_bytes(), text)
        for key, text in submissions.items()
    }
    gone = {student for student, _slug in notes.graded} - {student for student, _slug in marks}
    if gone:
        _remove_students(course, gone)
        notes.forget(gone)
    todo = [key for key in marks if force or not notes.is_done(key, marks[key])]
    failed = _grade(course, todo, submissions, marks, notes)
    _export(course, sorted({student for student, _slug in marks}))
    if failed:
        raise CourseError("\n".join(failed))
    notes.finish(inputs)
    return len(todo)


def remove(course: Course) -> list[str]:
    """Take the demo class out of the folders and the gradebook; return the students' ids."""
    names = {path.name for step in STEPS for path in (course.root / step).glob(f"{PREFIX}*")} | set(
        nbgrader_tools.student_ids(course, PREFIX)
    )
    _remove_students(course, names)
    for step in STEPS:
        with contextlib.suppress(OSError):  # a real class is in it, or it never was
            (course.root / step).rmdir()
    shutil.rmtree(folder(course), ignore_errors=True)
    (course.build / ".stamps" / "demo").unlink(missing_ok=True)
    return sorted(names)


def _submissions(course: Course, slugs: list[str]) -> dict[Key, bytes]:
    import nbformat

    from course_lib.grading.roster import CLASS
    from course_lib.grading.submissions import build_submission

    return {
        (student.name, slug): nbformat.writes(
            build_submission(slug, student.recipe(course, slug), course)
        ).encode()
        for slug in slugs
        for student in CLASS
    }


def _grade(
    course: Course,
    todo: list[Key],
    submissions: dict[Key, bytes],
    marks: dict[Key, str],
    notes: _Notes,
) -> list[str]:
    failed = []
    bar = progress_bar(len(todo), "grading the demo class")
    for student, slug in todo:
        bar.set_postfix_str(f"{student}, {slug}")
        path = course.root / "submitted" / student / slug / f"{slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(submissions[student, slug])
        try:
            nbgrader_tools.autograde(course, slug, student, TIMEOUT)
            nbgrader_tools.generate_feedback(course, slug, student)
        except CourseError as error:
            failed.append(str(error))
        else:
            notes.done((student, slug), marks[student, slug])
        bar.update()
    bar.close()
    return failed


def _export(course: Course, students: list[str]) -> None:
    """Write the marks as nbgrader does, and once more as the summary reads them."""
    from course_lib.grading.roster import CLASS

    nbgrader_tools.export(course, students, folder(course) / "grades.csv")
    what = {student.name: student.what for student in CLASS}
    scores = nbgrader_tools.scores(course, students)
    write_scores(course, [Row(what=what[score.student], **vars(score)) for score in scores])


def _remove_students(course: Course, names: Iterable[str]) -> None:
    nbgrader_tools.remove_students(course, [name for name in names if name.startswith(PREFIX)])
    for path in (course.root / step / name for step in STEPS for name in names):
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)


class _Notes:
    """What is done, in a file that is written after each submission."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.path = folder(course) / "done.json"
        self.inputs, self.graded = "", dict[Key, str]()
        if self.path.is_file() and course.gradebook.is_file():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # damaged: grade all again
                saved = json.loads(self.path.read_text(encoding="utf-8"))
                self.graded = {(who, slug): mark for who, slug, mark in saved["graded"]}
                self.inputs = saved["inputs"]

    def has_results(self, key: Key) -> bool:
        student, slug = key
        base = self.course.root
        return (base / "autograded" / student / slug / f"{slug}.ipynb").is_file() and (
            base / "feedback" / student / slug / f"{slug}.html"
        ).is_file()

    def is_done(self, key: Key, mark: str) -> bool:
        return self.graded.get(key) == mark and self.has_results(key)

    def begin(self) -> None:
        self.inputs = ""
        self._write()

    def done(self, key: Key, mark: str) -> None:
        self.graded[key] = mark
        self._write()

    def forget(self, students: set[str]) -> None:
        self.graded = {key: mark for key, mark in self.graded.items() if key[0] not in students}
        self._write()

    def finish(self, inputs: str) -> None:
        self.inputs = inputs
        self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(*key, mark) for key, mark in self.graded.items()]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"inputs": self.inputs, "graded": rows}), encoding="utf-8")
        new.replace(self.path)


def _graders(course: Course) -> list[Path]:
    """Return what decides about marks: the settings, and what grade cells can run."""
    return [course.config, *_library(lambda part: part not in ("graphs", "grading"))]


def _library(wanted: Callable[[str], bool]) -> list[Path]:
    root = Path(course_lib.__file__).parent
    return [path for path in sorted(root.rglob("*.py")) if wanted(path.relative_to(root).parts[0])]


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
