"""Take in what was handed in: a row for every folder, whatever is in it.

Of a student's notebook only the text of the solution cells is taken, and the student's own
further cells; all else is the instructor's. That ends whatever can be done to flags, points,
names, tags and metadata. What can't be read is a submission too, with a reason.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode

from course_lib.grading.course import Course
from course_lib.grading.engine import handed_in
from course_lib.grading.engine.blueprint import Blueprint, read_blueprint
from course_lib.grading.engine.cells import RawCell, Unreadable, read_cells
from course_lib.grading.engine.handed_in import Refused
from course_lib.grading.engine.plain import plain

LONGEST_ID = 128
MOST_NOTEBOOKS = 5


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment.

    Attributes
    ----------
    student, slug : str
    path : Path
        The notebook, or the folder if there is none that can be read.
    timestamp : datetime or None
        When it was handed in, as UTC without a zone.
    digest : str
        Of the bytes handed in.
    notebook : NotebookNode or None
        Rebuilt from the instructor's; None if nothing can be read.
    problems : tuple of str
        Sentences for a person who should look at it.
    notes : tuple of str
        Sentences worth knowing; they ask nothing of anybody.
    name_fits : bool
        Whether the folder's name can be a student's id in the gradebook.
    """

    student: str
    slug: str
    path: Path
    timestamp: datetime | None
    digest: str
    notebook: NotebookNode | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    name_fits: bool = True


def folders(course: Course, slug: str) -> list[str]:
    """Return the names of the folders in ``submitted/`` that have the assignment."""
    base = course.root / "submitted"
    try:
        names = sorted(os.listdir(base))
    except FileNotFoundError:
        return []
    return [
        name
        for name in names
        if not name.startswith(".")
        and not stat.S_ISREG(os.lstat(base / name).st_mode)
        and _is_there(base / name / slug)
    ]


def submissions(
    course: Course,
    slug: str,
    students: Collection[str] = (),
    blueprint: Blueprint | None = None,
) -> Iterator[Submission]:
    """Yield what each student handed in, by student; nothing that a student did raises.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment.
    students : collection of str
        Only these; all unless given.
    blueprint : Blueprint, optional
        The assignment, if it was read already.
    """
    blueprint = blueprint or read_blueprint(course, slug)
    for name in folders(course, slug):
        if not students or name in students:
            yield take_in(course, slug, name, blueprint)


def take_in(
    course: Course,
    slug: str,
    student: str,
    blueprint: Blueprint,
    known: Callable[[str], bool] | None = None,
) -> Submission:
    """Return what is in one student's folder.

    Parameters
    ----------
    course : Course
    slug, student : str
    blueprint : Blueprint
    known : callable, optional
        Whether the digest given is known already: then nothing is read out of those bytes.
    """
    found = _Found(known or (lambda _digest: False))
    base = course.root / "submitted"
    path = base / student / slug
    if not fits(student):
        found.problems.append(
            f"The folder's name can't be a student's id: {plain(student)!r}. An id has at most "
            f"{LONGEST_ID} printable characters; rename the folder."
        )
    else:
        try:
            with handed_in.opened(base) as root, handed_in.folder(student, root) as one:
                found.digest = handed_in.looks(one)
                with handed_in.folder(slug, one) as inside:
                    found.digest = handed_in.looks(inside)
                    found.look_into(inside, slug, blueprint)
        except Refused as refused:
            found.problems.append(str(refused))
        except (OSError, ValueError) as error:
            found.problems.append(f"It can't be read: {plain(_why(error))}.")
        except (MemoryError, RecursionError) as error:
            found.problems.append(f"It is too much to be read: {type(error).__name__}.")
    return Submission(
        student=student,
        slug=slug,
        path=path / found.file if found.file else path,
        timestamp=found.timestamp,
        digest=found.digest,
        notebook=found.notebook,
        problems=tuple(found.problems),
        notes=tuple(found.notes),
        name_fits=fits(student),
    )


def fits(student: str) -> bool:
    """Return whether a folder's name can be a student's id in the gradebook."""
    return student.isprintable() and student.strip() == student and 0 < len(student) <= LONGEST_ID


