"""Read tables of students: class lists of Moodle, Canvas and others, tables of names and ids."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from course_lib.grading.course import CourseError
from course_lib.grading.sanitize import printable
from course_lib.grading.submitted import why_no_id

_MOST_BYTES = 20 * 2**20

# The heads of columns as Moodle, Canvas, other systems and people write them: without spaces,
# signs, accents and capitals. To support another head, add it to its line.
HEADS = {
    "first_name": """
        firstname givenname forename vorname rufname prenom nombres nombrepropio
        名 名字 名前 voornaam nome primeironome imie""",
    "last_name": """
        lastname surname familyname nachname familienname zuname nomdefamille apellido apellidos
        姓 姓氏 achternaam cognome sobrenome apelido nazwisko""",
    "full_name": """
        student studentname fullname studierende studierender teilnehmer teilnehmerin teilnehmende
        schueler vollstaendigername vollstandigername vornamenachname nameteilnehmer
        etudiant etudiante nomcomplet nometprenom prenometnom participant eleve
        estudiante alumno alumna nombrecompleto nombreyapellidos apellidosynombre participante
        学生 學生 姓名 全名 学生姓名 學生姓名 naam""",
    "email": """
        emailaddress email mail emailadresse mailadresse adressedecourriel adresseemail courriel
        adresseelectronique adressemail adressedemessagerie
        correo correoelectronico direcciondecorreo direcciondeemail direcciondecorreoelectronico
        direccionemail 电子邮件地址 电子邮件 電子郵件 电子邮箱 邮箱 email地址 邮件地址 邮箱地址""",
    "id_number": """
        idnumber studentid studentnumber matriculationnumber orgdefinedid sid universityid
        idnummer matrikelnummer matrikelnr matrnr studierendennummer personalnummer
        numerodidentification numeroid numerodetudiant numeroetudiant matricule
        numerodeid numerodeidentificacion numerodematricula numerodealumno matricula
        学号 學號 编号 id号 id号码 身份证号 学生编号""",
    "username": """
        username user login loginname userid netid benutzername anmeldename nutzername kennung
        nomdutilisateur utilisateur nombredeusuario usuario 用户名 用戶名 登录名 帐号 账号""",
    "canvas_id": "id identifiant kennnummer",
    "sis_user_id": """
        sisuserid sisbenutzerid sisnutzerid idutilisateursis identifiantutilisateursis
        idusuariosis iddeusuariosis iddelusuariosis iddeusuariodelsis sis用户id sis使用者id""",
    "sis_login_id": """
        sisloginid sisanmeldeid idconnexionsis iddeconnexionsis identifiantdeconnexionsis
        identifiantconnexionsis idinicioodesesionsis iddeiniciodesesionsis
        iddeiniciodesesiondelsis sis登录id sis登入id""",
    "section": "section abschnitt kursabschnitt seccion 班级 小节 章节 單元 单元",
}
_FIELD = {head: field for field, heads in HEADS.items() for head in heads.split()}
# A first name, a last name or a whole name, depending on the other columns.
_NAME = ("name", "nom", "nombre")
_IDS = ("email", "id_number", "username", "canvas_id", "sis_user_id", "sis_login_id")
# What a teacher who gives a table of names wants as the students' ids, the likeliest first.
_CHOSEN_ID = ("sis_login_id", "canvas_id", "username", "id_number", "sis_user_id", "email")
CHOICES = "Name, First name, Last name, ID, ID number, Username, Email address, SIS Login ID"


@dataclass(frozen=True)
class Person:
    """A student's names and ids in a school's system; empty if unknown."""

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
        """Return the ids that identify only this person."""
        found = {_folded(getattr(self, field)) for field in _IDS}
        return (found | {_folded(self.email.partition("@")[0])}) - {""}

    def names(self) -> set[str]:
        """Return the spellings of the name that a folder may have."""
        found = {letters(f"{self.first_name}{self.last_name}")} | spellings(self.full_name)
        return (found | {letters(f"{self.last_name}{self.first_name}")}) - {""}


class ClassList:
    """The people in a class list.

    Parameters
    ----------
    people : iterable of Person
    unknown : iterable of str
        The heads of columns that were not recognised.
    """

    def __init__(self, people: Iterable[Person], unknown: Iterable[str] = ()) -> None:
        self.people = _merged(people)
        self.unknown = tuple(unknown)
        self._ids: dict[str, list[Person]] = {}
        # From strict to lenient: `Ann A` and `Anna` differ as written, not in their letters.
        self._names: tuple[dict[str, list[Person]], ...] = ({}, {}, {})
        for person in self.people:
            for key in person.ids():
                self._ids.setdefault(key, []).append(person)
            near = {plain for name in person.names() for plain in _transcriptions(name)}
            for names, keys in zip(
                self._names, ({_folded(person.name)}, person.names(), near), strict=True
            ):
                for key in keys - {""}:
                    names.setdefault(key, []).append(person)

    def find(self, student: str) -> Person | None:
        """Return the person with a student's id or name; None if nobody or several people match.

        Ids, logins and email addresses (whole, or the part before the @) are tried before names.
        """
        found = self._ids.get(_folded(student), [])
        return _only(found) if found else self.find_name(student)

    def find_name(self, name: str) -> Person | None:
        """Return the person with a name in any spelling; None if nobody or several match."""
        for names, keys in zip(
            self._names,
            ({_folded(name)}, spellings(name), _transcriptions(letters(name))),
            strict=True,
        ):
            found = [person for key in sorted(keys) for person in names.get(key, [])]
            if found:
                return _only(found)
        return None


def read_class_list(path: Path) -> ClassList:
    """Read a table with a header line: Moodle's or Canvas's export, or your own.

    Raises
    ------
    CourseError
        If it can't be read, or no column identifies students.
    """
    people, unknown, _fields_found, _lines = _read_people(path)
    if not any(person.ids() or person.names() for person in people):
        raise CourseError(
            f"{path} has no column that identifies students. {_heads_found(unknown)} Its first "
            f"line must name the columns, at least one of: {CHOICES}."
        )
    return ClassList(people, unknown)


def read_names(path: Path) -> tuple[ClassList, dict[Person, str]]:
    """Return the people in a table of names and ids, and the id of each.

    Any class list will do: the id is then the login, the id or the number in it.
    """
    people, unknown, columns, lines = _read_people(path)
    usable = [field for field in _CHOSEN_ID if field in columns]
    if not usable or not any(person.names() for person in people):
        raise CourseError(
            f"{path} needs a first line `name,id` and a line for each student. "
            f"{_heads_found(unknown)} Known names of columns: {CHOICES}."
        )
    full = [field for field in usable if all(getattr(person, field) for person in people)]
    field = (full or usable)[0]
    seen: dict[str, str] = {}
    for person, line in zip(people, lines, strict=True):
        name, known = _folded(person.name), getattr(person, field)
        if why := why_no_id(known):
            raise CourseError(
                f"{path}, line {line}: {printable(known)!r} is not a valid student id: {why}."
            )
        if usable == ["canvas_id"] and seen.setdefault(name, known) != known:
            raise CourseError(
                f"{path}, line {line}: {printable(person.name)!r} already has another id above."
            )
    merged = ClassList(people, unknown)
    return merged, {person: getattr(person, field) for person in merged.people}


def letters(text: str) -> str:
    """Return the letters and digits of a name."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def spellings(name: str) -> set[str]:
    """Return the letters of a name, with the last name first and last."""
    found = {letters(name)}
    last, comma, first = name.partition(",")
    if comma:
        found.add(letters(f"{first}{last}"))
    elif len(words := name.split()) > 1:
        found |= {
            letters("".join((*words[-1:], *words[:-1]))),
            letters("".join((*words[1:], words[0]))),
        }
    return found - {""}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def _transcriptions(name: str) -> set[str]:
    """Return a name in ASCII as systems write it: `muller` and `mueller` for `müller`."""
    return {_without_accents(name), _without_accents(name.translate(_GERMAN))}


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l"))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def _only(people: list[Person]) -> Person | None:
    return people[0] if all(person == people[0] for person in people) else None


