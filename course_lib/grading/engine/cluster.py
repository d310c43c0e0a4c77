"""Have submissions executed on a Dask cluster. Marks are still written in one place: here.

What travels is the text of a `Job` and of a `Result`. A worker that has another version of the
course, or no working sandbox, refuses: its marks would be other ones.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from course_lib.grading.course import CourseError
from course_lib.grading.engine.plan import library_version
from course_lib.grading.engine.pool import not_executed
from course_lib.grading.engine.records import Job, Result, job_from_json, result_from_json, to_json

_CONNECT = "15s"
# Checks record warnings and what is printed, which belong to a whole process.
_ONE_AT_A_TIME = threading.Lock()


class Refused(Exception):
    """A worker can't give the marks that this machine would give; the message says why."""


class Cluster:
    """A running Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, as in ``tcp://host:8786``.
    sandbox : bool
        Whether every worker must be able to isolate students' code.

    Raises
    ------
    CourseError
        If there is no scheduler, no worker, or a worker that must refuse.
    """

    def __init__(self, address: str, *, sandbox: bool = True) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CourseError(
                "--scheduler needs Dask: pip install 'backprop-course[cluster]', here and on every "
                "worker."
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
        """Yield results as they come; twice as many jobs are out as there are workers."""
        from distributed import as_completed

        todo = iter(jobs)
        asked: dict[Any, Job] = {}

        def send(most: int) -> list[Any]:
            sent = []
            for job in islice(todo, most):
                future = self.client.submit(execute_there, to_json(job), pure=False, retries=2)
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
        """Leave the cluster; it goes on without us."""
        with contextlib.suppress(Exception):
            self.client.close()

    def _result(self, future: Any, job: Job) -> Result:
        error = future.exception()
        if error is None:
            return result_from_json(future.result())
        if isinstance(error, Refused):
            raise CourseError(f"{error} What is graded is stored.")
        return not_executed(job, f"the cluster gave it up ({type(error).__name__})")

    def _workers(self) -> list[str]:
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    def _check_workers(self, address: str, sandbox: bool) -> None:
        said = self.client.run(ready_there, library_version(), sandbox, on_error="return")
        if not said:
            raise CourseError(
                f"The scheduler at {address} has no worker. Start some with `dask worker {address} "
                "--nthreads 1`."
            )
        problems = [f"{worker}: {what}" for worker, what in sorted(said.items()) if what]
        if problems:
            raise CourseError("\n".join(["The cluster can't grade:", *problems]))


def ready_there(version: str, sandbox: bool) -> str:
    """Return, on a worker, what keeps it from grading; nothing if nothing does."""
    from course_lib.grading.engine.ready import check_ready

    if library_version() != version:
        return (
            "it has another version of the course. Install the same one, and start the worker again"
        )
    try:
        check_ready(sandbox)
    except CourseError as error:
        return str(error)
    return ""


def execute_there(text: str) -> str:
    """Execute a job on a worker, if that would give the same result as here."""
    from course_lib.grading.engine.execute import execute

    job = job_from_json(text)
    with _ONE_AT_A_TIME:
        if why := _ready_once(job.version, job.sandbox):
            raise Refused(f"A worker of the cluster refused: {why}.")
        return to_json(execute(job))


_ready_once = cache(ready_there)
