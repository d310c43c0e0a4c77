"""Lean imports skip modules that grading does not need, without changing the packages."""

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


def printed_by_new_process(code: str) -> str:
    """Run code in a new process and return its printed text."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_gradebook_writer_imports_no_server_no_exporter_and_no_numpy() -> None:
    heavy = "{'jupyter_server', 'nbclient', 'mistune', 'requests', 'nbgrader.apps', 'numpy'}"
    assert printed_by_new_process(f"{WRITER}\nprint(sorted({heavy} & set(sys.modules)))") == "[]"


def test_skipped_modules_are_imported_on_first_use() -> None:
    said = printed_by_new_process(
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


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("package", [name for name, names in PACKAGES.items() if names])
def test_each_lean_name_is_the_same_object_as_in_the_package(package: str) -> None:
    import_nbgrader()
    names = PACKAGES[package]
    said = printed_by_new_process(
        f"import {package}\nfor name in {[*names]}: print(getattr({package}, name).__module__)"
    )
    its_own = [
        getattr(importlib.import_module(f"{package}.{module}"), name).__module__
        for name, module in names.items()
    ]
    assert said.split() == its_own


@pytest.fixture
def small_package(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a package whose `RUNS` counts the runs of its `__init__.py`."""
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


def test_init_file_runs_once_and_only_when_needed(small_package: str) -> None:
    lean()
    package = sys.modules[small_package]
    assert isinstance(package, Lean)
    assert package.Thing is package.rest.Thing
    assert package.rest.RUNS == []
    assert package.other == 2
    assert type(package) is ModuleType
    assert importlib.import_module(small_package) is package
    assert package.rest.RUNS == [1]
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


def test_an_unknown_name_raises_attribute_error(small_package: str) -> None:
    lean()
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = sys.modules[small_package].no_such_name


def test_dir_lists_all_names(small_package: str) -> None:
    lean()
    assert {"other", "RUNS"} <= set(dir(sys.modules[small_package]))


def test_missing_and_imported_packages_are_left_unchanged(small_package: str) -> None:
    before = importlib.import_module(small_package)
    lean()
    assert sys.modules[small_package] is before
    assert type(before) is ModuleType
    assert "no_such_package" not in sys.modules


def test_rfc3987_syntax_is_hidden_only_during_the_import_of_jsonschema() -> None:
    said = printed_by_new_process(
        "import sys, course_lib.grading.notebooks\n"
        "from importlib.util import find_spec\n"
        "print('jsonschema' in sys.modules, 'rfc3987_syntax' in sys.modules)\n"
        "print(find_spec('rfc3987_syntax').name)"
    )
    assert said.splitlines() == ["True False", "rfc3987_syntax"]


def test_jsonschema_alone_imports_rfc3987_syntax() -> None:
    said = printed_by_new_process(
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
