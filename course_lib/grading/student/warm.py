"""Fork a student process for each submission from an interpreter that has NumPy loaded already.

It runs inside the sandbox, and no learner's code ever runs in it. Every student process gets
namespaces of its own, for processes, files and messages, with a `/tmp` and a `/proc` that nobody
used before; it gives up all rights and puts itself under the filter of system calls before it
says that it is ready. If any of this fails it ends instead, and the grader starts the submission
in a sandbox of its own. See the manual pages unshare(2), pid_namespaces(7) and capset(2).

Between the interpreter and the student process stand two more: one that makes the namespaces,
and one that is the first process in them, whose end is the end of all others there.
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

_NEWNS, _NEWIPC, _NEWPID = 0x00020000, 0x08000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC, _REC, _PRIVATE = 2, 4, 8, 1 << 14, 1 << 18
_SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 4, 22, 38
_MODE_FILTER = 2
_CAPABILITIES_3 = 0x20080522
MOST_WORDS = 2**16

_libc = ctypes.CDLL(None, use_errno=True)


def main(end: int) -> None:
    """Get ready, then fork until the grader hangs up.

    Each request is the settings, as JSON, with the student's end of the connection. The answer is
    how the process ended; it stays a zombie, whose number is nobody else's, until the grader has
    said one more word.
    """
    control = socket.socket(fileno=end)
    # Nobody who runs as the same user may look into this process, or into those that guard.
    _call(_libc.prctl, _SET_DUMPABLE, 0, 0, 0, 0)
    gc.freeze()
    control.send(b"ready")
    while True:
        words, ends, _flags, _from = socket.recv_fds(control, MOST_WORDS, 1)
        if not words or len(ends) != 1:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            control.close()
            _guarded(partial(_apart, ends[0], json.loads(words)))
        os.close(ends[0])
        control.send(b"started")
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        control.send(b"ended")
        if not control.recv(MOST_WORDS):
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        control.send(str(code).encode())


def _apart(end: int, settings: dict[str, Any]) -> int:
    """Make namespaces, and wait for their end."""
    _call(_libc.unshare, _NEWPID | _NEWNS | _NEWIPC)
    return _forked(partial(_first, end, settings), end)


def _first(end: int, settings: dict[str, Any]) -> int:
    """Be the first process in the namespaces."""
    _call(_libc.mount, b"none", b"/", None, _REC | _PRIVATE, None)
    _call(_libc.mount, b"proc", b"/proc", b"proc", _NOSUID | _NODEV | _NOEXEC, None)
    size = f"mode=1777,size={int(settings['tmp'])}".encode()
    _call(_libc.mount, b"tmpfs", b"/tmp", b"tmpfs", _NOSUID | _NODEV, size)
    os.chdir("/tmp")
    return _forked(partial(_student, end, settings), end)


def _student(end: int, settings: dict[str, Any]) -> NoReturn:
    os.setsid()
    # Each process forked from one has the same generator, and could tell what others draw.
    np.random.seed()  # noqa: NPY002
    student.leave(settings["user"])
    _drop_capabilities()
    _call(_libc.prctl, _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _filter(bytes.fromhex(settings["filter"]))
    student.main(end)
    os._exit(0)


def _forked(run: Any, end: int) -> int:
    """Run something in a process of its own, and return how that ended, as a shell would."""
    pid = os.fork()
    if pid == 0:
        _guarded(run)
    os.close(end)
    while True:
        # The first process in a namespace inherits all orphans.
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _guarded(run: Any) -> NoReturn:
    """Run something, and come to an end whatever happens."""
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
    """Let the kernel refuse the system calls that `syscalls.py` lists."""
    if program:
        # An instruction has eight bytes.
        held = ctypes.create_string_buffer(program, len(program))
        whole = _Program(len(program) // 8, ctypes.addressof(held))
        _call(_libc.prctl, _SET_SECCOMP, _MODE_FILTER, ctypes.byref(whole), 0, 0)


def _call(function: Any, *args: Any) -> None:
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), f"{function.__name__} was refused")
