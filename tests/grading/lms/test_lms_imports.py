"""Imports of Moodle, Canvas and mail folders: owners, timestamps, hostile exports."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from class_cases import SLUG, hand_in, released_course, submission_text

from course_lib.grading import submitted
from course_lib.grading.course import Course, CourseError
from course_lib.grading.lms import imports
from course_lib.grading.lms.imports import import_submissions
from course_lib.grading.lms.owners import owner, student_id
from course_lib.grading.submitted import submissions

MOODLE = "_assignsubmission_file_"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return released_course(tmp_path_factory.mktemp("lms imports") / "my course")


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    (tmp_path / "course").mkdir()
    for part in ("solutions", "exercises", "_build", "nbgrader_config.py"):
        (tmp_path / "course" / part).symlink_to(released.root / part)
    return Course(tmp_path / "course")


@pytest.fixture
def work(released: Course) -> bytes:
    return submission_text(released, {"mul_layer": "mine = 1"}).encode()


def zipped(path: Path, files: dict[str, bytes], when: tuple[int, ...] = ()) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(files.items()):
            date = when or (2025, 3, 1 + number, 12, 30, 0)
            archive.writestr(zipfile.ZipInfo(name, date), data, zipfile.ZIP_DEFLATED)
    return path


def as_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def submitted_files(course: Course) -> dict[str, str]:
    """Return the files in submitted/, without timestamps."""
    base = course.root / "submitted"
    found = {str(p.relative_to(base)): p for p in base.rglob("*") if p.is_file()}
    return {n: p.read_text() for n, p in sorted(found.items()) if p.name != "timestamp.txt"}


# --- owners ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "who", "number", "late", "student"),
    [
        ("Ada Lovelace_12345_assignsubmission_file_", "Ada Lovelace", "12345", 0, "Ada-Lovelace"),
        ("Ada Lovelace_12345_assignsubmission_file", "Ada Lovelace", "12345", 0, "Ada-Lovelace"),
        ("Ada_L_1_assignsubmission_file_my_1_2_x.ipynb", "Ada_L", "1", 0, "Ada_L"),
        ("Zoë O'Neill_7_assignsubmission_file_a.ipynb", "Zoë O'Neill", "7", 0, "Zoë-O-Neill"),
        ("lovelaceada_12345_67890_hw.ipynb", "lovelaceada", "12345", 0, "lovelaceada"),
        ("lovelaceada_LATE_12345_67890_hw_1.ipynb", "lovelaceada", "12345", 1, "lovelaceada"),
        ("ada.ipynb", "ada", "", 0, "ada"),
        ("ada", "ada", "", 0, "ada"),
        ("ada.lovelace@x.org.zip", "ada.lovelace@x.org", "", 0, "ada.lovelace@x.org"),
        ("李雷_12_assignsubmission_file_", "李雷", "12", 0, "李雷"),
        ("../../etc_1_2_x.ipynb", "../../etc", "1", 0, "etc"),
    ],
)
def test_owner_of_an_exported_file(
    name: str, who: str, number: str, late: int, student: str
) -> None:
    found = owner(name)
    assert (found.name, found.number, found.late) == (who, number, bool(late))
    assert student_id(found.name) == student


def export_files(work: bytes) -> dict[str, bytes]:
    return {
        f"Ada Lovelace_12{MOODLE}/my work.ipynb": work,
        f"Ada Lovelace_12{MOODLE}/data.csv": b"1,2",
        f"Bob_13{MOODLE}01.ipynb": work + b"\n",
        "curiemarie_LATE_4_5_x.ipynb": work + b"\n\n",
        "di.ipynb": work + b"\n\n\n",
        "ed/sub/any.ipynb": work + b" ",
    }


@pytest.mark.parametrize("make", [zipped, as_folder])
def test_all_submissions_are_imported_once(
    course: Course, work: bytes, tmp_path: Path, make: object
) -> None:
    export = make(tmp_path / "export.zip", export_files(work))  # type: ignore[operator]
    report = import_submissions(course, SLUG, export)
    names = ["Ada-Lovelace", "Bob", "curiemarie", "di", "ed"]
    assert (report.new, report.late) == (names, ["curiemarie"])
    assert (report.refused, report.remarks, report.guesses) == ([], [], [])
    files = [f"{name}/{SLUG}/{SLUG}.ipynb" for name in names]
    assert list(submitted_files(course)) == sorted([*files, f"Ada-Lovelace/{SLUG}/data.csv"])
    assert [s.notebook is not None for s in submissions(course, SLUG)] == [True] * 5
    again = import_submissions(course, SLUG, export)
    assert (again.new, again.same, again.refused) == ([], names, [])
    assert "0 submissions; 5" in str(again)


def test_export_inside_a_folder_is_imported(course: Course, work: bytes, tmp_path: Path) -> None:
    files = {f"course-hw/{name}": data for name, data in export_files(work).items() if "_" in name}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada-Lovelace", "Bob", "curiemarie"]


def test_names_file_maps_names_to_ids(course: Course, work: bytes, tmp_path: Path) -> None:
    table = tmp_path / "names.csv"
    table.write_text("\ufeffname,id\nAda Lovelace,al1\n13,b2\ndi.ipynb,d3\n", encoding="utf-8")
    report = import_submissions(
        course, SLUG, zipped(tmp_path / "x.zip", export_files(work)), names=table
    )
    assert report.new == ["al1", "b2", "curiemarie", "d3", "ed"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "needs a first line `name,id`"),
        ("a,b\n1,2\n", "needs a first line `name,id`"),
        ("name,id\nada,../up\n", "line 2: '../up' is not a valid student id"),
        ("name,id\nada,.up\n", "is not a valid student id"),
        ("name,id\nada,\n", "is not a valid student id"),
        ("name,id\nada,a\nada,b\n", "line 3: 'ada' already has another id"),
    ],
)
def test_an_invalid_names_file_is_refused(
    course: Course, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "names.csv").write_text(text)
    with pytest.raises(CourseError) as error:
        import_submissions(course, SLUG, tmp_path, names=tmp_path / "names.csv")
    assert reason in str(error.value)


def test_two_students_with_one_name_both_get_a_row(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {f"Li Wei_{n}{MOODLE}/a.ipynb": work for n in (1, 2)}
    export = zipped(tmp_path / "x.zip", files)
    report = import_submissions(course, SLUG, export)
    assert (report.new, report.refused) == (["Li-Wei-1", "Li-Wei-2"], [])
    assert "Li Wei 1 and Li Wei 2 would have the same id" in report.guesses[0]
    (tmp_path / "names.csv").write_text("name,id\n1,li1\n2,li2\n")
    report = import_submissions(course, SLUG, export, names=tmp_path / "names.csv")
    assert (report.new, report.refused, report.guesses) == (["li1", "li2"], [], [])


def test_two_names_that_would_share_a_folder_both_get_a_row(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    names = ["Ada B", "Ada-B", "ada b"]
    export = as_folder(tmp_path / "a", {f"{name}/x.ipynb": work for name in names})
    report = import_submissions(course, SLUG, export)
    assert len(set(report.new)) == 3
    assert len({name.casefold() for name in report.new}) == 3
    assert report.refused == []
    # the ids do not depend on the order or on who else is in the export
    again = import_submissions(course, SLUG, export)
    assert again.same == report.new


def test_anonymous_students_of_moodle_keep_their_numbers(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {f"Participant_{n}{MOODLE}x.ipynb": work for n in (311, 312)}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Participant-311", "Participant-312"]


# --- forms of other systems -----------------------------------------------------------------------


def works(released: Course, count: int) -> list[bytes]:
    """Return notebooks with different answers."""
    texts = (submission_text(released, {"mul_layer": f"mine = {n}"}) for n in range(count))
    return [text.encode() for text in texts]


def times(course: Course) -> dict[str, str]:
    """Return each student's timestamp, without the zone."""
    base = course.root / "submitted"
    found = {path.parts[-3]: path.read_text() for path in base.glob(f"*/{SLUG}/timestamp.txt")}
    return {name: text.removesuffix(" UTC\n") for name, text in sorted(found.items())}


