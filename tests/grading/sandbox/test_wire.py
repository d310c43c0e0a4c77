"""The wire between grader and student process: allowed values, invalid frames, limits.

A longer search for frames that are accepted, or raise another error:
``HYPOTHESIS_PROFILE=long pytest tests/grading/sandbox/test_wire.py``.
"""

from __future__ import annotations

import cmath
import math
import os
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from course_lib.checks.calls import kind_of, values_of
from course_lib.checks.side import Raised, Shared, SideLost, Step
from course_lib.grading.sandbox.remote import RemoteSide, RemoteThing
from course_lib.grading.student import frames
from course_lib.grading.student.frames import BadFrame, Loan, Ref, pack, unpack
from course_lib.grading.student.wire import Closed, TooLate, Wire

# Derandomised, so that two test runs agree; the long search uses new examples.
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEARCH = settings(
    max_examples=100_000 if LONG else 150,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)

# --- round trips ----------------------------------------------------------------------------------

DTYPES = st.sampled_from([np.dtype(char) for char in sorted(frames._DTYPES)])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2 ** (4 * frames.MAX_DIGITS)) + 1, 2 ** (4 * frames.MAX_DIGITS) - 1)
    | st.floats()
    | st.complex_numbers()
    | st.text()
)
SHAPES = st_np.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
ARRAYS = st_np.arrays(DTYPES, SHAPES)
LEAVES = SCALARS | ARRAYS | DTYPES.flatmap(st_np.from_dtype) | st.builds(Ref, st.integers(0, 9))
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(SCALARS, inner, max_size=4)
        | st.builds(Loan, st.integers(0, 9), st.tuples(st.text(max_size=5)), inner)
        | st.builds(Ref, st.integers(0, 9), st.text(max_size=5), inner)
    ),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Return whether two values have the same types and bits at every level."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, Loan):
        return (a.id, a.methods) == (b.id, b.methods) and same(a.value, b.value)
    if isinstance(a, Ref):
        return (a.id, a.name) == (b.id, b.name) and same(a.plain, b.plain)
    if isinstance(a, float | complex) and cmath.isnan(a):
        return cmath.isnan(b)
    return bool(a == b)


@SEARCH
@given(VALUES)
def test_every_allowed_value_survives_a_round_trip(value: Any) -> None:
    assert same(unpack(pack(value)), value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(24)[::-2],
        np.arange(4, dtype=">f8"),
        np.broadcast_to(np.float32(3), (4, 5)),
        np.asfortranarray(np.eye(3)),
        np.zeros((0, 3)),
        np.array(-0.0),
    ],
    ids=["transposed", "strided", "big-endian", "broadcast", "fortran", "empty", "no dimension"],
)
def test_arrays_of_every_layout_survive_a_round_trip(array: np.ndarray) -> None:
    back = unpack(pack(array))
    native = array.astype(array.dtype.newbyteorder("="))
    np.testing.assert_array_equal(back, native, strict=True)
    assert back.flags.writeable
    assert back.dtype.isnative


class Float(float):
    pass


class List(list):
    pass


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"bytes",
        Float(1.0),
        List([1]),
        np.array(["word"]),
        np.array([object()], dtype=object),
        np.zeros(2, dtype=[("a", "f8")]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=np.longdouble),
        np.zeros(2).view(np.recarray),
        np.zeros((2**40, 0)),
        2 ** (4 * frames.MAX_DIGITS),
        {(1, 2): 3},
        dict.fromkeys(range(frames.MAX_NUMBER_KEYS + 1)),
        [[[0.0] * 1000] * 500],
        ["x" * frames.MAX_STR] * 11,
    ],
    ids=lambda value: type(value).__name__,
)
def test_pack_refuses_unsupported_values(value: Any) -> None:
    with pytest.raises(TypeError):
        pack(value)


def test_pack_refuses_a_list_that_contains_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="deep"):
        pack(endless)


def test_a_dict_with_many_string_keys_survives_a_round_trip() -> None:
    graph = {f"v{n}": [f"v{n - 1}"] for n in range(5000)}
    assert unpack(pack(graph)) == graph


def test_a_lone_surrogate_is_replaced() -> None:
    assert unpack(pack("a\ud800b")) == "a?b"


