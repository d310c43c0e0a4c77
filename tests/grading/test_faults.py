"""Grading after a crash, with a full disk or a locked gradebook: the next run completes it."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from class_cases import (
    SLUG,
    InProcessExecutor,
    answers,
    by_length,
    copied,
    hand_in,
    released_course,
    rows,
    same_version,
    small_page,
    state,
)

from course_lib.grading import jobs, results, run
from course_lib.grading.course import Course, CourseError
from course_lib.grading.gradebook import write
from course_lib.grading.gradebook.nbgrader import import_nbgrader
from course_lib.grading.outcome import Options, Outcome

CRASHED = 77


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("faults") / "my course")
    whole = answers(course)
    hand_in(course, "ada", whole, when="2025-03-01 12:00:00 UTC")
    hand_in(course, "bob", dict(list(whole.items())[:3]))
    hand_in(course, "cy", b"{")
    return course


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    return copied(released, tmp_path / "my course")


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    import_nbgrader()
    monkeypatch.setattr(jobs, "library_version", same_version)
    monkeypatch.setattr(run, "BATCH", 2)


def grade_course(course: Course, **more: Any) -> tuple[Outcome, list[str]]:
    here = InProcessExecutor(by_length)
    more.setdefault("patience", 30.0)
    outcome = run.grade(course, [SLUG], here, Options(seed=1), page=small_page, **more)
    return outcome, here.executed


@pytest.fixture(scope="module")
def uninterrupted(released: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    course = copied(released, tmp_path_factory.mktemp("undisturbed") / "my course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "library_version", same_version)
        grade_course(course)
    return state(course)


# --- a stop between any two writes ----------------------------------------------------------------


class WriteSteps:
    """Counts the steps of writing, and calls `act` at step `at`."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.at, self.act, self.count = at, act, 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at:
            self.act()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts a step before and after a call."""

        def counted(*args: Any, **named: Any) -> Any:
            self.step()
            value = function(*args, **named)
            self.step()
            return value

        return counted

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for place, name in (
            (os, "fsync"),  # the file is written, but not yet renamed
            (Path, "replace"),
            (write.Book, "commit"),
            (results.ResultStore, "mark_recorded"),
        ):
            patch.setattr(place, name, self.around(getattr(place, name)))


def run_in_child(work: Callable[[], None]) -> int:
    """Call a function in a forked process, and return the exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def grade_with(course: Course, steps: WriteSteps) -> None:
    with pytest.MonkeyPatch.context() as patch:
        steps.install(patch)
        grade_course(course)


def count_steps(course: Course) -> int:
    steps = WriteSteps(-1, lambda: None)
    grade_with(course, steps)
    return steps.count


@pytest.mark.slow
def test_a_run_after_a_stop_between_any_two_writes_completes_the_state(
    released: Course, uninterrupted: dict[str, Any], tmp_path: Path
) -> None:
    total = count_steps(copied(released, tmp_path / "counted"))
    # results, notebooks and pages of three students: two steps each for fsync and rename
    assert total >= 3 * 3 * 4
    for at in range(1, total + 1):
        course = copied(released, tmp_path / f"stop {at}")
        ended = run_in_child(
            lambda at=at, c=course: grade_with(c, WriteSteps(at, lambda: os._exit(CRASHED)))
        )
        assert ended == CRASHED, f"step {at}"
        outcome, _ = grade_course(course)
        assert sorted(row.student for row in outcome.rows) == ["ada", "bob", "cy"], f"step {at}"
        assert state(course) == uninterrupted, f"step {at}"
        assert grade_course(course)[1] == [], f"step {at}"


def test_the_injected_stop_ends_the_process(released: Course, tmp_path: Path) -> None:
    course = copied(released, tmp_path / "course")
    steps = WriteSteps(3, lambda: os._exit(CRASHED))
    assert run_in_child(lambda: grade_with(course, steps)) == CRASHED
    assert rows(course) == []


def test_submissions_executed_before_a_stop_are_not_executed_again(
    released: Course, tmp_path: Path
) -> None:
    course = copied(released, tmp_path / "course")

    def stop() -> None:
        os._exit(CRASHED)

    def grade_and_stop() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(write.Book, "commit", lambda _self: stop())
            grade_course(course)

    assert run_in_child(grade_and_stop) == CRASHED
    outcome, executed = grade_course(course)
    assert (len(outcome.rows), executed) == (3, [])


