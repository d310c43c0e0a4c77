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
from course_lib.grading.sanitize import plain, whole
from course_lib.grading.submitted import MOST_NOTEBOOKS, Refused, fits

MOST_ENTRIES = 50_000
MOST_ZIP = 100 * 2**20
MOST_TOGETHER = 2 * 2**30
DEEPEST = 4
_TRASH = ("__MACOSX", ".ipynb_checkpoints", "node_modules", "__pycache__")
_WANTED = (".ipynb", ".zip", "timestamp.txt")


@dataclass(frozen=True)
class ExportFile:
    """A file of an export.

    Attributes
    ----------
    parts : tuple of str
        Its name and the folders above it, inside the export.
    data : bytes
    when : datetime or None
        When it was last changed, in this machine's time without a zone.
    """

    parts: tuple[str, ...]
    data: bytes
    when: datetime | None = None


@dataclass(frozen=True)
class Trouble:
    """A file that is not taken, and why."""

    parts: tuple[str, ...]
    why: str


def read_export(path: Path) -> Iterator[ExportFile | Trouble]:
    """Yield the notebooks of an export, and what kept others from being taken.

    Raises
    ------
    CourseError
        If there is no export, or more in it than a class can have handed in.
    """
    if path.is_dir():
        files = _from_folder(path, ())
    elif path.is_file():
        try:
            files = _from_zip(zipfile.ZipFile(path), (), [0])
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise CourseError(f"{path} is no zip file: {plain(error)}.") from None
    else:
        raise CourseError(f"{path} does not exist.")
    for number, file in enumerate(files):
        if number > MOST_ENTRIES:
            raise CourseError(f"{path} holds more than {MOST_ENTRIES} notebooks. Is it the right?")
        yield file


def _from_folder(folder: Path, above: tuple[str, ...]) -> Iterator[ExportFile | Trouble]:
    with submitted.opened(folder) as inside:
        for name in submitted.names(inside):
            parts = (*above, whole(name))
            about = os.stat(name, dir_fd=inside, follow_symlinks=False)
            if name.startswith(".") or name in _TRASH:
                continue
            if stat.S_ISLNK(about.st_mode):
                yield Trouble(parts, "is a link; nothing is read through links")
            elif stat.S_ISDIR(about.st_mode):
                if len(above) < DEEPEST:
                    yield from _from_folder(folder / name, parts)
            elif name.lower().endswith(_WANTED):
                yield from _one_file(name, inside, parts)


def _one_file(name: str, inside: int, parts: tuple[str, ...]) -> Iterator[ExportFile | Trouble]:
    is_zip = name.lower().endswith(".zip")
    try:
        data, about = submitted.read(name, inside, MOST_ZIP if is_zip else submitted.MOST_BYTES)
    except Refused as refused:
        yield Trouble(parts, str(refused).removeprefix(f"{plain(name)} ").rstrip("."))
    except OSError as error:
        yield Trouble(parts, f"can't be read: {error.strerror}")
    else:
        if is_zip:
            yield from _nested(data, parts, [0])
        else:
            yield ExportFile(parts, data, datetime.fromtimestamp(about.st_mtime))


def _nested(
    data: bytes, parts: tuple[str, ...], together: list[int]
) -> Iterator[ExportFile | Trouble]:
    try:
        inner = zipfile.ZipFile(io.BytesIO(data))
        yield from _from_zip(inner, parts, together, nested=True)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Trouble(parts, f"is no zip file: {plain(error, 100)}")


def _from_zip(
    archive: zipfile.ZipFile, above: tuple[str, ...], together: list[int], nested: bool = False
) -> Iterator[ExportFile | Trouble]:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise ValueError(f"it holds {len(infos)} files")
    for info in infos:
        names = tuple(part for part in _name(info).replace("\\", "/").split("/") if part)
        parts = (*above, *names)
        if info.is_dir() or not names or any(n in _TRASH or n.startswith("._") for n in names):
            continue
        if not names[-1].lower().endswith(_WANTED):
            continue
        why = _refusal(info, names, nested)
        if why:
            yield Trouble(parts, why)
            continue
        is_zip = names[-1].lower().endswith(".zip")
        limit = MOST_ZIP if is_zip else submitted.MOST_BYTES
        try:
            with archive.open(info) as file:
                data = file.read(limit + 1)
        except Exception as error:
            # whatever zlib, the checksums or an unknown compression have to say
            yield Trouble(parts, f"can't be unpacked: {plain(error, 100)}")
            continue
        together[0] += len(data)
        if together[0] > MOST_TOGETHER:
            raise ValueError("it unpacks to more than 2 GB")
        if len(data) > limit:
            yield Trouble(parts, f"is larger than {limit // 2**20} MB")
        elif is_zip:
            yield from _nested(data, parts, together)
        else:
            yield ExportFile(parts, data, _when(info))


