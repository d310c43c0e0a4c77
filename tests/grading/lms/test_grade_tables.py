"""Grade tables for Moodle, Canvas and spreadsheets, and class lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from class_cases import SLUG, InProcessExecutor, answers, by_length, hand_in, released_course
from click.testing import CliRunner

from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError
from course_lib.grading.feedback.class_page import ClassRow
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.gradebook.scores import CellScore, Scores
from course_lib.grading.jobs import Result, without_report
from course_lib.grading.lms.grade_tables import (
    as_csv,
    canvas,
    cell,
    export,
    moodle,
    table,
)
from course_lib.grading.lms.people import ClassList, Person, read_class_list
from course_lib.grading.outcome import Options
from course_lib.grading.run import grade

ADA = Person("Ada", "Lovelace", "", "ada@school.example", "1815", "al", "41", "S1", "ada", "A")
BOB = Person("Bob", "Boole", "", "bob@school.example", "1816", "bb", "42", "S2", "bob", "B")
PEOPLE = ClassList([ADA, BOB])


def row(student: str = "ada", points: float = 2.5, **about: Any) -> ClassRow:
    """Return a row with points out of 4, and 3 manual points unless it waits for a person."""
    waits = about.pop("waits", False)
    cells = {
        "check_mul_layer": CellScore("check_mul_layer", points, 4),
        "explain": CellScore("explain", 0 if waits else 3, 3, waits=waits, by_person=not waits),
    }
    names = {name: about.pop(name) for name in ("first_name", "email") if name in about}
    scores = Scores(student, SLUG, cells, {"explain": "Fine."}, about.pop("late", 0.0), **names)
    task = without_report("check_mul_layer", points, 4, "dx is wrong.")
    return ClassRow(student, Result(student, SLUG, (task,)), scores, **about)


def read(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(rows), newline="")))


# --- Moodle ---------------------------------------------------------------------------------------


def test_moodle_table() -> None:
    made = moodle([row(), row("bob", 4, late=1)], PEOPLE, "Cart", False)
    assert made.table[0] == [
        *("First name", "Last name", "ID number", "Email address", "Username"),
        *("Cart", "Feedback: Cart"),
    ]
    ada, bob = read(made.table)
    assert (ada["First name"], ada["ID number"], ada["Email address"]) == (
        "Ada",
        "1815",
        "ada@school.example",
    )
    assert (ada["Cart"], bob["Cart"]) == ("5.5", "6")  # 2.5 + 3 | 4 + 3 - 1
    assert ada["Feedback: Cart"] == "mul_layer 2.5/4 (dx is wrong.); explain 3/3 (Fine.)"
    assert bob["Feedback: Cart"] == "mul_layer 4/4; explain 3/3 (Fine.); late: -1"
    assert (made.left_out, made.remarks) == ([], [])


def test_without_a_class_list_ids_are_folder_names_and_names_come_from_the_gradebook() -> None:
    rows = [row(email="a@x.example", first_name="Ada"), row("bob", email="b@x.example")]
    made = moodle(rows, None, "Cart", False)
    # Bob has no first name, so the column is left out
    assert made.table[0] == ["ID number", "Email address", "Cart", "Feedback: Cart"]
    assert [line["ID number"] for line in read(made.table)] == ["ada", "bob"]


def test_every_moodle_row_has_an_identifier() -> None:
    """Moodle gives the points of a row with an empty id to the student in the row before."""
    some = ClassList([ADA, replace(BOB, id_number="")])
    made = moodle([row(), row("bob")], some, "Cart", False)
    assert "ID number" not in made.table[0]
    assert all(line["Email address"] for line in read(made.table))
    nobody = ClassList([Person(full_name="Ada"), Person(full_name="Bob")])
    with pytest.raises(CourseError, match="--names"):
        moodle([row(), row("bob")], nobody, "Cart", False)


def test_students_without_final_points_are_left_out_and_listed() -> None:
    rows = [
        row(),
        row("bob", waits=True),
        replace(row("cem"), scores=None),
        replace(row("dan"), changed=True),
    ]
    for make in (moodle, canvas):
        made = make(rows, None, "Cart", False)
        assert "bob" not in as_csv(made.table)
        assert made.left_out == [
            "bob: 3 points to grade by hand",
            "cem: not graded yet",
            "dan: resubmitted since it was graded",
        ]
        made = make(rows, None, "Cart", True)
        assert "bob" in as_csv(made.table)
        assert made.left_out == ["cem: not graded yet"]


def test_students_missing_in_the_class_list_are_left_out_and_listed() -> None:
    """Moodle refuses a whole file for one unknown student."""
    for make in (moodle, canvas):
        made = make([row(), row("kim")], PEOPLE, "Cart", False)
        assert made.left_out == ["kim: not in the class list, or in it more than once"]
        assert "kim" not in as_csv(made.table)


def test_two_folders_of_one_person_make_one_row() -> None:
    made = moodle([row("ada"), row("Ada-Lovelace")], PEOPLE, "Cart", False)
    assert len(read(made.table)) == 1
    assert made.left_out == ["Ada-Lovelace: the same person as ada in the class list"]


def test_problems_are_listed_as_remarks() -> None:
    made = moodle([row(problems=("A cell is missing.",))], None, "Cart", False)
    assert made.remarks == ["ada: A cell is missing."]
    assert len(read(made.table)) == 1


# --- Canvas ---------------------------------------------------------------------------------------


def test_canvas_table() -> None:
    made = canvas([row(), row("bob", 4, late=1)], PEOPLE, "Cart (1234)", False)
    assert made.table == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Cart (1234)"],
        ["    Points Possible", "", "", "", "", "7"],
        ["Ada Lovelace", "41", "S1", "ada", "A", "5.5"],
        ["Bob Boole", "42", "S2", "bob", "B", "6"],
    ]
    text = as_csv(made.table)
    # Canvas requires these words, and guesses the separator from three lines.
    assert text.startswith("Student,ID,SIS User ID,SIS Login ID,Section,Cart (1234)\r\n    Points ")
    assert {line.count(",") for line in text.splitlines()} == {5}


def test_without_a_class_list_the_canvas_login_is_the_folder_name() -> None:
    made = canvas([row()], None, "Cart", False)
    assert made.table[2] == ["ada", "", "", "ada", "", "5.5"]


def test_a_student_name_cannot_imitate_the_points_possible_row() -> None:
    made = canvas([row("Points Possible 1000")], None, "Cart", False)
    assert "Points Possible" not in made.table[2][0]


# --- CSV ------------------------------------------------------------------------------------------


def test_csv_table_has_all_students_and_tasks() -> None:
    rows = [row(), row("bob", waits=True, problems=("A.", "B.")), replace(row("cem"), scores=None)]
    made = table(rows, PEOPLE, "Cart", False)
    ada, bob, cem = read(made.table)
    assert (ada["Points"], ada["Points possible"], ada["mul_layer"]) == ("5.5", "7", "2.5")
    assert (ada["Student"], ada["Last name"], ada["ID number"]) == ("ada", "Lovelace", "1815")
    assert (bob["Points"], bob["mul_layer"], bob["explain"]) == ("", "2.5", "")
    assert (bob["Waiting for"], bob["Problems"]) == ("3 points to grade by hand", "A. B.")
    assert (cem["Points"], cem["Points possible"], cem["mul_layer"]) == ("", "", "")
    assert len(made.left_out) == 2
    assert read(table(rows, None, "Cart", True).table)[1]["Points"] == "2.5"


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "\u00a0=1",
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    (line,) = csv.reader(io.StringIO(as_csv([["a", text]]), newline=""))
    assert not line[1].lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    assert "\n" not in line[1]


@pytest.mark.parametrize(
    "text", ["Ada", "5.5", 'a "b", c', "a;b", "", "    Points Possible", "日本"]
)
def test_other_cells_are_unchanged(text: str) -> None:
    (line,) = csv.reader(io.StringIO(as_csv([["a", text]]), newline=""))
    assert line == ["a", text]


def test_control_characters_in_cells_are_replaced() -> None:
    assert cell("a\x1b[31m\u202eb\ud800") == "a\ufffd[31m\ufffdb\ufffd"
    assert len(cell("x" * 10_000)) == 2000
    as_csv([["\ud800"]]).encode()


def test_an_id_that_looks_like_a_formula_is_listed_as_a_remark() -> None:
    made = moodle([row("=ada")], None, "Cart", False)
    assert made.table[1][0] == "=ada"
    assert read(made.table)[0]["ID number"] == "'=ada"
    assert "enter these points by hand" in made.remarks[0]


# --- class lists ----------------------------------------------------------------------------------

MOODLE = "First name,Surname,ID number,Email address\nAda,Lovelace,1815,ada@school.example\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Cart (1234)\n"
    "    Points Possible,,,,,7\n"
    '"Lovelace, Ada",41,S1,alove,A,\n'
)


def class_list(tmp_path: Path, text: str, encoding: str = "utf-8") -> ClassList:
    path = tmp_path / "names.csv"
    path.write_bytes(text.encode(encoding))
    return read_class_list(path)


@pytest.mark.parametrize(
    "student", ["1815", "ada", "ADA@school.example", "Ada-Lovelace", "Ada Lovelace", "lovelaceada"]
)
def test_class_list_finds_a_student_by_id_email_or_name(tmp_path: Path, student: str) -> None:
    found = class_list(tmp_path, MOODLE).find(student)
    assert found is not None
    assert (found.first_name, found.last_name, found.id_number) == ("Ada", "Lovelace", "1815")


@pytest.mark.parametrize("student", ["41", "S1", "alove", "lovelaceada", "Ada_Lovelace"])
def test_class_list_reads_a_canvas_export(tmp_path: Path, student: str) -> None:
    found = class_list(tmp_path, CANVAS, "utf-8-sig").find(student)
    assert found is not None
    assert (found.name, found.canvas_id, found.section) == ("Lovelace, Ada", "41", "A")


@pytest.mark.parametrize("text", [MOODLE.replace(",", ";"), MOODLE.replace(",", "\t")])
def test_class_list_with_other_separators(tmp_path: Path, text: str) -> None:
    assert class_list(tmp_path, text).find("1815") is not None


def test_a_shared_name_is_ambiguous_but_the_ids_are_found(tmp_path: Path) -> None:
    people = class_list(tmp_path, MOODLE + "Ada,Lovelace,1816,ada2@school.example\n")
    assert people.find("Ada-Lovelace") is None
    assert people.find("1816").email == "ada2@school.example"
    assert people.find("points possible") is None
    assert class_list(tmp_path, CANVAS).find("PointsPossible") is None


def test_an_id_takes_precedence_over_a_name(tmp_path: Path) -> None:
    text = "Name,Username\nada,carl\nCarl Gauss,ada\n"
    assert class_list(tmp_path, text).find("ada").name == "Carl Gauss"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column that identifies students"),
        (b"colour,size\nred,4\n", "no column that identifies students"),
        (b"Name\n" + b"x" * 21_000_000, "too large"),
    ],
)
def test_an_invalid_class_list_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(data)
    with pytest.raises(CourseError, match=said):
        read_class_list(path)
    with pytest.raises(CourseError, match="can't be read"):
        read_class_list(tmp_path / "missing.csv")


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("exports") / "my course")
    for name in ("ada", "bob", "cem"):
        hand_in(course, name, answers(course))
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    with open_gradebook(course) as book:
        for name in ("ada", "bob"):
            given = book.find_grade("explain", SLUG, SLUG, name)
            given.manual_score, given.needs_manual_grade = 2.5, False
        book.find_submission_notebook(SLUG, SLUG, "bob").late_submission_penalty = 1.0
        book.db.commit()
    return course


def run(course: Course, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.chdir(course.root)
    return CliRunner().invoke(main, ["export", SLUG, *words])


def points(course: Course, student: str) -> float:
    with open_gradebook(course) as book:
        submission = book.find_submission(SLUG, student)
        return max(submission.score - submission.late_submission_penalty, 0.0)


def test_exported_points_equal_the_gradebook(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(course, monkeypatch, "--format", "moodle")
    file = course.build / "export" / f"{SLUG}-moodle.csv"
    assert done.exit_code == 0
    assert done.stdout == f"{file}\n"
    assert done.stderr == "Left out: cem: 3 points to grade by hand\n"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        found = {line["ID number"]: float(line[SLUG]) for line in csv.DictReader(lines)}
    assert found == pytest.approx({name: points(course, name) for name in ("ada", "bob")})
    assert found["ada"] - found["bob"] == pytest.approx(1.0)  # the penalty


def test_canvas_export_with_a_class_list(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names, to = tmp_path / "names.csv", tmp_path / "new" / "grades.csv"
    names.write_text('Student,ID,SIS Login ID\n"Lovelace, Ada",41,ada\n')
    words = ("--names", str(names), "--column", "Cart (1234)", "--to", str(to), "--unfinished")
    done = run(course, monkeypatch, "--format", "canvas", *words)
    assert done.exit_code == 0
    assert done.stderr.count("not in the class list") == 2
    assert not to.read_bytes().startswith(b"\xef\xbb\xbf")
    head, possible, ada = csv.reader(to.read_text().splitlines())
    assert head[-1] == "Cart (1234)"
    assert float(possible[-1]) == 33
    assert ada[:2] == ["Lovelace, Ada", "41"]
    assert [file.name for file in to.parent.iterdir()] == [to.name]


def test_an_export_without_students_is_an_error(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names, to = tmp_path / "names.csv", tmp_path / "grades.csv"
    names.write_text("Name;Kuerzel\nZoe Quux;zq\n")
    done = run(course, monkeypatch, "--format", "canvas", "--names", str(names), "--to", str(to))
    assert done.exit_code == 1
    assert "every student is left out. ada: not in the class list" in done.output
    assert "were not read: Kuerzel." in done.output
    assert not to.exists()


def test_csv_export_lists_all_students(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(course, monkeypatch, "--format", "csv")
    assert done.stderr == "Left empty: cem: 3 points to grade by hand\n"
    text = (course.build / "export" / f"{SLUG}-csv.csv").read_text(encoding="utf-8-sig")
    lines = {line["Student"]: line for line in csv.DictReader(io.StringIO(text))}
    assert lines["cem"]["Points"] == ""
    assert float(lines["bob"]["Late penalty"]) == 1
    assert lines["ada"]["explain"] == "2.5"


def test_export_errors_are_reported(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = run(course, monkeypatch, "--format", "csv", "--to", str(tmp_path / "file" / "x.csv"))
    assert done.exit_code == 1
    assert "can't be written" in done.output
    assert run(course, monkeypatch, "--format", "excel").exit_code == 2
    done = CliRunner().invoke(main, ["export", "03_activations", "--format", "csv"])
    assert "there is nothing to export" in done.output


def test_a_damaged_gradebook_is_reported(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = course.gradebook.read_bytes()
    try:
        course.gradebook.write_bytes(b"SQLite format 3\0" + b"?" * 5000)
        done = run(course, monkeypatch, "--format", "csv", "--to", str(tmp_path / "x.csv"))
    finally:
        course.gradebook.write_bytes(whole)
    assert done.exit_code == 1
    assert "The gradebook can't be read" in done.output
    assert not (tmp_path / "x.csv").exists()


def test_a_failed_export_leaves_the_old_file(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    to = tmp_path / "grades.csv"
    to.write_text("old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(CourseError, match="disk is full"):
        export(course, SLUG, "csv", to)
    assert to.read_text() == "old"