@dataclass
class _Found:
    """What one folder gave so far."""

    known: Callable[[str], bool]
    file: str = ""
    timestamp: datetime | None = None
    digest: str = ""
    notebook: NotebookNode | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def look_into(self, inside: int, slug: str, blueprint: Blueprint) -> None:
        wanted = f"{slug}.ipynb"
        there = handed_in.names(inside, wanted, "timestamp.txt")
        when = self._time(inside, there)
        candidates = [n for n in there if n.endswith(".ipynb") and not n.startswith(".")]
        if not candidates:
            rest = ", ".join(plain(n, 60) for n in there[:5]) or "nothing"
            raise Refused(f"There is no notebook (.ipynb) in the folder; there is: {rest}.")
        candidates.sort(key=lambda name: name != wanted)
        files = self._read(candidates[:MOST_NOTEBOOKS], inside)
        digest = hashlib.sha256(when + repr([*candidates, *self.trouble]).encode())
        for data in files.values():
            digest.update(b"%d:" % len(data) + data)
        self.digest = digest.hexdigest()
        if files and not self.known(self.digest):
            cells = {name: self._cells(name, data) for name, data in files.items()}
            readable = {name: raw for name, raw in cells.items() if raw is not None}
            self._choose(wanted, candidates, readable, blueprint)
            filled = blueprint.filled(readable[self.file])
            self.notebook = filled.notebook
            self.problems += filled.problems
            self.notes += filled.notes
        elif not files:
            raise Refused(" ".join(self.trouble))

    def _read(self, names: Iterable[str], inside: int) -> dict[str, bytes]:
        files = {}
        for name in names:
            try:
                files[name], about = handed_in.read(name, inside)
            except Refused as refused:
                self.trouble.append(str(refused))
            except OSError as error:
                self.trouble.append(f"{plain(name)} can't be read: {_why(error)}.")
            else:
                if about.st_nlink > 1:
                    self.notes.append(
                        f"{plain(name)} is the same file as another one on this disk: a hard link."
                    )
        return files

    def _cells(self, name: str, data: bytes) -> list[RawCell] | None:
        try:
            raw, strange = read_cells(data)
        except Unreadable as error:
            self.trouble.append(f"{plain(name)} {error}.")
            return None
        if strange:
            self.problems.append(f"{plain(name)}: {strange}.")
        return raw

    def _choose(
        self,
        wanted: str,
        candidates: list[str],
        readable: dict[str, list[RawCell]],
        blueprint: Blueprint,
    ) -> None:
        """Choose the notebook to grade, and say what else there was."""
        ours = {
            n: blueprint.knows(raw)
            for n, raw in readable.items()
            if n == wanted or blueprint.recognises(raw)
        }
        if not ours:
            if self.trouble:
                raise Refused(" ".join(self.trouble))
            raise Refused(
                f"{plain(candidates[0])} is another notebook: it has none of this assignment's "
                "cells in it."
            )
        self.problems += self.trouble
        self.file = wanted if wanted in ours else max(ours, key=lambda name: ours[name])
        if self.file != wanted:
            self.notes.append(f"It was handed in as {plain(self.file)}.")
        others = [plain(n, 60) for n in ours if n != self.file and ours[n]]
        if others:
            self.problems.append(
                f"There are several notebooks with answers; {plain(self.file, 60)} was taken, and "
                f"not {', '.join(others)}."
            )

    def _time(self, inside: int, there: list[str]) -> bytes:
        if "timestamp.txt" not in there:
            return b""
        try:
            data, _ = handed_in.read("timestamp.txt", inside, handed_in.MOST_TIMESTAMP)
            if data.strip():
                self.timestamp = handed_in.parse_time(data)
            return data
        except (Refused, OSError, ValueError, OverflowError) as error:
            self.problems.append(
                "timestamp.txt can't be read as a time, so nobody knows whether this is late"
                + (f": {error}" if isinstance(error, Refused) else ".")
            )
            return b"?"


def _is_there(path: Path) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # What may not be looked into is there, and gets its row.
        return True
    return True


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
