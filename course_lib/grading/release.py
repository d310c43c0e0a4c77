"""Generate the students' notebooks in ``exercises/`` from ``solutions/``, or check them."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from course_lib.grading.course import Course, CourseError
from course_lib.grading.gradebook.nbgrader import generate_assignment, import_nbgrader
from course_lib.grading.notebooks import (
    NotebookNode,
    check_source,
    grade_id,
    nbformat,
    read_source,
)


def release(course: Course, slugs: Iterable[str]) -> list[Path]:
    """Generate ``exercises/`` from ``solutions/``; return the files that changed.

    Also keep a copy for grading, add the assignments to the gradebook, and create the exchange
    folder that nbgrader's release and collect commands need.
    """
    (course.root / "exchange").mkdir(exist_ok=True)
    with _generated(course, slugs, record=True) as made:
        # Grading takes the blank cells from this copy.
        shutil.copytree(made / "release", made / "released")
        _replace(made / "released", course.build / "released")
        changed = _replace(made / "release", course.exercises)
        _replace(made / "source", course.sources)
    return changed


def start(course: Course, slug: str) -> tuple[Path, bool]:
    """Copy an assignment's notebook for someone who solves it.

    Returns
    -------
    path : Path
        The copy, in ``work/``. One that is there already stays as it is.
    is_new : bool

    Raises
    ------
    CourseError
        If there is no notebook to copy, or its folder can't be written.
    """
    blank = course.record(slug) if course.record(slug).is_file() else course.released(slug)
    path = course.root / "work" / slug / f"{slug}.ipynb"
    if path.exists():
        return path, False
    try:
        data = blank.read_bytes()
    except OSError:
        raise CourseError(f"{blank} is missing: run `course release {slug}`.") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.replace(path)
    return path, True


def solved_in_place(course: Course, slug: str) -> bool:
    """Return whether the notebook in ``exercises/`` is not the released one."""
    try:
        return course.released(slug).read_bytes() != course.record(slug).read_bytes()
    except OSError:
        return False


def out_of_step(course: Course, slugs: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each file in ``exercises/`` that is out of date.

    Everything is compared byte by byte. Unless assignments are named, files without a
    source are reported as well.
    """
    slugs = list(slugs)
    with _generated(course, slugs or course.assignments(), record=False) as made:
        wanted = _files(made / "release")
    present = _files(course.exercises)
    if slugs:
        present = {name: data for name, data in present.items() if name.split("/")[0] in slugs}
    problems = [f"exercises/{name} is missing." for name in sorted(set(wanted) - set(present))]
    problems += [
        f"exercises/{name} is out of date."
        for name in sorted(set(wanted) & set(present))
        if wanted[name] != present[name]
    ]
    problems += [
        f"exercises/{name} has no source in solutions/: delete it."
        for name in sorted(set(present) - set(wanted))
    ]
    return problems


@contextlib.contextmanager
def _generated(course: Course, slugs: Iterable[str], *, record: bool) -> Iterator[Path]:
    """Yield a temporary folder with the notebooks below ``source/`` and ``release/``."""
    course.build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="release-", dir=course.build) as name:
        made = Path(name)
        import_nbgrader()
        for slug in slugs:
            notebook = read_source(course.source(slug))
            check_source(notebook, course.source(slug))
            target = made / "source" / slug / f"{slug}.ipynb"
            target.parent.mkdir(parents=True)
            target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
            try:
                generate_assignment(course, slug, made / "source", made / "release", record=record)
            except CourseError as error:
                if "Cannot add or remove cells" not in str(error):
                    raise
                raise CourseError(_tasks_changed(course, slug, notebook)) from None
        yield made


def _tasks_changed(course: Course, slug: str, notebook: NotebookNode) -> str:
    """Return what to do if nbgrader refuses to change the tasks of a graded assignment."""
    now = {name for cell in notebook.cells if (name := grade_id(cell))}
    try:
        text = course.record(slug).read_text(encoding="utf-8")
        before = {name for cell in nbformat.reads(text, 4).cells if (name := grade_id(cell))}
    except (OSError, ValueError):
        before = set()
    removed, added = ", ".join(sorted(before - now)), ", ".join(sorted(now - before))
    what = [f"removed: {removed}"] * bool(removed) + [f"added: {added}"] * bool(added and before)
    shown = f" ({'; '.join(what)})" if what else ""
    return (
        f"{slug} was graded already, and the gradebook does not let its cells change"
        f"{shown}. Nothing was released. Restore these cells in "
        f"solutions/{slug}.md; to leave a task out, give all students its points by hand. Or start "
        f"again: copy gradebook.db to a safe place, run `nbgrader db assignment remove {slug} "
        f"--force`, which deletes all points and comments for {slug}, by hand ones too, then "
        f"`course release {slug}` and `course grade {slug} --force`."
    )


def _files(folder: Path) -> dict[str, bytes]:
    """Return the contents of the files below `folder`, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }


def _replace(made: Path, target: Path) -> list[Path]:
    """Move changed files into place, each atomically; return their new paths."""
    present = _files(target)
    changed = []
    for name, data in _files(made).items():
        if present.get(name) != data:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(made / name, path)
            changed.append(path)
    return changed
