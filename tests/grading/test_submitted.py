"""Reading submissions: problems by folder, and notebooks rebuilt from the instructor's."""

from __future__ import annotations

import base64
import copy
import json
import os
import re
import socket
import struct
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from class_cases import SLUG, answers, hand_in, released_course, submission_text

from course_lib.grading import submitted
from course_lib.grading.assignment import MOST_EXTRA, Blueprint, read_blueprint
from course_lib.grading.course import Course
from course_lib.grading.jobs import CHECK, GIVEN, RUN, TEXT, course_version, make_job
from course_lib.grading.sanitize import printable
from course_lib.grading.submitted import (
    Submission,
    read_submission,
    submission_folders,
    submissions,
)

RIGHT = "class MulLayer:\n    pass  # mine"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return released_course(tmp_path_factory.mktemp("intake") / "my course")


@pytest.fixture(scope="module")
def blueprint(released: Course) -> Blueprint:
    return read_blueprint(released, SLUG)


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    """Return the released course without submissions."""
    (tmp_path / "solutions").symlink_to(released.solutions)
    for part in ("exercises", "_build", "nbgrader_config.py"):
        (tmp_path / part).symlink_to(released.root / part)
    return Course(tmp_path)


def submit_and_read(
    course: Course, content: Any, name: str = f"{SLUG}.ipynb", **more: Any
) -> Submission:
    hand_in(course, "ada", content, name=name, **more)
    (one,) = submissions(course, SLUG)
    return one


def notebook_json(course: Course, **cells: str) -> dict[str, Any]:
    return json.loads(submission_text(course, {"mul_layer": RIGHT} | cells))


def find_cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def source(submission: Submission, name: str) -> str:
    assert submission.notebook is not None
    return next(cell.source for cell in submission.notebook.cells if cell.id == name)


# --- unreadable files -----------------------------------------------------------------------------