def test_long_text_is_cut() -> None:
    assert unpack(pack("é" * (frames.MAX_STR + 5))) == "é" * frames.MAX_STR


# --- invalid frames -------------------------------------------------------------------------------


def frame(raw: Any, numbers: bytes = b"") -> bytes:
    """Return the bytes of a frame with any MessagePack structure."""
    return raw_frame(msgpack.packb(raw, strict_types=False), numbers)


def raw_frame(structure: bytes, numbers: bytes = b"") -> bytes:
    return struct.pack(">I", len(structure)) + structure + numbers


def nested(depth: int, make: Callable[[Any], Any]) -> Any:
    value: Any = 0
    for _level in range(depth):
        value = make(value)
    return value


EIGHT_BYTES = bytes(8)
INVALID_FRAMES = {
    "nothing": b"",
    "half a head": b"\0\0",
    "no structure": raw_frame(b""),
    "a structure longer than the frame": struct.pack(">I", 9) + b"\x01",
    "a structure larger than it may be": raw_frame(b"\x90" * (frames.MAX_STRUCTURE + 1)),
    "two values": raw_frame(b"\x01\x02"),
    "half a value": raw_frame(b"\xcb\0\0"),
    "a reserved byte": raw_frame(b"\xc1"),
    "bytes": frame(b"abc"),
    "no bytes": frame(b""),
    "an extension": frame(msgpack.ExtType(1, b"")),
    "an extension with content": frame(msgpack.ExtType(1, b"d\x01")),
    "a timestamp": raw_frame(b"\xd6\xff\0\0\0\1"),
    "a longer timestamp": raw_frame(b"\xd7\xff" + EIGHT_BYTES),
    "a timestamp with nanoseconds": raw_frame(b"\xc7\x0c\xff" + bytes(12)),
    "an array header with the largest count": raw_frame(b"\xdd\xff\xff\xff\xff"),
    "a map header with the largest count": raw_frame(b"\xdf\xff\xff\xff\xff"),
    "a string header with the largest count": raw_frame(b"\xdb\xff\xff\xff\xff"),
    "many array headers with large counts": raw_frame(b"\xdc\xc3\x50" * 1000),
    "a map of two": frame({"t": [], "d": []}),
    "an empty map": frame({}),
    "a map with a number for a key": raw_frame(b"\x81\x01\x02"),
    "an unknown tag": frame({"x": []}),
    "a tag with no list": frame({"t": 1}),
    "a tuple of a map": frame({"t": {"t": {}}}),
    "invalid UTF-8": raw_frame(b"\xa2\xff\xfe"),
    "a lone surrogate": raw_frame(b"\xa3\xed\xa0\x80"),
    "nested too deeply": frame(nested(200, lambda v: [v])),
    "nested 100,000 times": raw_frame(b"\x91" * 100_000 + b"\xc0"),
    "tuples nested too deeply": frame(nested(150, lambda v: {"t": [v]})),
    "dicts nested too deeply": frame(nested(150, lambda v: {"d": [[0, v]]})),
    "an int of too many digits": frame({"i": "f" * 3000}),
    "an int of no digits": frame({"i": "0xno"}),
    "an int from a number": frame({"i": 3}),
    "a complex of ints": frame({"c": [1, 2]}),
    "a complex of three": frame({"c": [1.0, 2.0, 3.0]}),
    "a dict of no pairs": frame({"d": [1, 2]}),
    "a dict of triples": frame({"d": [[1, 2, 3]]}),
    "a list for a key": frame({"d": [[[1], 2]]}),
    "a dict for a key": frame({"d": [[{"d": []}, 2]]}),
    "a tuple for a key": frame({"d": [[{"t": [1]}, 2]]}),
    "an array for a key": frame({"d": [[{"a": ["d", 1]}, 2]]}, EIGHT_BYTES),
    "a NumPy scalar for a key": frame({"d": [[{"n": "d"}, 2]]}, EIGHT_BYTES),
    "a reference for a key": frame({"d": [[{"r": [1, "x", None]}, 2]]}),
    "too many keys": frame({"d": [[i, 0] for i in range(frames.MAX_NUMBER_KEYS + 1)]}),
    "a reference to a string": frame({"r": ["1", "x", None]}),
    "a reference of four": frame({"r": [1, "x", 2, 3]}),
    "a loan of no methods": frame({"l": [1, "forward", None]}),
    "an array of objects": frame({"a": ["O", 1]}, EIGHT_BYTES),
    "an array of records": frame({"a": ["V", 1]}, EIGHT_BYTES),
    "an array of texts": frame({"a": ["U", 1]}, EIGHT_BYTES),
    "an array of long doubles": frame({"a": ["g", 1]}, bytes(16)),
    "an array of a named type": frame({"a": ["float64", 1]}, EIGHT_BYTES),
    "an array of a structured type": frame({"a": ["d,O", 1]}, bytes(16)),
    "an array of no type": frame({"a": []}, EIGHT_BYTES),
    "an array of a list for a type": frame({"a": [["d"], 1]}, EIGHT_BYTES),
    "a shape that is too large": frame({"a": ["d", 2]}, EIGHT_BYTES),
    "a shape that is too small": frame({"a": ["d", 0]}, EIGHT_BYTES),
    "a shape whose product overflows": frame({"a": ["d", 2**32, 2**32]}, b""),
    "a negative dimension": frame({"a": ["d", -1]}, EIGHT_BYTES),
    "two negative dimensions": frame({"a": ["d", -1, -1]}, EIGHT_BYTES),
    "a dimension that is no int": frame({"a": ["d", 1.0]}, EIGHT_BYTES),
    "a dimension that is true": frame({"a": ["d", True]}, EIGHT_BYTES),
    "a dimension above 64 bits": frame({"a": ["d", {"i": "0x" + "f" * 40}]}, EIGHT_BYTES),
    "an endless empty array": frame({"a": ["d", 2**62, 0]}),
    "forty dimensions": frame({"a": ["d"] + [1] * 40}, EIGHT_BYTES),
    "unused numbers": frame([1, 2], EIGHT_BYTES),
    "one set of numbers for two arrays": frame([{"a": ["d", 1]}, {"a": ["d", 1]}], EIGHT_BYTES),
    "a NumPy scalar without its bytes": frame({"n": "d"}, b"\0"),
    "a NumPy scalar of no type": frame({"n": ["d"]}, EIGHT_BYTES),
}


