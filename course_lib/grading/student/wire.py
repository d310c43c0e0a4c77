"""The connection between the grader process and the student process: send and receive values.

Both processes use this module and `frames`; they import nothing of the course.
"""

from __future__ import annotations

import select
import socket
import time
from typing import Any

from .frames import HEAD, MAX_FRAME, BadFrame, pack, unpack


class Closed(Exception):
    """The other process has closed the connection."""


class TooLate(Exception):
    """The deadline has passed."""


class Wire:
    """One end of the connection.

    Parameters
    ----------
    end : socket
    most, most_out : int
        The largest frames to receive and to send, in bytes.
    """

    def __init__(
        self,
        end: socket.socket,
        most: int = MAX_FRAME,
        most_out: int = 2**32 - 1,
    ) -> None:
        self.end, self.most, self.most_out = end, most, most_out
        self.ended = False
        end.setblocking(True)

    def send(self, value: Any, deadline: float | None = None) -> None:
        """Send a value.

        Raises
        ------
        Closed, TooLate
        TypeError
            If the value cannot be sent.
        """
        data = pack(value)
        if len(data) > self.most_out:
            raise TypeError("too much data to send at once")
        self._send(HEAD.pack(len(data)) + data, deadline)

    def receive(self, deadline: float | None = None) -> Any:
        """Return the next value.

        Raises
        ------
        BadFrame, Closed, TooLate
        """
        (length,) = HEAD.unpack(self._read(HEAD.size, deadline))
        if length > self.most:
            raise BadFrame(f"a frame of {length} bytes")
        return unpack(self._read(length, deadline))

    def _send(self, data: bytes, deadline: float | None) -> None:
        view = memoryview(data)
        try:
            while view:
                self._wait(deadline, for_writing=True)
                flags = socket.MSG_NOSIGNAL | (0 if deadline is None else socket.MSG_DONTWAIT)
                view = view[self.end.send(view, flags) :]
        except OSError:
            raise self._closed() from None

    def _closed(self) -> Closed:
        self.ended = True
        return Closed("the connection ended")

    def _read(self, length: int, deadline: float | None) -> bytearray:
        # Grows as bytes arrive: a false length must not reserve memory.
        data = bytearray()
        while len(data) < length:
            self._wait(deadline)
            try:
                chunk = self.end.recv(min(length - len(data), 2**20))
            except OSError:
                raise self._closed() from None
            if not chunk:
                raise self._closed()
            data += chunk
        return data

    def _wait(self, deadline: float | None, *, for_writing: bool = False) -> None:
        if deadline is None:
            return
        poll = select.poll()
        poll.register(self.end, select.POLLOUT if for_writing else select.POLLIN)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            raise TooLate
