"""Results on disk, from which an interrupted run resumes."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from course_lib.grading.course import Course, CourseError
from course_lib.grading.jobs import Result, result_from_json, to_json

_LONGEST_NAME = 200
_FORM = 2


@dataclass(frozen=True)
class Entry:
    """A stored result, with the inputs that identify it.

    Attributes
    ----------
    student : str
    digest : str
        A hash of the submitted bytes.
    version : str
        A hash of the assignment, the checks and the library.
    result : Result
    problems, notes : tuple of str
        The sentences from reading the submission.
    mark : str
        A unique name of this result.
    """

    student: str
    digest: str
    version: str
    result: Result
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def as_json(self) -> str:
        """Return the entry as two lines of JSON."""
        about = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "result"}
        return f"{json.dumps(about | {'form': _FORM})}\n{to_json(self.result)}\n"


class ResultStore:
    """The stored results of one assignment.

    Parameters
    ----------
    course : Course
    slug : str
    """

    def __init__(self, course: Course, slug: str) -> None:
        self.folder = results_folder(course) / slug
        self._lines = self.folder / "recorded.jsonl"
        self.recorded = self._read_lines()

    def entry(self, student: str) -> Entry | None:
        """Return the entry for a student, or None if it is missing or damaged."""
        return _read(self._path(student), student)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, sorted by file name."""
        for path in sorted(self.folder.glob("*.json")):
            entry = _read(path)
            if entry is not None:
                yield entry

    def save(self, entry: Entry) -> None:
        """Write a result to disk."""
        write_atomically(self._path(entry.student), entry.as_json().encode())

    def mark_recorded(self, done: Mapping[str, str]) -> None:
        """Note that results are in the gradebook: the mark of each result, by student."""
        if not done:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{json.dumps(pair)}\n" for pair in done.items())
        with explain_disk_errors(), self._lines.open("ab") as file:
            # The previous run may have stopped in the middle of a line.
            file.write(b"\n" * bool(file.tell()) + text.encode())
            file.flush()
            os.fsync(file.fileno())
        self.recorded.update(done)

    def forget(self, students: Iterable[str]) -> None:
        """Delete the results of some students."""
        gone = set(students)
        for student in gone:
            self._path(student).unlink(missing_ok=True)
        self.recorded = {who: mark for who, mark in self.recorded.items() if who not in gone}
        if self._lines.exists():
            lines = "".join(f"{json.dumps(pair)}\n" for pair in self.recorded.items())
            write_atomically(self._lines, lines.encode())

    def _read_lines(self) -> dict[str, str]:
        found = {}
        if self._lines.is_file():
            for line in self._lines.read_bytes().splitlines():
                with contextlib.suppress(ValueError):  # cut off in the middle
                    student, mark = json.loads(line)
                    found[str(student)] = str(mark)
        return found

    def _path(self, student: str) -> Path:
        name = student.replace("%", "%25").replace("/", "%2F")
        if len(name.encode("utf-8", "surrogateescape")) > _LONGEST_NAME:
            name = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / f"{name}.json"


def results_folder(course: Course) -> Path:
    """Return the folder of the stored results."""
    return course.build / "grading"


@contextlib.contextmanager
def grading_lock(course: Course) -> Iterator[None]:
    """Hold the grading lock."""
    results_folder(course).mkdir(parents=True, exist_ok=True)
    with (results_folder(course) / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(
                "Another `course grade` is running in this course. Wait until it ends."
            ) from None
        yield


@contextlib.contextmanager
def explain_disk_errors() -> Iterator[None]:
    """Turn an `OSError` into a `CourseError` that says how to go on."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "The disk is full" if full else f"A result can't be written: {error}"
        advice = "Free some space" if full else "Fix this"
        raise CourseError(
            f"{what}. {advice} and run the same command again; finished results are stored."
        ) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file atomically: an interruption leaves the old file or the new one."""
    # The name is fixed, so the next run overwrites what an interrupted one leaves behind.
    new = path.with_name(f".{path.name}.new")
    with explain_disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def _read(path: Path, student: str | None = None) -> Entry | None:
    try:
        about, result = path.read_text(encoding="utf-8").splitlines()
        known = json.loads(about)
        if known.pop("form") != _FORM or student not in (None, known["student"]):
            return None
        words = {name: tuple(map(str, known[name])) for name in ("problems", "notes")}
        return Entry(**known | words, result=result_from_json(result))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def without_outputs(result: Result) -> Result:
    """Return a result without its outputs, which are most of its size."""
    return dataclasses.replace(result, outputs=())
