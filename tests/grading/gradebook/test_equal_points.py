"""Plain `nbgrader autograde` and `course grade` give the same points to honest submissions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from class_cases import rows
from conftest import ROOT

from course_lib.grading.authoring.trial import build_submission, model_cells, read_submission_file
from course_lib.grading.course import Course
from course_lib.grading.release import release

SUBMISSIONS = ROOT / "tests" / "submissions"
SLUGS = sorted(path.name for path in SUBMISSIONS.iterdir() if path.is_dir())
# One of so many right answers is graded in both ways here; `course audit` grades all of them.
EVERY = 2
# nbgrader's own lists: the cells run in one kernel, without a sandbox.
PLAIN = """
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Execute.timeout = 1200
c.Execute.startup_timeout = 1200
"""

pytestmark = pytest.mark.slow


def honest_answers(course: Course, slug: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield students with their answers: all, half, none, and right ones of other kinds."""
    model = model_cells(slug, course=course)
    yield "model", model
    yield "half", dict(list(model.items())[: len(model) // 2])
    yield "blank", {}
    for path in sorted((SUBMISSIONS / slug / "accepted").glob("*.py"))[::EVERY]:
        yield path.stem, model | read_submission_file(path)


def course_with(target: Path, slug: str) -> Course:
    for folder in ("solutions", "exercises"):
        (target / folder).mkdir(parents=True)
        for path in (ROOT / folder).glob(f"{slug}*"):
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, target / folder / path.name)
    shutil.copy2(ROOT / "nbgrader_config.py", target)
    course = Course(target)
    release(course, [slug])
    for student, cells in honest_answers(course, slug):
        folder = target / "submitted" / student / slug
        folder.mkdir(parents=True)
        nbformat.write(build_submission(slug, cells, course), folder / f"{slug}.ipynb")
    return course


def graded_by(course: Course, *command: str) -> dict[tuple[str, str], float]:
    """Grade all submissions, and return the points by student and cell."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {(row[0], row[2]): row[3] for row in rows(course)}


@pytest.mark.parametrize("slug", SLUGS)
def test_points_equal_those_of_plain_nbgrader(tmp_path: Path, slug: str) -> None:
    ours = course_with(tmp_path / "ours", slug)
    theirs = Course(shutil.copytree(ours.root, tmp_path / "theirs"))
    config = theirs.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLAIN)
    points = graded_by(ours, "course_lib.grading", "grade", slug)
    expected = graded_by(theirs, "nbgrader", "autograde", slug)
    assert points == expected
    by_student = [sum(p for (who, _), p in points.items() if who == s) for s in ("model", "blank")]
    assert by_student[0] > 2 * by_student[1]
