"""Encode and decode the values sent between the grader process and the student process.

The allowed values are None, bool, int, float, complex, str, arrays of numbers, lists, tuples and
dicts of those, and references to objects that stay in their process. A frame is its length in four
bytes, the length of its structure in four more, the structure as MessagePack, and the numbers of
all arrays, in the structure's order. Decoding never builds an object by the name of its class. A
frame that has another form, or is too large or too deep, raises `BadFrame`.

The structure has a smaller limit than the frame, because one byte of it can take a hundred in
memory. The numbers of an array take no more memory than in the frame.

Both processes use this module; it imports nothing of the course.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

MAX_FRAME = 64 * 2**20
MAX_STRUCTURE = 2 * 2**20
MAX_DEPTH = 40
MAX_ITEMS = 50_000
MAX_LISTS = 100_000
# Numbers can be chosen so that their hashes collide; the hashes of strings are random.
MAX_NUMBER_KEYS = 1_000
MAX_STR = 200_000
MAX_DIGITS = 2_000

_DTYPES = frozenset("?bBhHiIlLqQefdFD")
_ENCODED_AS_IS = frozenset((type(None), bool, float))
_DECODED_AS_IS = frozenset((type(None), bool, int, float, str))
_KEYS = frozenset((type(None), bool, int, float, complex, str))
HEAD = struct.Struct(">I")


class BadFrame(Exception):
    """A received frame violates the protocol; the message says how."""


@dataclass(frozen=True)
class Ref:
    """A reference to an object that stays in its process.

    Attributes
    ----------
    id : int
    name : str
        From the student process: the name of the object's class. To the student process: the
        meaning of `id`, "object" or "earlier step"; empty for an object that the grader shared.
    plain : any
        The object's data, if its class inherits from a data type.
    """

    id: int
    name: str = ""
    plain: Any = None


@dataclass(frozen=True)
class Loan:
    """An object that the grader shares for the first time; later it sends a `Ref`.

    Attributes
    ----------
    id : int
    methods : tuple of str
        The methods that may be called; "" means the object itself.
    value : any
        The value, if the object is data.
    """

    id: int
    methods: tuple[str, ...] = ()
    value: Any = None


def pack(value: Any) -> bytes:
    """Return a value as the bytes of a frame, without the frame's length.

    Raises
    ------
    TypeError
        If the value is not allowed or too large.
    """
    numbers: list[bytes] = []
    structure = msgpack.packb(_encode(value, 0, numbers))
    if len(structure) > MAX_STRUCTURE:
        raise TypeError("too much data to send at once")
    return b"".join([HEAD.pack(len(structure)), structure, *numbers])


def unpack(data: bytes | bytearray) -> Any:
    """Return the value that the bytes of a frame encode.

    Raises
    ------
    BadFrame
        If they encode no value, or one that is too large or too deep.
    """
    if len(data) < HEAD.size:
        raise BadFrame("a frame without a structure")
    (length,) = HEAD.unpack_from(data)
    if length > min(MAX_STRUCTURE, len(data) - HEAD.size):
        raise BadFrame(f"a structure of {length} bytes")
    view = memoryview(data)[HEAD.size :]
    try:
        raw = msgpack.unpackb(
            view[:length],
            raw=False,
            list_hook=_at_most(MAX_LISTS),
            strict_map_key=True,
            max_array_len=MAX_ITEMS,
            max_map_len=1,
            max_str_len=4 * MAX_STR,
            max_bin_len=0,
            max_ext_len=0,
        )
        numbers = _Numbers(view[length:])
        value = _decode(raw, 0, numbers)
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        # MessagePack's own errors are ValueErrors.
        raise BadFrame(f"not a value: {str(error)[:200]}") from None
    if numbers.left:
        raise BadFrame("numbers that belong to no array")
    return value


def _at_most(most: int) -> Callable[[list[Any]], list[Any]]:
    """Return a function that returns its argument, and raises after `most` calls."""
    left = iter(range(most))

    def one(items: list[Any]) -> list[Any]:
        if next(left, None) is None:
            raise BadFrame("too many lists")
        return items

    return one


def good_keys(keys: Iterable[Any]) -> bool:
    """Return whether a dict with these keys may be sent."""
    kinds = [type(key) for key in keys]
    return _KEYS.issuperset(kinds) and len(kinds) - kinds.count(str) <= MAX_NUMBER_KEYS


def _encode(value: Any, depth: int, numbers: list[bytes]) -> Any:
    if depth > MAX_DEPTH:
        raise TypeError("a value nested too deeply")
    kind = type(value)
    if kind in _ENCODED_AS_IS:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else {"i": _hex(value)}
    if kind is str:
        if len(value) <= MAX_STR and value.isascii():
            return value
        # Half of a surrogate pair cannot be encoded.
        return value[:MAX_STR].encode("utf-8", "replace").decode("utf-8")
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind is list:
        return [_encode(item, depth + 1, numbers) for item in value]
    if kind is tuple:
        return {"t": [_encode(item, depth + 1, numbers) for item in value]}
    if kind is dict:
        if not good_keys(value):
            raise TypeError("a dict with keys that cannot be sent")
        pairs = ((key, item) for key, item in value.items())
        return {"d": [[_encode(part, depth + 1, numbers) for part in pair] for pair in pairs]}
    if kind is np.ndarray:
        return {"a": [_append_numbers(value, numbers), *value.shape]}
    if isinstance(value, np.generic):
        return {"n": _append_numbers(np.asarray(value), numbers)}
    if kind is Ref:
        return {"r": [value.id, value.name, _encode(value.plain, depth + 1, numbers)]}
    if kind is Loan:
        return {"l": [value.id, list(value.methods), _encode(value.value, depth + 1, numbers)]}
    raise TypeError(f"an object of type {kind.__name__}, which cannot be sent")


def _hex(value: int) -> str:
    if value.bit_length() > 4 * MAX_DIGITS:
        raise TypeError("an int that is too large")
    return hex(value)


def _append_numbers(array: np.ndarray, numbers: list[bytes]) -> str:
    """Append the numbers of an array to the others; return the code of its dtype."""
    code = array.dtype.char
    if code not in _DTYPES or max(array.shape, default=0) > MAX_FRAME:
        raise TypeError(f"an array of {array.dtype.name}")
    numbers.append(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return code


class _Numbers:
    """The numbers of a frame's arrays. Each is read once, in order, which limits the memory."""

    def __init__(self, left: memoryview) -> None:
        self.left = left

    def take(self, char: Any, shape: list[Any]) -> np.ndarray:
        """Return the next array, as a copy in the machine's byte order."""
        if type(char) is not str or char not in _DTYPES or len(shape) > 32:
            raise BadFrame("an array with an unknown dtype or too many dimensions")
        if not all(type(n) is int and 0 <= n <= MAX_FRAME for n in shape):
            raise BadFrame("an array with an invalid shape")
        dtype = np.dtype("B" if char == "?" else char).newbyteorder("<")
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.left):
            raise BadFrame("an array with fewer numbers than its shape needs")
        taken, self.left = self.left[:size], self.left[size:]
        # Read bools as bytes: a bool from a byte other than 0 or 1 is neither true nor false.
        return np.frombuffer(taken, dtype).reshape(shape).astype(char)