def deep(depth: int) -> bytes:
    return b'{"cells": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"{", "invalid JSON"),
        (b"\x80\x81\xfe", "UTF-8"),
        ("naïve".encode("latin-1"), "UTF-8"),
        (b"[]", "is not an object"),
        (b"12", "is not an object"),
        (b"{}", "nbformat is None"),
        (b'{"nbformat": 9}', "nbformat is 9"),
        (b'{"nbformat": 1, "worksheets": []}', "nbformat is 1"),
        (deep(100_000), "nested too deeply"),
        (b'{"cells": [' + b"{}," * 1_100_000 + b"{}]}", "more than a million lists and objects"),
        (b'{"cells": ' + b"1" * 5000 + b"}", "invalid JSON"),
        (b"x" * (submitted.MOST_BYTES + 1), "too large: 64 MB"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_unreadable_file_is_reported(course: Course, content: bytes, reason: str) -> None:
    one = submit_and_read(course, content)
    assert one.notebook is None
    (problem,) = one.problems
    assert f"{SLUG}.ipynb" in problem
    assert reason in problem
    assert len(problem) < 300
    assert one.digest


def as_link(path: Path) -> None:
    path.symlink_to(path.parents[3] / "nbgrader_config.py")


def as_socket(path: Path) -> None:
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def as_large_hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (as_link, "is a link"),
        (os.mkfifo, "a pipe, a socket or a device"),
        (as_socket, "a pipe, a socket or a device"),
        (Path.mkdir, "is a folder"),
        (as_large_hole, "too large"),
    ],
)
def test_links_pipes_sockets_and_folders_are_reported(
    course: Course, make: Callable[[Path], None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    path = hand_in(course, "ada", b"")
    path.unlink()
    make(path)
    hand_in(course, "bob", answers(course))
    ada, bob = submissions(course, SLUG)
    assert ada.notebook is None
    assert reason in ada.problems[0]
    assert not bob.problems


def test_submission_folders_that_are_links_or_files_are_reported(
    course: Course, tmp_path: Path
) -> None:
    base = course.root / "submitted"
    hand_in(course, "bob", answers(course))
    (base / "ada").symlink_to(base / "bob")
    (base / "cy").mkdir()
    (base / "cy" / SLUG).symlink_to(base / "bob" / SLUG)
    (base / "di").mkdir()
    (base / "di" / SLUG).write_text("x")
    (base / "ed" / SLUG).mkdir(parents=True)
    (base / "fy").mkdir()  # has no folder for the assignment
    (base / "gone").symlink_to(base / "nowhere")
    (base / "note.txt").touch()
    (base / ".hidden" / SLUG).mkdir(parents=True)
    (base / ".replaced" / SLUG).mkdir(parents=True)  # what imports have replaced
    os.mkfifo(base / "pipe")
    found = {one.student: one for one in submissions(course, SLUG)}
    assert sorted(found) == [".hidden", "ada", "bob", "cy", "di", "ed"]
    assert "begins with a dot" in found[".hidden"].problems[0]
    assert "rename the folder" in found[".hidden"].problems[0]
    assert "ada is a link" in found["ada"].problems[0]
    assert f"{SLUG} is a link" in found["cy"].problems[0]
    assert f"{SLUG} is a file" in found["di"].problems[0]
    assert "no notebook (.ipynb)" in found["ed"].problems[0]
    assert found["bob"].notebook is not None
    assert submission_folders(course, "03_activations") == []


def test_hard_link_is_read_with_a_note(course: Course) -> None:
    os.link(hand_in(course, "bob", answers(course)), hand_in(course, "ada", b"").with_name("x"))
    path = course.root / "submitted" / "ada" / SLUG
    (path / "x").replace(path / f"{SLUG}.ipynb")
    ada, _bob = submissions(course, SLUG)
    assert ada.notebook is not None
    assert "hard link" in ada.notes[0]


def test_a_file_without_read_permission_is_reported(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root can read every file, so `os.open` is replaced.
    hand_in(course, "ada", answers(course))
    hand_in(course, "bob", answers(course))
    real = os.open

    def refuse(path: Any, *args: Any, **named: Any) -> int:
        if str(path).endswith(".ipynb") and "ada" in os.readlink(
            f"/proc/self/fd/{named['dir_fd']}"
        ):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **named)

    monkeypatch.setattr(os, "open", refuse)
    ada, bob = submissions(course, SLUG)
    assert ada.notebook is None
    assert "can't be read: Permission denied" in ada.problems[0]
    assert bob.notebook is not None


# --- names ----------------------------------------------------------------------------------------


def test_invalid_folder_names_are_reported_and_unusual_ones_accepted(course: Course) -> None:
    good = ["Zoë", "with space", "o'neill", "a+b", "李雷", "x" * 128, "{0}%s", "-rf"]
    bad = ["a\nb", "\x1b[31mred", "\u202egpj", " lead", "x" * 129, "\udcff", ".dot"]
    for name in [*good, *bad]:
        hand_in(course, name, answers(course))
    found = {one.student: one for one in submissions(course, SLUG)}
    assert {name for name, one in found.items() if one.notebook is not None} == set(good)
    for name in bad:
        (problem,) = found[name].problems
        assert not found[name].name_fits
        assert problem.isprintable()


def test_printable_replaces_control_characters() -> None:
    assert printable("a\x1b[2Jb\n\x07\u202e\ud800c") == "a\ufffd[2Jb\ufffd\ufffd\ufffd\ufffdc"
    assert printable("x" * 400, 10) == "x" * 9 + "…"


def test_problems_contain_no_control_characters_of_a_file(course: Course) -> None:
    one = submit_and_read(course, b'{"nbformat": "\\u001b[2J"}')
    assert "\x1b" not in one.problems[0]
    hand_in(course, "ada", b"{}", name="\x1b]0;x\x07.ipynb")
    hand_in(course, "ada", b"{", name="other\n.txt")
    (one,) = submissions(course, SLUG)
    assert all(problem.isprintable() for problem in one.problems)


# --- several notebooks, other names ---------------------------------------------------------------


def test_renamed_notebook_is_recognised(course: Course) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT}, name="homework (1).ipynb")
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()
    assert "It was submitted as homework (1).ipynb." in one.notes


def test_the_notebook_with_the_expected_name_is_preferred(course: Course) -> None:
    hand_in(course, "ada", b'{"cells": [], "nbformat": 4}', name="scratch.ipynb")
    hand_in(course, "ada", {}, name="a copy.ipynb")
    one = submit_and_read(course, {"mul_layer": RIGHT})
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()
    one = submit_and_read(course, {"mul_layer": "other"}, name="b.ipynb")
    assert source(one, "mul_layer") == RIGHT
    assert "not b.ipynb" in one.problems[0]
    (course.root / "submitted" / "ada" / SLUG / f"{SLUG}.ipynb").unlink()
    (one,) = submissions(course, SLUG)
    assert source(one, "mul_layer") == "other"


def test_a_notebook_of_another_assignment_is_reported(course: Course) -> None:
    one = submit_and_read(course, b'{"cells": [], "nbformat": 4}', name="other.ipynb")
    assert one.notebook is None
    assert "other.ipynb is another notebook" in one.problems[0]


