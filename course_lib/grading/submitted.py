"""Read submissions as untrusted files.

Every student folder yields a row, whatever it contains. No link is followed, no read blocks, and
sizes are bounded.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from course_lib.grading.assignment import Blueprint, Filled, read_blueprint
from course_lib.grading.course import Course
from course_lib.grading.notebooks import NotebookNode, RawCell, Unreadable, read_cells
from course_lib.grading.sanitize import attached, printable, printable_text

MOST_BYTES = 64 * 2**20
MOST_FILES = 1000
MOST_TIMESTAMP = 1000
MOST_SECRET = 1000

_TIME = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(?:"
    r"(?:UTC|GMT)?\s*(?P<away>[+-]\d{1,2}(?::?\d{2})?)|"
    r"(?P<zone>[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+-]{1,40}){0,2}))?"
    r"(?:\s*\([A-Za-z ]{1,40}\))?"
)
# The abbreviations that clocks and scripts write, in hours from UTC. zoneinfo knows few of them,
# and reads CET as the time of a place, with its summer time.
_HOURS = (
    "UTC=0 GMT=0 Z=0 WET=0 WEST=1 BST=1 CET=1 MEZ=1 WAT=1 CEST=2 MESZ=2 EET=2 SAST=2 CAT=2 EEST=3 "
    "MSK=3 TRT=3 EAT=3 PKT=5 IST=5.5 WIB=7 ICT=7 SGT=8 HKT=8 PHT=8 AWST=8 JST=9 KST=9 ACST=9.5 "
    "AEST=10 ACDT=10.5 AEDT=11 NZST=12 NZDT=13 ADT=-3 BRT=-3 ART=-3 AST=-4 EDT=-4 EST=-5 CDT=-5 "
    "CST=-6 MDT=-6 MST=-7 PDT=-7 PST=-8 AKDT=-8 AKST=-9 HST=-10"
)
_ZONES = {name: float(hours) for name, hours in re.findall(r"(\w+)=(\S+)", _HOURS)}


class Refused(Exception):
    """A file or folder must not be read; the message says why in one sentence."""


@contextlib.contextmanager
def opened(base: Path) -> Iterator[int]:
    """Open one of the instructor's folders; a symbolic link is followed."""
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folder(name: str, inside: int) -> Iterator[int]:
    """Open a student's folder below the descriptor `inside`, following no link."""
    _must_be(os.stat(name, dir_fd=inside, follow_symlinks=False), stat.S_ISDIR, name, "folder")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def names(descriptor: int, *sought: str) -> list[str]:
    """Return the sorted names in a folder: at most `MOST_FILES`, and always those `sought`."""
    found = [name for name in sought if _exists(name, descriptor)]
    with os.scandir(descriptor) as entries:
        for entry in entries:
            found.append(entry.name)
            if len(found) >= MOST_FILES:
                break
    return sorted(set(found))


def _names_in(descriptor: int) -> list[str]:
    return names(descriptor)


def read(name: str, inside: int, limit: int = MOST_BYTES) -> tuple[bytes, os.stat_result]:
    """Return the bytes of a file and its `stat` result.

    Raises
    ------
    Refused
        If it is not a regular file, or is larger than `limit`.
    OSError
    """
    _must_be(os.stat(name, dir_fd=inside, follow_symlinks=False), stat.S_ISREG, name, "file")
    # O_NONBLOCK: a student may replace the file with a pipe after the check above.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=inside)
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        _must_be(about, stat.S_ISREG, name, "file")
        if about.st_size > limit:
            raise Refused(_too_large(name, about.st_size, limit))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Refused(_too_large(name, len(data), limit))
    return data, about


def parse_time(data: bytes) -> datetime:
    """Return the time written in a ``timestamp.txt``, as naive UTC, as nbgrader does.

    The pattern admits only time zone names that can't be paths.
    """
    # Some editors and shells begin a file with a mark of its encoding.
    text = data.decode(json.detect_encoding(data)).strip("\ufeff \t\r\n\0")
    match = _TIME.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError("not a time")
    when = datetime.fromisoformat(_padded(match[1]))
    if match["away"] or match["zone"]:
        when = when.replace(tzinfo=_zone(match["zone"] or "", match["away"])).astimezone(UTC)
    return when.replace(tzinfo=None)


