"""Create the files of a new assignment, which work at once."""

from __future__ import annotations

import contextlib
import keyword
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from course_lib.grading.course import Course, CourseError

TEMPLATES = Path(__file__).parent / "templates" / "new_exercise"
SLUG = re.compile(r"([0-9]{2})_([a-z][a-z0-9]*(?:_[a-z0-9]+)*)")
_LABEL = re.compile(r"^\(([\w-]+)\)=$", flags=re.MULTILINE)


def new_exercise(course: Course, slug: str, title: str = "") -> list[Path]:
    """Write the files of a new assignment, all of them or none; return their paths.

    Parameters
    ----------
    course : Course
    slug : str
        Two digits that no other assignment has, and words, as in "11_convolution".
    title : str, optional
        The heading; by default the words of the slug.
    """
    words = _words(course, slug, title)
    made = {}
    for path in sorted(TEMPLATES.rglob("*.txt")):
        name = path.relative_to(TEMPLATES).as_posix().removesuffix(".txt")
        name = name.replace("SLUG", slug).replace("NAME", words["name"])
        made[name] = _filled(path.read_text(encoding="utf-8"), words)
    for name in made:
        if (course.root / name).exists():
            raise CourseError(
                f"{name} exists already, so nothing was made. Choose another slug, or move that "
                "file away."
            )
    _write(course, made)
    return [course.root / name for name in made]


def chapter_link(slug: str) -> str:
    """Return the link from a chapter to its assignment."""
    return f"{{download}}`the exercise <../exercises/{slug}/{slug}.ipynb>`"


def still_to_do(course: Course, slug: str) -> list[str]:
    """Return the remaining steps outside the new files, each a sentence with lines to add."""
    link = chapter_link(slug)
    chapter = course.root / "book" / f"{slug}.md"
    if not chapter.is_file():
        return [
            f"write the chapter book/{slug}.md, with a section labelled ({_label(course, slug)})= "
            f"and, under “Exercise”, the line\n    {link}.",
            f"add the chapter to book/_toc.yml, after the others:\n      - file: {slug}",
            f"write eight questions or more into book/questions/{slug}.toml.",
        ]
    if link not in chapter.read_text(encoding="utf-8"):
        return [f"add the link to book/{slug}.md, under “Exercise”:\n    {link}."]
    return []


def _words(course: Course, slug: str, title: str) -> dict[str, str]:
    """Return the values of the templates' placeholders.

    Raises
    ------
    CourseError
        If the slug is malformed, or its number is in use.
    """
    match = SLUG.fullmatch(slug)
    if not match:
        raise CourseError(
            f"{slug!r} is not a slug: expected two digits, _ and words in lower case, as in "
            "11_convolution."
        )
    number, name = match.groups()
    known = course.assignments()
    same = [other for other in known if other.startswith(number) and other != slug]
    if same:
        following = max(int(other[:2]) for other in known if other[:2].isdigit()) + 1
        raise CourseError(
            f"The number {number} belongs to {same[0]}. The next free one is {following:02d}."
        )
    if keyword.iskeyword(name):
        raise CourseError(f"{name!r} is a Python keyword, so it cannot be a module's name.")
    return {
        "slug": slug,
        "number": str(int(number)),
        "name": name,
        "Name": "".join(word.capitalize() for word in name.split("_")),
        "title": title or name.replace("_", " "),
        "label": _label(course, slug),
    }


def _label(course: Course, slug: str) -> str:
    """Return the first label of the chapter, or the one to write if there is none."""
    chapter = course.root / "book" / f"{slug}.md"
    found = chapter.is_file() and _LABEL.search(chapter.read_text(encoding="utf-8"))
    return found[1] if found else slug[3:].replace("_", "-")


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: words[match[1]], text)


def _write(course: Course, made: Mapping[str, str]) -> None:
    """Write all files to a temporary folder, then move them; on failure, remove what was moved."""
    course.build.mkdir(exist_ok=True)
    moved: list[Path] = []
    folders: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="new-", dir=course.build) as temporary:
        written = {name: Path(temporary) / str(i) for i, name in enumerate(made)}
        for name, path in written.items():
            path.write_text(made[name], encoding="utf-8")
        try:
            for name, path in written.items():
                target = course.root / name
                folders += [f for f in reversed(target.parents) if not f.exists()]
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)
                moved.append(target)
        except BaseException:
            for path in moved:
                path.unlink()
            for folder in reversed(folders):
                with contextlib.suppress(OSError):
                    folder.rmdir()
            raise
