"""The course directory: its paths and its assignments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import course_lib

# The folders of a course that contain students' files.
_STUDENT_FOLDERS = ("submitted", "autograded", "feedback", "downloaded", "exchange")


class CourseError(Exception):
    """An error that the user can fix; the message says what happened and what to do."""


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
        """The course's nbgrader settings."""
        return self.root / "nbgrader_config.py"

    @property
    def solutions(self) -> Path:
        """The folder of the instructors' text notebooks."""
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        """The folder of the students' notebooks."""
        return self.root / "exercises"

    @property
    def build(self) -> Path:
        """The folder of generated files."""
        return self.root / "_build"

    @property
    def sources(self) -> Path:
        """The folder of the solutions as notebooks, for nbgrader."""
        return self.build / "source"

    @property
    def gradebook(self) -> Path:
        """The gradebook, a SQLite database."""
        return self.root / "gradebook.db"

    def source(self, slug: str) -> Path:
        """Return the text notebook of an assignment."""
        return self.solutions / f"{slug}.md"

    def released(self, slug: str) -> Path:
        """Return the notebook that students get."""
        return self.exercises / slug / f"{slug}.ipynb"

    def record(self, slug: str) -> Path:
        """Return the notebook as it was released; someone may have solved the one in exercises/."""
        return self.build / "released" / slug / f"{slug}.ipynb"

    def assignments(self) -> list[str]:
        """Return the slugs of all assignments, in order."""
        return sorted(path.stem for path in self.solutions.glob("*.md"))

    def choose(self, names: Iterable[str]) -> list[str]:
        """Return the slugs of the named assignments; without names, of all."""
        known = self.assignments()
        chosen = [Path(name).name.removesuffix(".md") for name in names]
        for name in chosen:
            if name not in known:
                raise CourseError(_no_such_assignment(name, known))
        if not known:
            raise CourseError(f"There is no assignment in {self.solutions}: no file ends in .md.")
        return sorted(set(chosen)) or known


def find_course(start: Path | None = None) -> Course:
    """Return the course that contains `start`, by default the current directory."""
    start = (start or Path.cwd()).resolve()
    courses = [
        folder
        for folder in (start, *start.parents)
        if (folder / "nbgrader_config.py").is_file() and (folder / "solutions").is_dir()
    ]
    for folder in courses:
        # Skip courses inside submissions: nbgrader would run their settings as code.
        if not any(_is_in_student_folder(outer, folder) for outer in courses):
            return Course(folder)
    raise CourseError(
        f"{start} is not inside a copy of the course: neither it nor a folder above it has "
        "nbgrader_config.py and solutions/. Change into the course's folder first."
    )


def this_course() -> Course:
    """Return the copy of the course that this package was installed from."""
    return Course(Path(course_lib.__file__).resolve().parent.parent)


def _is_in_student_folder(course: Path, folder: Path) -> bool:
    """Return whether `folder` is inside a course's folder of students' files."""
    return any((course / name) in (folder, *folder.parents) for name in _STUDENT_FOLDERS)


def _no_such_assignment(name: str, known: list[str]) -> str:
    message = f"There is no assignment {name!r}."
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    if close:
        message += f" Did you mean {close[0]}?"
    return f"{message} There are: {', '.join(known) or 'none'}."