GRADESCOPE = """---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '4711'
    :email: ada@school.example
  :created_at: 2024-03-01 10:00:00.000000000 Z
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests: []
submission_12:
  :submitters:
  - :name: Ben Meyer
    :sid:
    :email: ben@school.example
  - :name: "J\\xF6rg"
    :sid: '99'
    :email:
  :created_at: 2024-03-02 10:00:00 Z
"""


def test_gradescope_names_the_students_in_a_list(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {
        "assignment_1_export/submission_metadata.yml": GRADESCOPE.encode(),
        "assignment_1_export/submission_11/x.ipynb": work,
        "assignment_1_export/submission_12/x.ipynb": work + b"\n",
        "assignment_1_export/submission_12/helper.py": b"a = 1",
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert (report.new, report.refused) == (["4711", "99", "ben@school.example"], [])
    assert f"99/{SLUG}/helper.py" in submitted_files(course)
    assert times(course)["4711"] == "2024-03-01 10:00:00"
    assert times(course)["99"] == "2024-03-02 10:00:00"


@pytest.mark.parametrize("around", ["", "Abgaben/", "Course 3/Homework_1_2_3/"])
def test_ilias_folders_name_the_login(
    course: Course, work: bytes, tmp_path: Path, around: str
) -> None:
    files = {
        f"{around}Mueller_Joerg_jmueller_4711/x.ipynb": work,
        f"{around}Lovelace_Ada_a_love_4712/y.ipynb": work,
        f"{around}Meyer_Ben_bm_4713/answers.pdf": b"%PDF",
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert (report.new, report.refused) == (["a_love", "bm", "jmueller"], [])


def test_the_latest_attempt_in_blackboard_counts(
    course: Course, released: Course, tmp_path: Path
) -> None:
    one, two, three = works(released, 3)
    first, last = "2024-03-01-10-00-00", "2024-03-05-11-00-00"
    files = {
        f"HW 1_a_love_attempt_{last}_x.ipynb": two,
        f"HW 1_a_love_attempt_{last}.txt": b"Name: Ada Lovelace (a_love)\nAssignment: HW 1\n",
        f"HW 1_a_love_attempt_{first}_x.ipynb": one,
        f"HW 1_ben_attempt_{first}_y.ipynb": three,
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert (report.new, report.refused) == (["a_love", "ben"], [])
    written = submitted_files(course)
    assert written[f"a_love/{SLUG}/{SLUG}.ipynb"] == two.decode()
    assert [text for name, text in written.items() if ".replaced/a_love" in name] == [one.decode()]
    local = datetime(2024, 3, 5, 11).astimezone()
    assert times(course)["a_love"] == str((local - local.utcoffset()).replace(tzinfo=None))  # type: ignore[operator]


def test_the_latest_attempt_with_a_notebook_counts_in_brightspace(
    course: Course, released: Course, tmp_path: Path
) -> None:
    one, two, three = works(released, 3)
    files = {
        "index.html": b"<html>",
        "12-34 - Ada Lovelace - Mar 2, 2024 1000 PM/x.ipynb": two,
        "12-34 - Ada Lovelace - Mar 2, 2024 1000 AM/x.ipynb": one,
        "13-34 - Jean-Luc Picard - 1 February, 2024 900 AM/x.ipynb": three,
        "13-34 - Jean-Luc Picard - 1 March, 2024 900 AM/answers.pdf": b"%PDF",
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada-Lovelace", "Jean-Luc-Picard"]
    assert report.remarks == ["Nobody's submission: index.html."]
    (said,) = report.refused
    assert said.startswith("Jean-Luc-Picard: The latest attempt holds no notebook")
    written = submitted_files(course)
    assert written[f"Ada-Lovelace/{SLUG}/{SLUG}.ipynb"] == two.decode()
    assert written[f"Jean-Luc-Picard/{SLUG}/{SLUG}.ipynb"] == three.decode()
    assert one.decode() in written.values()
    assert "%PDF" in written.values()


def test_canvas_marks_late_and_anonymous_students(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {
        "anon_ab12c_9001_x.ipynb": work,
        "LATE_anon_zz9zz_9002_x.ipynb": work,
        "meyerben_late_102_9003_x.ipynb": work,
        "lovelaceada_101_text.html": b"<p>",
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["anon_ab12c", "anon_zz9zz", "lovelaceada", "meyerben"]
    assert report.late == ["anon_zz9zz", "meyerben"]


def test_groups_before_moodles_names_are_left_out(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {
        f"Group A-Ada Lovelace_1{MOODLE}/x.ipynb": work,
        f"Group A-Jean-Luc Picard_2{MOODLE}/x.ipynb": work,
        f"Group B-2-Ben Meyer_3{MOODLE}x.ipynb": work,
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada-Lovelace", "Ben-Meyer", "Jean-Luc-Picard"]
    assert "begins with a group" in report.guesses[0]
    names = {f"{name}_1{MOODLE}x.ipynb": work for name in ("Jean-Luc Picard", "Ana-Maria Diaz")}
    report = import_submissions(course, SLUG, zipped(tmp_path / "y.zip", names))
    assert (report.new, report.guesses) == (["Ana-Maria-Diaz"], [])
    assert report.same == ["Jean-Luc-Picard"]


def test_sakai_names_the_login_and_the_time(course: Course, work: bytes, tmp_path: Path) -> None:
    files = {
        "HW/grades.csv": b"x",
        "HW/Lovelace, Ada(alove)/Submission attachment(s)/x.ipynb": work,
        "HW/Lovelace, Ada(alove)/timestamp.txt": b"20240301100000000",
        "HW/Meyer, Ben(bm)/Submission attachment(s)/x.ipynb": work,
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["alove", "bm"]
    assert times(course)["alove"] == "2024-03-01 10:00:00"


# --- folders around a class -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "Homework 1/{}.ipynb",
        "Course/Homework 1/{}.ipynb",
        f"{SLUG}/{{}}.ipynb",
        "Homework 1/{}/x.ipynb",
        f"Homework 1/{{}}/{SLUG}/{SLUG}.ipynb",
    ],
)
def test_a_folder_around_a_class_is_skipped_and_shown(
    course: Course, released: Course, tmp_path: Path, form: str
) -> None:
    names = ["ada", "ben", "student00", "student01"]
    files = dict(zip(map(form.format, names), works(released, 4), strict=True))
    export = zipped(tmp_path / "x.zip", files | {"__MACOSX/._x": b""})
    said: list[str] = []
    report = import_submissions(course, SLUG, export, dry_run=True, say=said.append)
    assert (report.new, report.refused) == (names, [])
    assert "was read as a folder around a class" in said[0]
    assert [line.split()[0] for line in said[1:]] == names
    assert not (course.root / "submitted").exists()
    assert import_submissions(course, SLUG, export).new == names


@pytest.mark.parametrize(
    "files",
    [
        [f"ada/{SLUG}.ipynb", f"ada/{SLUG}-Copy1.ipynb", f"ada/{SLUG} (1).ipynb", "ada/p.png"],
        ["ada/src/a.ipynb", "ada/data/x.csv"],
        [f"ada/{SLUG}/{SLUG}.ipynb"],
        ["ada/Version 1/x.ipynb", "ada/Version 2/x.ipynb"],
    ],
)
def test_one_students_folder_is_no_class(
    course: Course, released: Course, tmp_path: Path, files: list[str]
) -> None:
    export = zipped(tmp_path / "x.zip", dict(zip(files, works(released, len(files)), strict=True)))
    report = import_submissions(course, SLUG, export)
    assert (report.new, report.guesses) == (["ada"], [])


def test_a_student_cannot_hand_in_for_others(
    course: Course, released: Course, tmp_path: Path
) -> None:
    ada, *mine = works(released, 9)
    files = {"ada/x.ipynb": ada, "eve/lovelaceada_1_2_x.ipynb": mine[0]}
    files |= {f"eve/{name}.ipynb": data for name, data in zip("abcdefg", mine[1:], strict=True)}
    files |= {f"eve/ada/{n}.ipynb": mine[n] for n in range(3)}
    report = import_submissions(course, SLUG, as_folder(tmp_path / "a", files))
    assert report.new == ["ada", "eve"]
    assert submitted_files(course)[f"ada/{SLUG}/{SLUG}.ipynb"] == ada.decode()


def test_sections_of_a_class_are_joined(course: Course, released: Course, tmp_path: Path) -> None:
    names = ["A/ada/x.ipynb", "A/ben/x.ipynb", "B/cy/x.ipynb", "B/di/x.ipynb"]
    files = dict(zip(names, works(released, 4), strict=True))
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["ada", "ben", "cy", "di"]
    assert "sections" in report.guesses[0]


# --- every file is named --------------------------------------------------------------------------


def test_each_student_gets_a_row_whatever_the_file(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    notebooks = ["x.ipynb", "x.ipynb.txt", "x.ipynb.json", "x.json", "x.txt", "X.IPYNB", "x"]
    others = ["answers.pdf", "x.py", "work.rar", "work.7z", "x.html", "x.docx", "x.png"]
    files = {f"S{n:02}_{n}{MOODLE}/{name}": work for n, name in enumerate(notebooks)}
    files |= {f"T{n:02}_{n + 50}{MOODLE}/{name}": b"x" for n, name in enumerate(others)}
    files[f"U_99{MOODLE}/x.ipynb.txt"] = b"\xff\xfe" + work.decode().encode("utf-16-le")
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert len(report.new) == len(files)
    assert len(report.remarks) == len(others)
    rows = {one.student: one for one in submissions(course, SLUG)}
    assert len(rows) == len(files)
    for student, one in rows.items():
        assert (one.notebook is None) == student.startswith("T")
    for n, name in enumerate(others):
        (problem,) = rows[f"T{n:02}"].problems
        assert name in problem
        assert "Ask the student" in problem


def test_files_that_name_no_student_are_named(course: Course, work: bytes, tmp_path: Path) -> None:
    files = {f"Ada_1{MOODLE}/x.ipynb": work, "answers.pdf": b"x", "marks.xlsx": b"x"}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.refused == ["answers.pdf names no student in the way of the others."]
    assert report.remarks == ["Nobody's submission: marks.xlsx."]


def test_empty_and_hidden_folders_get_rows(course: Course, work: bytes, tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "a", {".ada/x.ipynb": work, "ben/x.ipynb": work})
    (folder / "cy").mkdir()
    (folder / ".DS_Store").touch()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("di/", b"")
        archive.writestr("ed/x.ipynb", work)
    assert import_submissions(course, SLUG, folder).new == ["ada", "ben", "cy"]
    assert import_submissions(course, SLUG, tmp_path / "x.zip").new == ["di", "ed"]


def test_a_name_that_cannot_be_an_id_is_refused_with_what_helps(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {f"{'x' * 140}_7{MOODLE}/x.ipynb": work, f"Ada_8{MOODLE}/x.ipynb": work}
    export = zipped(tmp_path / "x.zip", files | {f"{'李' * 100}_9{MOODLE}/x.ipynb": work})
    report = import_submissions(course, SLUG, export)
    assert report.new == ["Ada"]
    assert ["`7,their-id`" in report.refused[0], "`9,their-id`" in report.refused[1]] == [True] * 2
    (tmp_path / "names.csv").write_text("name,id\n7,xx\n9,li\n")
    report = import_submissions(course, SLUG, export, names=tmp_path / "names.csv")
    assert (report.new, report.refused) == (["li", "xx"], [])


def test_a_name_from_a_mac_is_the_same_name(course: Course, work: bytes, tmp_path: Path) -> None:
    decomposed, composed = "Jo\u0308rg Mu\u0308ller", "Jörg Müller"
    (tmp_path / "names.csv").write_text(f"name,id\n{composed},jm77\n")
    export = zipped(tmp_path / "x.zip", {f"{decomposed}_311{MOODLE}/x.ipynb": work})
    assert import_submissions(course, SLUG, export, names=tmp_path / "names.csv").new == ["jm77"]
    # a folder copied from a Mac
    hand_in(course, student_id(composed).replace("ö", "o\u0308").replace("ü", "u\u0308"), work)
    assert import_submissions(course, SLUG, export).same == ["Jörg-Müller"]
    assert len(submissions_of(course)) == 2


def submissions_of(course: Course) -> list[str]:
    return [one.student for one in submissions(course, SLUG)]


# --- one student's harm ---------------------------------------------------------------------------


def test_too_many_files_of_one_student_do_not_harm_others(
    course: Course, work: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_FILES", 50)
    files = {f"eve/{n}.ipynb": b"{}" for n in range(200)} | {f"eve/{SLUG}.ipynb": work}
    files |= {"ada/x.ipynb": work, "fay.zip": zipped(tmp_path / "f.zip", files).read_bytes()}
    report = import_submissions(
        course, SLUG, zipped(tmp_path / "x.zip", files, (2025, 3, 1, 0, 0, 0))
    )
    assert report.new == ["ada", "eve", "fay"]
    assert any("eve: 151 files were not read" in line for line in report.refused)
    assert len(report.refused) < 20
    rows = {one.student: one.notebook is not None for one in submissions(course, SLUG)}
    assert rows == {"ada": True, "eve": True, "fay": True}


def test_too_many_bytes_of_one_student_do_not_harm_others(
    course: Course, work: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_TOGETHER", 2**20)
    big = {f"eve/{n}.bin": bytes(2**19) for n in range(5)}
    files = big | {"eve/x.ipynb": work, "fay/x.ipynb": work}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["eve", "fay"]
    (said,) = report.refused
    assert said.startswith("eve: 3 files were not read")
    assert [one.notebook is not None for one in submissions(course, SLUG)] == [True, True]


# --- lateness -------------------------------------------------------------------------------------


def test_what_a_student_writes_does_not_beat_the_time_of_the_export(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    early = b"2019-01-01 00:00:00 UTC"
    inner = {"x.ipynb": work, "timestamp.txt": early}
    packed = zipped(tmp_path / "i.zip", inner, (2019, 1, 1, 0, 0, 0)).read_bytes()
    files = {
        f"Ada_1{MOODLE}/x.ipynb": work,
        f"Ada_1{MOODLE}/timestamp.txt": early,
        f"Ben_2{MOODLE}/w.zip": packed,
        "cy/x.ipynb": work,
        "cy/timestamp.txt": early,
        "di.zip": packed,
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada", "Ben", "cy", "di"]
    assert {when[:4] for when in times(course).values()} == {"2025"}
    assert len(times(course)) == 4
    assert submitted_files(course)[f"Ada/{SLUG}/handed in timestamp.txt"] == early.decode()


# --- existing submissions -------------------------------------------------------------------------


def test_a_different_submission_replaces_the_old_one_only_with_overwrite(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    import_submissions(course, SLUG, as_folder(tmp_path / "a", {"ada.ipynb": work}))
    before = submitted_files(course)
    new = as_folder(tmp_path / "b", {"ada.ipynb": work + b"\n", "bob.ipynb": work})
    report = import_submissions(course, SLUG, new)
    assert report.new == ["bob"]
    assert "contains another submission. With --force" in report.refused[0]
    assert submitted_files(course).items() >= before.items()

    report = import_submissions(course, SLUG, new, overwrite=True)
    assert (report.new, report.same) == (["ada"], ["bob"])
    now = submitted_files(course)
    assert now[f"ada/{SLUG}/{SLUG}.ipynb"] == work.decode() + "\n"
    (kept,) = [name for name in now if name.startswith(".replaced/ada/")]
    assert now[kept] == work.decode()
    assert [one.student for one in submissions(course, SLUG)] == ["ada", "bob"]


def test_links_in_submitted_are_not_followed(course: Course, work: bytes, tmp_path: Path) -> None:
    base = course.root / "submitted"
    (tmp_path / "elsewhere").mkdir()
    base.mkdir()
    (base / "ada").symlink_to(tmp_path / "elsewhere")
    report = import_submissions(course, SLUG, as_folder(tmp_path / "a", {"ada.ipynb": work}))
    assert "is a link" in report.refused[0]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_among_several_notebooks_the_one_with_answers_is_imported(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    notes = b'{"cells": [], "nbformat": 4}'
    files = {"ada/notes.ipynb": notes, "ada/z.ipynb": work}
    import_submissions(course, SLUG, as_folder(tmp_path / "a", files))
    assert submitted_files(course) == {
        f"ada/{SLUG}/{SLUG}.ipynb": work.decode(),
        f"ada/{SLUG}/notes.ipynb": notes.decode(),
    }
    (ada,) = submissions(course, SLUG)
    assert (ada.notebook is not None, ada.problems) == (True, ())
    files["bob/a.ipynb"], files["bob/b.ipynb"] = work, work.replace(b"mine = 1", b"mine = 2")
    import_submissions(course, SLUG, as_folder(tmp_path / "a", files))
    (one,) = [s for s in submissions(course, SLUG) if s.student == "bob"]
    assert "several notebooks with answers" in one.problems[0]


# --- timestamps -----------------------------------------------------------------------------------


def test_different_file_times_become_timestamps(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {"ada.ipynb": work, "bob.ipynb": work}
    import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    ada, bob = submissions(course, SLUG)
    assert ada.timestamp is not None
    assert bob.timestamp is not None
    assert (bob.timestamp - ada.timestamp).days == 1
    local = datetime(2025, 3, 1, 12, 30).astimezone()
    assert ada.timestamp == (local - local.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]


@pytest.mark.parametrize("when", [(2025, 3, 1, 12, 30, 0), (1980, 1, 1, 0, 0, 0)])
def test_equal_file_times_give_no_timestamps(
    course: Course, work: bytes, tmp_path: Path, when: tuple[int, ...]
) -> None:
    files = {"ada.ipynb": work, "bob.ipynb": work}
    import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files, when))
    assert [one.timestamp for one in submissions(course, SLUG)] == [None, None]


def test_timestamp_file_of_the_export_is_used(course: Course, work: bytes, tmp_path: Path) -> None:
    files = {"ada/a.ipynb": work, "ada/timestamp.txt": b"2024-01-01 00:00:00 UTC"}
    import_submissions(course, SLUG, as_folder(tmp_path / "a", files))
    (one,) = submissions(course, SLUG)
    assert one.timestamp == datetime(2024, 1, 1)


# --- hostile exports ------------------------------------------------------------------------------


def test_paths_outside_the_export_are_refused(course: Course, work: bytes, tmp_path: Path) -> None:
    names = ["../../up.ipynb", "/etc/x.ipynb", "a/../../../x.ipynb", "C:/x.ipynb", "..\\x.ipynb"]
    report = import_submissions(
        course, SLUG, zipped(tmp_path / "x.zip", dict.fromkeys(names, work) | {"ada.ipynb": work})
    )
    said = [line for line in report.refused if "leads outside the export" in line]
    assert len(said) >= len(names) - 2  # `..` names nobody: refused as an id
    written = submitted_files(course)
    assert [name for name, text in written.items() if text == work.decode()] == [
        f"ada/{SLUG}/{SLUG}.ipynb"
    ]
    assert list(course.root.parent.glob("*.ipynb")) == []


def test_links_and_pipes_in_exports_are_refused(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("eve.ipynb")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("ada.ipynb", work)
    folder = as_folder(tmp_path / "a", {"bob.ipynb": work})
    (folder / "eve.ipynb").symlink_to("/etc/passwd")
    (folder / "fay").symlink_to("/etc")
    os.mkfifo(folder / "gus.ipynb")
    reports = [import_submissions(course, SLUG, path) for path in (tmp_path / "x.zip", folder)]
    assert [one.new for one in reports] == [["ada", "eve"], ["bob", "fay", "gus"]]
    assert ["eve.ipynb is a link" in one.refused[0] for one in reports] == [True, True]
    assert "fay is a link" in reports[1].refused[1]
    assert "a pipe" in reports[1].refused[2]


def test_oversized_files_are_refused(
    course: Course, work: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitted, "MOST_BYTES", 2**20)
    zeros = bytes(2**20 + 1)
    bomb = zipped(tmp_path / "inner.zip", {"x.ipynb": zeros}).read_bytes()
    files = {"eve.ipynb": zeros, "fay/w.zip": bomb, "gus/big.bin": zeros, "ada.ipynb": work}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["ada", "eve", "fay", "gus"]
    assert report.refused == [
        "eve: eve.ipynb is larger than 1 MB.",
        "fay: w.zip/x.ipynb is larger than 1 MB.",
        "gus: big.bin is larger than 1 MB.",
    ]
    rows = {one.student: one for one in submissions(course, SLUG)}
    assert rows["ada"].notebook is not None
    assert "Not imported: w.zip/x.ipynb is larger than 1 MB." in rows["fay"].problems


def test_nested_zip_files_are_read_to_one_level(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    inner = zipped(tmp_path / "i.zip", {"deep/er/a.ipynb": work}).read_bytes()
    twice = zipped(tmp_path / "t.zip", {"i.zip": inner}).read_bytes()
    files = {f"Ada_1{MOODLE}/w.zip": inner, "bob.zip": inner, "eve/t.zip": twice, "fay.zip": b"x"}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada", "bob", "eve", "fay"]
    said = " ".join(report.refused)
    assert "eve: t.zip/i.zip is a zip file in a zip file" in said
    assert "fay: fay.zip is not a zip file" in said


def test_broken_and_encrypted_entries_are_refused(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "x.zip", {"ada.ipynb": work, "bob.ipynb": work})
    data = bytearray(path.read_bytes())
    data[data.index(b"ada.ipynb") + 40] ^= 0xFF  # in the compressed data
    second = data.rindex(b"PK\x01\x02")
    data[second + 8] |= 1  # its flags: encrypted
    path.write_bytes(data)
    report = import_submissions(course, SLUG, path)
    assert report.new == ["ada", "bob"]
    assert "ada.ipynb can't be unpacked" in report.refused[0]
    assert "bob.ipynb is encrypted" in report.refused[1]
    rows = {one.student: one for one in submissions(course, SLUG)}
    assert [rows[name].notebook for name in ("ada", "bob")] == [None, None]
    assert "Not imported: bob.ipynb is encrypted." in rows["bob"].problems


def test_undeclared_utf_8_names_are_decoded(course: Course, work: bytes, tmp_path: Path) -> None:
    name = "Zoë.ipynb".encode()
    packed, crc = work, zlib.crc32(work)
    sizes = struct.pack("<LLLHH", crc, len(packed), len(packed), len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 0, 0, 0x5A21) + sizes + name + packed
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 0, 0, 0x5A21) + sizes
    central += struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    (tmp_path / "x.zip").write_bytes(local + central + end)
    assert import_submissions(course, SLUG, tmp_path / "x.zip").new == ["Zoë"]


def test_files_that_are_no_submissions_are_ignored(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {
        "__MACOSX/ada/._a.ipynb": b"x",
        "ada/.ipynb_checkpoints/a.ipynb": b"x",
        "ada/a.ipynb": work,
        "marks.csv": b"x",
        "\x1b[2J.ipynb": b"x",
    }
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["2J", "ada"]
    assert report.remarks == ["Nobody's submission: marks.csv."]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no zip", "is not a zip file"), (b"", "is not a zip file"), (None, "contains no notebook")],
)
def test_an_invalid_export_is_reported(
    course: Course, tmp_path: Path, data: bytes | None, reason: str
) -> None:
    path = tmp_path / "x.zip"
    if data is None:
        zipped(path, {"readme.txt": b"x"})
    else:
        path.write_bytes(data)
    with pytest.raises(CourseError, match=reason):
        import_submissions(course, SLUG, path)
