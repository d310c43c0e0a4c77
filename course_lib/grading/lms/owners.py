"""Tell whose a file of an export is, by its name: the forms of Moodle, Canvas and other systems."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Owner:
    """The student to whom the export attributes a file.

    Attributes
    ----------
    name : str
        As the export writes it.
    number : str
        The system's number; empty if there is none.
    login : str
        The student's login, if the export names it.
    late : bool
        Whether the system marks the file as late.
    when : datetime or None
        When it was submitted, if the export says so; naive local time, or aware.
    rest : str
        The student's own name of the file; empty for a folder.
    system : str
        The system whose form the name has; empty if it has none.
    """

    name: str
    number: str = ""
    login: str = ""
    late: bool = False
    when: datetime | None = None
    rest: str = ""
    system: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells this student from the others of the export."""
        return (self.login, "") if self.login else (self.name, self.number)


_DATE = (
    r"(?:\d{1,2}\.?\s+)?[^\W\d]+[.,]?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?\d{4},?\s+"
    r"\d{1,2}[:.h-]?\d{2}"
)
_CANVAS_END = r"(?:\d+_(?P<rest>.+)|(?P<online>(?:text|link)\.html))"
# What a system writes in place of a file, and its name beside the notebook.
_ONLINE = {"text.html": "text.html", "link.html": "link.html", ".txt": "attempt.txt"}
# Tried in this order. A name of these forms is an owner's wherever it stands.
_STRONG = {
    "Moodle": r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?",
    "Canvas": r"(?P<name>[^_]+?)(?P<late>_LATE)?_(?P<number>\d+)_" + _CANVAS_END,
    "Canvas, anonymous": (
        r"(?P<late>LATE_)?(?P<name>anon(?:ymous)?_(?P<number>[A-Za-z0-9]+))(?P<later>_LATE)?_"
        + _CANVAS_END
    ),
    "Blackboard": (
        r".+_(?P<login>[^_]+)_[^\W\d_]+_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<online>\.txt))"
    ),
    "Brightspace": (
        r"(?P<number>\d+-\d+)\s+-\s+(?P<name>.+?)\s*-\s+(?P<when>"
        + _DATE
        + r"(?:\s*[AP]\.?M\.?)?)(?:\s+-\s+(?P<rest>.+))?"
    ),
    "Gradescope": r"submission_(?P<number>\d+)",
}
# Only folders have these forms, and a folder around a class may have them by chance.
_WEAK = {
    "ILIAS": r"(?P<last>[^_]+)_(?P<first>[^_]+)_(?P<login>.+)_(?P<number>\d+)",
    "Sakai": r"(?P<name>.+[^\s(])\((?P<login>[^()\s]{2,})\)",
}
_MONTHS = {
    month: number
    for number, months in enumerate(
        (
            "jan ene gen",
            "feb fév fev",
            "mar mär mrz maa",
            "apr avr abr",
            "may mai mei",
            "jun juin",
            "jul juil",
            "aug aoû aou ago",
            "sep set",
            "oct okt out ott",
            "nov",
            "dec déc dez dic",
        ),
        start=1,
    )
    for month in months.split()
}


def owner(first: str, *, is_folder: bool = False) -> Owner:
    """Return the owner named by the first part of a path in an export."""
    stem = re.sub(r"\.(ipynb|zip)$", "", first, flags=re.IGNORECASE)
    for system, pattern in (_STRONG | _WEAK if is_folder else _STRONG).items():
        match = re.fullmatch(pattern, first, re.IGNORECASE | re.DOTALL)
        match = match or (re.fullmatch(pattern, stem, re.IGNORECASE | re.DOTALL))
        if match and (is_folder or system != "Gradescope"):
            about = match.groupdict()
            name = about.get("name") or about.get("login") or first
            if system == "ILIAS":
                name = f"{about['first']} {about['last']}"
            return Owner(
                name=name,
                number=about.get("number") or "",
                login=about.get("login") or "",
                late=bool(about.get("late") or about.get("later")),
                when=_when(about.get("when") or ""),
                rest=about.get("rest")
                or (about.get("online") or "").replace(".txt", "attempt.txt"),
                system=system,
            )
    if not is_folder and stem == first:
        stem = re.sub(r"\.ipynb\.\w+$|\.(?=\d?[A-Za-z])\w{1,6}$", "", first) or first
    return Owner(stem, rest="" if is_folder else first)