def test_the_chapter_of_the_book_is_told_from_the_exercise(course: Course) -> None:
    (course.root / "book").mkdir()
    (course.root / "book" / f"{SLUG}.md").write_text("---\nx: y\n---\n\n# The cart\n\nText.\n")
    cells = [
        {"cell_type": "markdown", "source": "# The cart\n\nText.", "metadata": {}},
        {"cell_type": "code", "source": "class MulLayer:\n    pass", "metadata": {}},
    ]
    chapter = json.dumps({"cells": cells, "nbformat": 4})
    one = submit_and_read(course, chapter)
    assert one.notebook is None
    assert f"{SLUG}.ipynb is the chapter of the book" in one.problems[0]
    # beside the answers, it is not read
    one = submit_and_read(course, {"mul_layer": RIGHT}, name=f"{SLUG} (1).ipynb")
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()


@pytest.mark.parametrize("ending", ["ipynb.txt", "ipynb.json", "json", "txt", "IPYNB", "bak"])
def test_a_notebook_saved_as_text_is_read(course: Course, ending: str) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT}, name=f"{SLUG}.{ending}")
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()
    assert f"It was submitted as {SLUG}.{ending}." in one.notes


def test_notebooks_that_are_not_read_are_named(course: Course) -> None:
    for number in range(7):
        hand_in(course, "ada", {"mul_layer": str(number)}, name=f"x{number}.ipynb")
    one = submit_and_read(course, {"mul_layer": RIGHT})
    assert source(one, "mul_layer") == RIGHT
    assert "8 notebooks; 3 were not read: x4.ipynb, x5.ipynb, x6.ipynb." in " ".join(one.problems)


def test_what_an_import_left_out_is_told(course: Course) -> None:
    hand_in(course, "ada", "video.mp4 is larger than 20 MB.\n", name=submitted.NOT_IMPORTED)
    (one,) = submissions(course, SLUG)
    said = "Not imported: video.mp4 is larger than 20 MB."
    assert said in one.problems
    with_notebook = submit_and_read(course, {"mul_layer": RIGHT})
    assert (with_notebook.problems, with_notebook.notes) == ((), (said,))
    assert with_notebook.digest != one.digest


def test_many_files_do_not_hide_the_notebook(course: Course) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT})
    for number in range(submitted.MOST_FILES + 10):
        (one.path.parent / f"{number}.txt").touch()
    (again,) = submissions(course, SLUG)
    assert source(again, "mul_layer") == RIGHT
    assert len(again.files) == submitted.MOST_BESIDE
    assert re.search(r"too many files\), and \d{3} more\.", again.notes[0])


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2025-03-01 12:00:00 UTC", datetime(2025, 3, 1, 12)),
        ("2025-03-01 12:00:00.5 UTC\n", datetime(2025, 3, 1, 12, 0, 0, 500_000)),
        ("2025-03-01T12:00:00Z", datetime(2025, 3, 1, 12)),
        ("2025-03-01 12:00:00 +0530", datetime(2025, 3, 1, 6, 30)),
        ("2025-07-01 12:00:00 Europe/Berlin", datetime(2025, 7, 1, 10)),
        ("2025-03-01 12:00", datetime(2025, 3, 1, 12)),
        ("2025-07-01 12:00:00 CEST", datetime(2025, 7, 1, 10)),
        ("2025-07-01 12:00:00 CET", datetime(2025, 7, 1, 11)),
        ("2025-01-01 12:00:00 PST", datetime(2025, 1, 1, 20)),
        ("2025-01-01 12:00:00 IST", datetime(2025, 1, 1, 6, 30)),
        ("2025-01-01 12:00:00 UTC+02:00", datetime(2025, 1, 1, 10)),
        ("2025-01-01 12:00:00 GMT-3", datetime(2025, 1, 1, 15)),
        ("2025-01-01 12:00:00.123 +03", datetime(2025, 1, 1, 9, 0, 0, 123_000)),
        ("2025-01-01 12:00:00+0200 (EET)", datetime(2025, 1, 1, 10)),
        ("\ufeff2025-03-01 12:00:00 UTC\r\n", datetime(2025, 3, 1, 12)),
        ("", None),
    ],
)
def test_timestamp_is_read_as_utc(course: Course, text: str, when: datetime | None) -> None:
    one = submit_and_read(course, {}, when=text or " ")
    assert (one.timestamp, one.problems) == (when, ())


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2025-13-01 12:00:00",
        "0001-01-01 00:00:00 +1400",
        "2025-03-01 12:00:00 /etc/passwd",
        "2025-03-01 12:00:00 ../../etc",
        "2025-03-01 12:00:00 Nowhere/Land",
        "\x00\xff",
        "9" * 900,
        "9" * 2000,
    ],
)
def test_invalid_timestamp_is_reported_and_the_notebook_is_read(course: Course, text: str) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT}, when=text)
    assert one.timestamp is None
    assert one.problems[0].startswith("timestamp.txt can't be read as a time")
    assert source(one, "mul_layer") == RIGHT


