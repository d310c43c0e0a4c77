"""Call nbgrader inside this process, and import only the parts of it that are needed."""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from course_lib.grading.course import Course, CourseError

# nbgrader's own __init__ imports its Jupyter server extensions, and so does every import of one of
# its submodules. Without these packages in place, importing the gradebook and the preprocessors
# takes 4.5 s of processor time, with them 2.3 s.
# The packages, and the module in which to find a name that the package's own file would import.
PACKAGES: Mapping[str, Mapping[str, str]] = {
    "course_lib.checks": {},
    "nbconvert": {},
    "nbconvert.exporters": {},
    "nbconvert.preprocessors": {"Preprocessor": "base"},
    "nbgrader": {},
    "nbgrader.auth": {"Authenticator": "base", "BaseAuthPlugin": "base", "NoAuthPlugin": "base"},
    "nbgrader.preprocessors": {
        "AssignLatePenalties": "latesubmissions",
        "LimitOutput": "limitoutput",
        "NbGraderPreprocessor": "base",
        "SaveAutoGrades": "saveautogrades",
    },
}


def lean() -> None:
    """Put the packages in place; one that is missing, or imported already, is left as it is."""
    # nbgrader imports jsonschema, and this module imports it the quick way.
    import course_lib.grading.notebooks  # noqa: F401

    for name in PACKAGES:
        above, _dot, last = name.rpartition(".")
        if name in sys.modules or (above and above not in sys.modules):
            continue
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            module.__class__ = Lean
            sys.modules[name] = module
            if above:
                setattr(sys.modules[above], last, module)


class Lean(ModuleType):
    """A package whose own file has not run yet."""

    def __getattr__(self, name: str) -> Any:
        """Return what is not there yet: from one module, or from the package's own file."""
        package = self.__name__
        module = PACKAGES[package].get(name)
        if module is not None:
            found = getattr(importlib.import_module(f"{package}.{module}"), name)
            setattr(self, name, found)
            return found
        if not name.startswith("__") and find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
        self._become_whole()
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        """Return all names."""
        self._become_whole()
        return dir(self)

    def _become_whole(self) -> None:
        """Run the package's own file."""
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)


@dataclass(frozen=True)
class Score:
    """What one student has for one assignment."""

    student: str
    slug: str
    points: float
    out_of: float
    to_read: float
    """Points in cells that a person has yet to read."""


def generate_assignment(
    course: Course, slug: str, sources: Path, releases: Path, *, record: bool
) -> None:
    """Make the students' version of one assignment.

    Parameters
    ----------
    course : Course
        Where the settings and the gradebook are.
    slug : str
        The assignment; its notebook is ``sources/<slug>/<slug>.ipynb``.
    sources, releases : Path
        Where to read and to write; both inside the course's folder.
    record : bool
        Whether to note the assignment in the gradebook, as autograding needs it.
    """
    settings = {
        "CourseDirectory.source_directory": str(sources.relative_to(course.root)),
        "CourseDirectory.release_directory": str(releases.relative_to(course.root)),
        "GenerateAssignment.no_database": not record,
        "SaveCells.enabled": record,
    }
    _convert(course, "GenerateAssignment", slug, "*", settings)


def autograde(course: Course, slug: str, student: str, timeout: int | None = None) -> None:
    """Run one student's submission and store the marks. The code runs unprotected."""
    settings = {} if timeout is None else {"Execute.timeout": timeout}
    _convert(course, "Autograde", slug, student, settings)


def generate_feedback(course: Course, slug: str, student: str) -> None:
    """Write one student's page of feedback."""
    _convert(course, "GenerateFeedback", slug, student, {})


def export(course: Course, students: Sequence[str], to: Path) -> None:
    """Write the marks of some students as a table of comma-separated values."""
    from nbgrader.plugins import CsvExportPlugin

    with nbgrader_settings(course, {}) as (parent, _errors), open_gradebook(course) as book:
        CsvExportPlugin(parent=parent, to=str(to), student=list(students)).export(book)