def is_strong(first: str, *, is_folder: bool) -> bool:
    """Return whether a name has a form that no folder around a class has."""
    system = owner(first, is_folder=is_folder).system
    # Canvas writes no folders: a folder `Homework_1_2_3` has its form by chance.
    return system in _STRONG and not (is_folder and system.startswith("Canvas"))


def is_weak(first: str) -> bool:
    """Return whether a folder's name has a form that a folder around a class may have by chance."""
    return owner(first, is_folder=True).system in _WEAK


def without_group(name: str) -> str:
    """Return a name without the group that Moodle writes before it: `Group A-Ada Lovelace`."""
    return re.sub(r"^.+?(?:-\d+)*-(?=[^\W\d])", "", name, count=1)


def have_groups(names: Iterable[str]) -> bool:
    """Return whether the names in an export begin with groups.

    Moodle writes a group before every name or none. `Jean-Luc Picard` has a hyphen, too.
    """
    names = set(names)
    groups = [name.removesuffix(without_group(name)).rstrip("-") for name in names]
    if not names or not all(groups):
        return False
    words = re.compile(
        r"\d|\s|^(group|gruppe|groupe|grupo|team|equipo|équipe|default|gruppo|groep|grupa)|组|組",
        re.IGNORECASE,
    )
    return all(map(words.search, groups)) or (len(names) > 2 and len(set(groups)) * 2 < len(names))


def student_id(name: str) -> str:
    """Return an id made from a name: hyphens replace spaces and characters unfit for ids."""
    text = unicodedata.normalize("NFC", name)
    last, comma, first = text.partition(",")
    text = f"{first.strip()} {last.strip()}" if comma and first.strip() else text
    return re.sub(r"-+", "-", re.sub(r"[^\w.@+-]", "-", text)).strip("-.")


def distinct_id(student: str, who: Owner) -> str:
    """Return an id that differs for two students whose names would give the same one."""
    return f"{student}-{who.number or hashlib.sha256(who.name.encode()).hexdigest()[:4]}"


def _when(text: str) -> datetime | None:
    """Return the time in a name of Blackboard's or Brightspace's."""
    try:
        if re.fullmatch(r"[\d-]+", text):
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
        clock = re.search(r"(\d{1,2})[:.h-]?(\d{2})\s*([AP])?\.?M?\.?$", text, re.IGNORECASE)
        year, word = re.search(r"\d{4}", text), re.search(r"[^\W\d]+", text)
        day = re.search(r"(?<!\d)\d{1,2}(?!\d)", text)
        if not (clock and year and word and day):
            return None
        month = next(n for start, n in _MONTHS.items() if word[0].lower().startswith(start))
        hour = int(clock[1])
        if clock[3]:
            hour = hour % 12 + 12 * (clock[3].upper() == "P")
        return datetime(int(year[0]), month, int(day[0]), hour, int(clock[2]))
    except (ValueError, StopIteration):
        return None


def blackboard_details(text: str) -> tuple[str, str]:
    """Return the name and the login in the text file that Blackboard adds for each attempt."""
    match = re.search(r"^[^\n:]{1,20}:\s*(.+?)\s*\(([^()\n]+)\)\s*$", text, re.MULTILINE)
    return (match[1], match[2]) if match else ("", "")


def gradescope_owners(text: str) -> dict[str, list[Owner]]:
    """Return the students of each folder in Gradescope's ``submission_metadata.yml``."""
    import yaml

    # Tags name the Ruby classes of values that are read as plain ones.
    text = re.sub(r"(?m)(?<=[:-]) !\S*$", "", text)
    try:
        raw = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    found: dict[str, list[Owner]] = {}
    for folder, about in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(about, dict) or not isinstance(about.get(":submitters"), list):
            continue
        when = about.get(":created_at")
        if isinstance(when, datetime) and when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        for person in about[":submitters"]:
            if isinstance(person, dict):
                name, sid, email = (
                    str(person.get(key) or "") for key in (":name", ":sid", ":email")
                )
                found.setdefault(str(folder), []).append(
                    Owner(
                        name or sid or email or str(folder),
                        str(folder).removeprefix("submission_"),
                        sid or email,
                        when=when if isinstance(when, datetime) else None,
                        system="Gradescope",
                    )
                )
    return found
