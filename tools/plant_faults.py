"""Plant known faults, one at a time, and report which of them the tests catch.

Works in a temporary copy of the checkout, with the checkout's own .venv. For each fault of
tools/faults.toml the tests of its area run first. With --whole, all other tests run, too, if they
do not catch the fault, which takes minutes for each.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIST = Path("tools") / "faults.toml"

# Folders to plant faults in, and subfolders of data and text.
SOURCES = ("course_lib", "book")
NOT_SOURCES = ("misconceptions", "data", "_build", "exercises", "instructors", "node_modules")
KINDS = (".py", ".js", ".css", ".j2")

# Seconds for one run of pytest. A longer run hangs, or the machine is too busy.
AREA_SECONDS, WHOLE_SECONDS = 1800, 7200

_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", flags=re.MULTILINE)


class FaultError(Exception):
    """A fault cannot be planted, or pytest cannot run; the message says why."""


@dataclass(frozen=True)
class Fault:
    """An entry of the list of faults.

    Attributes
    ----------
    name, area : str
    old, new : str
        The text to replace, and what to replace it with: `from` and `to` in the list.
    after : str
        A text that precedes `old` in the same file; empty if `old` occurs only once.
    needs : str
        "book" if only the built book can show the fault.
    """

    name: str
    area: str
    old: str
    new: str
    after: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Outcome:
    """The outcome for one fault: the test that caught it, or none."""

    fault: Fault
    file: str
    caught_by: str
    seconds: float

    def __str__(self) -> str:
        found = f"caught by {self.caught_by}" if self.caught_by else "NOT CAUGHT"
        return f"{self.fault.area}: {self.fault.name}: {found} ({self.seconds:.0f} s)"


@dataclass(frozen=True)
class Plan:
    """The list of faults.

    Attributes
    ----------
    faults : list of Fault
    areas : dict of str to list of str
        Globs of test files.
    imports : list of str
        Modules outside the course that most tests import.
    """

    faults: list[Fault]
    areas: dict[str, list[str]]
    imports: list[str]


def read_plan(path: Path) -> Plan:
    """Read the list of faults.

    Raises
    ------
    FaultError
        If an entry is incomplete, or two have the same name.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    areas = raw["areas"]
    faults: dict[str, Fault] = {}
    for entry in raw.get("fault", []):
        name = entry.get("name", "without a name")
        missing = [key for key in ("name", "area", "from", "to") if key not in entry]
        if missing:
            raise FaultError(f"{name}: the entry has no {', '.join(missing)}.")
        if entry["area"] not in areas:
            raise FaultError(f"{name}: there is no area {entry['area']!r}.")
        if name in faults:
            raise FaultError(f"{name}: two faults have this name.")
        words = {key: entry.get(key, "") for key in ("after", "needs")}
        faults[name] = Fault(name, entry["area"], entry["from"], entry["to"], **words)
    return Plan(list(faults.values()), areas, raw.get("imports", []))


def source_files(tree: Path) -> Iterator[Path]:
    """Yield the files in which faults may be planted."""
    for folder in SOURCES:
        for path in sorted((tree / folder).rglob("*")):
            inside = path.relative_to(tree).parts
            if path.suffix in KINDS and not set(inside) & set(NOT_SOURCES) and path.is_file():
                yield path


@functools.cache
def _text(path: Path, _changed: int) -> str:
    return path.read_text(encoding="utf-8")


def locate(fault: Fault, tree: Path) -> tuple[Path, int]:
    """Return the file of a fault and the position of its text.

    Raises
    ------
    FaultError
        If the text does not occur, or occurs more than once.
    """
    found = []
    for path in source_files(tree):
        text = _text(path, path.stat().st_mtime_ns)
        if fault.after:
            anchors = [match.end() for match in re.finditer(re.escape(fault.after), text)]
            places = [text.find(fault.old, anchor) for anchor in anchors]
            found += [(path, place) for place in places if place >= 0]
        else:
            found += [(path, match.start()) for match in re.finditer(re.escape(fault.old), text)]
    if len(found) != 1:
        where = sorted({path.relative_to(tree).as_posix() for path, _place in found})
        problem = f"{len(found)} times, in {', '.join(where)}" if found else "nowhere"
        raise FaultError(f"{fault.name}: its text occurs {problem}: {fault.old!r}")
    return found[0]


@contextlib.contextmanager
def planted(fault: Fault, tree: Path, number: int) -> Iterator[Path]:
    """Plant a fault in the tree, and remove it when the context ends.

    Python reuses compiled code if the source has the same size and modification time in seconds.
    So `number` gives the changed file a time that no other version has.
    """
    path, place = locate(fault, tree)
    data, about = path.read_bytes(), path.stat()
    text = data.decode()
    changed = text[:place] + fault.new + text[place + len(fault.old) :]
    path.write_text(changed, encoding="utf-8", newline="")
    when = int(about.st_mtime) + 10 * (number + 1)
    os.utime(path, (when, when))
    try:
        yield path
    finally:
        path.write_bytes(data)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def tests_of(globs: Sequence[str], tree: Path) -> list[str]:
    """Return the test files that match the globs, in order."""
    tests = tree / "tests"
    found = dict.fromkeys(path for glob in globs for path in sorted(tests.glob(glob)))
    return [path.relative_to(tree).as_posix() for path in found]


