"""Read the files of an export: a folder, or a zip file that is never unpacked.

Names in it only say whose a file is; nothing is ever written under them. A zip file inside is
looked into as well, once.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_lib.grading.course import CourseError
from course_lib.grading.engine import handed_in
from course_lib.grading.engine.handed_in import Refused
from course_lib.grading.engine.plain import plain, whole

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
    with handed_in.opened(folder) as inside:
        for name in handed_in.names(inside):
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
        data, about = handed_in.read(name, inside, MOST_ZIP if is_zip else handed_in.MOST_BYTES)
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
        limit = MOST_ZIP if is_zip else handed_in.MOST_BYTES
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
