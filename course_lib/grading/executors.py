"""Execute jobs in worker processes of this machine, or on a Dask cluster.

Each local worker has its own pipe, so a killed worker leaves no lock behind. A submission whose
worker is killed from outside is tried once more. The checks have limits of memory and processor
time: a worker that exceeds them ends, and that is the submission's final result. Only the calling
process writes results.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

import course_lib
from course_lib.grading import import_only_what_is_installed
from course_lib.grading.course import CourseError
from course_lib.grading.jobs import (
    CHECK,
    Job,
    Result,
    job_from_json,
    library_version,
    result_from_json,
    to_json,
    without_report,
)
from course_lib.grading.sandbox.process import NOT_STARTED, check_ready

Execute = Callable[[Job], Result]

# Seconds beyond a submission's time limit after which a silent worker is killed.
_SLACK = 120.0
_TRIES = 2
# Workers are forked from one process that has imported their modules and runs nothing else.
_FORKS = sys.platform == "linux"
_CONTEXT: Any = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
# The second is the main module, which every worker imports again at its start.
_IMPORTED = ("course_lib.grading.execute", "course_lib.grading.cli")
# Prefix of the answer of a worker that imports another copy of this package.
_ANOTHER_LIBRARY = b"another library: "
_NOT_EXECUTED = "The grader failed on this submission"
_STOPPED = "The checks of this submission were stopped"
# Address space for the checks of one submission beyond that of an idle worker, in bytes, and
# processor time, as a multiple of the time limit of one cell.
_CHECK_MEMORY = 2 * 2**30
_CHECK_TIME = 4
# Signals that a worker does not cause itself.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Executor(Protocol):
    """Executes jobs, on this machine or on a cluster."""

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield results as they arrive; take jobs only as workers become free."""


def never_executed(result: Result) -> bool:
    """Return whether the grader failed, not the submission."""
    return any(problem.startswith(_NOT_EXECUTED) for problem in result.problems)


def _unprotected(result: Result) -> bool:
    """Return whether the sandbox did not start."""
    return any(problem.startswith(NOT_STARTED) for problem in result.problems)


def failed_result(job: Job, why: str, what: str = _NOT_EXECUTED) -> Result:
    """Return the result of a job that the grader failed to execute, or stopped."""
    said = f"{what}: {why}."
    tasks = tuple(
        without_report(c.grade_id, 0.0, c.points, said) for c in job.cells if c.kind == CHECK
    )
    return Result(job.student, job.slug, tasks, problems=(said,), seed=job.seed)