def test_timestamp_that_is_a_link_is_reported(course: Course) -> None:
    path = hand_in(course, "ada", {}).with_name("timestamp.txt")
    path.symlink_to("/etc/hostname")
    (one,) = submissions(course, SLUG)
    assert "timestamp.txt is a link" in one.problems[0]


# --- the notebook is rebuilt ----------------------------------------------------------------------


def test_unchanged_notebook_equals_the_release_with_the_answers(
    course: Course, blueprint: Blueprint
) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT, "explain": "Because."})
    assert one.notebook is not None
    nbformat.validate(one.notebook)
    expected = copy.deepcopy(blueprint.notebook)
    for cell in expected.cells:
        cell.source = {"mul_layer": RIGHT, "explain": "Because."}.get(cell.id, cell.source)
    assert one.notebook == expected
    assert one.problems == one.notes == ()


def changed_metadata(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        about = cell["metadata"]
        about["tags"] = ["skip-execution"]
        about["bomb"] = [["x"] * 1000] * 10
        if "nbgrader" in about:
            about["nbgrader"] |= {
                "points": 1e9,
                "grade": not about["nbgrader"]["grade"],
                "locked": False,
                "schema_version": 1,
                "checksum": "0",
            }
    notebook["metadata"] = {"kernelspec": {"name": "bash"}, "x": "y" * 10_000}


def old_schema(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            name = cell["metadata"]["nbgrader"]["grade_id"]
            cell["metadata"]["nbgrader"] = {"grade_id": name}


def changed_checks(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check_"):
            cell["source"] = "8.0"
            cell["cell_type"] = "raw"


def duplicated_checks(notebook: dict[str, Any]) -> None:
    notebook["cells"] += [find_cell(notebook, "check_mul_layer"), find_cell(notebook, "imports")]


def deleted_checks(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if not c["id"].startswith("check_")]


def changed_outputs(notebook: dict[str, Any]) -> None:
    shown = {"output_type": "stream", "name": "stdout", "text": "x" * 1000}
    find_cell(notebook, "check_mul_layer")["outputs"] = [shown] * 100
    find_cell(notebook, "mul_layer")["outputs"] = "not a list"
    find_cell(notebook, "mul_layer")["execution_count"] = {}


def removed_metadata(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def invalid_cells(notebook: dict[str, Any]) -> None:
    notebook["cells"] += [None, 1, "x", [], {}, {"cell_type": []}, {"cell_type": "code"}]
    notebook["cells"] += [{"cell_type": "code", "source": [1, None], "metadata": [], "id": {}}]
    notebook["cells"] += [{"cell_type": "code", "source": 5, "metadata": {"nbgrader": "x"}}]


def reordered(notebook: dict[str, Any]) -> None:
    notebook["cells"].reverse()


@pytest.mark.parametrize(
    "change",
    [
        changed_metadata,
        old_schema,
        changed_checks,
        duplicated_checks,
        deleted_checks,
        changed_outputs,
        removed_metadata,
        invalid_cells,
        reordered,
    ],
)
def test_only_the_sources_of_solution_cells_count(
    course: Course, change: Callable[[dict[str, Any]], None]
) -> None:
    honest = submit_and_read(course, {"mul_layer": RIGHT}).notebook
    notebook = notebook_json(course)
    change(notebook)
    one = submit_and_read(course, json.dumps(notebook))
    assert one.notebook == honest
    assert one.problems == ()


def test_notebook_formats_2_and_3_are_read(course: Course) -> None:
    cells = []
    for cell in notebook_json(course)["cells"]:
        text = {"input" if cell["cell_type"] == "code" else "source": cell["source"]}
        about = {"metadata": cell["metadata"]}
        cells.append({"cell_type": cell["cell_type"], "language": "python", **about, **text})
    for version in (2, 3):
        sheets = [{"cells": cells[:9]}, {"cells": cells[9:]}]
        one = submit_and_read(course, json.dumps({"nbformat": version, "worksheets": sheets}))
        assert source(one, "mul_layer") == RIGHT
        assert one.problems == ()


def test_unknown_format_with_cells_is_read_and_reported(course: Course) -> None:
    one = submit_and_read(course, json.dumps(notebook_json(course) | {"nbformat": 77}))
    assert source(one, "mul_layer") == RIGHT
    assert "nbformat 77" in one.problems[0]


def test_cells_without_names_and_ids_are_recognised_by_their_position(course: Course) -> None:
    notebook = notebook_json(course, add_layer="mine = 2")
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "mul_layer") == RIGHT
    assert source(one, "add_layer") == "mine = 2"
    assert "mul_layer was recognised by the names that it defines." in one.notes
    assert one.problems == ("add_layer had lost its id and was recognised by its position.",)


def test_missing_solution_cell_counts_as_blank(course: Course, blueprint: Blueprint) -> None:
    notebook = notebook_json(course)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "mul_layer"]
    one = submit_and_read(course, json.dumps(notebook))
    blank = next(cell.source for cell in blueprint.notebook.cells if cell.id == "mul_layer")
    assert source(one, "mul_layer") == blank
    assert one.problems == ("The cell mul_layer is missing; it counts as left blank.",)


def test_solution_cell_of_another_type_is_restored_and_reported(course: Course) -> None:
    notebook = notebook_json(course)
    find_cell(notebook, "mul_layer")["cell_type"] = "markdown"
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "mul_layer") == RIGHT
    assert "changed from code to markdown" in one.problems[0]
    assert one.notebook is not None
    assert next(c for c in one.notebook.cells if c.id == "mul_layer").cell_type == "code"


def test_last_filled_copy_above_the_check_counts(course: Course, blueprint: Blueprint) -> None:
    blank = next(cell.source for cell in blueprint.notebook.cells if cell.id == "mul_layer")
    notebook = notebook_json(course)
    place = notebook["cells"].index(find_cell(notebook, "mul_layer"))
    copies = [
        {**find_cell(notebook, "mul_layer"), "source": text} for text in (blank, "one", blank)
    ]
    # blank copies do not count
    notebook["cells"][place : place + 1] = copies
    one = submit_and_read(course, json.dumps(notebook))
    assert (source(one, "mul_layer"), one.problems) == ("one", ())
    notebook["cells"].insert(place + 2, {**copies[1], "source": "two"})
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "mul_layer") == "two"
    assert "The cell mul_layer occurs 2 times" in one.problems[0]
    assert source(one, "own-1") == "one"
    # as they run in the student's notebook
    assert one.notebook is not None
    ids = [cell.id for cell in one.notebook.cells]
    assert ids.index("own-1") == ids.index("mul_layer") - 1
    # a copy below the check does not count
    notebook["cells"].append({**copies[1], "source": "three"})
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "mul_layer") == "two"


