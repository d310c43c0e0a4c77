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
from class_cases import SLUG, released_course, submission_text

from course_lib.grading.course import Course, CourseError
from course_lib.grading.lms.imports import ImportReport, import_submissions, owner, student_id
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
    return {n: p.read_text() for n, p in sorted(found.items()) if not n.endswith("timestamp.txt")}


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
    assert report == ImportReport(new=names, late=["curiemarie"])
    assert list(submitted_files(course)) == [f"{name}/{SLUG}/{SLUG}.ipynb" for name in names]
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


def test_two_students_with_one_name_are_both_refused(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    files = {f"Li Wei_{n}{MOODLE}/a.ipynb": work for n in (1, 2)}
    export = zipped(tmp_path / "x.zip", files)
    report = import_submissions(course, SLUG, export)
    (error,) = report.refused
    assert "Li Wei 1 and Li Wei 2 would both be Li-Wei: give them ids with --names." == error
    assert submitted_files(course) == {}
    (tmp_path / "names.csv").write_text("name,id\n1,li1\n2,li2\n")
    report = import_submissions(course, SLUG, export, names=tmp_path / "names.csv")
    assert (report.new, report.refused) == (["li1", "li2"], [])


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
    files = {"ada/notes.ipynb": b'{"cells": [], "nbformat": 4}', "ada/z.ipynb": work}
    import_submissions(course, SLUG, as_folder(tmp_path / "a", files))
    assert submitted_files(course) == {f"ada/{SLUG}/{SLUG}.ipynb": work.decode()}
    files["bob/a.ipynb"], files["bob/b.ipynb"] = work, work + b"\n"
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
    assert len(report.refused) == len(names)
    assert all("leads outside the export" in line for line in report.refused)
    assert list(submitted_files(course)) == [f"ada/{SLUG}/{SLUG}.ipynb"]


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
    assert [one.new for one in reports] == [["ada"], ["bob"]]
    assert ["eve.ipynb is a link" in one.refused[0] for one in reports] == [True, True]
    assert "fay is a link" in reports[1].refused[1]
    assert "a pipe" in reports[1].refused[2]


def test_oversized_files_are_refused(course: Course, work: bytes, tmp_path: Path) -> None:
    zeros = bytes(30 * 2**20)
    bomb = zipped(tmp_path / "inner.zip", {"x.ipynb": zeros}).read_bytes()
    files = {"eve.ipynb": zeros, "fay/w.zip": bomb, "gus/big.bin": zeros, "ada.ipynb": work}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["ada"]
    assert sorted(report.refused)[0] == "eve.ipynb is larger than 20 MB."
    assert "fay/w.zip/x.ipynb is larger than 20 MB." in report.refused


def test_nested_zip_files_are_read_to_one_level(
    course: Course, work: bytes, tmp_path: Path
) -> None:
    inner = zipped(tmp_path / "i.zip", {"deep/er/a.ipynb": work}).read_bytes()
    twice = zipped(tmp_path / "t.zip", {"i.zip": inner}).read_bytes()
    files = {f"Ada_1{MOODLE}/w.zip": inner, "bob.zip": inner, "eve/t.zip": twice, "fay.zip": b"x"}
    report = import_submissions(course, SLUG, zipped(tmp_path / "x.zip", files))
    assert report.new == ["Ada", "bob"]
    said = " ".join(report.refused)
    assert "eve/t.zip/i.zip is a zip file in a zip file" in said
    assert "fay.zip is not a zip file" in said


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
    assert report.new == []
    assert "ada.ipynb can't be unpacked" in report.refused[0]
    assert "bob.ipynb is encrypted" in report.refused[1]


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
