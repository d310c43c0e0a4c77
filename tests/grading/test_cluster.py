"""Grading on a Dask cluster: a real scheduler and real workers on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.grading.assignment import read_blueprint
from course_lib.grading.authoring.trial import model_cells
from course_lib.grading.course import Course, CourseError
from course_lib.grading.execute import execute
from course_lib.grading.executors import Cluster, WorkerRefused, execute_on_worker, worker_problem
from course_lib.grading.jobs import Job, Result, library_version, make_job, to_json
from course_lib.grading.notebooks import RawCell
from course_lib.grading.release import release
from course_lib.grading.submitted import Submission

pytest.importorskip("distributed")

SLUG = "01_shopping_cart"
SLOW = "import time\ntime.sleep(0.5)\n"


def jobs(course: Course, count: int) -> list[Job]:
    """Return slow jobs; every third has one wrong answer."""
    release(course, [SLUG])
    blueprint = read_blueprint(course, SLUG)
    model = model_cells(SLUG, course=course)
    made = []
    for number in range(count):
        cells = model | {"sub_layer": SLOW + (model["sub_layer"] if number % 3 else "pass")}
        raw = [RawCell("code", source, name) for name, source in cells.items()]
        notebook = blueprint.filled(raw).notebook
        submission = Submission(
            f"student-{number}", SLUG, Path("nowhere"), None, "digest", notebook, ()
        )
        made.append(
            make_job(
                course,
                submission,
                seed=number,
                timeout=1200,
                version=library_version(),
                blueprint=blueprint,
            )
        )
    return made


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(kind: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + kind, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(address: str) -> None:
    host, port = address.removeprefix("tcp://").split(":")
    until = time.monotonic() + 600
    while time.monotonic() < until:
        with socket.socket() as trial:
            if trial.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"no scheduler at {address}")


@pytest.fixture
def scheduler() -> Iterator[str]:
    address = f"tcp://127.0.0.1:{free_port()}"
    process = start("scheduler", "--host", address, "--no-dashboard", "--no-show")
    try:
        wait_for(address)
        yield address
    finally:
        end(process)


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    started = [
        start(
            *("worker", scheduler, "--nthreads", "1", "--no-dashboard", "--no-nanny"),
            *("--local-directory", str(tmp_path / str(number)), "--host", "127.0.0.1"),
        )
        for number in range(2)
    ]
    try:
        yield started
    finally:
        for process in started:
            end(process)


def cluster(address: str, size: int) -> Cluster:
    """Return the cluster as soon as it has this number of workers."""
    until = time.monotonic() + 600
    while True:
        try:
            made = Cluster(address)
        except CourseError:
            if time.monotonic() > until:
                raise
        else:
            if len(made.client.scheduler_info(n_workers=-1)["workers"]) == size:
                return made
            made.close()
        time.sleep(0.2)


def without_times(results: list[Result]) -> list[Result]:
    return sorted((dataclasses.replace(r, seconds=0.0) for r in results), key=lambda r: r.student)


@pytest.mark.slow
def test_cluster_gives_local_results_although_a_worker_is_killed(
    course: Course, scheduler: str, workers: list[subprocess.Popen[bytes]]
) -> None:
    todo = jobs(course, 6)
    results = []
    for result in cluster(scheduler, 2).run(iter(todo)):
        if not results:
            end(workers[0])
        results.append(result)
    assert len(results) == len(todo)
    assert without_times(results) == without_times([execute(job) for job in todo])
    # The automatically graded tasks have 30 points; a missing layer loses at least its 4.
    by_student = {result.student: result.points for result in results}
    assert by_student["student-1"] == by_student["student-2"] == 30
    assert by_student["student-0"] <= 26


@pytest.mark.slow
def test_a_missing_scheduler_is_reported() -> None:
    with pytest.raises(CourseError, match="no Dask scheduler at tcp"):
        Cluster(f"tcp://127.0.0.1:{free_port()}")


def test_a_cluster_without_workers_is_reported(scheduler: str) -> None:
    with pytest.raises(CourseError, match="has no worker"):
        Cluster(scheduler)


def test_a_worker_with_another_version_refuses_jobs(course: Course) -> None:
    assert worker_problem(library_version(), sandbox=True) == ""
    assert "another version" in worker_problem("of yesterday", sandbox=True)
    (job,) = jobs(course, 1)
    with pytest.raises(WorkerRefused, match="another version"):
        execute_on_worker(to_json(dataclasses.replace(job, version="of yesterday")))


def test_a_worker_without_a_sandbox_reports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import course_lib.grading.sandbox.process as engine

    def missing(_sandbox: bool) -> str:
        raise CourseError("bubblewrap is missing")

    monkeypatch.setattr(engine, "check_ready", missing)
    assert "bubblewrap is missing" in worker_problem(library_version(), sandbox=True)