def test_students_own_cells_keep_their_positions(course: Course) -> None:
    notebook = notebook_json(course)
    place = notebook["cells"].index(find_cell(notebook, "mul_layer"))
    helper = {"cell_type": "code", "source": ["def h():\n", "  pass"], "metadata": {"tags": ["x"]}}
    word = {"cell_type": "markdown", "source": "Note.", "metadata": {}, "attachments": {"x": 1}}
    notebook["cells"][place:place] = [helper, word]
    notebook["cells"].insert(0, {"cell_type": "raw", "source": "first", "metadata": {}})
    one = submit_and_read(course, json.dumps(notebook))
    assert one.notebook is not None
    nbformat.validate(one.notebook)
    ids = [cell.id for cell in one.notebook.cells]
    assert ids[0] == "own-1"
    assert ids[ids.index("mul_layer") - 2 : ids.index("mul_layer")] == ["own-2", "own-3"]
    own = [cell for cell in one.notebook.cells if cell.id.startswith("own-")]
    assert [(c.cell_type, c.source, dict(c.metadata)) for c in own] == [
        ("raw", "first", {}),
        ("code", "def h():\n  pass", {}),
        ("markdown", "Note.", {}),
    ]
    assert all("attachments" not in cell for cell in one.notebook.cells)


def test_text_of_an_earlier_release_shows_only_what_is_new(course: Course) -> None:
    notebook = notebook_json(course)
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    lines = "".join(first["source"]).splitlines()
    # Another id and other words, as in the notebook of an earlier release.
    first["id"] = "another"
    first["source"] = "\n".join([*lines[:-3], "My own remark."])
    notebook["cells"].append(own("# My summary\n\nEach gradient is a rate.", "markdown"))
    one = submit_and_read(course, json.dumps(notebook).encode())
    assert one.notebook is not None
    texts = [cell.source for cell in one.notebook.cells if cell.cell_type == "markdown"]
    assert "My own remark." in texts
    assert "# My summary\n\nEach gradient is a rate." in texts


