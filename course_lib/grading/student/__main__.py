"""The student process: run a learner's cells and answer the grader's requests.

It starts inside the sandbox, with the file descriptor of its end of the connection. The learner's
code can change everything in this process. So it contains no secrets, and the grader does not
trust its answers.
"""

from __future__ import annotations

import os
import resource
import socket
from typing import Any

from .cells import Cells
from .frames import MAX_FRAME
from .serve import Server
from .wire import Closed, Wire


def main(end: int, cells: Cells | None = None) -> None:
    """Answer requests until the grader closes the connection; `cells` may be made before a fork."""
    # The grader is trusted, and may send large values, such as a data set.
    wire = Wire(socket.socket(fileno=end), most=2**32, most_out=MAX_FRAME)
    cells = cells or Cells()
    try:
        wire.send("ready")
        limit(wire.receive())
        Server(wire, cells).serve()
    except Closed:
        pass
    # Exit at once: no code of the learner's runs after the last answer.
    os._exit(0)


def limit(settings: dict[str, Any]) -> None:
    """Switch to another user and set the resource limits."""
    leave(settings["user"])
    for name, most in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (most, most))


def leave(user: int) -> None:
    """Switch to a user, unless it is 0 or the process does not run as root."""
    if user and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