def _refusal(info: zipfile.ZipInfo, names: tuple[str, ...], nested: bool) -> str:
    if ".." in names or info.filename.startswith(("/", "\\")) or ":" in names[0][1:2]:
        return "has a name that leads out of the export"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link; nothing is read through links"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if nested and names[-1].lower().endswith(".zip"):
        return "is a zip file in a zip file in the export: unpack it first"
    return ""


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 without saying so."""
    if not info.flag_bits & 0x800:
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return whole(info.filename)


def _when(info: zipfile.ZipInfo) -> datetime | None:
    try:
        when = datetime(*info.date_time)
    except ValueError:
        return None
    # where no time is known, zip files say 1980
    return when if when.year > 1980 else None


MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(_.*)?")
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_.+")


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as an export says it.

    Attributes
    ----------
    name : str
        Before the numbers.
    number : str
        Of Moodle or Canvas; empty if there is none.
    late : bool
        Whether Canvas marked it as late.
    """

    name: str
    number: str = ""
    late: bool = False


@dataclass
class Taken:
    """What became of an export: ids of students, and a sentence on each file that was refused."""

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"Taken in from the export: {len(self.new)}; there already: {len(self.same)}."
        if self.late:
            said += f" Late, says Canvas: {', '.join(map(plain, self.late))}."
        return said


def owner(first: str) -> Owner:
    """Return whose the first part of a name in an export is."""
    stem = re.sub(r"\.(ipynb|zip)$", "", first, flags=re.IGNORECASE)
    for pattern in (MOODLE, CANVAS):
        match = pattern.fullmatch(first) or pattern.fullmatch(stem)
        if match:
            about = match.groupdict()
            return Owner(about["name"], about["number"], bool(about.get("late")))
    return Owner(stem)


def student_id(name: str) -> str:
    """Return the id that a name gives: hyphens for spaces and for what an id should not hold."""
    text = unicodedata.normalize("NFC", name)
    return re.sub(r"-+", "-", re.sub(r"[^\w.@+-]", "-", text)).strip("-.")