# --- the disk is full -----------------------------------------------------------------------------


def test_a_full_disk_is_reported_and_the_next_run_completes_the_state(
    released: Course, uninterrupted: dict[str, Any], tmp_path: Path
) -> None:
    def raise_disk_full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    # three results, notebooks and pages, one timestamp, and one line for each of two batches
    for at in range(1, 13):
        course, steps = copied(released, tmp_path / f"full {at}"), WriteSteps(at, raise_disk_full)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", lambda _file, steps=steps: steps.step())
            with pytest.raises(CourseError, match=r"The disk is full.* run the same command again"):
                grade_course(course)
        grade_course(course)
        assert state(course) == uninterrupted


def test_a_gradebook_that_cannot_grow_is_reported(
    course: Course, uninterrupted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write._wait_a_second

    def no_room(connection: Any, record: Any) -> None:
        before(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    hand_in(course, "x" * 128, answers(course))
    for number in range(30):
        hand_in(course, f"{number:0>120}", {})
    monkeypatch.setattr(write, "_wait_a_second", no_room)
    with pytest.raises(CourseError, match="The disk is full"):
        grade_course(course)
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "library_version", same_version)
    outcome, _ = grade_course(course)
    assert len(outcome.rows) == 34
    assert {r[0] for r in rows(course)} == {row.student for row in outcome.rows}


# --- a locked or read-only gradebook --------------------------------------------------------------


@pytest.fixture
def locked(course: Course) -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(course.gradebook, check_same_thread=False, isolation_level=None)
    yield other
    other.close()


@pytest.mark.slow
def test_grading_waits_for_a_locked_gradebook(
    course: Course, locked: sqlite3.Connection, uninterrupted: dict[str, Any]
) -> None:
    said: list[str] = []
    begun = threading.Event()

    class HoldsLock(InProcessExecutor):
        def run(self, jobs: Any) -> Any:
            locked.execute("BEGIN EXCLUSIVE")
            begun.set()
            yield from super().run(jobs)

    def release() -> None:
        begun.wait()
        # Longer than the five seconds that SQLite waits without a message.
        time.sleep(7)
        locked.execute("ROLLBACK")

    thread = threading.Thread(target=release)
    thread.start()
    run.grade(
        course, [SLUG], HoldsLock(by_length), Options(seed=1), page=small_page, say=said.append
    )
    thread.join()
    assert len(said) == 1
    assert "Another program, perhaps formgrader, has locked the gradebook. Waiting" in said[0]
    assert state(course) == uninterrupted


@pytest.mark.slow
def test_a_gradebook_that_stays_locked_is_reported_and_results_are_kept(
    course: Course, locked: sqlite3.Connection, uninterrupted: dict[str, Any]
) -> None:
    class Locking(InProcessExecutor):
        def run(self, jobs: Any) -> Any:
            locked.execute("BEGIN EXCLUSIVE")
            yield from super().run(jobs)

    with pytest.raises(CourseError, match=r"still locked by another program.* run the same"):
        run.grade(
            course,
            [SLUG],
            Locking(by_length),
            Options(seed=1),
            page=small_page,
            patience=0.1,
            say=lambda _: None,
        )
    locked.execute("ROLLBACK")
    outcome, executed = grade_course(course)
    assert "ada" not in executed
    assert len(outcome.rows) == 3
    assert state(course) == uninterrupted


def test_a_read_only_gradebook_is_reported(course: Course, uninterrupted: dict[str, Any]) -> None:
    text = course.config.read_text()
    url = f"sqlite:///file:{course.gradebook}?mode=ro&uri=true"
    course.config.write_text(f'{text}\nc.CourseDirectory.db_url = "{url}"\n')
    with pytest.raises(CourseError, match=r"read-only for you.* run the same command again"):
        grade_course(course)
    course.config.write_text(text)
    grade_course(course)
    assert state(course) == uninterrupted


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_reported(course: Course) -> None:
    (course.root / "autograded").mkdir(mode=0o500)
    with pytest.raises(CourseError, match="can't be written"):
        grade_course(course)
