"""Student processes that are forked from one interpreter are isolated from each other."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_cases import job

from course_lib.grading.execute import execute
from course_lib.grading.sandbox import process as processes
from course_lib.grading.sandbox.bubblewrap import family
from course_lib.grading.sandbox.package import given_package
from course_lib.grading.sandbox.process import StudentProcess
from course_lib.grading.sandbox.remote import RemoteSide


@pytest.fixture
def fresh_interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start without an interpreter and without recorded failures."""
    monkeypatch.setattr(processes, "_failures", [])
    processes.forget()
    yield
    processes.forget()


def printed_by(*sources: str) -> str:
    """Run cells in a new student process and return their printed text."""
    process = StudentProcess(given_package())
    try:
        assert isinstance(process.process, processes.Forked)
        assert process.ready(time.monotonic() + 600)
        side = RemoteSide(process.wire)
        shown = [side.run(source, 10) for source in sources]
        return "".join(str(one[0].get("text", "")) for one in shown if one)
    finally:
        process.end()


@pytest.mark.usefixtures("fresh_interpreter")
def test_two_student_processes_are_forked_from_one_interpreter() -> None:
    printed_by("print(1)")
    first = processes.current()
    printed_by("print(1)")
    assert first is not None
    assert processes.current() is first


@pytest.mark.usefixtures("fresh_interpreter")
def test_a_student_process_leaves_no_state_for_the_next() -> None:
    left = (
        "import numpy, os, sys, builtins\n"
        "open('/tmp/left', 'w').write('answers')\n"
        "numpy.answers = builtins.answers = sys.answers = 1\n"
        "os.environ['ANSWERS'] = '1'\n"
        "print('left')"
    )
    look = (
        "import numpy, os, sys, builtins\n"
        "print(os.listdir('/tmp'), [hasattr(m, 'answers') for m in (numpy, builtins, sys)],\n"
        "      'ANSWERS' in os.environ)"
    )
    assert printed_by(left) == "left\n"
    assert printed_by(look) == "[] [False, False, False] False\n"


START = """
import fcntl, os, resource, signal, socket, time
def times(*places):
    return [(s.st_atime_ns, s.st_mtime_ns, s.st_ctime_ns) for s in map(os.stat, places)]
def locked():
    try:
        fcntl.flock(os.open("/dev/null", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
def listens():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 20_001))
    return True
DEVICES = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")]
"""
# For each note to the next process: how to leave it, what it would change, and whether the process
# that leaves it can see it itself.
NOTES = {
    "flags of the standard streams": (
        "for n in (0, 1, 2): fcntl.fcntl(n, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)",
        "[fcntl.fcntl(n, fcntl.F_GETFL) for n in (0, 1, 2)]",
        True,
    ),
    "the owner of a standard stream's signals": (
        "fcntl.fcntl(0, fcntl.F_SETSIG, 40)",
        "fcntl.fcntl(0, fcntl.F_GETSIG)",
        True,
    ),
    "a lock on a standard stream": ("fcntl.flock(0, fcntl.LOCK_EX)", "locked()", True),
    "times of the devices": ("for one in DEVICES: os.utime(one)", "times(*DEVICES)", False),
    "times of the standard streams": ("os.utime(0); os.utime(1)", "times(0, 1, 2)", False),
    "times of terminals": (
        "os.utime('/dev/pts/ptmx'); os.listdir('/dev/pts')",
        "times('/dev/pts', '/dev/pts/ptmx')",
        False,
    ),
    "times of folders": (
        "for one in '/', '/dev', '/engine', '/given', '/site': os.listdir(one), os.utime(one)",
        "times('/', '/dev', '/engine', '/given', '/site')",
        False,
    ),
    "counts of the network": (
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x' * 99, ('127.0.0.1', 9))",
        # Orphans, allocated sockets and memory are those of the whole machine.
        "open('/proc/self/net/dev').read(), open('/proc/self/net/snmp').read(), __import__('re')"
        ".sub(r'(orphan|alloc|mem) \\d+', '', open('/proc/self/net/sockstat').read())",
        False,
    ),
    "a port in use": (
        "one = socket.create_server(('127.0.0.1', 20_001))\n"
        "two = socket.create_connection(('127.0.0.1', 20_001), 1)\n"
        "one.accept()[0].close(); two.recv(1); two.close(); one.close()",
        "listens()",
        False,
    ),
}


@pytest.mark.usefixtures("fresh_interpreter")
@pytest.mark.parametrize("note", NOTES)
def test_a_student_process_leaves_no_note_for_the_next(note: str) -> None:
    leave, look, own = NOTES[note]
    look = f"print({look})"
    before = printed_by(START, look)
    if own:
        assert printed_by(START, leave, look) != before
    printed_by(START, leave)
    assert printed_by(START, look) == before


