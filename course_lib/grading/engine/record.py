"""The one writer: marks into the gradebook, notebooks into autograded/, pages into feedback/.

Everything written can be written again: a stop between any two writes is healed by recording the
same results once more.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import nbformat
from nbformat import NotebookNode
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import DatabaseError, OperationalError

from course_lib.grading.course import Course, CourseError
from course_lib.grading.engine.blueprint import Blueprint
from course_lib.grading.engine.gradebook import Book, Steps
from course_lib.grading.engine.graded import Graded, marks_from
from course_lib.grading.engine.graded_cells import as_text, points_output, problem_cell
from course_lib.grading.engine.intake import Submission
from course_lib.grading.engine.ledger import without_outputs, write_atomically
from course_lib.grading.engine.records import Result
from course_lib.grading.engine.scores import ClassScores, Scores
from course_lib.grading.nbgrader_tools import nbgrader_settings
from course_lib.grading.source import grade_id

T = TypeVar("T")
Item = tuple[Submission, Result]

# Seconds that another program may keep the gradebook locked.
PATIENCE = 120.0
_LOCKED = ("locked", "busy")


class Page(Protocol):
    """What makes a student's page of feedback."""

    def __call__(
        self,
        course: Course,
        notebook: NotebookNode | None,
        result: Result,
        scores: Scores,
        problems: Sequence[str],
        /,
    ) -> str:
        """Return the page as HTML."""


