"""The wheel for students: complete, requires only NumPy, works outside the repository."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from conftest import ROOT

from course_lib.grading.authoring.trial import build_submission, model_cells
from course_lib.grading.course import this_course
from course_lib.grading.notebooks import grade_id

# Endings of the package's data files.
DATA = (".gz", ".js", ".css", ".j2", ".txt", ".md", ".json", ".html", ".toml")

# Runs the code cells of a notebook in order, and prints the points of each check.
RUNNER = """\
import json, sys

for name, source, graded in json.load(open(sys.argv[1], encoding="utf-8")):
    if graded:
        print("earned", name.removeprefix("check_"), float(eval(source, globals())))
    else:
        exec(compile(source, name, "exec"), globals())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that `make package` builds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation",
               "--no-index", "--quiet", "--wheel-dir", str(folder)]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def student(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with only this wheel and NumPy."""
    folder = tmp_path_factory.mktemp("student")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    if not python.exists():
        pytest.skip("environments look different on this system")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run_python(python, folder, "-c", asked).strip())
    target = ["--target", str(packages), "--no-deps", "--no-index", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *target, str(wheel)], check=True, cwd=folder
    )
    numpy = Path(np.__file__).parent
    for part in (numpy, numpy.parent / "numpy.libs"):
        if part.is_dir():
            (packages / part.name).symlink_to(part)
    return python


def run_python(python: Path, folder: Path, *words: str) -> str:
    result = subprocess.run(
        [str(python), "-I", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_wheel_contains_every_file_of_the_package(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "course_lib"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.split("\0")  # fmt: skip
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    assert {Path(name).suffix for name in wanted} - {".py"} <= set(DATA)
    assert wanted <= set(ZipFile(wheel).namelist())
    for part in ("data/train-images-idx3-ubyte.gz", "graphs/live.js", "graphs/style.css",
                 "grading/authoring/templates/new_exercise/solutions/SLUG.md.txt"):  # fmt: skip
        assert f"course_lib/{part}" in wanted


def test_package_requires_only_numpy(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        lines = archive.read(name).decode().splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist:")]
    assert [line for line in needed if "extra ==" not in line] == ["Requires-Dist: numpy>=2.0"]


@pytest.mark.sample(every=4)
@pytest.mark.parametrize("slug", this_course().assignments())
def test_notebook_runs_outside_the_repository(slug: str, student: Path, tmp_path: Path) -> None:
    shutil.copy2(this_course().released(slug), tmp_path)
    blank, solved = build_submission(slug, {}), build_submission(slug, model_cells(slug))
    origin = run_python(student, tmp_path, "-c", "import course_lib; print(course_lib.__file__)")
    assert not Path(origin).is_relative_to(ROOT)
    (tmp_path / "runner.py").write_text(RUNNER)
    nothing, everything = marks(blank, student, tmp_path), marks(solved, student, tmp_path)
    worth = {
        grade_id(cell).removeprefix("check_"): float(cell.metadata.nbgrader.points)
        for cell in solved.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert len(worth) >= 3
    assert nothing == dict.fromkeys(worth, 0.0)
    assert everything == worth


def marks(notebook: Any, python: Path, folder: Path) -> dict[str, float]:
    cells = [
        [grade_id(c), c.source, bool(c.metadata.get("nbgrader", {}).get("grade"))]
        for c in notebook.cells
        if c.cell_type == "code"
    ]
    path = folder / "cells.json"
    path.write_text(json.dumps(cells), encoding="utf-8")
    printed = run_python(python, folder, str(folder / "runner.py"), str(path))
    earned = re.findall(r"^earned (\w+) (\S+)$", printed, flags=re.MULTILINE)
    return {name: float(points) for name, points in earned}


def test_student_environment_has_only_numpy_and_the_course(student: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([bool(u.find_spec(n)) for n in {}])"
    names = ["numpy", "course_lib", "nbgrader", "jupytext", "matplotlib"]
    said = run_python(student, tmp_path, "-c", code.format(names))
    assert said.strip() == "[True, True, False, False, False]"


@pytest.mark.parametrize("slug", this_course().assignments())
def test_notebook_explains_installation_and_submission(slug: str) -> None:
    cells = json.loads(this_course().released(slug).read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    words = " ".join(text.split())
    for said in ("`No module named 'course_lib'`", "`%pip install`", "`.whl` file", "Python 3.11",
                 "To hand in, choose *Run → Restart Kernel and Run All Cells*",
                 "*Restart and Run All*", "Use NumPy, and matplotlib"):  # fmt: skip
        assert said in words
