"""Import the export of a learning management system: Moodle, Canvas, or a folder of files."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from course_lib.grading import submitted
from course_lib.grading.assignment import Blueprint, read_blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.notebooks import Unreadable, read_cells
from course_lib.grading.results import write_atomically
from course_lib.grading.sanitize import encodable, printable
from course_lib.grading.submitted import MOST_NOTEBOOKS, Refused, is_valid_id

MOST_ENTRIES = 50_000
MOST_ZIP = 100 * 2**20
MOST_TOGETHER = 2 * 2**30
DEEPEST = 4
_TRASH = ("__MACOSX", ".ipynb_checkpoints", "node_modules", "__pycache__")
_WANTED = (".ipynb", ".zip", "timestamp.txt")


@dataclass(frozen=True)
class ExportFile:
    """A file in an export.

    Attributes
    ----------
    parts : tuple of str
        Its path inside the export: the folders, then the name.
    data : bytes
    when : datetime or None
        When it was last changed, in naive local time.
    """

    parts: tuple[str, ...]
    data: bytes
    when: datetime | None = None


@dataclass(frozen=True)
class RefusedFile:
    """A file that is not imported, and the reason."""

    parts: tuple[str, ...]
    why: str


def read_export(path: Path) -> Iterator[ExportFile | RefusedFile]:
    """Yield the notebooks of an export, and each refused file with its reason.

    Raises
    ------
    CourseError
        If the export does not exist, is not a zip file, or contains too many files.
    """
    if path.is_dir():
        files = _from_folder(path, ())
    elif path.is_file():
        try:
            files = _from_zip(zipfile.ZipFile(path), (), [0])
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise CourseError(f"{path} is not a zip file: {printable(error)}.") from None
    else:
        raise CourseError(f"{path} does not exist.")
    for number, file in enumerate(files):
        if number > MOST_ENTRIES:
            raise CourseError(
                f"{path} contains more than {MOST_ENTRIES} notebooks. Is it the right export?"
            )
        yield file


def _from_folder(folder: Path, above: tuple[str, ...]) -> Iterator[ExportFile | RefusedFile]:
    with submitted.opened(folder) as inside:
        for name in submitted.names(inside):
            parts = (*above, encodable(name))
            about = os.stat(name, dir_fd=inside, follow_symlinks=False)
            if name.startswith(".") or name in _TRASH:
                continue
            if stat.S_ISLNK(about.st_mode):
                yield RefusedFile(parts, "is a link; links are not followed")
            elif stat.S_ISDIR(about.st_mode):
                if len(above) < DEEPEST:
                    yield from _from_folder(folder / name, parts)
            elif name.lower().endswith(_WANTED):
                yield from _one_file(name, inside, parts)


def _one_file(name: str, inside: int, parts: tuple[str, ...]) -> Iterator[ExportFile | RefusedFile]:
    is_zip = name.lower().endswith(".zip")
    try:
        data, about = submitted.read(name, inside, MOST_ZIP if is_zip else submitted.MOST_BYTES)
    except Refused as refused:
        yield RefusedFile(parts, str(refused).removeprefix(f"{printable(name)} ").rstrip("."))
    except OSError as error:
        yield RefusedFile(parts, f"can't be read: {error.strerror}")
    else:
        if is_zip:
            yield from _nested(data, parts, [0])
        else:
            yield ExportFile(parts, data, datetime.fromtimestamp(about.st_mtime))


def _nested(
    data: bytes, parts: tuple[str, ...], together: list[int]
) -> Iterator[ExportFile | RefusedFile]:
    try:
        inner = zipfile.ZipFile(io.BytesIO(data))
        yield from _from_zip(inner, parts, together, nested=True)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield RefusedFile(parts, f"is not a zip file: {printable(error, 100)}")


def _from_zip(
    archive: zipfile.ZipFile, above: tuple[str, ...], together: list[int], nested: bool = False
) -> Iterator[ExportFile | RefusedFile]:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise ValueError(f"it contains {len(infos)} files")
    for info in infos:
        names = tuple(part for part in _name(info).replace("\\", "/").split("/") if part)
        parts = (*above, *names)
        if info.is_dir() or not names or any(n in _TRASH or n.startswith("._") for n in names):
            continue
        if not names[-1].lower().endswith(_WANTED):
            continue
        why = _refusal(info, names, nested)
        if why:
            yield RefusedFile(parts, why)
            continue
        is_zip = names[-1].lower().endswith(".zip")
        limit = MOST_ZIP if is_zip else submitted.MOST_BYTES
        try:
            with archive.open(info) as file:
                data = file.read(limit + 1)
        except Exception as error:
            # zlib, checksums and unknown compression methods raise different errors
            yield RefusedFile(parts, f"can't be unpacked: {printable(error, 100)}")
            continue
        together[0] += len(data)
        if together[0] > MOST_TOGETHER:
            raise ValueError("it unpacks to more than 2 GB")
        if len(data) > limit:
            yield RefusedFile(parts, f"is larger than {limit // 2**20} MB")
        elif is_zip:
            yield from _nested(data, parts, together)
        else:
            yield ExportFile(parts, data, _when(info))


def _refusal(info: zipfile.ZipInfo, names: tuple[str, ...], nested: bool) -> str:
    if ".." in names or info.filename.startswith(("/", "\\")) or ":" in names[0][1:2]:
        return "has a path that leads outside the export"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link; links are not followed"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if nested and names[-1].lower().endswith(".zip"):
        return "is a zip file in a zip file in the export: unpack it first"
    return ""


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 without setting the flag for it."""
    if not info.flag_bits & 0x800:
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return encodable(info.filename)


