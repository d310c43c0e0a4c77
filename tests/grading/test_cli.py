"""Messages of `course`, of `make` and of `tools/install.sh`."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from course_lib.grading import demo
from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError, find_course


def run(course: Course, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "course_lib.grading", *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )


def error_message(course: Course, *words: str) -> str:
    """Run a command that must fail without a traceback, and return its stderr."""
    result = run(course, *words)
    assert result.returncode in (1, 2)
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("words", [[], ["release"], ["demo"], ["where"]])
def test_help_of_each_command(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys\n"
        "from course_lib.grading.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'numpy', 'nbgrader', 'nbformat', 'jupytext', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imports {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_unknown_assignment_error_lists_the_assignments(course: Course) -> None:
    said = error_message(course, "release", "01_shoping_cart")
    assert "There is no assignment '01_shoping_cart'. Did you mean 01_shopping_cart?" in said
    for slug in course.assignments():
        assert slug in said
    assert "Did you mean" not in error_message(course, "release", "zzz")


@pytest.mark.parametrize(
    "name", ["03_activations", "03_activations.md", "solutions/03_activations.md"]
)
def test_assignment_may_be_named_by_its_file(course: Course, name: str) -> None:
    assert course.choose([name]) == ["03_activations"]


def test_a_course_without_assignments_is_reported(course: Course) -> None:
    shutil.rmtree(course.solutions)
    course.solutions.mkdir()
    assert "There is no assignment in" in error_message(course, "release")


def test_a_folder_outside_the_course_is_reported(tmp_path: Path) -> None:
    said = error_message(Course(tmp_path), "where")
    assert f"{tmp_path} is not inside a copy of the course" in said
    with pytest.raises(CourseError, match=r"nbgrader_config\.py and solutions/"):
        find_course(tmp_path)


def test_course_is_found_from_a_folder_inside(course: Course) -> None:
    assert find_course(course.exercises / "01_shopping_cart") == course


@pytest.mark.slow
def test_release_check_reports_a_missing_release(course: Course) -> None:
    course.released("03_activations").unlink()
    said = error_message(course, "release", "--check", "03_activations")
    assert "01_shopping_cart" not in said
    assert "exercises/03_activations/03_activations.ipynb is missing." in said
    assert "make exercises" in said
    assert run(course, "release", "03_activations").returncode == 0
    assert run(course, "release", "--check", "03_activations").returncode == 0


def test_missing_nbgrader_is_reported(course: Course) -> None:
    code = (
        "import sys\n"
        "sys.modules['nbgrader'] = None\n"
        "from course_lib.grading.cli import main\n"
        "main(['release'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=course.root, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "nbgrader" in result.stderr
    assert "make course" in result.stderr
    assert "Traceback" not in result.stderr


def test_where_reports_missing_and_damaged_demo_scores(course: Course) -> None:
    assert "not graded yet: run `course demo`" in error_message(course, "where")
    demo.folder(course).mkdir(parents=True)
    (demo.folder(course) / "scores.json").write_text('[{"student": 1}]')
    assert "is damaged: delete it and run `course demo`" in error_message(course, "where")


def test_demo_table_and_places(course: Course) -> None:
    demo.folder(course).mkdir(parents=True)
    rows = [
        demo.DemoScore("demo-a", "one", "01_x", 2.5, 4, 1.0),
        demo.DemoScore("demo-a", "one", "02_y", 4, 4, 0),
        demo.DemoScore("demo-b", "two", "02_y", 0, 4, 0),
    ]
    demo.write_scores(course, rows)
    assert demo.table(course).splitlines() == [
        "        01_x                  02_y",
        "demo-a  2.5 of 4, 1 to grade  4 of 4  one",
        "demo-b  not graded            0 of 4  two",
    ]
    (course.root / "feedback" / "demo-a").mkdir(parents=True)
    places = demo.places(course)
    assert "my%20course/feedback/demo-a" in places
    assert "missing: run `make book`" in places


# --- make -------------------------------------------------------------------------------------


def shell(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=kept | environment
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")
def test_make_alone_lists_every_target() -> None:
    listed = shell("make")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout == shell("make", "help").stdout
    for target in ("course", "test", "book", "exercises", "demo", "lab", "serve", "check", "lock"):
        assert f"make {target} " in listed.stdout


def fake_python(folder: Path, script: str) -> str:
    path = folder / "fake python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo 3.9; case $2 in *exit*) exit 1;; esac",
            "is Python 3.9; the course needs 3.11 or newer",
        ),
        (
            "echo 3.12; case $2 in *venv*) exit 1;; esac",
            "can't make virtual environments.*python3.12-venv",
        ),
        ("exit 3", "does not run. Name another Python"),
    ],
)
def test_install_refuses_an_unusable_python_in_one_line(
    tmp_path: Path, script: str, message: str
) -> None:
    result = shell("sh", "tools/install.sh", PYTHON=fake_python(tmp_path, script))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert re.search(message, result.stderr)


def test_install_reports_a_missing_python_in_one_line() -> None:
    result = shell("sh", "tools/install.sh", PYTHON="no-such-python")
    assert result.returncode == 1
    assert result.stderr.startswith("There is no 'no-such-python' here. Install Python 3.11")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_a_console_or_locale_that_cannot_show_a_name(
    course: Course, locale: dict[str, str]
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "course_lib.grading", "release", "李雷"],
        cwd=course.root,
        capture_output=True,
        check=False,
        env=os.environ | locale,
    )
    assert result.returncode == 1
    assert b"There is no assignment" in result.stderr
    assert b"Traceback" not in result.stderr


def test_a_locale_without_utf_8_still_finds_every_folder(tmp_path: Path) -> None:
    (tmp_path / "李雷").touch()
    code = (
        "from course_lib.grading.__main__ import use_utf8_for_files; use_utf8_for_files()\n"
        "import os; print(ascii(os.listdir()))"
    )
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | locale,
    )
    assert result.stdout.strip() == ascii(["李雷"])


def test_missing_grading_extra_is_reported(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['click'] = None\n"
        "from course_lib.grading.__main__ import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "backprop-course[grading]" in run.stderr
    assert "Traceback" not in run.stderr
