"""No process of the course imports a module from a student's folder."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from class_cases import MAX_POINTS, SLUG, answers, auto_scores, hand_in, released_course

import course_lib
from course_lib.grading import import_only_what_is_installed
from course_lib.grading.course import Course, CourseError, find_course
from course_lib.grading.executors import LocalPool
from course_lib.grading.jobs import Job

COURSE = Path(sys.executable).parent / "course"
# Modules that Python, Jupyter and nbgrader try to import by themselves.
TRIED = {"course_lib", "nbgrader_config", "sitecustomize", "usercustomize", "jupyter_config"}


@cache
def names() -> frozenset[str]:
    """Return the names of all modules that something could import here."""
    installed = sys.stdlib_module_names | set(importlib.metadata.packages_distributions()) | TRIED
    return frozenset(installed - set(sys.builtin_module_names))


def plant_modules(folder: Path, mark: Path) -> None:
    """Write a module for each name; when imported, it appends its name to the file `mark`."""
    source = f"open({str(mark)!r}, 'a').write(__name__ + '\\n')\n"
    for name in names():
        if "/" not in name:
            (folder / f"{name}.py").write_text(source)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a course in which bob submits a module for every name, and a nested course."""
    root = tmp_path_factory.mktemp("foreign")
    course = released_course(root / "my course")
    folder = hand_in(course, "bob", answers(course)).parent
    plant_modules(folder, root / "ran")
    (folder / "solutions").mkdir()
    (folder / "solutions" / f"{SLUG}.md").write_text("---\n---\n")
    hand_in(course, "ada", answers(course))
    return course


def executed_modules(course: Course) -> list[str]:
    mark = course.root.parent / "ran"
    return mark.read_text().split() if mark.exists() else []


def run(course: Course, *words: str) -> subprocess.CompletedProcess[str]:
    inside = course.root / "submitted" / "bob" / SLUG
    unset = ("PYTHONSAFEPATH", "PYTHONPATH")
    env = {key: value for key, value in os.environ.items() if key not in unset}
    return subprocess.run(
        [str(COURSE), *words],
        cwd=inside,
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )


@pytest.mark.skipif(not COURSE.exists(), reason="the command is not installed here")
def test_a_command_in_a_students_folder_imports_none_of_its_files(course: Course) -> None:
    graded = run(course, "grade", SLUG, "--jobs", "2")
    assert graded.returncode == 0, graded.stderr
    for words in (["feedback", SLUG], ["overview", SLUG], ["export", SLUG, "--format", "csv"]):
        done = run(course, *words)
        assert done.returncode == 0, done.stderr
    assert run(course, "release", "--check", SLUG).returncode == 0
    assert executed_modules(course) == []
    for student in ("ada", "bob"):
        scores = auto_scores(course, student)
        assert {name: scores[f"check_{name}"] for name in MAX_POINTS} == MAX_POINTS


def test_plain_python_imports_the_planted_modules(tmp_path: Path) -> None:
    plant_modules(tmp_path, tmp_path / "ran")
    code = [sys.executable, "-c", "import socket"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
    subprocess.run(code, cwd=tmp_path, env=env, check=False, capture_output=True)
    assert "socket" in (tmp_path / "ran").read_text().split()


def test_a_course_inside_a_submission_is_not_found_as_the_course(course: Course) -> None:
    assert find_course(course.root / "submitted" / "bob" / SLUG) == course
    alone = course.root.parent / "alone"
    shutil.copytree(course.root / "submitted" / "bob" / SLUG, alone, dirs_exist_ok=True)
    assert find_course(alone) == Course(alone)


def test_relative_and_current_folders_are_removed_from_the_import_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", ".", "sub", str(tmp_path), "/usr/lib/kept"])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "/kept", ".", str(tmp_path)]))
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    import_only_what_is_installed()
    assert sys.path == ["/usr/lib/kept"]
    assert os.environ["PYTHONPATH"] == "/kept"
    assert os.environ["PYTHONSAFEPATH"] == "1"


def test_the_folder_of_the_package_stays_on_the_import_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = str(Path(course_lib.__file__).parents[1])
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "path", [home, ""])
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    import_only_what_is_installed()
    assert sys.path == [home]


def test_python_that_ignores_environment_variables_is_refused_without_safe_path() -> None:
    code = "from course_lib.grading.__main__ import main; main()"
    refused = subprocess.run(
        [sys.executable, "-E", "-c", code], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "-P" in refused.stderr
    assert "Traceback" not in refused.stderr
    safe = [sys.executable, "-E", "-P", "-c", code, "--help"]
    assert subprocess.run(safe, capture_output=True, check=False).returncode == 0


def test_a_worker_with_another_copy_of_the_library_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = LocalPool(1)
    pool.start()
    monkeypatch.setattr(course_lib, "__file__", "/another/course_lib/__init__.py")
    with pytest.raises(CourseError, match="/another/course_lib"):
        list(pool.run([Job(student="ada", slug=SLUG, cells=(), seed=1)]))