class LocalPool:
    """Worker processes on this machine.

    Parameters
    ----------
    workers : int, optional
        Number of workers; by default one for each available processor.
    execute : callable, optional
        Turns a job into a result. Workers import it, so it must be a module's function.
    slack : float
        Seconds beyond a job's time limit after which its worker is killed.
    keep : bool
        Whether idle workers stay for the next run, until `close`.
    """

    def __init__(
        self,
        workers: int | None = None,
        execute: Execute | None = None,
        slack: float = _SLACK,
        *,
        keep: bool = False,
    ) -> None:
        self.size = workers or len(os.sched_getaffinity(0))
        self.execute, self.slack, self.keep = execute, slack, keep
        self.workers: list[_Worker] = []

    def start(self) -> None:
        """Start importing the workers' modules in the background."""
        import_only_what_is_installed()
        if _FORKS:
            _CONTEXT.set_forkserver_preload([*_IMPORTED])
            with _ignoring_interrupts():
                forkserver.ensure_running()

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield results as they arrive; each worker gets one job at a time."""
        self.start()
        todo, again, done = iter(jobs), deque[_Try](), list[Result]()
        more = True
        try:
            while True:
                for worker in [*self._idle()]:
                    try_ = again.popleft() if again else None
                    if try_ is None and more:
                        job = next(todo, None)
                        more = job is not None
                        try_ = _Try(job) if job else None
                    if try_ is None:
                        break
                    worker.give(try_, self.slack)
                # The workers are busy while the caller records these results.
                yield from done
                busy = [worker for worker in self.workers if worker.at]
                if not busy:
                    return
                done = list(self._collect(busy, again))
        finally:
            if not self.keep or any(worker.at for worker in self.workers):
                self.close()

    def close(self) -> None:
        """Kill all workers, busy or not."""
        for worker in self.workers:
            worker.end()
        self.workers = []

    def _idle(self) -> Iterator[_Worker]:
        self.workers = [worker for worker in self.workers if worker.usable]
        yield from [worker for worker in self.workers if not worker.at]
        while len(self.workers) < self.size:
            worker = _Worker(self.execute)
            self.workers.append(worker)
            yield worker

    def _collect(self, busy: list[_Worker], again: deque[_Try]) -> Iterator[Result]:
        soonest = min(worker.until for worker in busy) - time.monotonic()
        ends: dict[Any, _Worker] = {worker.end_of_pipe: worker for worker in busy}
        for end in wait(list(ends), max(soonest, 0.0)):
            worker = ends[end]
            try_, said = worker.take()
            if said is not None:
                if _unprotected(said):
                    # Raises if the machine has no sandbox; else only this submission failed.
                    check_ready()
                yield said
            elif stopped := worker.stopped_by():
                why = f"their process ended by the signal {stopped}"
                if stopped == "SIGXCPU":
                    seconds = _CHECK_TIME * try_.job.timeout
                    why = f"they used more than {seconds:g} seconds of processor time"
                yield failed_result(try_.job, why, _STOPPED)
            elif try_.count < _TRIES:
                again.append(_Try(try_.job, try_.count + 1))
            else:
                yield failed_result(try_.job, "its process ended twice")
        for worker in busy:
            if worker.at and worker.until <= time.monotonic():
                job = worker.at.job
                worker.end()
                yield failed_result(job, "its process did not finish in time")


@dataclass(frozen=True)
class _Try:
    job: Job
    count: int = 1


class _Worker:
    """A worker process and its current job."""

    def __init__(self, execute: Execute | None) -> None:
        self.end_of_pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(
            target=_work, args=(theirs, course_lib.__file__, execute), daemon=True
        )
        self.at: _Try | None = None
        self.until = 0.0
        self.usable = True
        # Ctrl-C must not reach the workers: the pool ends them.
        with _ignoring_interrupts():
            self.process.start()
        theirs.close()

    def give(self, try_: _Try, slack: float) -> None:
        job = try_.job
        self.at = try_
        self.until = time.monotonic() + job.timeout * (len(job.cells) + 2) + slack
        with contextlib.suppress(OSError):  # `take` notices a dead worker
            self.end_of_pipe.send_bytes(to_json(job).encode())

    def take(self) -> tuple[_Try, Result | None]:
        """Return the worker's job, and its result unless the worker died."""
        try_, self.at = self.at, None
        assert try_ is not None
        try:
            said = self.end_of_pipe.recv_bytes()
            if said.startswith(_ANOTHER_LIBRARY):
                raise CourseError(
                    f"A worker process imports {said.removeprefix(_ANOTHER_LIBRARY).decode()}, but "
                    f"this command {course_lib.__file__}: their results may differ. Install the "
                    "course in one place only, or unset PYTHONPATH. Finished results are stored."
                )
            return try_, result_from_json(said.decode())
        except (EOFError, OSError, ValueError):
            self.end()
            return try_, None

    def stopped_by(self) -> str:
        """Return the signal that ended the worker, unless it came from outside."""
        code = self.process.exitcode or 0
        return signal.Signals(-code).name if code < 0 and -code not in _FROM_OUTSIDE else ""

    def end(self) -> None:
        self.usable, self.at = False, None
        self.process.kill()
        self.process.join()
        self.end_of_pipe.close()


@contextlib.contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(pipe: Connection, library: str, execute: Execute | None) -> None:
    """Execute jobs from a pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    if course_lib.__file__ != library:
        pipe.recv_bytes()
        pipe.send_bytes(_ANOTHER_LIBRARY + course_lib.__file__.encode())
        return
    if execute is None:
        from course_lib.grading.execute import execute as real

        execute = real
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = job_from_json(pipe.recv_bytes().decode())
            pipe.send_bytes(to_json(_limited(execute, job)).encode())


def _limited(execute: Execute, job: Job) -> Result:
    """Execute a job under limits of this process's memory and processor time.

    Too much memory raises MemoryError in the check. Too much processor time ends the process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    time_used = used.ru_utime + used.ru_stime
    limits = {resource.RLIMIT_CPU: int(time_used + _CHECK_TIME * job.timeout) + 1}
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits[resource.RLIMIT_AS] = pages * os.sysconf("SC_PAGESIZE") + _CHECK_MEMORY
    before = {kind: resource.getrlimit(kind) for kind in limits}
    try:
        for kind, most in limits.items():
            hard = before[kind][1]
            resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))
        return execute(job)
    finally:
        for kind, limit in before.items():
            resource.setrlimit(kind, limit)


