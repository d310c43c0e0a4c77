"""`course answers`: one page with everything, and nothing of it in what students get."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from course_lib.grading.authoring.answers import answers_path, read_sheet, write_answers
from course_lib.grading.course import Course, CourseError, this_course
from course_lib.misconceptions import all_misconceptions

COURSE = this_course()
SLUGS = COURSE.assignments()
TEXTS = {".html", ".ipynb", ".js", ".json", ".md", ".py", ".toml", ".txt"}


def words(text: str) -> str:
    """Return the words of a text alone: no marks, no tags, no line breaks."""
    return " ".join(re.findall(r"\w+", html.unescape(re.sub(r"<[^>]+>", " ", text))))


def answers_in_words() -> dict[str, list[str]]:
    """Return the sentences of each model answer and rubric that a person grades with."""
    sheets = {slug: read_sheet(COURSE, slug) for slug in SLUGS}
    return {
        slug: [
            words(sentence)
            for task in sheet.tasks
            if task.kind == "words"
            for sentence in re.split(r"(?<=[.?]) ", " ".join(task.answer.split()))
            if len(sentence) > 50
        ]
        for slug, sheet in sheets.items()
    }


def leaks(folder: Path) -> list[str]:
    """Return the files below a folder that hold a sentence of a model answer."""
    sentences = [sentence for found in answers_in_words().values() for sentence in found]
    found = []
    for name, text in texts(folder):
        plain = words(text)
        if any(sentence in plain for sentence in sentences):
            found.append(name)
    return found


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file below a folder, those in archives too."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    if Path(member).suffix in TEXTS:
                        yield f"{name}/{member}", archive.read(member).decode()
        elif path.suffix in TEXTS and path.is_file() and "npm" not in path.parts:
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".ipynb":
                cells = json.loads(text)["cells"]
                text = "\n".join("".join(cell["source"]) for cell in cells)
            yield name, text


def test_the_page_holds_every_task_with_answer_rubric_and_wrong_answers() -> None:
    page = write_answers(COURSE, SLUGS).read_text(encoding="utf-8")
    plain = words(page)
    for sentences in answers_in_words().values():
        assert len(sentences) >= 4
        assert [s for s in sentences if s not in plain] == []
    assert [m.name for m in all_misconceptions() if words(m.hint) not in plain] == []
    assert plain.count("A person grades this answer") == len(SLUGS)
    # The model solution and the points of the first task, as the source and the check have them.
    assert "dx dout self y dy dout self x return dx dy Points forward 1 dx 1 dy 1" in plain
    assert "SOLUTION" not in page


def test_the_sheet_of_an_assignment() -> None:
    sheet = read_sheet(COURSE, "04_affine")
    assert (sheet.title, sheet.minutes, sheet.points) == (
        "Exercise 4: the affine layer",
        (50, 60),
        37,
    )
    assert [(task.name, task.kind, task.points) for task in sheet.tasks] == [
        ("predict", "hand", 7),
        ("affine_sample", "build", 5),
        ("affine", "build", 7),
        ("linear", "transfer", 4),
        ("scaled_affine", "transfer", 6),
        ("shifted_affine", "repair", 5),
        ("explain", "words", 3),
    ]
    repair = sheet.tasks[5]
    assert [kind for kind, _source in repair.given] == ["markdown", "code", "markdown"]
    assert "class BrokenShiftedAffine" in repair.given[1][1]
    assert "self.dm = -dx.sum(axis=0)" in repair.answer
    assert repair.parts == (
        ("forward", 1),
        ("dx", 1),
        ("dW, db", 1),
        ("dm", 1),
        (repair.parts[4][0], 1),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**Time**: 40 to 60 minutes", "Take your time", "states no time"),
        ("| 2 `add_layer` |", "| 2 `sum_layer` |", "add_layer, but its table has no such row"),
    ],
)
def test_an_incomplete_source_is_an_error(course: Course, old: str, new: str, message: str) -> None:
    path = course.source("01_shopping_cart")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=message):
        write_answers(course, ["01_shopping_cart"])
    assert not answers_path(course).exists()


@pytest.mark.parametrize("folder", ["exercises", "course_lib", "_build/html"])
def test_nothing_that_students_get_holds_an_answer_in_words(folder: str) -> None:
    if not (ROOT / folder).exists():
        pytest.skip(f"{folder} is not built")
    assert leaks(ROOT / folder) == []


@pytest.mark.parametrize("name", ["a.html", "a.ipynb", "a.whl"])
def test_an_answer_in_a_students_file_is_detected(tmp_path: Path, name: str) -> None:
    source = COURSE.source("02_chain_rule").read_text(encoding="utf-8")
    answer = source.partition("**Model answer.** ")[2][:400]
    path = tmp_path / name
    if name == "a.whl":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.py", f'"""{answer}"""')
    elif name == "a.ipynb":
        cells = [{"cell_type": "markdown", "source": answer.splitlines(keepends=True)}]
        path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    else:
        path.write_text("<p>" + answer.replace("\n", "\n<b> </b>") + "</p>", encoding="utf-8")
    assert [name.split("/")[0] for name in leaks(tmp_path)] == [name]


def test_answers_lie_outside_of_what_students_get() -> None:
    path = answers_path(COURSE).relative_to(ROOT)
    assert path.parts[:2] == ("_build", "teaching")