def _merged(people: Iterable[Person]) -> list[Person]:
    """Join the lines of one person, as of somebody who is in two sections."""
    kept: dict[str, list[Person]] = {}
    for person in people:
        same_name = kept.setdefault(_folded(person.name), [])
        for i, other in enumerate(same_name):
            if _is_same(person, other):
                same_name[i] = _joined(other, person)
                break
        else:
            same_name.append(person)
    return [person for same_name in kept.values() for person in same_name]


def _is_same(one: Person, other: Person) -> bool:
    """Return whether two people with one name share an id, and no two of their ids differ."""
    pairs = [(_folded(getattr(one, field)), _folded(getattr(other, field))) for field in _IDS]
    both = [a == b for a, b in pairs if a and b]
    return all(both) if both else not any(a or b for a, b in pairs)


def _joined(one: Person, other: Person) -> Person:
    missing = {
        field.name: getattr(other, field.name)
        for field in fields(Person)
        if not getattr(one, field.name)
    }
    sections = dict.fromkeys(filter(None, (*one.section.split(", and "), other.section)))
    return replace(one, **missing | {"section": ", and ".join(sections)})


# --- tables ---------------------------------------------------------------------------------------


def _read_people(path: Path) -> tuple[list[Person], list[str], list[str], list[int]]:
    """Return people, the heads that are not known, the fields that are, and each person's line."""
    heads, rows = _read_table(path)
    fields_of = _fields(heads)
    unknown = [head for head, field in zip(heads, fields_of, strict=True) if head and not field]
    people, lines = [], []
    # Canvas writes lines above the students that are no people, such as the points possible.
    needs = [field for field in ("canvas_id",) if {field, "sis_login_id"} <= set(fields_of)]
    for line, row in rows:
        values: dict[str, str] = {}
        for field, value in zip(fields_of, row, strict=False):
            if field and value.strip() and field not in values:
                values[field] = value.strip().lstrip("#") if field in _IDS else value.strip()
        person = Person(**values)
        is_person = all(getattr(person, field) for field in needs)
        if values and is_person and "points possible" not in person.name.lower():
            people.append(person)
            lines.append(line)
    return people, unknown, fields_of, lines


