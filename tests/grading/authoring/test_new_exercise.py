"""`course new-exercise`: the new assignment works at once; a refused slug changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from course_lib.grading.authoring import mutants
from course_lib.grading.authoring import new_exercise as frames
from course_lib.grading.cli import main
from course_lib.grading.course import Course, CourseError, this_course

SLUG = "11_heat_and_light"
CHAPTER = f"""\
# Heat and light

(second-section)=
## A section

## Exercise

Take {{download}}`the exercise <../exercises/{SLUG}/{SLUG}.ipynb>`.
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with its own library, one assignment, and one made by the command."""
    root = tmp_path_factory.mktemp("new") / "my course"
    library = shutil.ignore_patterns("data", "__pycache__", "engine")
    shutil.copytree(ROOT / "course_lib", root / "course_lib", ignore=library)
    (root / "solutions").mkdir()
    shutil.copy2(ROOT / "solutions" / "01_shopping_cart.md", root / "solutions")
    shutil.copy2(ROOT / "nbgrader_config.py", root)
    shutil.copy2(ROOT / "pyproject.toml", root)
    done = course(root, "new-exercise", SLUG, "--title", "warm things")
    assert done.returncode == 0, done.stderr
    (root / "said.txt").write_text(done.stdout, encoding="utf-8")
    return root


def course(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `course` with the library in `root`."""
    return subprocess.run(
        [sys.executable, "-m", "course_lib.grading", *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def made_files(root: Path) -> list[Path]:
    lines = (root / "said.txt").read_text(encoding="utf-8").splitlines()
    return [root / line.removeprefix("made ") for line in lines if line.startswith("made ")]


def test_new_exercise_lists_its_files_and_the_next_steps(scratch: Path) -> None:
    said = (scratch / "said.txt").read_text(encoding="utf-8")
    names = {path.relative_to(scratch).as_posix() for path in made_files(scratch)}
    assert {
        f"solutions/{SLUG}.md",
        "course_lib/checks/heat_and_light.py",
        f"course_lib/misconceptions/{SLUG}.toml",
        "course_lib/answers/heat_and_light.py",
    } < names
    for kind, least in (("accepted", 5), ("hostile", 4)):
        folder = f"tests/submissions/{SLUG}/{kind}/"
        assert sum(name.startswith(folder) for name in names) >= least
    assert all(path.is_file() for path in made_files(scratch))
    assert f"- file: {SLUG}" in said
    assert "(heat-and-light)=" in said
    assert f"course checklist {SLUG}" in said


def test_new_files_contain_no_placeholder(scratch: Path) -> None:
    for path in made_files(scratch):
        text = path.read_text(encoding="utf-8")
        for mark in ("{{", "SLUG.", "NAME", ".txt"):
            assert mark not in text, path
    assert "# Exercise 11: warm things" in (scratch / "solutions" / f"{SLUG}.md").read_text()


@pytest.mark.slow
def test_released_new_exercise_misses_only_its_chapter(scratch: Path) -> None:
    assert course(scratch, "release", SLUG).returncode == 0
    missing = course(scratch, "checklist", SLUG)
    assert missing.returncode == 1
    assert "16 of 18 kept." in missing.stdout
    assert f"there is no chapter book/{SLUG}.md." in missing.stdout
    assert f"points to {SLUG}#heat-and-light" in missing.stdout

    book = scratch / "book"
    book.mkdir()
    (book / f"{SLUG}.md").write_text(CHAPTER.replace("second-section", "heat-and-light"))
    complete = course(scratch, "checklist", SLUG)
    shutil.rmtree(book)
    assert complete.returncode == 0, complete.stdout
    assert "18 of 18 kept." in complete.stdout


def test_new_exercise_passes_the_audit(scratch: Path) -> None:
    found = course(scratch, "audit", SLUG, "--jobs", "1")
    assert found.returncode == 0, found.stdout + found.stderr
    sums = found.stdout.splitlines()[-1].split()
    assert sums[:2] == ["2", "tasks"]
    assert sums[-1] == "0"


def test_new_exercise_passes_the_linter(scratch: Path) -> None:
    code = [str(path) for path in made_files(scratch) if "submissions" not in path.parts]
    code = [path for path in code if path.endswith(".py")]
    assert len(code) == 2
    for words in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, *code], cwd=scratch, check=True)


