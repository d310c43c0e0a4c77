"""Student processes forked from one interpreter are as far apart as if each was started anew."""

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
def unused(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start from no interpreter and no failures."""
    monkeypatch.setattr(processes, "_failures", [])
    processes.forget()
    yield
    processes.forget()


def shown(*sources: str) -> str:
    """Return what cells print in a process of their own."""
    process = StudentProcess(given_package())
    try:
        assert isinstance(process.process, processes.Forked)
        assert process.ready(time.monotonic() + 60)
        side = RemoteSide(process.wire)
        return "".join(str(side.run(source, 10)[0]["text"]) for source in sources)
    finally:
        process.end()


@pytest.mark.usefixtures("unused")
def test_two_are_forked_from_one_interpreter() -> None:
    shown("print(1)")
    first = processes.current()
    shown("print(1)")
    assert first is not None
    assert processes.current() is first


@pytest.mark.usefixtures("unused")
def test_one_leaves_nothing_to_the_next() -> None:
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
    assert shown(left) == "left\n"
    assert shown(look) == "[] [False, False, False] False\n"


@pytest.mark.usefixtures("unused")
def test_each_sees_only_itself_and_what_guards_it() -> None:
    pids = "import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"
    assert shown(pids) == "[1, 2]\n"
    assert shown(pids) == "[1, 2]\n"


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize("path", ["mem", "environ", "maps", "fd", "root", "cwd"])
def test_none_can_look_into_what_guards_it(path: str) -> None:
    look = (
        "open(place, 'rb').read(1)" if path in ("mem", "environ", "maps") else "os.listdir(place)"
    )
    source = (
        f"import os\nplace = '/proc/1/{path}'\ntry:\n    {look}\n    print('seen')\n"
        "except OSError as error:\n    print(type(error).__name__)"
    )
    assert shown(source) == "PermissionError\n"


@pytest.mark.usefixtures("unused")
def test_none_can_end_what_guards_it() -> None:
    source = (
        "import os, signal\ntry:\n    os.kill(1, signal.SIGKILL)\nexcept OSError as error:\n"
        "    print(type(error).__name__)"
    )
    assert shown(source) == "PermissionError\n" or os.getuid() != 0


@pytest.mark.usefixtures("unused")
def test_each_draws_numbers_of_its_own() -> None:
    draw = "import numpy, random; print(numpy.random.rand(), random.random())"
    draws = [shown(draw).split() for _ in range(3)]
    assert len({x for x, _ in draws}) == len({y for _, y in draws}) == 3


@pytest.mark.usefixtures("unused")
def test_when_it_ends_all_that_it_started_ends() -> None:
    process = StudentProcess(given_package())
    assert process.ready(time.monotonic() + 60)
    RemoteSide(process.wire).run(
        "import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()", 5
    )
    pids = [*family(process.process.pid)]
    assert len(pids) == 3
    assert process.end() == ""
    until = time.monotonic() + 60
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        assert time.monotonic() < until


@pytest.mark.usefixtures("unused")
def test_how_one_ended_is_told() -> None:
    for source, how in (
        ("import os; os._exit(7)", "with the exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "by the signal SIGKILL"),
    ):
        process = StudentProcess(given_package())
        assert process.ready(time.monotonic() + 60)
        process.wire.send(["run", 5, source])
        with pytest.raises(Exception, match="ended"):
            process.wire.receive(time.monotonic() + 60)
        assert process.end() == how


@pytest.mark.usefixtures("unused")
def test_where_forking_does_not_work_each_gets_a_sandbox_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    want = execute(job()).tasks
    processes.forget()
    # No room to work in: the first process in the new namespaces can't mount its /tmp.
    monkeypatch.setattr(processes, "TMP", -1)
    assert [task.points for task in execute(job()).tasks] == [task.points for task in want]
    assert processes._failures


@pytest.mark.usefixtures("unused")
def test_an_interpreter_that_died_is_started_again() -> None:
    shown("print(1)")
    first = processes.current()
    assert first is not None
    first.process.kill()
    first.process.wait()
    # What is in a sandbox ends a moment after it.
    until = time.monotonic() + 60
    while Path(f"/proc/{first.pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert shown("print(2)") == "2\n"
    assert processes.current() is not first


@pytest.mark.usefixtures("unused")
def test_after_some_failures_it_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_failures", [""] * 3)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert processes.fork(theirs, given_package(), 0) is None