def test_number_and_size_of_cells_are_limited(course: Course, blueprint: Blueprint) -> None:
    notebook = notebook_json(course, add_layer="x" * 300_000)
    extra = {"cell_type": "code", "source": "y = 1", "metadata": {}}
    notebook["cells"] += [extra] * 100_000
    notebook["cells"].insert(0, extra | {"source": "z" * 200_000})
    one = submit_and_read(course, json.dumps(notebook))
    assert one.notebook is not None
    assert len(one.notebook.cells) < len(blueprint.notebook.cells) + MOST_EXTRA + 1
    assert source(one, "mul_layer") == RIGHT
    assert "NotImplementedError" in source(one, "add_layer")
    said = " ".join(one.problems)
    assert "add_layer has 300,000 characters" in said
    assert "of the student's own cells were left out" in said


def test_lone_surrogates_are_replaced_and_null_characters_kept(course: Course) -> None:
    notebook = notebook_json(course, mul_layer="x = '\ud800'\x00")
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "mul_layer") == "x = '\ufffd'\x00"
    source(one, "mul_layer").encode()


def test_students_cell_with_the_id_of_a_course_cell_gets_a_new_id(course: Course) -> None:
    notebook = notebook_json(course)
    evil = {"cell_type": "code", "source": "import os", "metadata": {}, "id": "imports"}
    notebook["cells"].insert(0, evil)
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "own-1") == "import os"
    assert "checks" in source(one, "imports")


# --- digests, jobs and versions -------------------------------------------------------------------


def test_digest_depends_on_the_submitted_files(course: Course, blueprint: Blueprint) -> None:
    digests = [
        submit_and_read(course, {"mul_layer": RIGHT}).digest,
        submit_and_read(course, {"mul_layer": RIGHT}).digest,
        submit_and_read(course, {"mul_layer": "other"}).digest,
        submit_and_read(course, {"mul_layer": "other"}, when="2025-03-01 12:00 UTC").digest,
        submit_and_read(course, b"{").digest,
        submit_and_read(course, b"[").digest,
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 5
    known = read_submission(course, SLUG, "ada", blueprint, lambda digest: digest == digests[-1])
    assert (known.digest, known.problems) == (digests[-1], ())


def test_job_takes_checks_only_from_the_instructors_notebook(
    course: Course, blueprint: Blueprint
) -> None:
    one = submit_and_read(course, {"mul_layer": RIGHT})
    assert one.notebook is not None
    for cell in one.notebook.cells:
        if cell.id in ("check_mul_layer", "imports"):
            cell.source = "evil"
            cell.metadata["nbgrader"]["points"] = 99
    job = make_job(course, one, seed=5, version="v", blueprint=blueprint)
    cells = {cell.grade_id: cell for cell in job.cells if cell.grade_id}
    assert (cells["mul_layer"].kind, cells["mul_layer"].source) == (RUN, RIGHT)
    check = cells["check_mul_layer"]
    assert (check.kind, check.source, check.points) == (CHECK, "checks.mul_layer(MulLayer)", 4)
    assert cells["imports"].kind == GIVEN
    assert "evil" not in cells["imports"].source
    assert cells["explain"].kind == TEXT
    assert len(job.cells) == len(one.notebook.cells)
    assert (job.student, job.slug, job.seed, job.version) == ("ada", SLUG, 5, "v")


def test_job_contains_hidden_tests(course: Course, released: Course, tmp_path: Path) -> None:
    path = course.sources / SLUG / f"{SLUG}.ipynb"
    notebook = json.loads(path.read_text())
    find_cell(notebook, "check_mul_layer")["source"] = "checks.mul_layer(MulLayer)  # and more"
    record = course.record(SLUG).read_bytes()
    (course.root / "_build").unlink()
    for place, data in ((path, json.dumps(notebook).encode()), (course.record(SLUG), record)):
        place.parent.mkdir(parents=True)
        place.write_bytes(data)
    one = submit_and_read(course, {"mul_layer": RIGHT})
    assert source(one, "check_mul_layer").endswith("# and more")
    sources = [cell.source for cell in make_job(course, one, seed=1).cells]
    assert "checks.mul_layer(MulLayer)  # and more" in sources


def test_course_version_depends_on_notebook_and_configuration(
    course: Course, blueprint: Blueprint
) -> None:
    before = course_version(course, blueprint)
    assert course_version(course, read_blueprint(course, SLUG)) == before
    other = Blueprint(blueprint.notebook, blueprint.version + b" ")
    assert course_version(course, other) != before
    text = course.config.read_text()
    course.config.unlink()
    course.config.write_text(text + "\n")
    assert course_version(course, blueprint) != before


# --- students' own cells and files ----------------------------------------------------------------


def own(text: str, kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "source": text, "metadata": {}}


def blank_notebook(course: Course, *names: str) -> dict[str, Any]:
    """Return the released notebook without some cells."""
    notebook = json.loads(submission_text(course, {}))
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in names]
    return notebook