def read_names(path: Path | None) -> dict[str, str]:
    """Return the ids that a table gives to names."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise CourseError(f"{path} can't be read as a table: {plain(error)}.") from None
    if not rows or not {"name", "id"} <= set(rows[0]):
        raise CourseError(f"{path} needs a first line `name,id` and a line for each student.")
    names: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        name, known = (row["name"] or "").strip(), (row["id"] or "").strip()
        if not fits(known) or "/" in known or known.startswith("."):
            raise CourseError(f"{path}, line {number}: {plain(known)!r} can't be a student's id.")
        if names.get(name, known) != known:
            raise CourseError(f"{path}, line {number}: {plain(name)!r} has another id above.")
        names[name] = known
    return names


def take_in_export(
    course: Course,
    slug: str,
    export: Path,
    *,
    names: Path | None = None,
    overwrite: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Taken:
    """Put what an export holds into ``submitted/<id>/<slug>/``.

    Parameters
    ----------
    course : Course
    slug : str
        The assignment that it is an export of.
    export : Path
        A folder or a zip file.
    names : Path, optional
        A table with the columns name and id.
    overwrite : bool
        Put another submission in the place of one that is there; the old one is kept.
    now : callable, optional
        The time, for the name of the folder with what was replaced.

    Raises
    ------
    CourseError
        If the export can't be read at all.
    """
    ids = read_names(names)
    taken = Taken()
    found: dict[Owner, list[ExportFile]] = defaultdict(list)
    try:
        for file in _unwrapped(list(read_export(export))):
            if isinstance(file, Trouble):
                taken.refused.append(f"{plain('/'.join(file.parts))} {file.why}.")
            else:
                found[owner(file.parts[0])].append(file)
    except ValueError as error:
        raise CourseError(f"{export} can't be taken in: {error}.") from None
    try:
        _Class(course, slug, ids, overwrite, now, taken, read_blueprint(course, slug)).take(found)
    except OSError as error:
        raise CourseError(
            f"submitted/ can't be written: {error}. What was taken in is whole; run it again."
        ) from None
    if not found and not taken.refused:
        raise CourseError(f"{export} holds no notebook (.ipynb).")
    return taken


def _unwrapped(files: list[ExportFile | Trouble]) -> list[ExportFile | Trouble]:
    """Take away one folder around a whole export."""
    firsts = {file.parts[0] for file in files}
    inner = [file.parts[1] for file in files if len(file.parts) > 1]
    is_wrapped = len(firsts) == 1 and any(MOODLE.match(n) or CANVAS.match(n) for n in inner)
    if not is_wrapped or owner(next(iter(firsts))).number:
        return files
    return [replace(file, parts=file.parts[1:] or file.parts) for file in files]


@dataclass
class _Class:
    """Where files go, and what is said about it."""

    course: Course
    slug: str
    ids: Mapping[str, str]
    overwrite: bool
    now: Callable[[], datetime]
    taken: Taken
    blueprint: Blueprint

    def take(self, found: Mapping[Owner, list[ExportFile]]) -> None:
        by_id = defaultdict(list)
        for who, files in found.items():
            by_id[self._id(who, files)].append(who)
        times = [file.when for files in found.values() for file in files if file.when]
        # What was packed or copied at once has one time, and not that of the students.
        keep_times = bool(times) and (
            len(found) == 1 or max(times) - min(times) > timedelta(minutes=10)
        )
        for student, owners in sorted(by_id.items()):
            if len(owners) > 1:
                names = " and ".join(plain(f"{w.name} {w.number}".strip(), 80) for w in owners)
                self.taken.refused.append(
                    f"{names} would both be {plain(student)}: give them ids with --names."
                )
            elif not fits(student):
                self.taken.refused.append(
                    f"{plain(owners[0].name)!r} can't be a student's id: give one with --names."
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
            self.taken.refused.append(f"{plain(who.name)} has no notebook (.ipynb).")
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
        """Return a student's notebooks, the one with most of the assignment's answers first."""

        def worth(file: ExportFile) -> tuple[bool, int, bool]:
            try:
                raw, _ = read_cells(file.data)
            except Unreadable:
                return False, 0, False
            named = file.parts[-1].endswith(f"{self.slug}.ipynb")
            return self.blueprint.recognises(raw), self.blueprint.knows(raw), named

        if len(files) == 1:
            return files
        ranked = sorted(files, key=worth, reverse=True)
        ours = [file for file in ranked if worth(file)[0]]
        return ours or ranked

    def _put(self, student: str, who: Owner, wanted: dict[str, bytes]) -> None:
        folder = self.course.root / "submitted" / student / self.slug
        shown = f"submitted/{plain(student)}/{self.slug}"
        try:
            there = self._there(student)
        except (Refused, OSError) as error:
            self.taken.refused.append(f"{plain(who.name)}: {shown} can't be looked into: {error}")
            return
        self.taken.late += [student] * who.late
        if there == {n: data for n, data in wanted.items() if n.endswith(".ipynb")}:
            self.taken.same.append(student)
            return
        if there and not self.overwrite:
            self.taken.refused.append(
                f"{plain(who.name)}: {shown} holds another submission. With --force, this one "
                "takes its place, and the old one is kept in submitted/.replaced/."
            )
            return
        if there:
            old = self.course.root / "submitted" / ".replaced" / student
            old.mkdir(parents=True, exist_ok=True)
            folder.rename(old / f"{self.slug} {self.now():%Y-%m-%d %H-%M-%S %f}")
        for name, data in sorted(wanted.items(), key=lambda item: item[0] == f"{self.slug}.ipynb"):
            # the notebook comes last: a stop before it leaves a folder that is filled again
            write_atomically(folder / name, data)
        self.taken.new.append(student)

    def _there(self, student: str) -> dict[str, bytes]:
        """Return the notebooks that a student has handed in already."""
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