def _decode(raw: Any, depth: int, numbers: _Numbers) -> Any:
    if depth > 2 * MAX_DEPTH:
        raise BadFrame("nested too deeply")
    kind = type(raw)
    if kind in _DECODED_AS_IS:
        return raw
    if kind is list:
        return [_decode(item, depth + 1, numbers) for item in raw]
    if kind is not dict or len(raw) != 1:
        # MessagePack can also encode bytes, timestamps and other types.
        raise BadFrame("an unknown kind of value")
    ((tag, content),) = raw.items()
    if tag == "n":
        return numbers.take(content, [])[()]
    if tag == "i" and type(content) is str and len(content) <= MAX_DIGITS + 3:
        return int(content, 16)
    if type(content) is not list:
        raise BadFrame(f"an invalid value with the tag {str(tag)[:20]!r}")
    if tag == "t":
        return tuple(_decode(item, depth + 1, numbers) for item in content)
    if tag == "d":
        return _dict(content, depth, numbers)
    if tag == "a" and content:
        return numbers.take(content[0], content[1:])
    kinds = [type(part) for part in content]
    if tag == "c" and kinds == [float, float]:
        return complex(*content)
    if tag == "r" and kinds[:2] == [int, str] and len(kinds) == 3:
        return Ref(content[0], content[1][:200], _decode(content[2], depth + 1, numbers))
    if tag == "l" and kinds[:2] == [int, list] and len(kinds) == 3:
        methods = tuple(str(name)[:200] for name in content[1])
        return Loan(content[0], methods, _decode(content[2], depth + 1, numbers))
    raise BadFrame(f"an invalid value with the tag {str(tag)[:20]!r}")


def _dict(pairs: list[Any], depth: int, numbers: _Numbers) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    numbers_left = MAX_NUMBER_KEYS
    for pair in pairs:
        if type(pair) is not list or len(pair) != 2:
            raise BadFrame("a dict whose items are not pairs")
        key = _decode(pair[0], depth + 1, numbers)
        numbers_left -= type(key) is not str
        if type(key) not in _KEYS or numbers_left < 0:
            raise BadFrame("a dict with keys that are not allowed")
        made[key] = _decode(pair[1], depth + 1, numbers)
    return made