def _when(info: zipfile.ZipInfo) -> datetime | None:
    try:
        when = datetime(*info.date_time)
    except ValueError:
        return None
    # zip files use 1980 for an unknown time
    return when if when.year > 1980 else None


MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(_.*)?")
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_.+")


@dataclass(frozen=True)
class Owner:
    """The student to whom the export attributes a file.

    Attributes
    ----------
    name : str
        The part of the file name before the numbers.
    number : str
        Moodle's or Canvas's number; empty if there is none.
    late : bool
        Whether Canvas marks the file as late.
    """

    name: str
    number: str = ""
    late: bool = False


@dataclass
class ImportReport:
    """The result of an import: student ids, and a sentence for each refused file."""

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"Imported {len(self.new)} submissions; {len(self.same)} were imported before."
        if self.late:
            said += f" Canvas marks as late: {', '.join(map(printable, self.late))}."
        return said


def owner(first: str) -> Owner:
    """Return the owner named by the first part of a path in an export."""
    stem = re.sub(r"\.(ipynb|zip)$", "", first, flags=re.IGNORECASE)
    for pattern in (MOODLE, CANVAS):
        match = pattern.fullmatch(first) or pattern.fullmatch(stem)
        if match:
            about = match.groupdict()
            return Owner(about["name"], about["number"], bool(about.get("late")))
    return Owner(stem)


def student_id(name: str) -> str:
    """Return an id made from a name: hyphens replace spaces and characters unfit for ids."""
    text = unicodedata.normalize("NFC", name)
    return re.sub(r"-+", "-", re.sub(r"[^\w.@+-]", "-", text)).strip("-.")