def _die_with_parent() -> None:
    """End this process when its parent ends, as the parent does with the main process."""
    if sys.platform == "linux":
        pr_set_pdeathsig, parent = 1, os.getppid()
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


_CONNECT = "15s"
# Checks capture warnings and printed text, which are global to a process.
_ONE_AT_A_TIME = threading.Lock()


class WorkerRefused(Exception):
    """A worker would give other results than this machine; the message says why."""


class Cluster:
    """A running Dask cluster.

    Parameters
    ----------
    address : str
        The scheduler's address, such as ``tcp://host:8786``.
    sandbox : bool
        Whether every worker must be able to isolate students' code.

    Raises
    ------
    CourseError
        If there is no scheduler, no worker, or a worker that is not ready.
    """

    def __init__(self, address: str, *, sandbox: bool = True) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CourseError(
                "--scheduler needs Dask. Run pip install 'backprop-course[cluster]' here and on "
                "every worker."
            ) from None
        try:
            self.client = Client(address, timeout=_CONNECT)
        except (OSError, ValueError, TypeError) as error:
            raise CourseError(
                f"There is no Dask scheduler at {address} ({type(error).__name__}). Start one with "
                "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`."
            ) from None
        try:
            self._check_workers(address, sandbox)
        except BaseException:
            self.client.close()
            raise

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield results as they arrive, keeping two jobs queued per worker."""
        from distributed import as_completed

        todo = iter(jobs)
        asked: dict[Any, Job] = {}

        def send(most: int) -> list[Any]:
            sent = []
            for job in islice(todo, most):
                future = self.client.submit(execute_on_worker, to_json(job), pure=False, retries=2)
                asked[future] = job
                sent.append(future)
            return sent

        try:
            done = as_completed(send(2 * max(len(self._workers()), 1)))
            for future in done:
                job = asked.pop(future)
                yield self._result(future, job)
                for another in send(1):
                    done.add(another)
        finally:
            self.client.cancel(list(asked))
            self.close()

    def close(self) -> None:
        """Disconnect from the cluster, which keeps running."""
        with contextlib.suppress(Exception):
            self.client.close()

    def _result(self, future: Any, job: Job) -> Result:
        error = future.exception()
        if error is None:
            return result_from_json(future.result())
        if isinstance(error, WorkerRefused):
            raise CourseError(f"{error} Finished results are stored.")
        return failed_result(job, f"the cluster gave up ({type(error).__name__})")

    def _workers(self) -> list[str]:
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    def _check_workers(self, address: str, sandbox: bool) -> None:
        said = self.client.run(worker_problem, library_version(), sandbox, on_error="return")
        if not said:
            raise CourseError(
                f"The scheduler at {address} has no worker. Start some with `dask worker {address} "
                "--nthreads 1`."
            )
        problems = [f"{worker}: {what}" for worker, what in sorted(said.items()) if what]
        if problems:
            raise CourseError("\n".join(["These workers of the cluster can't grade:", *problems]))


def worker_problem(version: str, sandbox: bool) -> str:
    """Return why this worker can't grade, or an empty string if it can."""
    from course_lib.grading.sandbox.process import check_ready

    if library_version() != version:
        return (
            "it has another version of the course. Install the same version and restart the worker"
        )
    try:
        check_ready(sandbox)
    except CourseError as error:
        return str(error)
    return ""


def execute_on_worker(text: str) -> str:
    """Execute a job on a worker, if the worker is ready for it."""
    from course_lib.grading.execute import execute

    job = job_from_json(text)
    with _ONE_AT_A_TIME:
        if why := _ready_once(job.version, job.sandbox):
            raise WorkerRefused(f"A worker of the cluster refused: {why}.")
        return to_json(_limited(execute, job))


_ready_once = cache(worker_problem)