def png() -> bytes:
    return base64.b64decode(_picture_of(2, 2))


def test_blank_answers_do_not_replace_what_own_cells_define(
    course: Course, blueprint: Blueprint
) -> None:
    notebook = blank_notebook(course, "mul_layer")
    notebook["cells"].insert(2, own("class MulLayer:\n    pass\n\nclass AddLayer:\n    pass"))
    one = submit_and_read(course, json.dumps(notebook))
    assert one.problems == ()
    assert "defined in another cell: mul_layer, add_layer." in one.notes[0]
    cells = {cell.grade_id: cell for cell in make_job(course, one, seed=1).cells if cell.grade_id}
    # the deleted one and the one left blank, and every other blank one
    assert cells["mul_layer"].defines == ("MulLayer",)
    assert cells["add_layer"].defines == ("AddLayer",)
    assert cells["predict"].defines == ("predict",)
    one = submit_and_read(course, {"mul_layer": RIGHT})
    cells = {cell.grade_id: cell for cell in make_job(course, one, seed=1).cells if cell.grade_id}
    assert cells["mul_layer"].defines == ()


def test_an_answer_below_its_check_needs_a_person(course: Course) -> None:
    notebook = blank_notebook(course, "mul_layer")
    notebook["cells"].append(own("class MulLayer:\n    pass"))
    one = submit_and_read(course, json.dumps(notebook))
    assert "only below the check: mul_layer" in one.problems[0]


def test_an_answer_without_its_id_is_found_beside_own_cells(course: Course) -> None:
    notebook = notebook_json(course)
    cell = find_cell(notebook, "mul_layer")
    place = notebook["cells"].index(cell)
    notebook["cells"][place : place + 1] = [own("x = 1"), own(cell["source"]), own("y = 2")]
    one = submit_and_read(course, json.dumps(notebook))
    assert one.problems == ()
    assert one.notebook is not None
    here = [cell.source for cell in one.notebook.cells if cell.id.startswith(("own", "mul_l"))]
    assert here == ["x = 1", RIGHT, "y = 2"]


def test_lines_added_to_a_locked_cell_run_below_it(course: Course) -> None:
    notebook = notebook_json(course)
    find_cell(notebook, "imports")["source"] += "\nimport math"
    find_cell(notebook, "check_mul_layer")["source"] = "checks = None"
    one = submit_and_read(course, json.dumps(notebook))
    assert one.notebook is not None
    ids = [cell.id for cell in one.notebook.cells]
    assert ids[ids.index("imports") + 1] == "own-1"
    assert source(one, "own-1") == "import math"
    assert "checks = None" not in [cell.source for cell in one.notebook.cells]


@pytest.mark.parametrize(
    ("where", "kind", "text"),
    [
        (1, "markdown", "Ben is wrong."),
        (0, "raw", "Ben is wrong."),
        (1, "code", "# Ben is wrong."),
        (1, "code", "Ben is wrong, because of the unit"),
    ],
)
def test_words_beside_a_blank_written_answer_are_the_answer(
    course: Course, where: int, kind: str, text: str
) -> None:
    notebook = notebook_json(course)
    place = notebook["cells"].index(find_cell(notebook, "explain"))
    notebook["cells"].insert(place + where, own(text, kind))
    assert source(submit_and_read(course, json.dumps(notebook)), "explain") == text
    # code stays code
    notebook["cells"][place + where] = own("MulLayer()", "code")
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "explain") == "YOUR ANSWER HERE"
    assert source(one, "own-1") == "MulLayer()"


def test_words_in_the_question_are_the_answer(course: Course) -> None:
    notebook = notebook_json(course)
    place = notebook["cells"].index(find_cell(notebook, "explain"))
    notebook["cells"][place - 1]["source"] += "\n\nBen is wrong."
    one = submit_and_read(course, json.dumps(notebook))
    assert source(one, "explain").strip() == "Ben is wrong."