class Suite:
    """The tests of a tree, run with the sources of that tree.

    Each run is a fork of this process, which has imported pytest and what most tests need: a new
    pytest would take longer to start than most tests to run.

    Parameters
    ----------
    tree : Path
    imports : sequence of str
        Modules outside the course that most tests import.
    workers : int
        Worker processes of pytest; 0 to run the tests in its own process.
    """

    def __init__(self, tree: Path, imports: Sequence[str] = (), workers: int = 0) -> None:
        self.tree, self.workers = tree, workers
        for name in imports:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)

    def failures(self, tests: Sequence[str], seconds: float, *options: str) -> list[str]:
        """Run tests and return those that failed.

        Raises
        ------
        FaultError
            If pytest itself cannot run them, or they take too long.
        """
        parallel = ["-n", str(self.workers), "--dist", "loadfile"] if self.workers else []
        plugins = ["-p", "no:cacheprovider", *(["-p", "xdist.plugin"] if self.workers else [])]
        command = ["-q", "--tb=no", "-rfE", "-o", "addopts=", *plugins, *options, *parallel]
        with tempfile.TemporaryFile() as shown:
            child = os.fork()
            if child == 0:
                self._become_pytest([*command, *tests], shown.fileno())
            code = _wait(child, seconds)
            if code is None:
                raise FaultError(
                    f"the tests took more than {seconds:.0f} s, so the result is unknown"
                )
            shown.seek(0)
            said = shown.read().decode(errors="replace")
        # 4: a test no longer exists. 5: no test was selected.
        if code in (0, 4, 5):
            return []
        if found := _FAILED.findall(said):
            return found
        if code in (1, 2):
            return ["pytest, which could not collect the tests"]
        raise FaultError(f"pytest ended with {code}: {said[-500:]}")

    def _become_pytest(self, arguments: list[str], shown: int) -> NoReturn:
        code = 70
        try:
            os.setsid()
            for descriptor in (1, 2):
                os.dup2(shown, descriptor)
            os.chdir(self.tree)
            # Precedes the environment's course_lib, also in the processes that tests start.
            os.environ |= {
                "PYTHONPATH": str(self.tree),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "OPENBLAS_NUM_THREADS": "1",
            }
            # The next fault reuses the compiled files.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            sys.dont_write_bytecode = False
            sys.path[0] = str(self.tree)
            sys.argv = ["pytest", *arguments]
            code = int(pytest.main(arguments))
        finally:
            os._exit(code)


def _wait(child: int, seconds: float) -> int | None:
    """Return the exit code of a process, or None after a timeout."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def found_again(test: str, tree: Path) -> list[str]:
    """Return a test with the current path of its file, if the file name is unique."""
    file, _, name = test.partition("::")
    files = [*(tree / "tests").rglob(Path(file).name)] if name else []
    return [f"{files[0].relative_to(tree).as_posix()}::{name}"] if len(files) == 1 else []


def try_fault(
    fault: Fault,
    suite: Suite,
    globs: Sequence[str],
    number: int,
    earlier: str = "",
    scope: str = "area",
) -> Outcome:
    """Plant a fault, run tests until one fails, and remove the fault.

    The test that caught the fault `earlier` runs first, then those of its area, and, if `scope`
    is "whole", all others. If `scope` is "first", no others run.

    Raises
    ------
    FaultError
        If it cannot be planted.
    """
    start = time.monotonic()
    with planted(fault, suite.tree, number) as path:
        tests = tests_of(globs, suite.tree)
        first = found_again(earlier, suite.tree)
        found = suite.failures(first, AREA_SECONDS, "-x") if first else []
        if not found and tests and scope != "first":
            found = suite.failures(tests, AREA_SECONDS, "-x")
        if not found and (scope == "whole" or not tests):
            ignored = [f"--ignore={test}" for test in tests]
            found = suite.failures(["tests"], WHOLE_SECONDS, "-x", *ignored)
        file = path.relative_to(suite.tree).as_posix()
    return Outcome(fault, file, found[0] if found else "", time.monotonic() - start)


def unsound(outcomes: Sequence[Outcome], suite: Suite) -> list[Outcome]:
    """Return the outcomes whose test also fails without a fault."""
    tests = sorted({one.caught_by for one in outcomes if "::" in one.caught_by})
    failed = suite.failures(tests, WHOLE_SECONDS) if tests else []
    return [one for one in outcomes if one.caught_by in failed]


@contextlib.contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Copy the checkout: its files that git does not ignore, and the built npm packages."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        tree = Path(folder)
        for name in filter(None, names.decode().split("\0")):
            if (root / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, tree / name)
        (tree / ".venv").symlink_to(root / ".venv")
        (tree / "_build").mkdir()
        if (root / "_build" / "npm").exists():
            (tree / "_build" / "npm").symlink_to(root / "_build" / "npm")
        for words in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True)
        yield tree


def build_book(tree: Path) -> None:
    """Build the book of a tree; later builds reuse the executed notebooks."""
    build = [*("jupyter_book", "build", "book"), *("-W", "--keep-going", "--quiet")]
    command = [sys.executable, "-m", *build]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FaultError(f"the book cannot be built: {done.stderr[-500:]}")


def report(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the outcomes as JSON."""
    rows = [
        {
            "name": outcome.fault.name,
            "area": outcome.fault.area,
            "file": outcome.file,
            "caught_by": outcome.caught_by,
            "seconds": round(outcome.seconds, 1),
        }
        for outcome in outcomes
    ]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_report(path: Path) -> dict[str, str]:
    """Return the test that caught each fault in an earlier run."""
    return {row["name"]: row["caught_by"] for row in json.loads(path.read_text(encoding="utf-8"))}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        description="Plant the faults of tools/faults.toml, one at a time, in a copy of this "
        "checkout, and report which test catches each.",
        epilog="The checkout itself is not changed. Exit code 1 means that a fault was not caught "
        "or no longer fits the sources.",
    )
    made.add_argument(
        "--list", action="store_true", help="show the faults and their files, and stop"
    )
    made.add_argument("--only", action="append", default=[], metavar="NAME", help="this fault only")
    made.add_argument("--area", action="append", default=[], help="the faults of this area only")
    made.add_argument("--whole", action="store_true", help="run all tests if the area's pass")
    made.add_argument(
        "--book", action="store_true", help="plant faults that need the built book, too"
    )
    made.add_argument(
        "-n", type=int, default=0, metavar="N", help="processes of pytest (default 0)"
    )
    made.add_argument("--first-only", action="store_true", help="with --first: no other tests")
    made.add_argument("--root", type=Path, default=ROOT, help="the checkout (this one)")
    made.add_argument(
        "--first",
        type=Path,
        metavar="JSON",
        help="start with the tests that caught the faults in this report",
    )
    made.add_argument("--json", type=Path, metavar="OUT", help="write the outcomes into this file")
    return made