def test_new_misconceptions_have_unique_names(scratch: Path) -> None:
    text = (scratch / "course_lib" / "misconceptions" / f"{SLUG}.toml").read_text()
    names = [entry["name"] for entries in tomllib.loads(text).values() for entry in entries]
    assert len(names) == 10
    assert all(name.endswith("InHeatAndLight") for name in names)


# --- refusals ---------------------------------------------------------------------------------


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("convolution", "is not a slug"),
        ("1_convolution", "is not a slug"),
        ("11-convolution", "is not a slug"),
        ("11_Convolution", "is not a slug"),
        ("11_", "is not a slug"),
        ("11_a__b", "is not a slug"),
        ("../11_convolution", "is not a slug"),
        ("11_convolution\n", "is not a slug"),
        ("٣٤_convolution", "is not a slug"),
        ("11_class", "is a Python keyword"),
        ("01_other", "The number 01 belongs to 01_shopping_cart. The next free one is 04"),
        ("03_activations", "solutions/03_activations.md exists already"),
    ],
)
def test_an_invalid_slug_is_refused(course: Course, slug: str, words: str) -> None:
    before = files(course.root)
    with pytest.raises(CourseError, match=words):
        frames.new_exercise(course, slug)
    assert files(course.root) == before


@pytest.mark.parametrize(
    "name", ["course_lib/checks/heat.py", "tests/submissions/11_heat/hostile/constant_forward.py"]
)
def test_existing_files_are_not_overwritten(course: Course, name: str) -> None:
    path = course.root / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    before = files(course.root)
    with pytest.raises(CourseError, match=f"{name} exists already, so nothing was made"):
        frames.new_exercise(course, "11_heat")
    assert files(course.root) == before


def test_a_failed_run_leaves_no_file(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    before, calls = files(course.root), []
    folders = {path for path in course.root.rglob("*") if path.is_dir()}
    replace = os.replace

    def full_disk(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 6:
            raise OSError("no space left")
        replace(source, target)

    monkeypatch.setattr(frames.os, "replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        frames.new_exercise(course, "11_heat")
    assert files(course.root) == before
    left = {path for path in course.root.rglob("*") if path.is_dir()} - folders
    assert left <= {course.build}


def test_an_existing_chapter_provides_the_label_and_needs_a_link(course: Course) -> None:
    page = course.root / "book" / f"{SLUG}.md"
    page.parent.mkdir()
    page.write_text(CHAPTER.replace("download", "doc"), encoding="utf-8")
    paths = frames.new_exercise(course, SLUG)
    check = next(path for path in paths if path.parent.name == "checks").read_text()
    assert f'read="{SLUG}#second-section"' in check
    (left,) = frames.still_to_do(course, SLUG)
    assert frames.chapter_link(SLUG) in left
    page.write_text(CHAPTER, encoding="utf-8")
    assert frames.still_to_do(course, SLUG) == []


# --- AUTHORING.md and help --------------------------------------------------------------------


def test_commands_in_authoring_md_exist() -> None:
    text = (ROOT / "AUTHORING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)course ([a-z][a-z-]*)", text, flags=re.MULTILINE))
    assert {"new-exercise", "release", "checklist", "audit"} <= named <= set(main.commands)
    options = {option for p in main.commands["audit"].params for option in p.opts}
    assert set(re.findall(r"course audit (--[a-z-]+)", text)) <= options


def test_example_in_authoring_md_is_a_listed_equivalent_mutant(course: Course) -> None:
    text = (ROOT / "AUTHORING.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(\[\[equivalent.*?)```", text, flags=re.DOTALL)
    assert example
    path = mutants.equivalent_path(course)
    path.parent.mkdir(parents=True)
    path.write_text(example[1], encoding="utf-8")
    known = mutants.read_equivalent(this_course())
    assert len(mutants.read_equivalent(course)) == 2
    assert set(mutants.read_equivalent(course)) <= set(known)


def test_help_lists_the_new_files() -> None:
    result = CliRunner().invoke(main, ["new-exercise", "--help"])
    assert result.exit_code == 0
    for word in ("SLUG", "11_convolution", "solutions/", "checklist"):
        assert word in result.output
