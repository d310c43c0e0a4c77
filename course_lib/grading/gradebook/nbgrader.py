"""Call nbgrader in this process, and import only the parts of it that are needed."""

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

# The __init__ of nbgrader imports its Jupyter server extensions, so every import of a submodule
# does, too. Importing the gradebook and the preprocessors takes 4.5 s of processor time; with lazy
# packages it takes 2.3 s. The value names, for each name that the package's __init__ would import,
# the submodule that defines it.
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
    """Install the lazy packages, except those that are missing or already imported."""
    # nbgrader imports jsonschema; this module avoids its slow import.
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
    """A lazy package: its __init__ has not run yet."""

    def __getattr__(self, name: str) -> Any:
        """Return a missing name from its submodule, or else run the package's __init__."""
        package = self.__name__
        module = PACKAGES[package].get(name)
        if module is not None:
            found = getattr(importlib.import_module(f"{package}.{module}"), name)
            setattr(self, name, found)
            return found
        if not name.startswith("__") and find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
        self._run_init()
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        """Return all names of the package."""
        self._run_init()
        return dir(self)

    def _run_init(self) -> None:
        """Run the package's __init__."""
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)


@dataclass(frozen=True)
class Score:
    """One student's points for one assignment."""

    student: str
    slug: str
    points: float
    out_of: float
    to_read: float
    """The maximum points of the cells that are still to be graded by hand."""


def generate_assignment(
    course: Course, slug: str, sources: Path, releases: Path, *, record: bool
) -> None:
    """Generate the students' version of one assignment.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment; its notebook is ``sources/<slug>/<slug>.ipynb``.
    sources, releases : Path
        The folders to read from and write to; both are in the course's folder.
    record : bool
        Whether to add the assignment to the gradebook, which autograding needs.
    """
    settings = {
        "CourseDirectory.source_directory": str(sources.relative_to(course.root)),
        "CourseDirectory.release_directory": str(releases.relative_to(course.root)),
        "GenerateAssignment.no_database": not record,
        "SaveCells.enabled": record,
    }
    _convert(course, "GenerateAssignment", slug, "*", settings)


def autograde(course: Course, slug: str, student: str, timeout: int | None = None) -> None:
    """Run one student's submission without a sandbox, and store the points."""
    settings = {} if timeout is None else {"Execute.timeout": timeout}
    _convert(course, "Autograde", slug, student, settings)


def generate_feedback(course: Course, slug: str, student: str) -> None:
    """Write nbgrader's feedback page for one student."""
    _convert(course, "GenerateFeedback", slug, student, {})


def export(course: Course, students: Sequence[str], to: Path) -> None:
    """Write some students' points as a CSV file."""
    from nbgrader.plugins import CsvExportPlugin

    with nbgrader_settings(course, {}) as (parent, _errors), open_gradebook(course) as book:
        CsvExportPlugin(parent=parent, to=str(to), student=list(students)).export(book)


def scores(course: Course, students: Sequence[str]) -> list[Score]:
    """Return some students' points, sorted by assignment and then by student."""
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
    """Return the student ids in the gradebook that begin with `prefix`."""
    if not course.gradebook.exists():
        return []
    with open_gradebook(course) as book:
        return [student.id for student in book.students if student.id.startswith(prefix)]


def remove_students(course: Course, students: Iterable[str]) -> None:
    """Remove students and their points from the gradebook; unknown ids are ignored."""
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
    """Yield a traitlets parent with the course's settings, and the list of nbgrader's errors."""
    import_gradebook()
    from traitlets.config import Config, LoggingConfigurable
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader(course.config.name, path=str(course.root)).load_config()
    for name, value in settings.items():
        section, option = name.split(".")
        config.merge(Config({section: {option: value}}))
    log = logging.Logger("nbgrader", level=logging.ERROR)
    errors = _ErrorLines()
    log.addHandler(errors)
    with warnings.catch_warnings():
        # newer SQLAlchemy warns about the order in which nbgrader 0.9.6 adds rows
        warnings.filterwarnings("ignore", message="Object of type .* not in session")
        yield LoggingConfigurable(config=config, log=log), errors.lines


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Any]:
    """Open the gradebook named in the settings; create it if it does not exist."""
    with nbgrader_settings(course, {}) as (parent, _errors):
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        folder = CourseDirectory(parent=parent)
        with Gradebook(folder.db_url, folder.course_id) as book:
            yield book


def import_nbgrader() -> None:
    """Import nbgrader's converters, which generate, run and convert notebooks."""
    _import("nbgrader.converters")


def import_gradebook() -> None:
    """Import nbgrader's gradebook; its other parts are imported on first use."""
    lean()
    _import("nbgrader.api")


def _import(module: str) -> None:
    """Import a module; if it is missing, raise an error that says how to install it."""
    if module in sys.modules:
        return
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise CourseError(
            f"nbgrader is not installed ({error}). Run `make course` once, and then use "
            "`.venv/bin/course`; or install the extra: pip install 'backprop-course[grading]'."
        ) from None


class _ErrorLines(logging.Handler):
    """Keep the last line of each message; of a traceback, this is the error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage().strip().rsplit("\n", 1)[-1])