@pytest.mark.usefixtures("fresh_interpreter")
def test_only_the_mounts_of_one_student_process_are_writable() -> None:
    mounts = (
        "for line in open('/proc/self/mountinfo'):\n"
        "    if 'ro' not in line.split()[5].split(','): print(line.split()[4])"
    )
    assert set(printed_by(mounts).split()) == {"/proc", "/tmp"}
    # The null device can still be written.
    assert printed_by("print(open('/dev/null', 'w').write('abc'))") == "3\n"


@pytest.mark.usefixtures("fresh_interpreter")
def test_a_student_process_sees_nothing_of_the_machine_in_proc() -> None:
    names = "import os; print(*(n for n in os.listdir('/proc') if not n.isdigit()))"
    kernel = [int(n) for n in os.uname().release.split(".")[:2]]
    if kernel < [5, 8]:
        pytest.skip("needs Linux 5.8")
    assert set(printed_by(names).split()) == {"self", "thread-self"}


@pytest.mark.usefixtures("fresh_interpreter")
def test_a_student_process_sees_only_itself_and_its_supervisor() -> None:
    pids = "import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"
    assert printed_by(pids) == "[1, 2]\n"
    assert printed_by(pids) == "[1, 2]\n"


@pytest.mark.usefixtures("fresh_interpreter")
@pytest.mark.parametrize("path", ["mem", "environ", "maps", "fd", "root", "cwd"])
def test_a_student_process_cannot_read_its_supervisor(path: str) -> None:
    look = (
        "open(place, 'rb').read(1)" if path in ("mem", "environ", "maps") else "os.listdir(place)"
    )
    source = (
        f"import os\nplace = '/proc/1/{path}'\ntry:\n    {look}\n    print('seen')\n"
        "except OSError as error:\n    print(type(error).__name__)"
    )
    assert printed_by(source) == "PermissionError\n"


@pytest.mark.usefixtures("fresh_interpreter")
def test_a_student_process_cannot_kill_its_supervisor() -> None:
    source = (
        "import os, signal\ntry:\n    os.kill(1, signal.SIGKILL)\nexcept OSError as error:\n"
        "    print(type(error).__name__)"
    )
    assert printed_by(source) == "PermissionError\n" or os.getuid() != 0


@pytest.mark.usefixtures("fresh_interpreter")
def test_each_student_process_has_its_own_random_numbers() -> None:
    draw = "import numpy, random; print(numpy.random.rand(), random.random())"
    draws = [printed_by(draw).split() for _ in range(3)]
    assert len({x for x, _ in draws}) == len({y for _, y in draws}) == 3


@pytest.mark.usefixtures("fresh_interpreter")
def test_ending_a_student_process_ends_its_whole_family() -> None:
    process = StudentProcess(given_package())
    assert process.ready(time.monotonic() + 600)
    RemoteSide(process.wire).run(
        "import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()", 5
    )
    pids = [*family(process.process.pid)]
    assert len(pids) == 3
    assert process.end() == ""
    until = time.monotonic() + 600
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        assert time.monotonic() < until


@pytest.mark.usefixtures("fresh_interpreter")
def test_end_returns_the_exit_code_or_signal() -> None:
    for source, how in (
        ("import os; os._exit(7)", "with the exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "by the signal SIGKILL"),
    ):
        process = StudentProcess(given_package())
        assert process.ready(time.monotonic() + 600)
        process.wire.send(["cell", 5, source])
        with pytest.raises(Exception, match="ended"):
            process.wire.receive(time.monotonic() + 600)
        assert process.end() == how


@pytest.mark.usefixtures("fresh_interpreter")
def test_if_forking_fails_each_student_process_gets_its_own_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    want = execute(job()).tasks
    processes.forget()
    # With this size the first process in the new namespaces can't mount its /tmp.
    monkeypatch.setattr(processes, "TMP", -1)
    assert [task.points for task in execute(job()).tasks] == [task.points for task in want]
    assert processes._failures


@pytest.mark.usefixtures("fresh_interpreter")
def test_a_killed_interpreter_is_started_again() -> None:
    printed_by("print(1)")
    first = processes.current()
    assert first is not None
    first.process.kill()
    first.process.wait()
    # Processes in a sandbox end a moment after it.
    until = time.monotonic() + 600
    while Path(f"/proc/{first.pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert printed_by("print(2)") == "2\n"
    assert processes.current() is not first


@pytest.mark.usefixtures("fresh_interpreter")
def test_forking_is_not_tried_after_three_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_failures", [""] * 3)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert processes.fork(theirs, given_package(), 0) is None
