"""Grade a class: read submissions, execute them, and write the results in batches."""

from __future__ import annotations

import contextlib
import difflib
import math
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course_lib.grading.assignment import Blueprint, read_blueprint
from course_lib.grading.course import Course, CourseError
from course_lib.grading.executors import Executor, never_executed
from course_lib.grading.gradebook.nbgrader import import_gradebook
from course_lib.grading.jobs import (
    Job,
    Result,
    TaskResult,
    course_version,
    library_version,
    make_job,
)
from course_lib.grading.outcome import GradedSubmission, Options, Outcome
from course_lib.grading.results import Entry, ResultStore, grading_lock, without_outputs
from course_lib.grading.submitted import Submission, read_submission, submission_folders
from course_lib.progress import progress_bar


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the block ends."""
    heard: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt


def submitted_assignments(course: Course, slugs: Sequence[str]) -> list[str]:
    """Return the assignments that have at least one submission."""
    return [slug for slug in slugs if submission_folders(course, slug)]


def check_students(course: Course, slugs: Sequence[str], students: Collection[str]) -> None:
    """Check that every named student has a submission.

    Raises
    ------
    CourseError
        If one has none, or there are no submissions at all.
    """
    known = sorted({name for slug in slugs for name in submission_folders(course, slug)})
    if not known:
        raise CourseError(
            f"There are no submissions for {', '.join(slugs)}: no folder submitted/<student>/"
            f"{slugs[0]}/. `course grade {slugs[0]} --from FOLDER_OR_ZIP` imports an export."
        )
    for student in students:
        if student not in known:
            close = difflib.get_close_matches(student, known, n=1, cutoff=0.5)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise CourseError(f"{student} has no submission for {', '.join(slugs)}.{meant}")


class LazyRecorder(contextlib.AbstractContextManager["LazyRecorder"]):
    """Opens the gradebook writer on first use; a thread imports nbgrader in the meantime.

    Parameters
    ----------
    course : Course
    blueprints : mapping of str to Blueprint
        The assignments, by slug.
    page : callable, optional
        Makes the feedback pages; by default `feedback_page`.
    say : callable, optional
        Called with a message while the gradebook is locked.
    patience : float, optional
        Seconds to wait for a gradebook that another program has locked.
    """

    def __init__(
        self,
        course: Course,
        blueprints: Mapping[str, Blueprint],
        page: Any = None,
        say: Callable[[str], None] | None = None,
        patience: float | None = None,
    ) -> None:
        self.course, self.blueprints = course, blueprints
        self.page, self.say, self.patience = page, say, patience
        self._open = contextlib.ExitStack()
        self._recorder: Any = None
        self._failed: BaseException | None = None
        self._loading = threading.Thread(target=self._load, daemon=True)
        self._loading.start()

    @property
    def ready(self) -> bool:
        """Whether results can be recorded without waiting for imports."""
        return not self._loading.is_alive()

    @property
    def recorder(self) -> Any:
        """The gradebook writer, opened on first use.

        Raises
        ------
        CourseError
            If nbgrader is missing, or the gradebook can't be written.
        """
        if self._recorder is None:
            self._loading.join()
            if self._failed:
                raise self._failed
            from course_lib.grading.feedback.student_page import feedback_page
            from course_lib.grading.gradebook.write import PATIENCE, Recorder

            wait = PATIENCE if self.patience is None else self.patience
            writer = Recorder(self.course, self.page or feedback_page, wait, self.say)
            recorder = self._open.enter_context(writer)
            for slug, blueprint in self.blueprints.items():
                recorder.begin(slug, blueprint)
            self._recorder = recorder
        return self._recorder

    def __exit__(self, *error: object) -> None:
        self._loading.join()
        self._open.close()

    def _load(self) -> None:
        try:
            import_gradebook()
            import course_lib.grading.feedback.student_page
            import course_lib.grading.gradebook.write  # noqa: F401
        except BaseException as error:
            self._failed = error


# A batch is written to the gradebook at this many results, or after this many seconds.
BATCH = 16
BATCH_SECONDS = 5.0
# While nbgrader is being imported, this many results may wait.
MOST_WAITING = 256


def grade(
    course: Course,
    slugs: Sequence[str],
    executor: Executor,
    options: Options | None = None,
    *,
    page: Any = None,
    say: Callable[[str], None] | None = None,
    patience: float | None = None,
) -> Outcome:
    """Grade the submissions for some assignments.

    Parameters
    ----------
    course : Course
    slugs : sequence of str
    executor : Executor
        Runs the students' code.
    options : Options, optional
    page : callable, optional
        Makes the feedback pages; by default `feedback_page`.
    say : callable, optional
        Called with a message while the gradebook is locked.
    patience : float, optional
        Seconds to wait for a gradebook that another program has locked.

    Raises
    ------
    CourseError
        If an assignment was not released, or a result can't be written. Finished results are
        stored.
    """
    blueprints = {slug: read_blueprint(course, slug) for slug in slugs}
    with grading_lock(course), LazyRecorder(course, blueprints, page, say, patience) as recording:
        run = _Run(course, options or Options(), recording, blueprints)
        return run.all(executor)


@dataclass
class _Assignment:
    """The state of one assignment during a run."""

    slug: str
    blueprint: Blueprint
    version: str
    store: ResultStore
    names: list[str]
    recording: LazyRecorder

    @cached_property
    def rows(self) -> dict[str, str]:
        """What the gradebook held of each submission before this run, by student."""
        return self.recording.recorder.book.state(self.slug)


class _Run:
    """The state of one `course grade`."""

    def __init__(
        self,
        course: Course,
        options: Options,
        recording: LazyRecorder,
        blueprints: dict[str, Blueprint],
    ) -> None:
        self.course, self.options, self.recording = course, options, recording
        self.seed = options.seed if options.seed is not None else secrets.randbits(48)
        self.outcome = Outcome()
        self.waiting: dict[tuple[str, str], Submission] = {}
        self.batch: list[tuple[Submission, Entry]] = []
        self.batch_since = 0.0
        self.assignments = {
            slug: self._assignment(slug, blueprint) for slug, blueprint in blueprints.items()
        }
        self.total = sum(len(about.names) for about in self.assignments.values())
        self.bar: Any = None

    def _assignment(self, slug: str, blueprint: Blueprint) -> _Assignment:
        wanted = self.options.students
        return _Assignment(
            slug,
            blueprint,
            course_version(self.course, blueprint),
            ResultStore(self.course, slug),
            [
                name
                for name in submission_folders(self.course, slug)
                if not wanted or name in wanted
            ],
            self.recording,
        )

    def all(self, executor: Executor) -> Outcome:
        self.bar = progress_bar(self.total, "grading")
        try:
            with contextlib.closing(executor.run(self._jobs())) as results:  # type: ignore[type-var]
                for result in results:
                    self._executed(result)
        except KeyboardInterrupt:
            self.outcome.interrupted = True
        finally:
            with contextlib.suppress(KeyboardInterrupt), uninterrupted():
                self._flush()
            self.bar.close()
        self.outcome.left = self.total - len(self.outcome.rows)
        return self.outcome

    # --- one submission -----------------------------------------------------------------------

    def _jobs(self) -> Iterator[Job]:
        for about in self.assignments.values():
            unchanged: dict[str, Entry] = {}
            for name in about.names:
                entry = None if self.options.force else self._stored(about, name)
                submission = read_submission(
                    self.course, about.slug, name, about.blueprint, self._is_done(about, entry)
                )
                if entry is not None and entry.digest == submission.digest:
                    if self._is_done(about, entry)(submission.digest):
                        unchanged[name] = replace(entry, result=without_outputs(entry.result))
                        self.bar.update()
                    else:
                        self._add(submission, entry)
                elif submission.notebook is None:
                    self._unreadable(about, submission)
                else:
                    self.waiting[about.slug, name] = submission
                    yield make_job(
                        self.course,
                        submission,
                        seed=self.seed,
                        timeout=self.options.timeout,
                        sandbox=self.options.sandbox,
                        version=library_version(),
                        blueprint=about.blueprint,
                    )
            self._keep(about, unchanged)

    def _stored(self, about: _Assignment, student: str) -> Entry | None:
        """Return the stored result if its version and its isolation are still sufficient."""
        entry = about.store.entry(student)
        if entry is None or entry.version != about.version:
            return None
        unprotected = entry.result.isolation == "none" and bool(entry.result.tasks)
        return None if unprotected and self.options.sandbox else entry

    def _is_done(self, about: _Assignment, entry: Entry | None) -> Callable[[str], bool]:
        """Return a test whether a digest is that of a result already in the gradebook."""
        done = (
            entry is not None
            and entry.student in about.rows
            and about.store.recorded.get(entry.student) == _mark(entry, about.rows)
            and self.recording.recorder.is_whole(about.slug, entry.student)
        )
        return lambda digest: done and entry is not None and digest == entry.digest

    def _entry(self, about: _Assignment, submission: Submission, result: Result) -> Entry:
        return Entry(
            submission.student,
            submission.digest,
            about.version,
            result,
            submission.problems,
            submission.notes,
        )

    def _unreadable(self, about: _Assignment, submission: Submission) -> None:
        """Add a row for a submission that can't be executed."""
        result = Result(submission.student, about.slug, seed=self.seed)
        entry = self._entry(about, submission, result)
        if submission.name_fits:
            about.store.save(entry)
        self._add(submission, entry)

    def _executed(self, result: Result) -> None:
        result = replace(result, tasks=tuple(map(_countable, result.tasks)))
        about = self.assignments[result.slug]
        submission = self.waiting.pop((result.slug, result.student))
        entry = self._entry(about, submission, result)
        if never_executed(result) and submission.student in about.rows:
            # Keep the earlier points: the grader failed, not the submission.
            self._keep(about, {submission.student: entry}, unfinished=True)
            return
        with uninterrupted():
            if not never_executed(result):
                about.store.save(entry)
            self._add(submission, entry)

    # --- batches ------------------------------------------------------------------------------

    def _add(self, submission: Submission, entry: Entry) -> None:
        if self.batch and self.batch[0][0].slug != submission.slug:
            self._flush()
        if not self.batch:
            self.batch_since = time.monotonic()
        self.batch.append((submission, entry))
        full = len(self.batch) >= BATCH or time.monotonic() - self.batch_since > BATCH_SECONDS
        if full and (self.recording.ready or len(self.batch) >= MOST_WAITING):
            with uninterrupted():
                self._flush()

    def _flush(self) -> None:
        batch, self.batch = self.batch, []
        if not batch:
            return
        about = self.assignments[batch[0][0].slug]
        rows = self.recording.recorder.record_all([(s, entry.result) for s, entry in batch])
        unfinished = {s.student for s, entry in batch if never_executed(entry.result)}
        students = [entry.student for _submission, entry in batch]
        state = self.recording.recorder.book.state(about.slug, students)
        done = {
            entry.student: _mark(entry, state)
            for (_submission, entry), row in zip(batch, rows, strict=True)
            if row.scores is not None and entry.student not in unfinished
        }
        about.store.mark_recorded(done)
        self.outcome.rows += [replace(row, unfinished=row.student in unfinished) for row in rows]
        self.bar.update(len(rows))

    def _keep(
        self,
        about: _Assignment,
        unchanged: dict[str, Entry],
        unfinished: bool = False,
    ) -> None:
        """Add rows with the gradebook's points for submissions graded before."""
        if unchanged:
            names = list(unchanged) if len(unchanged) < 50 else ()
            scores = self.recording.recorder.scores(about.slug, names)
            for name, entry in unchanged.items():
                problems = (*entry.problems, *entry.result.problems)
                self.outcome.rows.append(
                    GradedSubmission(
                        name,
                        about.slug,
                        scores.get(name),
                        without_outputs(entry.result),
                        tuple(dict.fromkeys(problems)),
                        entry.notes,
                        unfinished=unfinished,
                        fresh=False,
                    )
                )


def _mark(entry: Entry, state: Mapping[str, str]) -> str:
    """Return the mark of a result, with what the gradebook holds of the submission."""
    return f"{entry.mark} {state.get(entry.student, '')}"


def _countable(task: TaskResult) -> TaskResult:
    """Return a task with finite points: 0 in place of NaN or infinity."""
    return task if math.isfinite(task.points) else replace(task, points=0.0)
