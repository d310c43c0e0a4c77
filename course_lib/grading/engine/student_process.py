"""One process for one submission, started where it can do no harm, watched, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Protocol

from course_lib.grading.engine.sandbox import family, start_isolated, start_plain
from course_lib.grading.engine.student.frames import BadFrame
from course_lib.grading.engine.student.wire import Closed, TooLate, Wire
from course_lib.grading.engine.warm import fork

_MB = 2**20
MEMORY = 3072 * _MB
_MOST_FILES = 20_000


class Process(Protocol):
    """What there is to know of a process that was started, or forked."""

    pid: int

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it ended, or raise `subprocess.TimeoutExpired`."""
        ...


class StudentProcess:
    """One process for one submission, with the grader's end of the connection to it.

    Parameters
    ----------
    package : Path
        The folder in which it finds what there is of course_lib.
    sandbox : bool
        Whether to isolate it; only an instructor's explicit wish makes this false.
    seconds : float
        Of processor time, all in all.
    warm : bool
        Whether it may be forked from an interpreter that is ready.
    """

    def __init__(
        self, package: Path, *, sandbox: bool = True, seconds: float = 600, warm: bool = True
    ) -> None:
        ours, theirs = socket.socketpair()
        self.folder = None if sandbox else tempfile.TemporaryDirectory(prefix="student-")
        user = _user() if sandbox else 0
        try:
            with contextlib.closing(theirs):
                forked = fork(theirs, package, user) if sandbox and warm else None
                self.process = forked or self._cold(theirs, package)
        except BaseException:
            ours.close()
            raise
        self.wire = Wire(ours)
        self.killed = ""
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        self.settings = {"user": 0 if forked else user, "limits": _limits(seconds)}

    def _cold(self, theirs: socket.socket, package: Path) -> Process:
        """Start a new interpreter."""
        if self.folder is None:
            return start_isolated("__main__", theirs, package)
        return start_plain(theirs, package, self.folder.name)

    def ready(self, deadline: float) -> bool:
        """Wait until it stands, and tell it its limits; return whether it does."""
        try:
            ready = self.wire.receive(deadline) == "ready"
            self.wire.send(self.settings, deadline)
        except (BadFrame, Closed, TooLate):
            return False
        return ready

    def end(self) -> str:
        """End it and all that it started; return how it had ended by itself, if it had."""
        # First of all: once a process is waited for, its number may become another's.
        self.over.set()
        self.watcher.join()
        if self.wire.ended:
            with contextlib.suppress(subprocess.TimeoutExpired):
                # It hung up, so it is on its way out: how it ended is worth a moment.
                self.process.wait(0.5)
        code = self.process.poll()
        # The first process of a sandbox is among them: with it all others end.
        self._kill()
        self.process.wait()
        self.wire.end.close()
        if self.folder:
            self.folder.cleanup()
        return self.killed or _how_it_ended(code)

    def _kill(self) -> None:
        for pid in reversed(list(family(self.process.pid))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _watch(self) -> None:
        """Look after what no limit of a single process covers."""
        while not self.over.wait(0.25):
            pids = list(family(self.process.pid))
            if sum(map(_resident, pids)) > MEMORY:
                self.killed = "it held too much memory"
            elif self.folder is None and _files(pids[-1]) > _MOST_FILES:
                self.killed = "it made too many files"
            if self.killed:
                self._kill()
                return


def _limits(seconds: float) -> dict[str, int]:
    return {
        "RLIMIT_AS": MEMORY,
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(seconds) + 1,
        "RLIMIT_FSIZE": 32 * _MB,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_NPROC": 16,
    }


def _user() -> int:
    """Return the user that the process becomes if root starts it: another one for each worker.

    Limits on processes count by user: two submissions at once must not share one.
    """
    return 65000 + os.getpid() % 500


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def _files(pid: int) -> int:
    """Return how many files there are in the `/tmp` that a process sees."""
    try:
        seen = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    return seen.f_files - seen.f_ffree


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return ""
    number = code - 128 if code > 128 else -code
    if code > 128 or code < 0:
        with contextlib.suppress(ValueError):
            return f"by the signal {signal.Signals(number).name}"
    return f"with the exit code {code}"