class Recorder(contextlib.AbstractContextManager["Recorder"]):
    """Writes down what grading found.

    Parameters
    ----------
    course : Course
    page : Page, optional
        Makes the page of feedback; without it there is none.
    patience : float
        Seconds to wait for a gradebook that another program has locked.
    say : callable
        Is told, in a sentence, that there is something to wait for.
    """

    def __init__(
        self,
        course: Course,
        page: Page | None = None,
        patience: float = PATIENCE,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.course, self.page, self.patience = course, page, patience
        self.say = say or (lambda text: print(text, file=sys.stderr))
        self._open = contextlib.ExitStack()
        self._blueprints: dict[str, Blueprint] = {}
        self.book: Book
        self.steps: Steps

    def __enter__(self) -> Recorder:
        from nbgrader.coursedir import CourseDirectory

        with contextlib.ExitStack() as opening:
            opening.enter_context(_nbgrader_quiet())
            parent, _errors = opening.enter_context(nbgrader_settings(self.course, {}))
            folder = CourseDirectory(parent=parent)
            self.book = self._patiently(lambda: Book(folder.db_url, folder.course_id))
            opening.callback(self.book.close)
            self.steps = Steps(parent, self.book, folder.db_url)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, slug: str, blueprint: Blueprint) -> None:
        """Make an assignment known; it must be in the gradebook as it was released."""
        self._patiently(lambda: self.book.check(slug, blueprint.notebook))
        self._blueprints[slug] = blueprint

    def record(self, submission: Submission, result: Result) -> Graded:
        """Write down one result."""
        return self.record_all([(submission, result)])[0]

    def record_all(self, items: Sequence[Item]) -> list[Graded]:
        """Write down results of one assignment: notebooks, then marks, then pages of feedback.

        Raises
        ------
        CourseError
            If the disk is full, or the gradebook can't be written.
        """
        ready = [(s, r, self._notebook(s, r)) for s, r in items if s.name_fits]
        for submission, _result, notebook in ready:
            self._write_notebook(submission, notebook)
        scores: dict[str, Scores] = {}
        if ready:
            self._patiently(lambda: self._store(ready))
            scores = self.scores(ready[0][0].slug, [s.student for s, _, _ in ready])
        for submission, result, _notebook in ready:
            if self.page is not None:
                page = self.page(
                    self.course,
                    submission.notebook,
                    result,
                    scores[submission.student],
                    submission.problems,
                )
                path = self._place("feedback", submission.slug, submission.student).with_suffix(
                    ".html"
                )
                write_atomically(path, page.encode("utf-8", "replace"))
        return [
            Graded(
                s.student,
                s.slug,
                marks_from(scores.get(s.student)),
                without_outputs(r),
                tuple(dict.fromkeys((*s.problems, *r.problems))),
                s.notes,
            )
            for s, r in items
        ]

    def scores(self, slug: str, students: Collection[str] = ()) -> dict[str, Scores]:
        """Return what is in the gradebook, by student."""
        return self._patiently(lambda: ClassScores(self.book).read(slug, students))

    def is_whole(self, slug: str, student: str) -> bool:
        """Return whether the files are there that recording leaves."""
        notebook = self._place("autograded", slug, student)
        page = self._place("feedback", slug, student).with_suffix(".html")
        return notebook.is_file() and (self.page is None or page.is_file())

    # --- notebooks ----------------------------------------------------------------------------

    def _notebook(self, submission: Submission, result: Result) -> NotebookNode:
        """Return the notebook with its outputs; a blank one if nothing could be read."""
        base = submission.notebook or self._blueprints[submission.slug].notebook
        notebook = nbformat.from_dict(base)
        shown = result.outputs if len(result.outputs) == len(notebook.cells) else ()
        tasks = {task.cell: task for task in result.tasks}
        count = 0
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                count += 1
                cell.execution_count = count
                cell.outputs = [nbformat.from_dict(output) for output in shown[i]] if shown else []
                about = cell.metadata.get("nbgrader", {})
                if about.get("grade") and not about.get("solution"):
                    # Without any output nbgrader would give full marks.
                    task = tasks.get(grade_id(cell))
                    cell.outputs = [points_output(task, float(about["points"]), count)]
        problems = dict.fromkeys((*submission.problems, *result.problems))
        if problems:
            notebook.cells.insert(0, problem_cell(problems))
        return self.steps.limit(notebook)

    def _write_notebook(self, submission: Submission, notebook: NotebookNode) -> None:
        path = self._place("autograded", submission.slug, submission.student)
        write_atomically(path, as_text(notebook).encode("utf-8", "replace"))
        time_file = path.with_name("timestamp.txt")
        if submission.timestamp is not None:
            write_atomically(time_file, f"{submission.timestamp} UTC".encode())
        else:
            time_file.unlink(missing_ok=True)

    def _place(self, step: str, slug: str, student: str) -> Path:
        return self.course.root / step / student / slug / f"{slug}.ipynb"

    # --- marks --------------------------------------------------------------------------------

    def _store(self, ready: Sequence[tuple[Submission, Result, NotebookNode]]) -> None:
        slug = ready[0][0].slug
        students = [submission.student for submission, _, _ in ready]
        self.book.reserve()
        self.book.load_students(slug, students)
        for submission, _result, _notebook in ready:
            self.book.update_or_create_student(submission.student)
            when = {"timestamp": submission.timestamp} if submission.timestamp else {}
            self.book.update_or_create_submission(slug, submission.student, **when)
        self.book.load(slug, students)
        for submission, result, notebook in ready:
            self.steps.save(notebook, slug, submission.student)
            if submission.problems or result.problems:
                for grade in self.book.grades(submission.student):
                    if grade.auto_score is not None and grade.auto_score < grade.max_score:
                        grade.needs_manual_grade = True
        # The sums that penalties are taken from are read anew.
        self.book.load_submissions(slug, students)
        for submission, _result, notebook in ready:
            self.steps.penalise(notebook, slug, submission.student)
        self.book.commit()

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do something with the gradebook, and again while another program has it locked."""
        until, waits = time.monotonic() + self.patience, 0
        while True:
            try:
                return work()
            except (DatabaseError, InvalidEntry) as error:
                if hasattr(self, "book"):
                    self.book.rollback()
                # nbgrader wraps some errors of the database in its own.
                cause = error if isinstance(error, DatabaseError) else error.__context__
                said = str(getattr(cause, "orig", error))
                locked = isinstance(cause, OperationalError) and any(w in said for w in _LOCKED)
                if not locked or time.monotonic() > until:
                    raise CourseError(_about_the_gradebook(said, locked)) from None
                if not waits:
                    self.say(
                        "Another program has the gradebook locked, formgrader perhaps. Waiting "
                        f"for it, at most {self.patience:.0f} seconds ..."
                    )
                waits += 1
                time.sleep(min(0.1 * waits, 1.0))
            except BaseException:
                if hasattr(self, "book"):
                    self.book.rollback()
                raise


@contextlib.contextmanager
def _nbgrader_quiet() -> Iterator[None]:
    """Keep nbgrader from printing tracebacks of what is said here in a sentence."""
    log = logging.getLogger("tornado.application")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _about_the_gradebook(said: str, locked: bool) -> str:
    again = "What is graded is stored; run the same command again and it goes on."
    if locked:
        return f"The gradebook is still locked by another program: end that program. {again}"
    if "readonly" in said:
        return f"The gradebook can't be written: it is read-only for you. {again}"
    if "full" in said:
        return f"The disk is full. {again}"
    return f"The gradebook can't be used: {said}. {again}"