def read_names(path: Path | None) -> dict[str, str]:
    """Return the student ids in a table, by name."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise CourseError(f"{path} can't be read as a table: {printable(error)}.") from None
    if not rows or not {"name", "id"} <= set(rows[0]):
        raise CourseError(f"{path} needs a first line `name,id` and a line for each student.")
    names: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        name, known = (row["name"] or "").strip(), (row["id"] or "").strip()
        if not is_valid_id(known) or "/" in known or known.startswith("."):
            raise CourseError(
                f"{path}, line {number}: {printable(known)!r} is not a valid student id."
            )
        if names.get(name, known) != known:
            raise CourseError(
                f"{path}, line {number}: {printable(name)!r} already has another id above."
            )
        names[name] = known
    return names


def import_submissions(
    course: Course,
    slug: str,
    export: Path,
    *,
    names: Path | None = None,
    overwrite: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ImportReport:
    """Copy the notebooks of an export to ``submitted/<id>/<slug>/``.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment that the export belongs to.
    export : Path
        A folder or a zip file.
    names : Path, optional
        A table with the columns name and id.
    overwrite : bool
        Replace a different submission by the same student; the old one is kept.
    now : callable, optional
        Returns the time, used to name the folder of a replaced submission.

    Raises
    ------
    CourseError
        If the export can't be read at all.
    """
    ids = read_names(names)
    report = ImportReport()
    found: dict[Owner, list[ExportFile]] = defaultdict(list)
    try:
        for file in _unwrapped(list(read_export(export))):
            if isinstance(file, RefusedFile):
                report.refused.append(f"{printable('/'.join(file.parts))} {file.why}.")
            else:
                found[owner(file.parts[0])].append(file)
    except ValueError as error:
        raise CourseError(f"{export} can't be imported: {error}.") from None
    try:
        _Class(course, slug, ids, overwrite, now, report, read_blueprint(course, slug)).take(found)
    except OSError as error:
        raise CourseError(
            f"submitted/ can't be written: {error}. Fix this and run the same command again; "
            "every submission imported so far is complete."
        ) from None
    if not found and not report.refused:
        raise CourseError(f"{export} contains no notebook (.ipynb).")
    return report


def _unwrapped(files: list[ExportFile | RefusedFile]) -> list[ExportFile | RefusedFile]:
    """Strip the one folder that encloses a whole export."""
    firsts = {file.parts[0] for file in files}
    inner = [file.parts[1] for file in files if len(file.parts) > 1]
    is_wrapped = len(firsts) == 1 and any(MOODLE.match(n) or CANVAS.match(n) for n in inner)
    if not is_wrapped or owner(next(iter(firsts))).number:
        return files
    return [replace(file, parts=file.parts[1:] or file.parts) for file in files]


@dataclass
class _Class:
    """Sort the files of an export by student and write them to ``submitted/``."""

    course: Course
    slug: str
    ids: Mapping[str, str]
    overwrite: bool
    now: Callable[[], datetime]
    report: ImportReport
    blueprint: Blueprint

    def take(self, found: Mapping[Owner, list[ExportFile]]) -> None:
        by_id = defaultdict(list)
        for who, files in found.items():
            by_id[self._id(who, files)].append(who)
        times = [file.when for files in found.values() for file in files if file.when]
        # Nearly equal times are those of packing or copying, not of submission.
        keep_times = bool(times) and (
            len(found) == 1 or max(times) - min(times) > timedelta(minutes=10)
        )
        for student, owners in sorted(by_id.items()):
            if len(owners) > 1:
                names = " and ".join(printable(f"{w.name} {w.number}".strip(), 80) for w in owners)
                self.report.refused.append(
                    f"{names} would both be {printable(student)}: give them ids with --names."
                )
            elif not is_valid_id(student):
                self.report.refused.append(
                    f"{printable(owners[0].name)!r} is not a valid student id: give one with "
                    "--names."
                )
            else:
                self._one(student, owners[0], found[owners[0]], keep_times)

    def _id(self, who: Owner, files: list[ExportFile]) -> str:
        for name in (who.name, who.number, files[0].parts[0]):
            if name and name in self.ids:
                return self.ids[name]
        return student_id(who.name)

    def _one(self, student: str, who: Owner, files: list[ExportFile], keep_times: bool) -> None:
        notebooks = [file for file in files if file.parts[-1].lower().endswith(".ipynb")]
        if not notebooks:
            self.report.refused.append(f"{printable(who.name)} has no notebook (.ipynb).")
            return
        ours = self._sorted(notebooks)
        wanted = {f"{self.slug}.ipynb": ours[0].data}
        for number, file in enumerate(ours[1:MOST_NOTEBOOKS], start=2):
            wanted[f"{self.slug}-{number}.ipynb"] = file.data
        given = [file.data for file in files if file.parts[-1] == "timestamp.txt"]
        if given and len(given[0]) < 1000:
            wanted["timestamp.txt"] = given[0]
        elif keep_times and ours[0].when is not None:
            when = ours[0].when.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            wanted["timestamp.txt"] = f"{when} UTC\n".encode()
        self._put(student, who, wanted)

    def _sorted(self, files: list[ExportFile]) -> list[ExportFile]:
        """Return a student's notebooks, the one with the most answers first."""

        def rank(file: ExportFile) -> tuple[bool, int, bool]:
            try:
                raw, _ = read_cells(file.data)
            except Unreadable:
                return False, 0, False
            named = file.parts[-1].endswith(f"{self.slug}.ipynb")
            return self.blueprint.recognises(raw), self.blueprint.knows(raw), named

        if len(files) == 1:
            return files
        ranked = sorted(files, key=rank, reverse=True)
        ours = [file for file in ranked if rank(file)[0]]
        return ours or ranked

    def _put(self, student: str, who: Owner, wanted: dict[str, bytes]) -> None:
        folder = self.course.root / "submitted" / student / self.slug
        shown = f"submitted/{printable(student)}/{self.slug}"
        try:
            there = self._there(student)
        except (Refused, OSError) as error:
            self.report.refused.append(f"{printable(who.name)}: {shown} can't be read: {error}")
            return
        self.report.late += [student] * who.late
        if there == {n: data for n, data in wanted.items() if n.endswith(".ipynb")}:
            self.report.same.append(student)
            return
        if there and not self.overwrite:
            self.report.refused.append(
                f"{printable(who.name)}: {shown} contains another submission. With --force, this "
                "one replaces it; the old one is kept in submitted/.replaced/."
            )
            return
        if there:
            old = self.course.root / "submitted" / ".replaced" / student
            old.mkdir(parents=True, exist_ok=True)
            folder.rename(old / f"{self.slug} {self.now():%Y-%m-%d %H-%M-%S %f}")
        for name, data in sorted(wanted.items(), key=lambda item: item[0] == f"{self.slug}.ipynb"):
            # the notebook is written last: an interrupted import is then repeated
            write_atomically(folder / name, data)
        self.report.new.append(student)

    def _there(self, student: str) -> dict[str, bytes]:
        """Return the notebooks already in a student's folder."""
        base = self.course.root / "submitted"
        base.mkdir(exist_ok=True)
        try:
            with (
                submitted.opened(base) as root,
                submitted.folder(student, root) as one,
                submitted.folder(self.slug, one) as inside,
            ):
                names = [n for n in submitted.names(inside) if n.endswith(".ipynb")]
                return {name: submitted.read(name, inside)[0] for name in names}
        except FileNotFoundError:
            return {}