def chosen(faults: Sequence[Fault], names: Sequence[str], areas: Sequence[str]) -> list[Fault]:
    """Return the faults selected on the command line."""
    for name, known in [
        *((name, [fault.name for fault in faults]) for name in names),
        *((area, [fault.area for fault in faults]) for area in areas),
    ]:
        if name not in known:
            raise FaultError(f"There is no {name!r}; --list shows all faults and areas.")
    return [f for f in faults if (not names or f.name in names) and (not areas or f.area in areas)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    asked = parser().parse_args(arguments)
    try:
        plan = read_plan(asked.root / LIST)
        wanted = chosen(plan.faults, asked.only, asked.area)
    except FaultError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.list:
        return _show(wanted, asked.root)
    left_out = [fault for fault in wanted if fault.needs == "book" and not asked.book]
    wanted = [fault for fault in wanted if fault not in left_out]
    earlier = read_report(asked.first) if asked.first else {}
    scope = "whole" if asked.whole else "first" if asked.first_only else "area"
    outcomes: list[Outcome] = []
    problems: list[str] = []
    start = time.monotonic()
    with copied(asked.root) as tree:
        suite = Suite(tree, plan.imports, asked.n)
        for number, fault in enumerate(wanted, start=1):
            try:
                if fault.needs == "book":
                    with planted(fault, tree, number):
                        build_book(tree)
                globs, before = plan.areas[fault.area], earlier.get(fault.name, "")
                outcomes.append(try_fault(fault, suite, globs, number, before, scope))
                said = str(outcomes[-1])
            except FaultError as error:
                problems.append(str(error))
                said = str(error)
            left = (time.monotonic() - start) / number * (len(wanted) - number)
            print(f"[{number}/{len(wanted)}, {left / 60:.0f} min left] {said}", flush=True)
            if asked.json:
                report(outcomes, asked.json)
        for one in unsound(outcomes, suite):
            problems.append(f"{one.fault.name}: {one.caught_by} fails without the fault, too.")
            outcomes.remove(one)
    if asked.json:
        report(outcomes, asked.json)
    missed = [outcome for outcome in outcomes if not outcome.caught_by]
    for title, lines in (
        ("Not caught:", [f"{o.fault.area}: {o.fault.name} ({o.file})" for o in missed]),
        ("Problems:", problems),
        ("Not planted without --book:", [fault.name for fault in left_out]),
    ):
        if lines:
            print("\n".join([title, *(f"  {line}" for line in lines)]))
    print(f"{len(outcomes) - len(missed)} of {len(wanted)} caught.")
    return int(bool(missed or problems))


def _show(faults: Sequence[Fault], root: Path) -> int:
    problems = 0
    for fault in faults:
        try:
            file = locate(fault, root)[0].relative_to(root).as_posix()
        except FaultError as error:
            problems += 1
            print(error)
        else:
            print(f"{fault.area}: {fault.name} ({file})")
    print(f"{len(faults)} faults, {problems} of them no longer fit the sources.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
