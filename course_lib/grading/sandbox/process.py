"""Start or fork a student process in the sandbox, watch it, and end it.

An interpreter with NumPy takes longer to start than most submissions take to check, so student
processes are forked from a warm one. If forking fails, each submission gets a new sandbox with the
same isolation.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Protocol

from course_lib.grading.course import CourseError
from course_lib.grading.sandbox.bubblewrap import (
    TMP,
    bwrap,
    can_filter,
    family,
    filter_program,
    start_isolated,
    start_plain,
)
from course_lib.grading.student.frames import BadFrame
from course_lib.grading.student.wire import Closed, TooLate, Wire

_REPLY_SECONDS = 60.0
# After this many failures, this machine no longer forks student processes.
_MOST_FAILURES = 3
_failures: list[str] = []
# One warm interpreter per thread: a sandbox ends with the thread that started it.
_local = threading.local()


def fork(theirs: socket.socket, package: Path, user: int) -> Forked | None:
    """Fork a student process with one end of a connection; return None if that fails.

    Parameters
    ----------
    theirs : socket
    package : Path
        The folder of the course_lib that students' code may import.
    user : int
        The user id to switch to if root starts it.
    """
    warm = current()
    if warm and warm.package != package:
        warm.end()
        warm = None
    for _try in range(2):
        if len(_failures) >= _MOST_FAILURES:
            return None
        warm = warm or Warm(package)
        if forked := warm.fork(theirs, user):
            _local.warm = warm
            return forked
        warm.end()
        warm = None
        note_failure()
    return None


def current() -> Warm | None:
    """Return the interpreter that this thread forks from, if there is one."""
    return getattr(_local, "warm", None)


def forget() -> None:
    """End the interpreter that this thread forks from, if there is one."""
    if warm := current():
        warm.end()


def note_failure() -> None:
    """Count a forked process that did not become ready."""
    _failures.append("")


class Forked:
    """A forked student process."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self.control, self.pid = control, pid
        self.code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the process to end and return its exit code."""
        if self.code is None:
            ready = select.poll()
            ready.register(self.control, select.POLLIN)
            if not ready.poll(None if timeout is None else 1000 * timeout):
                raise subprocess.TimeoutExpired("student", timeout or 0.0)
            self.code = -9
            try:
                if self.control.recv(64) == b"ended":
                    self.control.send(b"forget it")
                    self.code = int(self.control.recv(64) or self.code)
            except OSError:
                pass
        return self.code


class Warm:
    """An interpreter in a sandbox, from which student processes are forked one after another."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(_REPLY_SECONDS)
        try:
            with theirs:
                self.process = start_isolated("warm", theirs, package, forks=True)
        except BaseException:
            self.control.close()
            raise
        atexit.register(self.end)
        self.pid = 0
        if self._receives(b"ready"):
            self.pid = [*family(self.process.pid)][-1]

    def fork(self, theirs: socket.socket, user: int) -> Forked | None:
        """Fork a student process with one end of a connection; return None if that fails."""
        settings = {"user": user, "tmp": TMP, "filter": filter_program().hex()}
        try:
            socket.send_fds(self.control, [json.dumps(settings).encode()], [theirs.fileno()])
        except OSError:
            return None
        if not self._receives(b"started"):
            return None
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return Forked(self.control, int(children[0]))

    def _receives(self, word: bytes) -> bool:
        try:
            return self.control.recv(64) == word
        except OSError:
            return False

    def end(self) -> None:
        """Kill the interpreter and all processes forked from it."""
        atexit.unregister(self.end)
        _local.warm = None
        self.control.close()
        self.process.kill()
        self.process.wait()


_MB = 2**20
MEMORY = 3072 * _MB
_MOST_FILES = 20_000


class Process(Protocol):
    """A process that was started or forked."""

    pid: int

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code, or raise `subprocess.TimeoutExpired`."""
        ...


class StudentProcess:
    """One process for one submission, with the grader's end of the connection to it.

    Parameters
    ----------
    package : Path
        The folder of the course_lib that students' code may import.
    sandbox : bool
        Whether to isolate it; false only with `--no-sandbox`.
    seconds : float
        The limit of processor time.
    warm : bool
        Whether it may be forked from a warm interpreter.
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
        """Wait until the process is ready and send its limits; return whether it is ready."""
        try:
            ready = self.wire.receive(deadline) == "ready"
            self.wire.send(self.settings, deadline)
        except (BadFrame, Closed, TooLate):
            return False
        return ready

    def end(self) -> str:
        """Kill the process and its children; return how it ended if it had already ended."""
        # Stop the watcher first: after a wait, the process id may be reused.
        self.over.set()
        self.watcher.join()
        if self.wire.ended:
            with contextlib.suppress(subprocess.TimeoutExpired):
                # It closed the connection, so it is about to end: wait for its exit code.
                self.process.wait(5)
        code = self.process.poll()
        # Killing the sandbox's first process kills all others in it.
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
        """Enforce the limits that apply to all processes of a submission together."""
        while not self.over.wait(0.25):
            pids = list(family(self.process.pid))
            if sum(map(_resident, pids)) > MEMORY:
                self.killed = "it used too much memory"
            elif self.folder is None and _files(pids[-1]) > _MOST_FILES:
                self.killed = "it created too many files"
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
    """Return the user id to switch to if root starts the process, one for each worker.

    Process limits count per user: two concurrent submissions must not share one.
    """
    return 65000 + os.getpid() % 500


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def _files(pid: int) -> int:
    """Return the number of files in a process's `/tmp`."""
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


START_SECONDS = 60.0
NOT_STARTED = "the sandbox did not start"


def check_ready(sandbox: bool = True) -> str:
    """Return how students' code is isolated on this machine.

    Raises
    ------
    CourseError
        If it can't be isolated; the message says what is missing and which command helps.
    """
    if not sandbox:
        return "none"
    name = isolation()
    # Imports NumPy, so only when needed.
    from course_lib.grading.sandbox.package import given_package

    process = StudentProcess(given_package(), warm=False)
    ready = process.ready(time.monotonic() + START_SECONDS)
    process.end()
    if not ready:
        trial = [bwrap(), "--unshare-all", "--ro-bind", "/", "/", "true"]
        why = subprocess.run(trial, capture_output=True, text=True, check=False).stderr.strip()
        raise CourseError(
            f"{name} is installed, but can't isolate a process: {why[-300:] or 'no reason given'}"
            "\nUser namespaces may be switched off. On Ubuntu: `sudo sysctl -w "
            "kernel.apparmor_restrict_unprivileged_userns=0`; on Debian: `sudo sysctl -w "
            "kernel.unprivileged_userns_clone=1`; start a container with the right to create "
            "them. `course grade --no-sandbox` grades without isolation, for trusted code only."
        )
    return name


@cache
def isolation() -> str:
    """Return the sandbox's name and version, as results record it."""
    said = subprocess.run([bwrap(), "--version"], capture_output=True, text=True, check=False)
    name = said.stdout.strip() or "bubblewrap"
    return name if can_filter() else f"{name}, no filter of system calls"
