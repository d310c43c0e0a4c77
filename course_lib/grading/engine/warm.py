"""The grader's end of `student/warm.py`: student processes forked instead of started.

A new interpreter with NumPy takes longer than to check what most learners hand in. Where forking
does not work, as where the kernel allows no namespaces inside others, each submission gets a
sandbox of its own, and is as well guarded.
"""

from __future__ import annotations

import atexit
import json
import select
import socket
import subprocess
import threading
from pathlib import Path

from course_lib.grading.engine.sandbox import TMP, family, start_isolated
from course_lib.grading.engine.syscalls import filter_program

_PATIENCE = 60.0
# After so many failures this machine is taken for one where it does not work.
_MOST_FAILURES = 3
_failures: list[str] = []
# One for each thread: with the thread that started it, a sandbox ends.
_held = threading.local()


def fork(theirs: socket.socket, package: Path, user: int) -> Forked | None:
    """Fork a student process, which gets one end of a connection; None if that does not work.

    Parameters
    ----------
    theirs : socket
    package : Path
        The folder in which it finds what there is of course_lib.
    user : int
        The user that it becomes if root starts it.
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
            _held.warm = warm
            return forked
        warm.end()
        warm = None
        did_not_work()
    return None


def current() -> Warm | None:
    """Return the interpreter that this thread forks from, if there is one."""
    return getattr(_held, "warm", None)


def forget() -> None:
    """End the interpreter that this thread forks from."""
    if warm := current():
        warm.end()


def did_not_work() -> None:
    """Note that a process which was forked did not get ready."""
    _failures.append("")


class Forked:
    """A student process that was forked."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self.control, self.pid = control, pid
        self.code: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it ended."""
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
        self.control.settimeout(_PATIENCE)
        try:
            with theirs:
                self.process = start_isolated("warm", theirs, package, forks=True)
        except BaseException:
            self.control.close()
            raise
        atexit.register(self.end)
        self.pid = 0
        if self._heard(b"ready"):
            self.pid = [*family(self.process.pid)][-1]

    def fork(self, theirs: socket.socket, user: int) -> Forked | None:
        """Fork a student process that gets one end of a connection; None if there is none."""
        settings = {"user": user, "tmp": TMP, "filter": filter_program().hex()}
        try:
            socket.send_fds(self.control, [json.dumps(settings).encode()], [theirs.fileno()])
        except OSError:
            return None
        if not self._heard(b"started"):
            return None
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return Forked(self.control, int(children[0]))

    def _heard(self, word: bytes) -> bool:
        try:
            return self.control.recv(64) == word
        except OSError:
            return False

    def end(self) -> None:
        """End it, and all that was forked from it."""
        atexit.unregister(self.end)
        _held.warm = None
        self.control.close()
        self.process.kill()
        self.process.wait()
