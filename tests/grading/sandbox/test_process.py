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
        return "".join(str(side.run(source, 10)[0]["text"]) for source in sources)
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
