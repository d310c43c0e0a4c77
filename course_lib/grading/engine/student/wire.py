"""What crosses between the grader process and the student process: a closed set of values.

None, bool, int, float, complex, str, arrays of numbers, lists, tuples and dicts of those, and
references to objects that stay where they are. A frame is four bytes of length and as many of
MessagePack. Nothing is ever built by name, and every frame that is not of this form, or larger or
deeper than it may be, is a `BadFrame`.

Both processes use this module; it imports nothing of the course.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

MAX_FRAME = 64 * 2**20
MAX_DEPTH = 40
MAX_ITEMS = 50_000
MAX_STR = 200_000
MAX_DIGITS = 2_000

_ARRAY = 1
_DTYPES = frozenset("?bBhHiIlLqQefdFD")
_HEAD = struct.Struct(">I")


class BadFrame(Exception):
    """What came is not what this protocol allows; the message says why."""


class Closed(Exception):
    """The other process is gone."""


class TooLate(Exception):
    """No answer came in time."""


@dataclass(frozen=True)
class Ref:
    """An object that stays in the process that it lives in.

    Attributes
    ----------
    id : int
    name : str
        Of its class. Empty for what the grader lent: then `id` counts those.
    """

    id: int
    name: str = ""


@dataclass(frozen=True)
class Loan:
    """Something of the grader's, on its first way over; afterwards a `Ref` is enough.

    Attributes
    ----------
    id : int
    methods : tuple of str
        What may be called of it; "" means the thing itself.
    value : any
        The data, if it is data.
    """

    id: int
    methods: tuple[str, ...] = ()
    value: Any = None


def pack(value: Any) -> bytes:
    """Return a value as MessagePack.

    Raises
    ------
    TypeError
        If the value is none that may cross.
    """
    return msgpack.packb(_encode(value, 0), use_bin_type=True)


def unpack(data: bytes) -> Any:
    """Return the value that bytes stand for.

    Raises
    ------
    BadFrame
        If they stand for none, or for one that is too large or too deep.
    """
    try:
        raw = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            ext_hook=_array,
            max_array_len=MAX_ITEMS,
            max_map_len=1,
            max_str_len=4 * MAX_STR,
            max_bin_len=0,
        )
        return _decode(raw, 0)
    except BadFrame:
        raise
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        # MessagePack's own errors are ValueErrors
        raise BadFrame(f"no value: {str(error)[:200]}") from None


def _encode(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise TypeError("nested too deeply")
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else {"i": _hex(value)}
    if kind is str:
        # Half of a surrogate pair has no bytes.
        return value[:MAX_STR].encode("utf-8", "replace").decode("utf-8")
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind is list:
        return [_encode(item, depth + 1) for item in value]
    if kind is tuple:
        return {"t": [_encode(item, depth + 1) for item in value]}
    if kind is dict:
        pairs = [[_encode(k, depth + 1), _encode(v, depth + 1)] for k, v in value.items()]
        return {"d": pairs}
    if kind is np.ndarray:
        return _array_ext(value)
    if isinstance(value, np.generic):
        return {"n": _array_ext(np.asarray(value))}
    if kind is Ref:
        return {"r": [value.id, value.name]}
    if kind is Loan:
        return {"l": [value.id, list(value.methods), _encode(value.value, depth + 1)]}
    raise TypeError(f"{kind.__name__} is no value that may cross")


def _hex(value: int) -> str:
    if value.bit_length() > 4 * MAX_DIGITS:
        raise TypeError("an int that is too large")
    return hex(value)


def _array_ext(array: np.ndarray) -> msgpack.ExtType:
    code = array.dtype.char
    if code not in _DTYPES:
        raise TypeError(f"an array of {array.dtype.name}")
    head = struct.pack(f">cB{array.ndim}Q", code.encode(), array.ndim, *array.shape)
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return msgpack.ExtType(_ARRAY, head + little.tobytes())


def _array(code: int, data: bytes) -> np.ndarray:
    if code != _ARRAY or len(data) < 2:
        raise BadFrame(f"an extension of type {code}")
    char, ndim = chr(data[0]), data[1]
    start = 2 + 8 * ndim
    if char not in _DTYPES or ndim > 32 or len(data) < start:
        raise BadFrame("an array of no known form")
    shape = struct.unpack_from(f">{ndim}Q", data, 2)
    dtype = np.dtype(char).newbyteorder("<")
    size = 1
    for n in shape:
        size *= n
    if max(shape, default=0) >= 2**62 or size * dtype.itemsize != len(data) - start:
        raise BadFrame("an array whose shape is not that of its values")
    # A copy, in the machine's own byte order: whoever gets it may write to it.
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(char)


def _decode(raw: Any, depth: int) -> Any:
    if depth > 2 * MAX_DEPTH:
        raise BadFrame("nested too deeply")
    kind = type(raw)
    if kind is list:
        return [_decode(item, depth + 1) for item in raw]
    if kind is not dict:
        return raw
    if len(raw) != 1:
        raise BadFrame("a map that is no tagged value")
    ((tag, content),) = raw.items()
    if tag == "n" and isinstance(content, np.ndarray) and content.ndim == 0:
        return content[()]
    if tag == "i" and type(content) is str and len(content) <= MAX_DIGITS + 3:
        return int(content, 16)
    if type(content) is not list:
        raise BadFrame(f"nothing can be tagged {str(tag)[:20]!r}")
    if tag == "t":
        return tuple(_decode(item, depth + 1) for item in content)
    if tag == "d":
        return _dict(content, depth)
    if tag == "c" and [type(part) for part in content] == [float, float]:
        return complex(*content)
    kinds = [type(part) for part in content]
    if tag == "r" and kinds == [int, str]:
        return Ref(content[0], content[1][:200])
    if tag == "l" and kinds[:2] == [int, list] and len(kinds) == 3:
        return Loan(content[0], tuple(map(str, content[1])), _decode(content[2], depth + 1))
    raise BadFrame(f"nothing can be tagged {str(tag)[:20]!r}")


def _dict(pairs: list[Any], depth: int) -> dict[Any, Any]:
    made = {}
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2:
            raise BadFrame("a dict whose items are no pairs")
        key = _decode(pair[0], depth + 1)
        made[key] = _decode(pair[1], depth + 1)
    return made


class Wire:
    """One end of the connection.

    Parameters
    ----------
    end : socket
    idle : callable, optional
        Called four times a second while there is something to wait for.
    most : int
        The largest frame to take in.
    """

    def __init__(
        self,
        end: socket.socket,
        idle: Callable[[], None] | None = None,
        most: int = MAX_FRAME,
    ) -> None:
        self.end, self.idle, self.most = end, idle, most
        self.ended = False
        end.setblocking(True)

    def send(self, value: Any, deadline: float | None = None) -> None:
        """Send a value; whoever does not read it in time is too late."""
        data = pack(value)
        self._send(_HEAD.pack(len(data)) + data, deadline)

    def receive(self, deadline: float | None = None) -> Any:
        """Return the next value.

        Raises
        ------
        BadFrame, Closed, TooLate
        """
        (length,) = _HEAD.unpack(self._read(_HEAD.size, deadline))
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

    def _read(self, length: int, deadline: float | None) -> bytes:
        # Grows as bytes come: a claimed length alone costs nothing.
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
        return bytes(data)

    def _wait(self, deadline: float | None, *, for_writing: bool = False) -> None:
        if deadline is None:
            return
        read, write = ([], [self.end]) if for_writing else ([self.end], [])
        while (left := deadline - time.monotonic()) > 0:
            if any(select.select(read, write, [], min(left, 0.25))):
                return
            if self.idle:
                self.idle()
        raise TooLate
