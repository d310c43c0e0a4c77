"""A filter of system calls for the sandbox, where libseccomp can be had."""

from __future__ import annotations

import errno
import importlib.util
import os
import tempfile
from functools import cache

# What no exercise needs, and what leads out of a sandbox or past its limits on memory.
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
# AF_UNIX, AF_INET and AF_INET6 lead nowhere in an empty network; AF_VSOCK knows no namespaces.
_FAMILIES = (1, 2, 10)


def open_filter() -> int | None:
    """Return a file descriptor with the filter as bubblewrap wants it; None if there is none."""
    program = filter_program()
    if not program:
        return None
    with tempfile.TemporaryFile() as file:
        file.write(program)
        file.flush()
        file.seek(0)
        return os.dup(file.fileno())


def can_filter() -> bool:
    """Return whether there is a filter to be had on this machine."""
    return bool(filter_program())


@cache
def filter_program() -> bytes:
    """Return the filter as the kernel wants it; nothing if there is none."""
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
                # This machine's libseccomp does not know the call; then there is none to make.
                continue
        flag = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER)
        rules.add_rule(refused, "clone", flag)
        # Threads, but no processes: each could hold as much memory as one may.
        another = seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0)
        rules.add_rule(refused, "clone", another)
        # Its flags lie in memory, where no filter can look: libc then uses clone.
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
        for family in set(range(46)) - set(_FAMILIES):
            rules.add_rule(refused, "socket", seccomp.Arg(0, seccomp.EQ, family))
        with tempfile.TemporaryFile() as file:
            rules.export_bpf(file)
            file.seek(0)
            return file.read()
    except (ImportError, OSError, RuntimeError):
        # libseccomp itself is not there.
        return b""