def _fields(heads: list[str]) -> list[str]:
    """Return the field of `Person` that each column holds, or an empty string."""
    plain = [_without_accents(letters(head)) for head in heads]
    found = [
        _FIELD.get(head) or _FIELD.get(letters(raw), "")
        for head, raw in zip(plain, heads, strict=True)
    ]
    has_first, has_last = "first_name" in found, "last_name" in found
    ambiguous = "full_name"
    if has_first != has_last:
        ambiguous = "last_name" if has_first else "first_name"
    return [ambiguous if head in _NAME else field for head, field in zip(plain, found, strict=True)]


def _read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the heads of a table, and its other lines with their numbers."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}.") from None
    if len(data) > _MOST_BYTES:
        raise CourseError(f"{path} is too large for a class list.")
    if data.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0")):
        raise CourseError(f"{path} is a spreadsheet: save it as “CSV UTF-8” and name that file.")
    best: tuple[list[str], list[tuple[int, list[str]]]] = ([], [])
    for text in _decoded(data):
        heads, rows = _as_table(text, path)
        if any(_fields(heads)):
            return heads, rows
        best = best if best[0] else (heads, rows)
    return best


def _decoded(data: bytes) -> Iterable[str]:
    """Yield the text in the encodings that spreadsheets write, the likeliest first."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1:2] == b"\0":
        encodings = ["utf-16-le"]
    else:
        encodings = ["utf-8-sig", "cp1252", "gb18030", "latin-1"]
    for encoding in encodings:
        try:
            yield data.decode(encoding)
        except UnicodeDecodeError:
            continue


def _as_table(text: str, path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    skipped = re.match(r"\s*(?:sep=(?P<separator>.)[^\n]*\n)?\s*", lines)
    start = skipped.end() if skipped else 0
    # A table that begins with an empty column must keep the tab before its first head.
    start = lines.rfind("\n", 0, start) + 1
    above, table = lines.count("\n", 0, start), lines[start:]
    head = table.partition("\n")[0]
    separator = (skipped and skipped["separator"]) or max(",;\t", key=head.count)
    reader = csv.reader(
        io.StringIO(table, newline=""), delimiter=separator, skipinitialspace=separator != "\t"
    )
    try:
        rows = [(above + reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise CourseError(f"{path} is not a CSV file: {error}.") from None
    heads = [printable(cell.strip(), 60) for cell in rows[0][1]] if rows else []
    return heads, rows[1:]


def _heads_found(unknown: Iterable[str]) -> str:
    shown = ", ".join(unknown)
    return f"Not known: {printable(shown, 200)}." if shown else "It has no other columns."
