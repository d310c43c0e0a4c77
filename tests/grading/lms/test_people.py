"""Tables of students: heads, separators, encodings, and the spellings of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib.grading.course import CourseError
from course_lib.grading.lms.people import ClassList, Person, read_class_list, read_names

ROWS = [("Ada", "Lovelace", "4711", "ada@x.example"), ("Jörg", "Müller", "4713", "jm@x.example")]
HEADS = {
    "English": ("First name", "Surname", "ID number", "Email address"),
    "German": ("Vorname", "Nachname", "ID-Nummer", "E-Mail-Adresse"),
    "German, ILIAS": ("Vorname", "Name", "Matrikelnummer", "E-Mail"),
    "French": ("Prénom", "Nom de famille", "Numéro d'identification", "Adresse de courriel"),
    "French, short": ("PRÉNOM", "NOM", "N° étudiant", "Courriel"),
    "Spanish": ("Nombre", "Apellido(s)", "Número de ID", "Dirección de correo"),
    "Chinese": ("名", "姓", "学号", "电子邮件地址"),
    "Brightspace": ("First Name", "Last Name", "OrgDefinedId", "Email"),
    "Gradescope": ("First Name", "Last Name", "SID", "Email"),
}


def write(path: Path, rows: list[tuple[str, ...]], separator: str, encoding: str) -> Path:
    lines = [separator.join(f'"{cell}"' for cell in row) for row in rows]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize("heads", HEADS.values(), ids=list(HEADS))
def test_heads_in_other_languages(tmp_path: Path, heads: tuple[str, ...]) -> None:
    people = read_class_list(write(tmp_path / "x.csv", [heads, *ROWS], ";", "utf-8"))
    found = people.find("Jörg-Müller")
    assert found is not None
    assert (found.first_name, found.last_name, found.email) == ("Jörg", "Müller", "jm@x.example")
    if "étudiant" not in heads[2]:
        assert (found.id_number, people.unknown) == ("4713", ())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings_of_spreadsheets(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    table = [HEADS["German"], *ROWS]
    people = read_class_list(write(tmp_path / "x.csv", table, separator, encoding))
    assert people.find("Jörg Müller") == Person("Jörg", "Müller", "", "jm@x.example", "4713")


def test_chinese_table_in_gb18030(tmp_path: Path) -> None:
    table = [("姓名", "学号"), ("李雷", "7"), ("韩梅梅", "8")]
    people = read_class_list(write(tmp_path / "x.csv", table, ",", "gb18030"))
    assert people.find("李雷") == Person(full_name="李雷", id_number="7")


@pytest.mark.parametrize("start", ["sep=;\r\n", "\r\n\r\n", "\ufeffsep=;\n"])
def test_lines_above_the_heads_are_skipped(tmp_path: Path, start: str) -> None:
    (tmp_path / "x.csv").write_text(f"{start}Name; ID\nAda  Lovelace ; al12\n", encoding="utf-8")
    people, ids = read_names(tmp_path / "x.csv")
    found = people.find_name("ada lovelace")
    assert found is not None
    assert ids[found] == "al12"


def test_a_table_of_names_may_be_a_class_list(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [HEADS["German"], *ROWS], ";", "cp1252")
    people, ids = read_names(path)
    assert [ids[person] for person in people.people] == ["4711", "4713"]


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Cart (1)
,,,,,Manual Posting
    Points Possible,,,,,33
"Meyer, Ben",102,S2,bm,Section 1,
"Meyer, Ben",102,S2,bm,Section 2,
"Li, Wei",103,S3,w1,Section 1,
"Li, Wei",104,S4,w2,Section 2,
"""


def test_a_person_in_two_sections_is_one_person(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(CANVAS)
    people = read_class_list(tmp_path / "x.csv")
    assert [person.name for person in people.people] == ["Meyer, Ben", "Li, Wei", "Li, Wei"]
    found = people.find("meyerben")
    assert found is not None
    assert found.section == "Section 1, and Section 2"
    assert people.find("liwei") is None  # two people
    assert people.find("w2") == people.find("104")


@pytest.mark.parametrize(
    "folder",
    ["Mueller-Joerg", "muller jorg", "müllerjörg", "Mu\u0308ller, Jo\u0308rg", "JÖRG MÜLLER"],
)
def test_spellings_of_a_name(folder: str) -> None:
    jm, other = Person("Jörg", "Müller", id_number="1"), Person("Jürg", "Möller", id_number="2")
    assert ClassList([jm, other]).find(folder) == jm


def test_strict_spellings_come_before_lenient_ones() -> None:
    first, second = (
        Person(full_name="Ann A", id_number="1"),
        Person(full_name="Anna", id_number="2"),
    )
    people = ClassList([first, second])
    assert (people.find_name("ann a"), people.find_name("anna")) == (first, second)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Kuerzel;Gruppe\nada;1\n", "Not known: Kuerzel, Gruppe"),
        (b"PK\x03\x04xlsx", "is a spreadsheet: save it as"),
        (b"name;id\nada;.x\n", "line 2: '.x' is not a valid student id: it begins with a dot"),
        (b"name;id\n\nada;\n", "line 3"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_what_helps(
    tmp_path: Path, data: bytes, said: str
) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(CourseError) as error:
        read_names(tmp_path / "x.csv")
    assert said in str(error.value)
