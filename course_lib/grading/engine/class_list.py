"""Who is who: find a student of ours in the list that a school's system exports."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.course import CourseError

_MOST_BYTES = 20 * 2**20

# What Moodle, Canvas, nbgrader and people call the columns, without spaces and in small letters.
_COLUMNS = {
    "first_name": ("firstname", "givenname"),
    "last_name": ("lastname", "surname", "familyname"),
    "full_name": ("student", "name", "fullname"),
    "email": ("emailaddress", "email", "mail"),
    "id_number": ("idnumber", "studentid", "studentnumber", "matriculationnumber"),
    "username": ("username", "user", "login"),
    "canvas_id": ("id",),
    "sis_user_id": ("sisuserid",),
    "sis_login_id": ("sisloginid",),
    "section": ("section",),
}
_IDS = ("email", "id_number", "username", "canvas_id", "sis_user_id", "sis_login_id")


@dataclass(frozen=True)
class Person:
    """How a school's system knows a student; empty where it does not say."""

    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    email: str = ""
    id_number: str = ""
    username: str = ""
    canvas_id: str = ""
    sis_user_id: str = ""
    sis_login_id: str = ""
    section: str = ""

    @property
    def name(self) -> str:
        """The whole name."""
        return self.full_name or f"{self.first_name} {self.last_name}".strip()

    def ids(self) -> set[str]:
        """Return what can stand for this person and no other."""
        found = {getattr(self, field).strip().casefold() for field in _IDS}
        return (found | {self.email.partition("@")[0].strip().casefold()}) - {""}

    def names(self) -> set[str]:
        """Return the name in the forms in which folders are called after it."""
        found = {_letters(self.full_name), _letters(f"{self.first_name}{self.last_name}")}
        found.add(_letters(f"{self.last_name}{self.first_name}"))
        last, comma, first = self.full_name.partition(",")
        if comma:
            found.add(_letters(f"{first}{last}"))
        elif len(words := self.full_name.split()) > 1:
            found.add(_letters(f"{words[-1]}{''.join(words[:-1])}"))
        return found - {""}


class ClassList:
    """The people of a class.

    Parameters
    ----------
    people : iterable of Person
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._ids: dict[str, set[Person]] = {}
        self._names: dict[str, set[Person]] = {}
        for person in people:
            for key in person.ids():
                self._ids.setdefault(key, set()).add(person)
            for key in person.names():
                self._names.setdefault(key, set()).add(person)

    def find(self, student: str) -> Person | None:
        """Return the one person that a student's id stands for; None if there is none, or several.

        An id, a login, an address or the part of it before the @ comes first; then the name,
        however it is put together.
        """
        found = self._ids.get(student.strip().casefold())
        found = found or self._names.get(_letters(student), set())
        return next(iter(found)) if len(found) == 1 else None


def read_class_list(path: Path) -> ClassList:
    """Read a table with a head: Moodle's or Canvas's export, or one of your own.

    Raises
    ------
    CourseError
        If it can't be read, or no column says who somebody is.
    """
    try:
        data = path.read_bytes()[: _MOST_BYTES + 1]
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not in UTF-8: save it as “CSV UTF-8”.") from None
    if len(data) > _MOST_BYTES:
        raise CourseError(f"{path} is too large for a list of a class.")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise CourseError(f"{path} is no table of comma-separated values: {error}.") from None
    people = [_person(row) for row in rows]
    if not any(person.ids() or person.names() for person in people):
        raise CourseError(
            f"No column of {path} says who is who. It needs a first line with names of columns: "
            "at least one of Email address, ID number, Username, SIS Login ID, ID, Name."
        )
    return ClassList(person for person in people if "points possible" not in person.name.lower())


def _person(row: Mapping[str | None, str | list[str] | None]) -> Person:
    cells = {
        _letters(head): value.strip()
        for head, value in row.items()
        if isinstance(head, str) and isinstance(value, str)
    }
    fields = {
        field: next((cells[head] for head in heads if cells.get(head)), "")
        for field, heads in _COLUMNS.items()
    }
    return Person(**fields)


def _letters(text: str) -> str:
    """Return what is left of a name if nothing counts but letters and digits."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
