"""List and read the files of an export: a folder or a zip file, with zip files in it.

Listing reads no content, so an export of any size is listed before anything is unpacked. Content is
read for one student at a time.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from course_lib.grading import submitted
from course_lib.grading.course import CourseError
from course_lib.grading.sanitize import encodable, printable
from course_lib.grading.submitted import Refused

MOST_ZIP = 100 * 2**20
# In the whole export: 200 bytes of memory each.
MOST_ENTRIES = 1_000_000
# In a zip file inside the export.
MOST_INNER = 100_000
_DEEPEST = 20
_EMPTY = "is an empty folder"
# Files and folders that computers add without being asked.
_TRASH = {
    *("__MACOSX", ".ipynb_checkpoints", "node_modules", "__pycache__", ".git", ".idea", ".vscode"),
    *(".DS_Store", ".localized", ".Trashes", ".Spotlight-V100", ".fseventsd", ".directory"),
    *("Thumbs.db", "desktop.ini", "Desktop.ini", ".gitignore", ".Rhistory", ".pytest_cache"),
}


@dataclass(frozen=True)
class ExportFile:
    """A file in an export.

    Attributes
    ----------
    parts : tuple of str
        Its path inside the export: the folders, then the name; in Unicode's composed form.
    when : datetime or None
        When it was last changed, in naive local time. For a file inside a student's zip file, this
        is the time of the zip file: the student can set the times inside.
    refusal : str
        Why it must not be read; empty if it may be.
    load : callable
        Returns its bytes; raises `Refused`.
    """

    parts: tuple[str, ...]
    when: datetime | None
    refusal: str
    load: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.parts[-1]

    @property
    def is_zip(self) -> bool:
        """Whether its name is that of a zip file."""
        return self.name.lower().endswith(".zip")

    @property
    def is_named_notebook(self) -> bool:
        """Whether its name is that of a notebook, also of one saved as text: `.ipynb.txt`."""
        return ".ipynb" in self.name.lower()

    @property
    def is_empty_folder(self) -> bool:
        """Whether it stands for a folder without files."""
        return self.refusal == _EMPTY

    def read(self) -> bytes:
        """Return its bytes; raise `Refused` with a reason that follows the file's name."""
        if self.refusal:
            raise Refused(self.refusal)
        return self.load()


@contextlib.contextmanager
def opened_export(path: Path) -> Iterator[list[ExportFile]]:
    """Open an export, and list its files.

    Raises
    ------
    CourseError
        If the export does not exist, is not a zip file, or contains too many files.
    """
    if path.is_dir():
        yield list(_in_folder(path, ()))
        return
    if not path.is_file():
        raise CourseError(f"{path} does not exist.")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CourseError(
            f"{path} is not a zip file: {printable(error)}. Unpack it, and name the folder."
        ) from None
    with archive:
        if len(archive.infolist()) > MOST_ENTRIES:
            raise CourseError(f"{path} contains more than {MOST_ENTRIES:,} files.")
        yield list(_in_zip(archive, ()))


def unpacked(file: ExportFile, *, keep_times: bool = False) -> list[ExportFile]:
    """Return the files in a zip file of the export; a file that is no zip raises `Refused`.

    Parameters
    ----------
    file : ExportFile
    keep_times : bool
        Whether the times in it are those of the export, because it is itself an export.
    """
    data = file.read()
    if data.count(b"PK\1\2") > MOST_INNER:
        raise Refused(f"contains more than {MOST_INNER:,} files")
    try:
        found = list(_in_zip(zipfile.ZipFile(io.BytesIO(data)), file.parts))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused(f"is not a zip file: {printable(error, 100)}") from None
    return found if keep_times else [replace(inner, when=file.when) for inner in found]


def _in_folder(folder: Path, above: tuple[str, ...]) -> Iterator[ExportFile]:
    with submitted.opened(folder) as inside:
        names = sorted(name for name in os.listdir(inside) if not _is_trash(name))
        if not names and above:
            yield _refused(above, _EMPTY)
        for name in names:
            parts = (*above, _normal(name))
            about = os.stat(name, dir_fd=inside, follow_symlinks=False)
            when = datetime.fromtimestamp(about.st_mtime)
            if stat.S_ISLNK(about.st_mode):
                yield _refused(parts, "is a link; links are not followed")
            elif not stat.S_ISDIR(about.st_mode):
                yield ExportFile(parts, when, "", _reader(folder, name))
            elif len(above) >= _DEEPEST:
                yield _refused(parts, f"lies more than {_DEEPEST} folders deep")
            else:
                try:
                    yield from _in_folder(folder / name, parts)
                except OSError as error:
                    yield _refused(parts, f"can't be read: {error.strerror}")


def _reader(folder: Path, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        limit = MOST_ZIP if name.lower().endswith(".zip") else submitted.MOST_BYTES
        try:
            with submitted.opened(folder) as inside:
                return submitted.read(name, inside, limit)[0]
        except Refused as refused:
            raise Refused(str(refused).removeprefix(f"{printable(name)} ").rstrip(".")) from None
        except OSError as error:
            raise Refused(f"can't be read: {error.strerror}") from None

    return read


def _in_zip(archive: zipfile.ZipFile, above: tuple[str, ...]) -> Iterator[ExportFile]:
    infos = archive.infolist()
    # A folder with something in it needs no entry of its own.
    full = {os.path.dirname(info.filename.rstrip("/")) for info in infos}
    for info in infos:
        names = tuple(part for part in _name(info).replace("\\", "/").split("/") if part)
        parts = (*above, *map(_normal, names))
        if not names or any(map(_is_trash, names)):
            continue
        if info.is_dir():
            if info.filename.rstrip("/") not in full:
                yield _refused(parts, _EMPTY)
            continue
        yield ExportFile(parts, _when(info), _refusal(info, names), _unpacker(archive, info))


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        limit = MOST_ZIP if info.filename.lower().endswith(".zip") else submitted.MOST_BYTES
        try:
            with archive.open(info) as file:
                data = file.read(limit + 1)
        except Exception as error:
            # zlib, checksums and unknown compression methods raise different errors
            raise Refused(f"can't be unpacked: {printable(error, 100)}") from None
        if len(data) > limit:
            raise Refused(f"is larger than {limit // 2**20} MB")
        return data

    return read


def _refusal(info: zipfile.ZipInfo, names: tuple[str, ...]) -> str:
    if ".." in names or info.filename.startswith(("/", "\\")) or ":" in names[0][1:2]:
        return "has a path that leads outside the export"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link; links are not followed"
    if info.flag_bits & 0x1:
        return "is encrypted"
    return ""


def _refused(parts: tuple[str, ...], why: str) -> ExportFile:
    return ExportFile(parts, None, why, lambda: b"")


def _is_trash(name: str) -> bool:
    return name in _TRASH or name.startswith(("._", "~$"))


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 without setting the flag for it."""
    if not info.flag_bits & 0x800:
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return info.filename


def _normal(name: str) -> str:
    """Return a name in composed form: a Mac writes ü as u and a separate mark."""
    return unicodedata.normalize("NFC", encodable(name))


def _when(info: zipfile.ZipInfo) -> datetime | None:
    try:
        when = datetime(*info.date_time)
    except ValueError:
        return None
    # zip files use 1980 for an unknown time
    return when if when.year > 1980 else None
