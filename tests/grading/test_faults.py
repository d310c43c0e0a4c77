"""Stops between any two writes, full disks, locked gradebooks: run again, nothing is missing."""

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


def go(course: Course, **more: Any) -> tuple[Outcome, list[str]]:
    here = InProcessExecutor(by_length)
    more.setdefault("patience", 30.0)
    outcome = run.grade(course, [SLUG], here, Options(seed=1), page=small_page, **more)
    return outcome, here.executed


@pytest.fixture(scope="module")
def undisturbed(released: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    course = copied(released, tmp_path_factory.mktemp("undisturbed") / "my course")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "library_version", same_version)
        go(course)
    return state(course)


# --- a stop between any two writes ----------------------------------------------------------------


class Steps:
    """Counts what reaches the disk, and does something at one of them."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.at, self.act, self.count = at, act, 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at:
            self.act()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts before and after what it does."""

        def counted(*args: Any, **named: Any) -> Any:
            self.step()
            value = function(*args, **named)
            self.step()
            return value

        return counted

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for place, name in (
            (os, "fsync"),  # a file is written and not yet in its place
            (Path, "replace"),
            (write.Book, "commit"),
            (results.ResultStore, "mark_recorded"),
        ):
            patch.setattr(place, name, self.around(getattr(place, name)))


def in_a_child(work: Callable[[], None]) -> int:
    """Do something in a copy of this process, and return how that ended."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def grade_with(course: Course, steps: Steps) -> None:
    with pytest.MonkeyPatch.context() as patch:
        steps.install(patch)
        go(course)


def count_steps(course: Course) -> int:
    steps = Steps(-1, lambda: None)
    grade_with(course, steps)
    return steps.count


def test_a_stop_between_any_two_writes_is_healed(
    released: Course, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    total = count_steps(copied(released, tmp_path / "counted"))
    # three results, notebooks and pages with two steps twice, a time; commits and lines by batch
    assert total >= 3 * 3 * 4
    for at in range(1, total + 1):
        course = copied(released, tmp_path / f"stop {at}")
        ended = in_a_child(
            lambda at=at, c=course: grade_with(c, Steps(at, lambda: os._exit(CRASHED)))
        )
        assert ended == CRASHED, f"step {at}"
        outcome, _ = go(course)
        assert sorted(row.student for row in outcome.rows) == ["ada", "bob", "cy"], f"step {at}"
        assert state(course) == undisturbed, f"step {at}"
        assert go(course)[1] == [], f"step {at}"


def test_the_injected_stop_does_stop(released: Course, tmp_path: Path) -> None:
    course = copied(released, tmp_path / "course")
    steps = Steps(3, lambda: os._exit(CRASHED))
    assert in_a_child(lambda: grade_with(course, steps)) == CRASHED
    assert rows(course) == []


def test_what_was_executed_before_a_stop_is_not_executed_again(
    released: Course, tmp_path: Path
) -> None:
    course = copied(released, tmp_path / "course")

    def stop() -> None:
        os._exit(CRASHED)

    def grade_and_stop() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(write.Book, "commit", lambda _self: stop())
            go(course)

    assert in_a_child(grade_and_stop) == CRASHED
    outcome, executed = go(course)
    assert (len(outcome.rows), executed) == (3, [])


# --- the disk is full -----------------------------------------------------------------------------


def test_a_full_disk_is_said_and_nothing_is_lost(
    released: Course, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    # three results, notebooks and pages, a time, and a line for each of two batches
    for at in range(1, 13):
        course, steps = copied(released, tmp_path / f"full {at}"), Steps(at, full)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", lambda _file, steps=steps: steps.step())
            with pytest.raises(CourseError, match=r"The disk is full.* run the same command again"):
                go(course)
        go(course)
        assert state(course) == undisturbed


def test_a_gradebook_that_can_not_grow_is_said(
    course: Course, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
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
        go(course)
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "library_version", same_version)
    outcome, _ = go(course)
    assert len(outcome.rows) == 34
    assert {r[0] for r in rows(course)} == {row.student for row in outcome.rows}


# --- somebody else has the gradebook --------------------------------------------------------------


@pytest.fixture
def locked(course: Course) -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(course.gradebook, check_same_thread=False, isolation_level=None)
    yield other
    other.close()


def test_a_locked_gradebook_is_waited_for(
    course: Course, locked: sqlite3.Connection, undisturbed: dict[str, Any]
) -> None:
    said: list[str] = []
    begun = threading.Event()

    class Slow(InProcessExecutor):
        def run(self, jobs: Any) -> Any:
            locked.execute("BEGIN EXCLUSIVE")
            begun.set()
            yield from super().run(jobs)

    def release() -> None:
        begun.wait()
        # SQLite itself waits for five seconds, without a word.
        time.sleep(7)
        locked.execute("ROLLBACK")

    thread = threading.Thread(target=release)
    thread.start()
    run.grade(course, [SLUG], Slow(by_length), Options(seed=1), page=small_page, say=said.append)
    thread.join()
    assert len(said) == 1
    assert "Another program has the gradebook locked, formgrader perhaps. Waiting" in said[0]
    assert state(course) == undisturbed


def test_a_gradebook_that_stays_locked_is_said_and_nothing_is_lost(
    course: Course, locked: sqlite3.Connection, undisturbed: dict[str, Any]
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
    outcome, executed = go(course)
    assert "ada" not in executed
    assert len(outcome.rows) == 3
    assert state(course) == undisturbed


def test_a_read_only_gradebook_is_said(course: Course, undisturbed: dict[str, Any]) -> None:
    text = course.config.read_text()
    url = f"sqlite:///file:{course.gradebook}?mode=ro&uri=true"
    course.config.write_text(f'{text}\nc.CourseDirectory.db_url = "{url}"\n')
    with pytest.raises(CourseError, match=r"read-only for you.* run the same command again"):
        go(course)
    course.config.write_text(text)
    go(course)
    assert state(course) == undisturbed


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_can_not_be_written_is_said(course: Course) -> None:
    (course.root / "autograded").mkdir(mode=0o500)
    with pytest.raises(CourseError, match="can't be written"):
        go(course)
