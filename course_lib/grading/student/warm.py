"""Fork a student process for each submission from an interpreter with NumPy and IPython.

The interpreter runs inside the sandbox and never runs students' code. Every student process gets
its own PID, mount, network and IPC namespaces, with a new `/tmp` and `/proc`, and its own standard
streams. All other mounts are read-only, also those of device nodes: the next student process could
read the times of a file that it shares. Before it reports that it is ready, it drops all
capabilities and installs the seccomp filter. If any of this fails, it exits, and the grader starts
a new sandbox for the submission. See unshare(2), pid_namespaces(7) and capset(2).

Two processes are between the interpreter and the student process: one creates the namespaces, and
the other is the first process in them. When the first process ends, the kernel kills all others
in the namespace.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import socket
from functools import partial
from typing import Any, NoReturn

import numpy as np

from . import __main__ as student
from .cells import Cells

_NEWNS, _NEWIPC, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND = 1, 2, 4, 8, 1 << 5, 1 << 12
_REC, _PRIVATE = 1 << 14, 1 << 18
# The flags of statvfs(3) have the numbers of mount(2), except this one.
_ST_RELATIME, _RELATIME = 1 << 12, 1 << 21
_SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 4, 22, 38
_MODE_FILTER = 2
_CAPABILITIES_3 = 0x20080522
MOST_WORDS = 2**16

_libc = ctypes.CDLL(None, use_errno=True)


def main(end: int) -> None:
    """Fork a student process for each request, until the grader closes the connection.

    A request is the settings as JSON, with the student's end of the connection. The answers are
    "started", then "ended". The process stays a zombie, so that its id is not reused, until the
    grader sends one more message. The answer to that is the exit code.
    """
    control = socket.socket(fileno=end)
    # Processes of the same user must not inspect this process, or those that it forks as guards.
    _call(_libc.prctl, _SET_DUMPABLE, 0, 0, 0, 0)
    cells = Cells()
    gc.freeze()
    control.send(b"ready")
    while True:
        words, ends, _flags, _from = socket.recv_fds(control, MOST_WORDS, 1)
        if not words or len(ends) != 1:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            control.close()
            _run_and_exit(partial(_in_namespaces, ends[0], json.loads(words), cells))
        os.close(ends[0])
        control.send(b"started")
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        control.send(b"ended")
        if not control.recv(MOST_WORDS):
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        control.send(str(code).encode())


def _make_read_only() -> None:
    """Make all mounts read-only, except those that each student process replaces."""
    with open("/proc/self/mountinfo", "rb") as mounts:
        lines = [line.split() for line in mounts]
    for place, options in (line[4:6] for line in lines):
        if place in (b"/proc", b"/tmp") or b"ro" in options.split(b","):
            continue
        flags = os.statvfs(place).f_flag
        flags = flags & ~_ST_RELATIME | (_RELATIME if flags & _ST_RELATIME else 0)
        _call(_libc.mount, None, place, None, flags | _REMOUNT | _BIND | _RDONLY, None)


def _in_namespaces(end: int, settings: dict[str, Any], cells: Cells) -> int:
    """Create the namespaces, fork their first process, and wait for it to end."""
    _call(_libc.unshare, _NEWPID | _NEWNS | _NEWIPC | _NEWNET)
    return _forked(partial(_first, end, settings, cells), end)


def _first(end: int, settings: dict[str, Any], cells: Cells) -> int:
    """Run as the first process in the namespaces: mount `/proc` and `/tmp`, fork the student's."""
    _call(_libc.mount, b"none", b"/", None, _REC | _PRIVATE, None)
    _make_read_only()
    safe = _NOSUID | _NODEV | _NOEXEC
    try:
        _call(_libc.mount, b"proc", b"/proc", b"proc", safe, b"subset=pid")
    except OSError:
        # Linux before 5.8
        _call(_libc.mount, b"proc", b"/proc", b"proc", safe, None)
    size = f"mode=1777,size={int(settings['tmp'])}".encode()
    _call(_libc.mount, b"tmpfs", b"/tmp", b"tmpfs", _NOSUID | _NODEV, size)
    os.chdir("/tmp")
    return _forked(partial(_student, end, settings, cells), end)


def _student(end: int, settings: dict[str, Any], cells: Cells) -> NoReturn:
    os.setsid()
    for stream in (0, 1, 2):
        # Flags and locks belong to an open file, which all forked processes would share.
        os.close(stream)
        os.open(os.devnull, os.O_RDWR)
    # All forked processes share the generator's state, and could predict each other's numbers.
    np.random.seed()  # noqa: NPY002
    student.leave(settings["user"])
    _drop_capabilities()
    _call(_libc.prctl, _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _filter(bytes.fromhex(settings["filter"]))
    student.main(end, cells)
    os._exit(0)


def _forked(run: Any, end: int) -> int:
    """Run a function in a forked process; return its exit code, as a shell reports it."""
    pid = os.fork()
    if pid == 0:
        _run_and_exit(run)
    os.close(end)
    while True:
        # The first process in a namespace inherits all orphans.
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _run_and_exit(run: Any) -> NoReturn:
    """Run a function and exit with its result, or with 1 if it raises."""
    code = 1
    try:
        code = run()
    finally:
        os._exit(code)


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    _call(_libc.capset, header, (ctypes.c_uint32 * 6)())


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _filter(program: bytes) -> None:
    """Install the seccomp filter of `sandbox/bubblewrap.py`."""
    if program:
        # A BPF instruction has eight bytes.
        held = ctypes.create_string_buffer(program, len(program))
        whole = _Program(len(program) // 8, ctypes.addressof(held))
        _call(_libc.prctl, _SET_SECCOMP, _MODE_FILTER, ctypes.byref(whole), 0, 0)


def _call(function: Any, *args: Any) -> None:
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), f"{function.__name__} was refused")