def scores(course: Course, students: Sequence[str]) -> list[Score]:
    """Return the marks of some students, by assignment and then by student."""
    with open_gradebook(course) as book:
        found = [
            Score(
                submission.student_id,
                assignment.name,
                submission.score,
                assignment.max_score,
                sum(
                    grade.max_score
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                    if grade.needs_manual_grade
                ),
            )
            for assignment in book.assignments
            for submission in assignment.submissions
            if submission.student_id in students
        ]
    return sorted(found, key=lambda score: (score.slug, score.student))


def student_ids(course: Course, prefix: str) -> list[str]:
    """Return the students in the gradebook whose ids begin with `prefix`."""
    if not course.gradebook.exists():
        return []
    with open_gradebook(course) as book:
        return [student.id for student in book.students if student.id.startswith(prefix)]


def remove_students(course: Course, students: Iterable[str]) -> None:
    """Take students with all their marks out of the gradebook; ids not in it are passed over."""
    if not course.gradebook.exists():
        return
    with open_gradebook(course) as book:
        known = {student.id for student in book.students}
        for student in known & set(students):
            book.remove_student(student)


def _convert(
    course: Course, converter: str, slug: str, student: str, settings: dict[str, Any]
) -> None:
    import_nbgrader()
    with nbgrader_settings(course, settings) as (parent, errors):
        from nbgrader import converters
        from nbgrader.coursedir import CourseDirectory

        folder = CourseDirectory(parent=parent)
        folder.assignment_id, folder.student_id = slug, student
        convert = getattr(converters, converter)(coursedir=folder, parent=parent)
        convert.force = True
        try:
            convert.start()
        except (Exception, SystemExit) as error:
            who = "" if student == "*" else f" of {student}"
            said = "\n".join(errors) or str(error)
            raise CourseError(f"nbgrader could not convert {slug}{who}:\n{said}") from None


@contextlib.contextmanager
def nbgrader_settings(course: Course, settings: dict[str, Any]) -> Iterator[tuple[Any, list[str]]]:
    """Yield a parent that hands the course's settings to nbgrader, and a list for its errors."""
    import_gradebook()
    from traitlets.config import Config, LoggingConfigurable
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader(course.config.name, path=str(course.root)).load_config()
    for name, value in settings.items():
        section, option = name.split(".")
        config.merge(Config({section: {option: value}}))
    log = logging.Logger("nbgrader", level=logging.ERROR)
    errors = _Lines()
    log.addHandler(errors)
    with warnings.catch_warnings():
        # nbgrader 0.9.6 builds its rows in an order that newer SQLAlchemy remarks upon
        warnings.filterwarnings("ignore", message="Object of type .* not in session")
        yield LoggingConfigurable(config=config, log=log), errors.lines


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Any]:
    """Open the gradebook that the settings name; it is made if it is not there."""
    with nbgrader_settings(course, {}) as (parent, _errors):
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        folder = CourseDirectory(parent=parent)
        with Gradebook(folder.db_url, folder.course_id) as book:
            yield book


def import_nbgrader() -> None:
    """Import all of nbgrader that makes, runs and converts notebooks."""
    _import("nbgrader.converters")


def import_gradebook() -> None:
    """Import what nbgrader's gradebook needs, and leave the rest until somebody asks for it."""
    lean()
    _import("nbgrader.api")


def _import(module: str) -> None:
    """Import a module, or say how to get what is missing."""
    if module in sys.modules:
        return
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise CourseError(
            f"nbgrader is missing here ({error}). Run `make course` once, and then use "
            "`.venv/bin/course`; or install the extra: pip install 'backprop-course[grading]'."
        ) from None


class _Lines(logging.Handler):
    """Keep messages, and of a traceback its last line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage().strip().rsplit("\n", 1)[-1])
