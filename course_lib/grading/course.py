"""The course directory: where things are, and which assignments there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import course_lib

# The folders of a course in which files of students lie.
_STUDENTS = ("submitted", "autograded", "feedback", "downloaded", "exchange")


class CourseError(Exception):
    """What a person can mend; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Course:
    """A copy of the course.

    Parameters
    ----------
    root : Path
        The folder with ``nbgrader_config.py`` and ``solutions/`` in it.
    """

    root: Path

    @property
    def config(self) -> Path:
        """Settings of nbgrader for this course."""
        return self.root / "nbgrader_config.py"

    @property
    def solutions(self) -> Path:
        """What instructors write."""
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        """What students get."""
        return self.root / "exercises"

    @property
    def build(self) -> Path:
        """What can be made again at any time."""
        return self.root / "_build"

    @property
    def sources(self) -> Path:
        """The solutions as notebooks, as nbgrader wants them."""
        return self.build / "source"

    @property
    def gradebook(self) -> Path:
        """All marks."""
        return self.root / "gradebook.db"

    def source(self, slug: str) -> Path:
        """Return the text notebook of an assignment."""
        return self.solutions / f"{slug}.md"

    def released(self, slug: str) -> Path:
        """Return the notebook that students get."""
        return self.exercises / slug / f"{slug}.ipynb"

    def assignments(self) -> list[str]:
        """Return the slugs of all assignments, in order."""
        return sorted(path.stem for path in self.solutions.glob("*.md"))

    def choose(self, names: Iterable[str]) -> list[str]:
        """Return the assignments named, or all of them if none is."""
        known = self.assignments()
        chosen = [Path(name).name.removesuffix(".md") for name in names]
        for name in chosen:
            if name not in known:
                raise CourseError(_no_such_assignment(name, known))
        if not known:
            raise CourseError(f"There is no assignment in {self.solutions}: no file ends in .md.")
        return sorted(set(chosen)) or known


def find_course(start: Path | None = None) -> Course:
    """Return the course that `start`, or the current directory, lies in."""
    start = (start or Path.cwd()).resolve()
    courses = [
        folder
        for folder in (start, *start.parents)
        if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir()
    ]
    for folder in courses:
        # A student may hand in files with these names: settings are code, and would run.
        if not any(_holds_work_of_students(outer, folder) for outer in courses):
            return Course(folder)
    raise CourseError(
        f"{start} is not inside a copy of the course: neither it nor a folder above it has "
        "nbgrader_config.py and solutions/. Change into the course's folder first."
    )


def this_course() -> Course:
    """Return the copy of the course that this package was installed from."""
    return Course(Path(course_lib.__file__).resolve().parent.parent)


def _holds_work_of_students(course: Path, folder: Path) -> bool:
    """Return whether `folder` lies where a course keeps what students made."""
    return any((course / name) in (folder, *folder.parents) for name in _STUDENTS)


def _no_such_assignment(name: str, known: list[str]) -> str:
    message = f"There is no assignment {name!r}."
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    if close:
        message += f" Did you mean {close[0]}?"
    return f"{message} There are: {', '.join(known) or 'none'}."