def _zone(name: str, away: str | None) -> tzinfo:
    if away:
        hours, minutes = re.fullmatch(r"(\d{1,2}):?(\d{2})?", away[1:]).groups()  # type: ignore[union-attr]
        delta = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-delta if away[0] == "-" else delta)
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"unknown time zone {name}") from None


def metadata_digest(inside: int) -> str:
    """Return a digest of the names, sizes and times in a folder, for files that can't be read."""
    digest = hashlib.sha256()
    for name in names(inside):
        with contextlib.suppress(OSError):
            about = os.stat(name, dir_fd=inside, follow_symlinks=False)
            seen = f"{name!r} {about.st_mode} {about.st_size} {about.st_mtime_ns}\n"
            digest.update(seen.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _padded(text: str) -> str:
    """Return a date and time with two-digit fields, as ISO 8601 requires."""
    date, clock = re.split("[ T]", text)
    year, month, day = date.split("-")
    hours, rest = clock.split(":", 1)
    return f"{year}-{month:0>2}-{day:0>2}T{hours:0>2}:{rest}"[:26]


def _exists(name: str, inside: int) -> bool:
    try:
        os.stat(name, dir_fd=inside, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _must_be(about: os.stat_result, kind: Callable[[int], bool], name: str, what: str) -> None:
    mode = about.st_mode
    if kind(mode):
        return
    if stat.S_ISLNK(mode):
        raise Refused(f"{printable(name)} is a link; links are not followed.")
    is_what = (
        "a folder"
        if stat.S_ISDIR(mode)
        else "a file"
        if stat.S_ISREG(mode)
        else "a pipe, a socket or a device"
    )
    raise Refused(f"{printable(name)} is {is_what}, not a {what}.")


def _too_large(name: str, size: int, limit: int) -> str:
    return (
        f"{printable(name)} is too large: {size / 2**20:.0f} MB; the limit is "
        f"{limit / 2**20:.0f} MB. Does it hold a picture or a lot of output?"
    )


LONGEST_ID = 128
# Limits of the files beside a notebook that are kept with it.
MOST_FILE_BYTES = 10 * 2**20
MOST_BESIDE = 50
_DEEPEST = 3
# Jupyter and nbgrader run such a file when they start in its folder.
_CONFIGURE = ("_config.py", "_config.json")
# The longest name of a folder on common file systems, in bytes.
_LONGEST_FILE_NAME = 255
MOST_NOTEBOOKS = 5
# In submitted/, the folder of submissions that an import has replaced.
REPLACED = ".replaced"
# Beside a submission, an import writes what it did not take, and why.
NOT_IMPORTED = "not imported.txt"
_OURS = ("timestamp.txt", "submission_secret.txt", NOT_IMPORTED)
_NO_FILES = (*_OURS, "Thumbs.db")
_MOST_TEXT_FORMS = 20
_KINDS = {
    "a printout": (".pdf", ".ps", ".xps"),
    "a web page": (".html", ".htm", ".mhtml", ".webarchive"),
    "a script": (".py", ".r", ".m"),
    "an archive that can't be unpacked here": (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"),
    "a zip file": (".zip",),
    "a document": (".docx", ".doc", ".odt", ".rtf", ".pages", ".txt", ".md", ".tex"),
    "a picture": (".png", ".jpg", ".jpeg", ".gif", ".heic", ".webp", ".bmp", ".tiff"),
    "a link": (".url", ".webloc", ".lnk", ".desktop"),
}


@dataclass(frozen=True)
class Submission:
    """One student's submission for one assignment.

    Attributes
    ----------
    student, slug : str
    path : Path
        The notebook, or its folder if no notebook can be read.
    timestamp : datetime or None
        The submission time, as naive UTC.
    digest : str
        A hash of the submitted bytes.
    notebook : NotebookNode or None
        The instructor's notebook with the student's answers; None if nothing can be read.
    problems : tuple of str
        Sentences about what a person must look at.
    notes : tuple of str
        Sentences for information only.
    name_fits : bool
        Whether the folder's name is a valid student id for the gradebook.
    secret : str
        The secret that ``nbgrader submit`` makes, and that ``nbgrader release_feedback`` uses in
        the name of the feedback page. Empty if missing or unreadable.
    files : mapping of str to bytes
        The other submitted files, such as ``helper.py`` or a picture, by their path.
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
    secret: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def submission_folders(course: Course, slug: str) -> list[str]:
    """Return the names of the student folders that contain the assignment."""
    base = course.root / "submitted"
    try:
        names = sorted(os.listdir(base))
    except FileNotFoundError:
        return []
    return [
        name
        for name in names
        if name != REPLACED
        and not stat.S_ISREG(os.lstat(base / name).st_mode)
        and _is_there(base / name / slug)
    ]


def submissions(
    course: Course,
    slug: str,
    students: Collection[str] = (),
    blueprint: Blueprint | None = None,
) -> Iterator[Submission]:
    """Yield each student's submission, sorted by student; malformed ones raise nothing.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment.
    students : collection of str
        Only these students; by default all.
    blueprint : Blueprint, optional
        The assignment, if it is already loaded.
    """
    blueprint = blueprint or read_blueprint(course, slug)
    for name in submission_folders(course, slug):
        if not students or name in students:
            yield read_submission(course, slug, name, blueprint)


def read_submission(
    course: Course,
    slug: str,
    student: str,
    blueprint: Blueprint,
    known: Callable[[str], bool] | None = None,
) -> Submission:
    """Return the submission in one student's folder.

    Parameters
    ----------
    course : Course
    slug, student : str
    blueprint : Blueprint
    known : callable, optional
        Tells whether a digest is already known; the notebook is then not parsed.
    """
    found = _Found(known or (lambda _digest: False))
    base = course.root / "submitted"
    path = base / student / slug
    if not is_valid_id(student):
        found.problems.append(
            f"The folder name {printable(student, 60)!r} is not a valid student id: "
            f"{why_no_id(student)}; rename the folder in submitted/, and grade again."
        )
    else:
        try:
            with opened(base) as root, folder(student, root) as one:
                found.digest = metadata_digest(one)
                with folder(slug, one) as inside:
                    found.digest = metadata_digest(inside)
                    found.read_folder(inside, slug, blueprint)
        except Refused as refused:
            found.problems.append(str(refused))
        except (OSError, ValueError) as error:
            found.problems.append(f"It can't be read: {printable(_why(error))}.")
        except (MemoryError, RecursionError) as error:
            found.problems.append(f"It is too large to be read: {type(error).__name__}.")
    return Submission(
        student=student,
        slug=slug,
        path=path / found.file if found.file else path,
        timestamp=found.timestamp,
        digest=found.digest,
        notebook=found.notebook,
        problems=tuple(found.problems),
        notes=tuple(found.notes),
        name_fits=is_valid_id(student),
        secret=found.secret,
        files=found.files,
    )


def is_valid_id(student: str) -> bool:
    """Return whether a folder's name is a valid student id for the gradebook."""
    return not why_no_id(student)


def why_no_id(student: str) -> str:
    """Return why a name can't be a student id, or an empty string if it can."""
    if not student.strip():
        return "it has no letter or digit"
    if student.startswith("."):
        return "it begins with a dot, as the names of hidden files do"
    if "/" in student:
        return "it contains a /"
    if student.strip() != student:
        return "it begins or ends with a space"
    if not student.isprintable():
        return "it contains characters that can't be printed (shown as \ufffd)"
    if len(student) > LONGEST_ID or len(os.fsencode(student)) > _LONGEST_FILE_NAME:
        return f"it is longer than {LONGEST_ID} characters, or {_LONGEST_FILE_NAME} bytes"
    return ""


def is_notebook(data: bytes) -> bool:
    """Return whether a file looks like a notebook, whatever its name: `.ipynb.txt`, `.json`."""
    text = data.replace(b"\0", b"") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data
    holds_cells = b'"cells"' in text or b'"worksheets"' in text
    start = text[:100].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"{") and holds_cells and b'"nbformat"' in text


def what_to_ask(names: Collection[str]) -> str:
    """Return what a folder without a notebook contains, and what to ask the student for."""
    if not names:
        return "The folder is empty: ask the student for the notebook (.ipynb)."
    shown = []
    for name in sorted(names)[:5]:
        kind = next((k for k, ends in _KINDS.items() if name.lower().endswith(ends)), "")
        shown.append(printable(name, 60) + f" ({kind})" * bool(kind))
    more = f" and {len(names) - 5} more" * (len(names) > 5)
    return (
        f"It contains: {', '.join(shown)}{more}. Ask the student for the notebook itself "
        "(File → Download, a file .ipynb)."
    )


@dataclass
class _Found:
    """The contents of one folder, as far as they have been read."""

    known: Callable[[str], bool]
    file: str = ""
    timestamp: datetime | None = None
    secret: str = ""
    digest: str = ""
    notebook: NotebookNode | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    # files that are not read, with the reasons
    left: list[str] = field(default_factory=list)

    def read_folder(self, inside: int, slug: str, blueprint: Blueprint) -> None:
        wanted = f"{slug}.ipynb"
        there = names(inside, wanted, "timestamp.txt")
        when, self.secret = self._time(inside, there), _secret(inside)
        visible = [n for n in there if not n.startswith(".") and n not in _OURS]
        candidates = [n for n in visible if n.lower().endswith(".ipynb")]
        candidates = candidates or self._text_forms(visible, inside)
        left_out = _left_out(inside) if NOT_IMPORTED in there else []
        if not candidates:
            self.problems += left_out
            raise Refused(f"There is no notebook (.ipynb) in the folder. {what_to_ask(visible)}")
        self.notes += left_out
        candidates.sort(key=lambda name: name != wanted)
        if unread := candidates[MOST_NOTEBOOKS:]:
            self.problems.append(
                f"There are {len(candidates)} notebooks; {len(unread)} were not read: "
                f"{', '.join(printable(n, 60) for n in unread[:5])}."
            )
        files = self._read(candidates[:MOST_NOTEBOOKS], inside)
        # The digest covers the secret: no page is released under an earlier submission's secret.
        about = [*candidates, *self.trouble, *left_out, self.secret]
        digest = hashlib.sha256(when + repr(about).encode())
        for data in files.values():
            digest.update(b"%d:" % len(data) + data)
        self._read_files(inside, [n for n in there if n not in candidates])
        if self.left:
            shown = ", ".join(self.left[:3]) + f", and {len(self.left) - 3} more" * (
                len(self.left) > 3
            )
            self.notes.append(f"Only in the submitted folder: {shown}.")
        for name, data in self.files.items():
            digest.update(f"{name!r} {len(data)}:".encode() + data)
        self.digest = digest.hexdigest()
        if files and not self.known(self.digest):
            cells = {name: self._cells(name, data) for name, data in files.items()}
            readable = {name: raw for name, raw in cells.items() if raw is not None}
            filled = self._choose(wanted, candidates, readable, blueprint)
            self.notebook = filled.notebook
            self.problems += filled.problems
            self.notes += filled.notes
        elif not files:
            raise Refused(" ".join(self.trouble))

    def _text_forms(self, names: Iterable[str], inside: int) -> list[str]:
        """Return the files that are notebooks by content: browsers save `.ipynb.txt`, `.json`."""
        found = []
        for name in list(names)[:_MOST_TEXT_FORMS]:
            with contextlib.suppress(Refused, OSError):
                if is_notebook(read(name, inside)[0]):
                    found.append(name)
        return found

    def _read(self, names: Iterable[str], inside: int) -> dict[str, bytes]:
        files = {}
        for name in names:
            try:
                files[name], about = read(name, inside)
            except Refused as refused:
                self.trouble.append(str(refused))
            except OSError as error:
                self.trouble.append(f"{printable(name)} can't be read: {_why(error)}.")
            else:
                if about.st_nlink > 1:
                    self.notes.append(
                        f"{printable(name)} is a hard link to another file on this disk."
                    )
        return files

    def _read_files(self, inside: int, names: Iterable[str], above: str = "") -> None:
        """Read the files beside the notebook, and those in folders there."""
        for name in names:
            path = above + name
            if name.startswith((".", "__")) or path in _NO_FILES:
                continue
            why = ""
            try:
                if len(self.files) + len(self.left) >= MOST_BESIDE:
                    why = "too many files"
                elif name.lower().endswith(_CONFIGURE) or not path.isprintable():
                    why = "not copied because of its name"
                elif not stat.S_ISDIR(os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode):
                    room = MOST_FILE_BYTES - sum(map(len, self.files.values()))
                    self.files[path] = read(name, inside, room)[0]
                elif above.count("/") < _DEEPEST:
                    with folder(name, inside) as below:
                        self._read_files(below, _names_in(below), f"{path}/")
                else:
                    why = "a folder too deep inside others"
            except (Refused, OSError) as error:
                why = str(error).rstrip(".") if isinstance(error, Refused) else _why(error)
            if why:
                self.left.append(f"{printable(path, 60)} ({why})")

    def _cells(self, name: str, data: bytes) -> list[RawCell] | None:
        try:
            raw, strange = read_cells(data)
        except Unreadable as error:
            self.trouble.append(f"{printable(name)} {error}.")
            return None
        if strange:
            self.problems.append(f"{printable(name)}: {strange}.")
        return raw

    def _choose(
        self,
        wanted: str,
        candidates: list[str],
        readable: dict[str, list[RawCell]],
        blueprint: Blueprint,
    ) -> Filled:
        """Return the notebook to grade: the one with most answers; note which others exist."""
        beside = {name: _shown(name, data) for name, data in self.files.items()}
        ours = {
            n: blueprint.filled(raw, beside)
            for n, raw in readable.items()
            if (n == wanted and not blueprint.is_chapter(raw)) or blueprint.recognises(raw)
        }
        if not ours:
            if self.trouble:
                raise Refused(" ".join(self.trouble))
            name = next(iter(readable), candidates[0])
            if blueprint.is_chapter(readable.get(name, [])):
                raise Refused(
                    f"{printable(name)} is the chapter of the book, not the exercise. Ask the "
                    "student for the notebook with the exercise's answers."
                )
            raise Refused(
                f"{printable(name)} is another notebook: it contains no cell of this assignment."
            )
        self.problems += self.trouble
        self.file = max(ours, key=lambda name: (len(ours[name].answers), name == wanted))
        chosen = ours.pop(self.file)
        if self.file != wanted:
            self.notes.append(f"It was submitted as {printable(self.file)}.")
        for name in sorted(readable.keys() - {self.file}):
            shown, here = printable(name, 60), printable(self.file, 60)
            if name not in ours:
                self.notes.append(f"{shown} is another notebook: no cell is of this assignment.")
                continue
            answers = ours[name].answers
            count = f"{len(answers)} answer{'s' * (len(answers) != 1)}"
            if answers.items() <= chosen.answers.items():
                self.notes.append(f"{here} was graded; {shown} adds nothing to it: {count}.")
            elif answers.keys() < chosen.answers.keys():
                self.notes.append(
                    f"{here} was graded, with {len(chosen.answers)} answers, not {shown} with "
                    f"{count}."
                )
            else:
                self.problems.append(
                    f"There are several notebooks with answers; {here} was graded, not {shown}."
                )
        return chosen

    def _time(self, inside: int, there: list[str]) -> bytes:
        if "timestamp.txt" not in there:
            return b""
        try:
            data, _ = read("timestamp.txt", inside, MOST_TIMESTAMP)
            if data.strip():
                self.timestamp = parse_time(data)
            return data
        except (Refused, OSError, ValueError, OverflowError) as error:
            self.problems.append(
                "timestamp.txt can't be read as a time, so lateness is unknown: "
                f"{printable(error, 100).rstrip('.')}. Write it as 2025-03-01 12:00:00 UTC, and "
                "grade again."
            )
            return b"?"


def _shown(name: str, data: bytes) -> dict[str, str]:
    """Return what a person can see of a file from beside the notebook, by its kind."""
    end = name.lower().rpartition(".")[2]
    if end in ("png", "jpg", "jpeg"):
        kind = "image/png" if end == "png" else "image/jpeg"
        found = attached(kind, base64.b64encode(data).decode())
        return {kind: found.address.partition(",")[2]} if found else {}
    if end in ("py", "txt", "md"):
        return {"text/plain": printable_text(data.decode("utf-8", "replace"))}
    return {}


def _left_out(inside: int) -> list[str]:
    """Return what an import did not take, one sentence a line."""
    try:
        text = read(NOT_IMPORTED, inside)[0].decode("utf-8", "replace")
    except (Refused, OSError):
        return []
    return [f"Not imported: {printable(line)}" for line in text.splitlines()[:5]]


def _secret(inside: int) -> str:
    """Return the secret for nbgrader's exchange, or an empty string."""
    try:
        return read("submission_secret.txt", inside, MOST_SECRET)[0].decode("ascii")
    except (Refused, OSError, UnicodeDecodeError):
        return ""


def _is_there(path: Path) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # A folder without read permission exists, and gets a row in the results.
        return True
    return True


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
