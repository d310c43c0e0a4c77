"""Read what was handed in, as files of a stranger: no link is followed, nothing blocks."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from course_lib.grading.engine.plain import plain

MOST_BYTES = 20 * 2**20
MOST_FILES = 1000
MOST_TIMESTAMP = 1000

_TIME = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+-]{1,40}){0,2})?"
)


class Refused(Exception):
    """Something that is not read; the message says why, in a sentence."""


@contextlib.contextmanager
def opened(base: Path) -> Iterator[int]:
    """Open a folder of the instructor's, which may be a link."""
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folder(name: str, inside: int) -> Iterator[int]:
    """Open a folder of a student's; `inside` is the descriptor of the folder that it lies in."""
    _must_be(os.stat(name, dir_fd=inside, follow_symlinks=False), stat.S_ISDIR, name, "folder")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def names(descriptor: int, *sought: str) -> list[str]:
    """Return the names in a folder, in order; of very many, some, but those that are sought."""
    found = [name for name in sought if _is_there(name, descriptor)]
    with os.scandir(descriptor) as entries:
        for entry in entries:
            found.append(entry.name)
            if len(found) >= MOST_FILES:
                break
    return sorted(set(found))


def read(name: str, inside: int, limit: int = MOST_BYTES) -> tuple[bytes, os.stat_result]:
    """Return the bytes of a file, and what is known about it.

    Raises
    ------
    Refused
        If it is no plain file, or larger than `limit`.
    OSError
    """
    _must_be(os.stat(name, dir_fd=inside, follow_symlinks=False), stat.S_ISREG, name, "file")
    # A file that turns into a pipe at this moment must not hold up the whole class.
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
    """Return the time in the text of a ``timestamp.txt``, as UTC without a zone, like nbgrader.

    A name of a time zone is looked up only if it can't be a path.
    """
    match = _TIME.fullmatch(data.decode("ascii").strip())
    if match is None:
        raise ValueError("no time")
    when, zone = datetime.fromisoformat(_padded(match[1])), match[2]
    if zone:
        when = when.replace(tzinfo=_zone(zone)).astimezone(UTC)
    return when.replace(tzinfo=None)


def _zone(name: str) -> tzinfo:
    if name[0] in "+-":
        away = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
        return timezone(-away if name[0] == "-" else away)
    try:
        return UTC if name in ("Z", "UTC", "GMT") else ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError("no known time zone") from None


def looks(inside: int) -> str:
    """Return a digest of how a folder looks from outside: what can't be read has no bytes."""
    digest = hashlib.sha256()
    for name in names(inside):
        with contextlib.suppress(OSError):
            about = os.stat(name, dir_fd=inside, follow_symlinks=False)
            seen = f"{name!r} {about.st_mode} {about.st_size} {about.st_mtime_ns}\n"
            digest.update(seen.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _padded(text: str) -> str:
    """Return a date and time with two digits everywhere, as ISO 8601 wants them."""
    date, clock = re.split("[ T]", text)
    year, month, day = date.split("-")
    hours, rest = clock.split(":", 1)
    return f"{year}-{month:0>2}-{day:0>2}T{hours:0>2}:{rest}"[:26]


def _is_there(name: str, inside: int) -> bool:
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
        raise Refused(f"{plain(name)} is a link. Nothing is read through links.")
    is_what = (
        "a folder"
        if stat.S_ISDIR(mode)
        else "a file"
        if stat.S_ISREG(mode)
        else "a pipe, a socket or a device"
    )
    raise Refused(f"{plain(name)} is {is_what}, and no {what}.")


def _too_large(name: str, size: int, limit: int) -> str:
    return (
        f"{plain(name)} is too large: {size / 2**20:.0f} MB, where {limit / 2**20:.0f} are read. "
        "Is there a picture or a lot of output in it?"
    )