def test_pasted_pictures_are_kept(course: Course) -> None:
    data = _picture_of(3, 4)
    notebook = notebook_json(course, explain="see ![](attachment:a.png)")
    find_cell(notebook, "explain")["attachments"] = {"a.png": {"image/png": data}}
    notebook["cells"].append(own(f"![x](data:image/png;base64,{data})", "markdown"))
    notebook["cells"].append(
        own("<svg>", "markdown") | {"attachments": {"b": {"image/svg+xml": "x"}}}
    )
    one = submit_and_read(course, json.dumps(notebook))
    assert one.notebook is not None
    nbformat.validate(one.notebook)
    assert next(c for c in one.notebook.cells if c.id == "explain").attachments == {
        "a.png": {"image/png": data}
    }
    inline = next(c for c in one.notebook.cells if c.id == "own-1")
    assert inline.source == "![x](attachment:picture-1)"
    assert inline.attachments == {"picture-1": {"image/png": data}}
    assert "1 of its pasted pictures can't be shown" in one.problems[0]


def test_files_beside_the_notebook_are_read(course: Course) -> None:
    path = hand_in(course, "ada", {"mul_layer": RIGHT})
    path.with_name("photo 1.png").write_bytes(png())
    path.with_name("helper.py").write_text("n = 1\n")
    (path.parent / ".hidden").write_text("x")
    path.with_name("link.py").symlink_to("/etc/passwd")
    (one,) = submissions(course, SLUG)
    assert set(one.files) == {"helper.py", "photo 1.png"}
    assert "Only in the submitted folder: link.py (link.py is a link" in one.notes[0]
    # the written answer is blank: the picture may be the answer
    assert source(one, "explain") == "![photo 1.png](<attachment:photo 1.png>)"
    assert "n = 1" in source(one, "own-files")
    job = make_job(course, one, seed=1)
    assert base64.b64decode(job.files["helper.py"]) == b"n = 1\n"
    digest = one.digest
    path.with_name("helper.py").write_text("n = 2\n")
    (one,) = submissions(course, SLUG)
    assert one.digest != digest


def test_large_outputs_and_stray_bytes_do_not_cost_the_submission(course: Course) -> None:
    notebook = notebook_json(course, explain="Für Ben")
    shown = {"output_type": "stream", "name": "stdout", "text": "[[0.1]]\n" * 3_000_000}
    find_cell(notebook, "mul_layer")["outputs"] = [shown]
    data = json.dumps(notebook, ensure_ascii=False).encode()
    assert len(data) > 25_000_000
    one = submit_and_read(course, data)
    assert (source(one, "mul_layer"), one.problems) == (RIGHT, ())
    del find_cell(notebook, "mul_layer")["outputs"]
    data = json.dumps(notebook, ensure_ascii=False).encode().replace("ü".encode(), b"\xfc")
    one = submit_and_read(course, data)
    assert source(one, "explain") == "F\ufffdr Ben"
    assert "1 byte of its text, not UTF-8, became \ufffd" in one.problems[0]


@pytest.mark.parametrize("name", [f"{SLUG}-Copy1.ipynb", f"{SLUG} (1).ipynb", "final.ipynb"])
def test_the_notebook_with_most_answers_is_graded(course: Course, name: str) -> None:
    hand_in(course, "ada", {})
    one = submit_and_read(course, {"mul_layer": RIGHT, "explain": "Because."}, name=name)
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()
    assert f"It was submitted as {name}." in one.notes
    # an earlier state is told, another one needs a person
    hand_in(course, "ada", {"mul_layer": "earlier"})
    (one,) = submissions(course, SLUG)
    assert source(one, "mul_layer") == RIGHT
    assert one.problems == ()
    assert f"not {SLUG}.ipynb with 1 answer." in " ".join(one.notes)
    hand_in(course, "ada", {"add_layer": "another"})
    (one,) = submissions(course, SLUG)
    assert f"{name} was graded, not {SLUG}.ipynb" in one.problems[0]


def test_all_answers_in_one_own_cell_count_as_answers(course: Course) -> None:
    hand_in(course, "ada", {})
    notebook = blank_notebook(course, "mul_layer", "add_layer")
    notebook["cells"].insert(2, own("class MulLayer:\n    pass\nclass AddLayer:\n    pass"))
    one = submit_and_read(course, json.dumps(notebook), name="other.ipynb")
    assert "It was submitted as other.ipynb." in one.notes
    # without ids and metadata, by the calls of the checks
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    one = submit_and_read(course, json.dumps(notebook), name="other.ipynb")
    assert "It was submitted as other.ipynb." in one.notes


def _picture_of(width: int, height: int) -> str:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(height * (width + 1))))
    made = b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")
    return base64.b64encode(made).decode()
