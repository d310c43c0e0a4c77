"""Whether this machine can isolate students' code, and by what."""

from __future__ import annotations

import subprocess
import time
from functools import cache

from course_lib.grading.course import CourseError
from course_lib.grading.engine.sandbox import bwrap
from course_lib.grading.engine.syscalls import can_filter

START_SECONDS = 60.0
NOT_STARTED = "the sandbox did not start"


def check_ready(sandbox: bool = True) -> str:
    """Return how students' code is isolated on this machine.

    Raises
    ------
    CourseError
        If it can't be; says what is missing and the command that helps.
    """
    if not sandbox:
        return "none"
    name = isolation()
    # They import NumPy, which whoever only asks for the name does not need.
    from course_lib.grading.engine.given import given_package
    from course_lib.grading.engine.student_process import StudentProcess

    process = StudentProcess(given_package(), warm=False)
    ready = process.ready(time.monotonic() + START_SECONDS)
    process.end()
    if not ready:
        trial = [bwrap(), "--unshare-all", "--ro-bind", "/", "/", "true"]
        why = subprocess.run(trial, capture_output=True, text=True, check=False).stderr.strip()
        raise CourseError(
            f"{name} is here, but can't isolate a process: {why[-300:] or 'no reason given'}"
            "\nUser namespaces may be switched off. On Ubuntu: `sudo sysctl -w "
            "kernel.apparmor_restrict_unprivileged_userns=0`; on Debian: `sudo sysctl -w "
            "kernel.unprivileged_userns_clone=1`; in a container, start it with the right to make "
            "them. `course grade --no-sandbox` grades without: only for code that you trust."
        )
    return name


@cache
def isolation() -> str:
    """Return the sandbox's name and version, as results record it."""
    said = subprocess.run([bwrap(), "--version"], capture_output=True, text=True, check=False)
    name = said.stdout.strip() or "bubblewrap"
    return name if can_filter() else f"{name}, no filter of system calls"