@pytest.mark.parametrize("data", INVALID_FRAMES.values(), ids=INVALID_FRAMES.keys())
def test_an_invalid_frame_raises_bad_frame(data: bytes) -> None:
    with pytest.raises(BadFrame):
        unpack(data)


def test_any_nonzero_byte_of_a_bool_array_is_true() -> None:
    array = unpack(frame({"a": ["?", 3]}, bytes([0, 1, 7])))
    assert array.tolist() == [False, True, True]
    assert array.sum() == 2
    assert unpack(frame({"n": "?"}, b"\x07")) == np.True_


@contextmanager
def grows_by(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most


MB = 2**20
# Many small values, in a hundredth of the size that a structure may have.
MANY_VALUES = {
    "empty lists": b"\x90" * 20_000,
    "empty texts": b"\xa0" * 20_000,
    "short texts": b"\xa2ab" * 7_000,
    "short numbers": b"\xcd\x7f\x01" * 7_000,
    "long numbers": b"\xcb\1\2\3\4\5\6\7\0" * 2_000,
    "nulls": b"\xc0" * 20_000,
    "tuples": b"\x81\xa1t\x90" * 5_000,
}


@pytest.mark.parametrize("name", MANY_VALUES)
def test_memory_for_a_structure_is_bounded(name: str) -> None:
    flood = MANY_VALUES[name]
    size = {b"\xa2": 3, b"\xcd": 3, b"\xcb": 9, b"\x81": 4}.get(flood[:1], 1)
    data = raw_frame(b"\xdc" + struct.pack(">H", len(flood) // size) + flood)
    with grows_by(len(data) * 200):
        unpack(data)


def test_number_of_lists_is_limited() -> None:
    inner = b"\xdc\x9c\x40" + b"\x90" * 40_000
    with pytest.raises(BadFrame, match="too many lists"):
        unpack(raw_frame(b"\x93" + inner * 3))


@pytest.mark.parametrize("header", [b"\xdc\xc3\x50", b"\xdd\0\0\xc3\x50", b"\x9f"])
def test_nested_headers_with_large_counts_raise_bad_frame(header: bytes) -> None:
    data = raw_frame(header * (frames.MAX_STRUCTURE // len(header)))
    with pytest.raises(BadFrame):
        unpack(data)


def test_unpacking_an_array_copies_it_at_most_once() -> None:
    data = frame({"a": ["b", 16 * MB]}, bytes(16 * MB))
    with grows_by(17 * MB):
        assert unpack(data).nbytes == 16 * MB


def test_many_keys_with_one_hash_raise_bad_frame() -> None:
    # All keys have the same hash, so a dict compares each new key with all others.
    step = 2**61 - 1
    keys = [i * step for i in range(1, 40_000)]
    assert len({hash(key) for key in keys[:50]}) == 1
    with pytest.raises(BadFrame):
        unpack(frame({"d": [[{"i": hex(key)}, 0] for key in keys]}))


RAW = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.sampled_from(["d", "O", "?", "0xff"])
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20)),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from("tdanircl") | st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=15,
)


@SEARCH
@given(st.binary(max_size=300))
def test_random_bytes_give_allowed_values_or_bad_frames(data: bytes) -> None:
    check_allowed_or_bad_frame(data)
    check_allowed_or_bad_frame(raw_frame(data))


@SEARCH
@given(RAW, st.binary(max_size=64))
def test_random_structures_give_allowed_values_or_bad_frames(raw: Any, numbers: bytes) -> None:
    check_allowed_or_bad_frame(frame(raw, numbers))


@SEARCH
@given(VALUES, st.data())
def test_mutated_frames_give_allowed_values_or_bad_frames(value: Any, data: st.DataObject) -> None:
    mutated = bytearray(pack(value))
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        match data.draw(st.sampled_from(["replace", "insert", "delete", "cut"])):
            case "replace":
                mutated[place] = data.draw(st.integers(0, 255))
            case "insert":
                mutated[place:place] = data.draw(st.binary(max_size=4))
            case "delete" if len(mutated) > 1:
                del mutated[place]
            case _:
                del mutated[place + 1 :]
    check_allowed_or_bad_frame(bytes(mutated))


def check_allowed_or_bad_frame(data: bytes) -> None:
    """Unpack data, which must give an allowed value or raise `BadFrame`."""
    with suppress(BadFrame):
        assert_allowed(unpack(data))


def assert_allowed(value: Any) -> None:
    kind = type(value)
    if kind in (list, tuple):
        for item in value:
            assert_allowed(item)
    elif kind is dict:
        for key, item in value.items():
            hash(key)
            assert_allowed(item)
    elif kind is Loan:
        assert type(value.id) is int
        assert all(type(name) is str for name in value.methods)
        assert_allowed(value.value)
    elif kind is Ref:
        assert type(value.id) is int
        assert type(value.name) is str
        assert_allowed(value.plain)
    elif kind is np.ndarray or isinstance(value, np.generic):
        assert value.dtype.char in frames._DTYPES
    else:
        assert value is None or kind in (bool, int, float, complex, str)


# --- the connection -------------------------------------------------------------------------------


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """The grader's `Wire`, and the plain socket at the other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Wire(ours), theirs


def deadline() -> float:
    return time.monotonic() + 0.2


def test_a_frame_is_received_as_sent(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    wire.send([1, "a"], deadline())
    assert Wire(theirs).receive(deadline()) == [1, "a"]


def test_an_oversized_frame_raises_bad_frame(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(struct.pack(">I", frames.MAX_FRAME + 1))
    with pytest.raises(BadFrame):
        wire.receive(deadline())


@pytest.mark.parametrize("length", [4, frames.MAX_FRAME])
def test_an_incomplete_frame_raises_too_late(ends: tuple[Wire, socket.socket], length: int) -> None:
    wire, theirs = ends
    theirs.sendall(struct.pack(">I", length) + b"\0\0\0")
    with grows_by(2 * MB), pytest.raises(TooLate):
        wire.receive(deadline())


def test_a_frame_that_arrives_slowly_raises_too_late(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    over = threading.Event()

    def trickle() -> None:
        theirs.sendall(struct.pack(">I", 10_000))
        while not over.wait(0.01):
            theirs.sendall(b"\0")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        with pytest.raises(TooLate):
            wire.receive(deadline())
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("sent", [b"", b"\0\0", struct.pack(">I", 100) + b"abc"])
def test_a_connection_closed_within_a_frame_raises_closed(
    ends: tuple[Wire, socket.socket], sent: bytes
) -> None:
    wire, theirs = ends
    theirs.sendall(sent)
    theirs.close()
    with pytest.raises(Closed):
        wire.receive(deadline())
    assert wire.ended


def test_sending_to_an_end_that_does_not_read_raises_too_late(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, _theirs = ends
    with pytest.raises(TooLate):
        wire.send(np.zeros(MB), deadline())


def test_sending_to_a_closed_end_raises_closed(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.close()
    with pytest.raises(Closed):
        wire.send(1, deadline())


def test_sending_more_than_the_limit_raises_type_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TypeError, match="at once"):
        Wire(ours, most_out=MB).send(np.zeros(MB), deadline())


# --- answers of the student process ---------------------------------------------------------------


class Grader:
    """A `RemoteSide` whose other end sends prepared answers."""

    def __init__(self, *answers: Any, seconds: float = 2.0) -> None:
        ours, self.theirs = socket.socketpair()
        self.other = Wire(self.theirs)
        self.side = RemoteSide(Wire(ours))
        self.side.deadline = time.monotonic() + seconds
        # A thread: sending more than the socket buffer blocks until the other end reads.
        self.sender = threading.Thread(target=self.send, args=answers)
        self.sender.start()

    def send(self, *answers: Any) -> None:
        with suppress(Closed):
            for answer in answers:
                self.other.send(answer)

    def close(self) -> None:
        self.side.wire.end.close()
        self.sender.join()
        self.theirs.close()


@pytest.fixture
def grader() -> Iterator[Callable[..., Grader]]:
    made: list[Grader] = []

    def make(*answers: Any, **settings: float) -> Grader:
        made.append(Grader(*answers, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def done(value: Any, warned: Any = (), watched: Any = 0, failure: Any = None) -> list[Any]:
    """Return the answer to one step."""
    return ["value", [[value, failure, list(warned), watched]]]


def request(side: RemoteSide) -> Any:
    return values_of(side, [Step("get", ("thing", "name"))])[0]


INVALID_ANSWERS = {
    "a string": "value",
    "a number": 12.0,
    "a report": {"points": 8, "max_points": 8},
    "an unknown kind": ["report", [[8.0, None, [], 0]]],
    "nothing": ["value"],
    "too much": ["value", [[1, None, [], 0]], 0],
    "no list": ["value", 1],
    "a step that is no list": ["value", [1]],
    "a step that is too short": ["value", [[1, None, []]]],
    "a step that is too long": ["value", [[1, None, [], 0, 0]]],
    "a step that is an array": ["value", [np.zeros(4)]],
    "warnings that are no list": ["value", [[1, None, "none", 0]]],
    "a count that is a string": done(1, [], "0"),
    "a count that is an array": done(1, [], np.zeros(2)),
    "a failure that is an array": done(1, failure=np.zeros(3)),
    "a failure without a message": done(None, failure=["ValueError", None, ""]),
    "an error without a message": ["error", None],
    "a kind that is an array": [np.zeros(2), [[1, None, [], 0]]],
    "a loan": done(Loan(0, ("",), None)),
    "a reference to a shared value": done(Ref(0)),
    "a call of a value that is not shared": ["ask", 0, "", ()],
    "a call of a negative loan": ["ask", -1, "", ()],
    "a call with a list": ["ask", 0, "", []],
}


@pytest.mark.parametrize("answer", INVALID_ANSWERS.values(), ids=INVALID_ANSWERS.keys())
def test_an_invalid_answer_ends_the_process(grader: Callable[..., Grader], answer: Any) -> None:
    side = grader(answer).side
    with pytest.raises(SideLost):
        request(side)
    assert side.gone
    # A second request fails at once.
    with pytest.raises(SideLost):
        request(side)


def test_an_invalid_description_of_a_type_ends_the_process(grader: Callable[..., Grader]) -> None:
    for answer in (None, [1, True, True, []], [True, True, True, "origins"], []):
        side = grader(done(answer)).side
        with pytest.raises(SideLost):
            kind_of(RemoteThing(side, Ref(0, "Relu")))


def test_a_wrong_number_of_results_ends_the_process(grader: Callable[..., Grader]) -> None:
    one = [1, None, [], 0]
    for answer in ([one], [one] * 3, (one, one), "12", {1: one, 2: one}):
        side = grader(["value", answer]).side
        with pytest.raises(SideLost):
            side.perform([Step("get", ("thing", name)) for name in "ab"])
        assert side.gone


def test_received_arrays_are_read_only(grader: Callable[..., Grader]) -> None:
    answer = done([np.zeros(2), {"W": np.zeros(2)}, (np.zeros(2),)])
    a, b, (c,) = request(grader(answer).side)
    for array in (a, b["W"], c):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_control_characters_in_messages_are_escaped(grader: Callable[..., Grader]) -> None:
    evil = "\x1b[2Jred\x07\u202e"
    failure = ["Value\x1b[2JError", evil, evil]
    side = grader(done(None, [evil], failure=failure)).side
    with pytest.warns(RuntimeWarning) as warned, pytest.raises(Raised) as raised:
        request(side)
    found = raised.value.failure
    said = [str(warned[0].message), found.message, found.where, found.kind]
    assert said == [*["red\ufffd[U+202E]"] * 3, "Value2JError"]


def test_a_received_class_name_is_reduced_to_an_identifier(grader: Callable[..., Grader]) -> None:
    named = "<script>\x1b[2J" + "x" * 10_000
    thing = request(grader(done(Ref(3, named))).side)
    assert repr(thing) == "<" + ("script2J" + "x" * 52) + ">"


def test_endless_requests_end_at_the_deadline(grader: Callable[..., Grader]) -> None:
    one = grader(seconds=-0.5)  # one second of grace makes it 0.5
    one.side.shared.append(Shared(lambda: 1.0))
    over = threading.Event()

    def flood() -> None:
        with suppress(Closed):
            while not over.is_set():
                one.other.send(["ask", 0, "", ()], time.monotonic() + 1)
                one.other.receive(time.monotonic() + 1)

    thread = threading.Thread(target=flood)
    one.other.end.settimeout(1)
    thread.start()
    try:
        with pytest.raises(SideLost, match="too long"):
            request(one.side)
    finally:
        over.set()
        one.side.wire.end.shutdown(socket.SHUT_RDWR)
        thread.join()


def reply_to_call(grader: Callable[..., Grader], *args: Any) -> list[Any]:
    """Return the reply to a call of a shared function with these arguments."""
    one = grader(["ask", 0, "", args], done(1))
    one.side.shared.append(Shared(lambda x, y=1.0: x * y))
    request(one.side)
    one.other.receive(deadline())
    return one.other.receive(deadline())


def test_a_shared_function_can_be_called(grader: Callable[..., Grader]) -> None:
    kind, value = reply_to_call(grader, np.arange(3.0), 2)
    assert kind == "value"
    np.testing.assert_array_equal(value, [0.0, 2.0, 4.0])


@pytest.mark.parametrize(
    "args",
    [
        (np.zeros((1, 50_000)), np.zeros((50_000, 1))),
        ([0.0] * 6000,),
        (Ref(5, "Tensor"),),
        ("x" * 1000, 10**9),
        ({"a": 1},),
    ],
    ids=["a table of all pairs", "a long list", "a reference", "a long string", "a dict"],
)
def test_a_shared_function_refuses_unsuitable_arguments(
    grader: Callable[..., Grader], args: tuple[Any, ...]
) -> None:
    with grows_by(16 * MB):
        kind, name, _message = reply_to_call(grader, *args)
    assert (kind, name) == ("error", "TypeError")


def test_an_array_of_nan_and_inf_survives_a_round_trip() -> None:
    array = np.resize([np.nan, np.inf, -np.inf], 10_000)
    back = unpack(pack(array))
    assert math.isnan(back[0])
    np.testing.assert_array_equal(back, array)
