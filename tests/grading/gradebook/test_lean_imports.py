"""Only what grading needs is imported, and the packages stay what they are."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from types import ModuleType

import pytest

from course_lib.grading.gradebook import nbgrader as lean_imports
from course_lib.grading.gradebook.nbgrader import PACKAGES, Lean, import_nbgrader, lean

WRITER = """
import sys
from course_lib.grading.gradebook.nbgrader import import_gradebook
import_gradebook()
import course_lib.grading.gradebook.write
from course_lib.grading.gradebook.write import Gradebook, SaveAutoGrades
"""


def in_another(code: str) -> str:
    """Return what code prints in a process of its own, in which nothing was imported yet."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_writer_of_results_imports_no_server_no_exporter_and_no_numpy() -> None:
    heavy = "{'jupyter_server', 'nbclient', 'mistune', 'requests', 'nbgrader.apps', 'numpy'}"
    assert in_another(f"{WRITER}\nprint(sorted({heavy} & set(sys.modules)))") == "[]"


def test_what_nobody_needed_is_there_when_it_is_asked_for() -> None:
    said = in_another(
        f"{WRITER}\n"
        "import nbconvert, nbgrader, course_lib.checks\n"
        "from nbgrader.converters import Autograde\n"
        "from nbgrader.preprocessors import Execute\n"
        "print(nbgrader.__version__, nbgrader.apps.__name__, Execute.__name__)\n"
        "print(nbconvert.HTMLExporter.__module__, nbconvert.__version__)\n"
        "print(len(course_lib.checks.all_tasks()) > 1)\n"
        "print(nbgrader.preprocessors.SaveAutoGrades is SaveAutoGrades)"
    )
    nbgrader, nbconvert = map(importlib.metadata.version, ("nbgrader", "nbconvert"))
    assert said.splitlines() == [
        f"{nbgrader} nbgrader.apps Execute",
        f"nbconvert.exporters.html {nbconvert}",
        "True",
        "True",
    ]


@pytest.mark.parametrize("package", [name for name, names in PACKAGES.items() if names])
def test_each_name_is_what_the_package_itself_calls_so(package: str) -> None:
    import_nbgrader()
    for name, module in PACKAGES[package].items():
        its_own = getattr(importlib.import_module(f"{package}.{module}"), name)
        said = in_another(f"import {package}; print({package}.{name}.__module__)")
        assert said == its_own.__module__


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a package that counts how often its own file has run."""
    folder = tmp_path_factory.mktemp("packages") / "small_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .rest import RUNS\nRUNS.append(1)\nother = 2\n")
    (folder / "rest.py").write_text("RUNS = []\nclass Thing:\n    pass\n")
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr(
        lean_imports, "PACKAGES", {"small_package": {"Thing": "rest"}, "no_such_package": {}}
    )
    monkeypatch.delitem(sys.modules, "small_package", raising=False)
    monkeypatch.delitem(sys.modules, "small_package.rest", raising=False)
    return "small_package"


def test_its_own_file_runs_when_it_must_and_once(small: str) -> None:
    lean()
    package = sys.modules[small]
    assert isinstance(package, Lean)
    assert package.Thing is package.rest.Thing
    assert package.rest.RUNS == []
    assert package.other == 2
    assert type(package) is ModuleType
    assert importlib.import_module(small) is package
    assert package.rest.RUNS == [1]
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


def test_a_name_that_nobody_has_is_an_error(small: str) -> None:
    lean()
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = sys.modules[small].no_such_name


def test_all_names_are_listed(small: str) -> None:
    lean()
    assert {"other", "RUNS"} <= set(dir(sys.modules[small]))


def test_what_is_missing_or_there_already_is_left_as_it_is(small: str) -> None:
    before = importlib.import_module(small)
    lean()
    assert sys.modules[small] is before
    assert type(before) is ModuleType
    assert "no_such_package" not in sys.modules


def test_the_grammar_of_web_addresses_is_kept_out_of_one_import_only() -> None:
    said = in_another(
        "import sys, course_lib.grading.notebooks\n"
        "from importlib.util import find_spec\n"
        "print('jsonschema' in sys.modules, 'rfc3987_syntax' in sys.modules)\n"
        "print(find_spec('rfc3987_syntax').name)"
    )
    assert said.splitlines() == ["True False", "rfc3987_syntax"]


def test_jsonschema_still_imports_the_grammar_by_itself() -> None:
    said = in_another(
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'rfc3987_syntax':\n"
        "            print(name)\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import jsonschema"
    )
    assert said == "rfc3987_syntax"
