"""The student process: it runs a learner's cells, and then does what the grader asks for.

It is started inside the sandbox with the number of its end of the connection. Nothing in it is
trusted, for the learner's code can change all of it: it holds no secret, and whatever it says is
taken for what the learner says.
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

# Before the limits, and before there is anything to wait for.


def main(end: int) -> None:
    """Get ready, then serve until the grader hangs up."""
    # The grader may send as much as it likes: a whole data set, for one.
    wire = Wire(socket.socket(fileno=end), most=2**32, most_out=MAX_FRAME)
    try:
        wire.send("ready")
        limit(wire.receive())
        Server(wire, Cells()).serve()
    except Closed:
        pass
    # Nothing of a learner's runs after the last answer.
    os._exit(0)


def limit(settings: dict[str, Any]) -> None:
    """Give up what the learner's code shall not have: another user's rights, and plenty."""
    leave(settings["user"])
    for name, most in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (most, most))


def leave(user: int) -> None:
    """Become another user, if it is one and root started this process."""
    if user and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
