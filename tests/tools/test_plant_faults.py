"""The script that plants faults, on a small tree: what it catches, and which entries it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SCRIPT = ROOT / "tools" / "plant_faults.py"

SOURCE = '''"""Twice."""


class First:
    def double(self, x):
        return 2 * x


class Second:
    def double(self, x):
        return 2 * x


def half(x):
    return x / 2
'''
TESTS = {
    "tests/test_first.py": "from course_lib.two import First\n\n\n"
    "def test_double():\n    assert First().double(3) == 6\n",
    "tests/test_half.py": "import subprocess\nimport sys\n\n\n"
    "def test_half_in_another_process():\n"
    "    code = 'from course_lib.two import half; print(half(3))'\n"
    "    assert subprocess.check_output([sys.executable, '-c', code], text=True) == '1.5\\n'\n",
}


AREAS = """[areas]
first = ["test_first.py"]
half = ["test_half.py", "half/**/test_*.py"]
moved = ["moved/test_half.py"]
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "pyproject.toml": "",
        "course_lib/__init__.py": "",
        "course_lib/two.py": SOURCE,
        "course_lib/misconceptions/two.py": "wrong = 'return x / 2'\n",
        "book/two.md": "return x / 2\n",
        **TESTS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def entry(name: str, area: str, old: str, new: str, after: str = "") -> str:
    words = {"name": name, "area": area, "from": old, "to": new, "after": after}
    return "\n[[fault]]\n" + "".join(f"{key} = {json.dumps(words[key])}\n" for key in words)


def plant(tree: Path, entries: list[str], *options: str) -> tuple[int, str, dict[str, str]]:
    """Run the script; return its exit code, what it says, and what caught each fault."""
    (tree / "tools").mkdir(exist_ok=True)
    (tree / "tools" / "faults.toml").write_text(AREAS + "".join(entries), encoding="utf-8")
    out = tree.parent / f"{tree.name}.json"
    out.write_text("[]", encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "--root", str(tree), "--json", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = json.loads(out.read_text(encoding="utf-8"))
    return done.returncode, done.stdout + done.stderr, {r["name"]: r["caught_by"] for r in rows}


WRONG_HALF = ("return x / 2", "return x / 3")
HALF = "tests/test_half.py::test_half_in_another_process"


def test_faults_are_caught_one_by_one_and_taken_out(tree: Path) -> None:
    code, said, caught = plant(
        tree,
        [
            entry("seen", "half", *WRONG_HALF),
            # Of the same size as the one before: Python must not take it for that one.
            entry("seen again", "half", "return x / 2", "return x / 4"),
            entry("harmless", "half", "return x / 2", "return x * .5"),
            entry("one of two", "first", "return 2 * x", "return 3 * x", "class First"),
            entry("the other one", "first", "return 2 * x", "return 3 * x", "class Second"),
        ],
    )
    first = "tests/test_first.py::test_double"
    assert caught == {
        "seen": HALF,
        "seen again": HALF,
        "harmless": "",
        "one of two": first,
        "the other one": "",
    }
    assert code == 1
    assert said.splitlines()[-1] == "3 of 5 caught."
    assert (tree / "course_lib" / "two.py").read_text(encoding="utf-8") == SOURCE


def test_other_tests_run_if_they_are_asked_for_or_the_area_has_none(tree: Path) -> None:
    elsewhere = entry("seen elsewhere", "first", *WRONG_HALF)
    nowhere = entry("without tests of its area", "moved", *WRONG_HALF)
    code, _said, caught = plant(tree, [elsewhere, nowhere])
    assert (code, caught) == (1, {"seen elsewhere": "", "without tests of its area": HALF})
    code, _said, caught = plant(tree, [elsewhere, nowhere], "--whole", "--area", "first")
    assert (code, caught) == (0, {"seen elsewhere": HALF})


def test_what_caught_a_fault_earlier_comes_first_wherever_it_is_now(tree: Path) -> None:
    earlier = tree / "earlier.json"
    rows = [{"name": "seen elsewhere", "caught_by": HALF}, {"name": "gone", "caught_by": "a.py::b"}]
    earlier.write_text(json.dumps(rows), encoding="utf-8")
    (tree / "tests" / "half").mkdir()
    (tree / "tests" / "test_half.py").rename(tree / "tests" / "half" / "test_half.py")
    entries = [entry(row["name"], "first", *WRONG_HALF) for row in rows]
    caught = plant(tree, entries, "--first", str(earlier))[2]
    assert caught == {"seen elsewhere": HALF.replace("tests/", "tests/half/"), "gone": ""}


def test_a_fault_without_its_one_place_is_named(tree: Path) -> None:
    entries = [
        entry("gone", "half", "return x / 9", "x"),
        entry("double", "half", "return 2 * x", "x"),
    ]
    code, said, caught = plant(tree, entries)
    assert (code, caught) == (1, {})
    assert "gone: its text occurs nowhere: 'return x / 9'" in said
    assert "double: its text occurs 2 times, in course_lib/two.py: 'return 2 * x'" in said
    assert said.splitlines()[-1] == "0 of 2 caught."


def test_a_test_that_fails_without_a_fault_is_named(tree: Path) -> None:
    (tree / "tests" / "test_first.py").write_text(
        "def test_no():\n    assert False\n", encoding="utf-8"
    )
    entries = [entry("a", "half", *WRONG_HALF), entry("b", "first", *WRONG_HALF)]
    code, said, caught = plant(tree, entries, "--only", "b")
    assert (code, caught) == (1, {})
    assert "b: tests/test_first.py::test_no fails without the fault" in said


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (['\n[[fault]]\nname = "a"\narea = "half"\nfrom = "1"\n'], "a: the entry has no to"),
        ([entry("a", "nowhere", "1", "2")], "a: there is no area 'nowhere'"),
        ([entry("a", "half", "1", "2")] * 2, "a: two faults have this name"),
        ([], "There is no 'half'; --list shows all faults and areas"),
    ],
)
def test_an_entry_that_is_wrong_is_named(tree: Path, entries: list[str], words: str) -> None:
    code, said, _caught = plant(tree, entries, "--area", "half")
    assert (code, words in said) == (2, True)


def test_every_fault_of_the_course_has_its_one_place() -> None:
    command = [sys.executable, str(SCRIPT), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *_faults, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert int(last.split()[0]) >= 70
