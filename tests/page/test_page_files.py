"""Files that the build makes for Python in a page, and the vendored packages."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import python_files
import python_pages
from browser_files import fetch
from conftest import ROOT
from sphinx.errors import ExtensionError

WHEELS = ROOT / "third_party" / "pyodide"
MANIFEST = json.loads((WHEELS / "manifest.json").read_text(encoding="utf-8"))
# Largest size, in bytes, of the scripts that a page with code loads before a click.
LIGHT = 10_000


@pytest.fixture(scope="module")
def lock() -> Any:
    path = fetch() / "pyodide" / "pyodide-lock.json"
    return json.loads(path.read_text(encoding="utf-8"))["packages"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("static") / "python"
    python_files.make_files(target, "one")
    return target


# --- vendored packages ------------------------------------------------------------------------


@pytest.mark.parametrize("name", MANIFEST["packages"])
def test_a_package_matches_the_lock_file_of_pyodide(lock: Any, name: str) -> None:
    ours, theirs = MANIFEST["packages"][name], lock[name]
    digest = hashlib.sha256((WHEELS / ours["file"]).read_bytes()).hexdigest()
    assert digest == ours["sha256"] == theirs["sha256"]
    assert ours["file"] == theirs["file_name"]
    assert ours["version"] == theirs["version"]
    assert ours["license"]


def test_manifest_lists_exactly_the_packages() -> None:
    named = {entry["file"] for entry in MANIFEST["packages"].values()}
    assert {path.name for path in WHEELS.iterdir()} == named | {"manifest.json", "README.md"}
    package = json.loads((fetch() / "pyodide" / "package.json").read_text(encoding="utf-8"))
    assert MANIFEST["pyodide"] == package["version"]


@pytest.mark.parametrize("name", MANIFEST["packages"])
def test_a_package_contains_its_licence(name: str) -> None:
    with zipfile.ZipFile(WHEELS / MANIFEST["packages"][name]["file"]) as wheel:
        assert any("LICENSE" in entry.upper() for entry in wheel.namelist())


# --- built files ------------------------------------------------------------------------------


def test_scripts_loaded_before_the_click_are_small(made: Path) -> None:
    assert (made / "page.js").stat().st_size < LIGHT
    # Classic scripts: browsers load no modules from local files.
    for name in ("page.js", "tools.js", "worker.js"):
        assert not re.search(r"^(import|export) ", (made / name).read_text(encoding="utf-8"))


def test_library_archive_contains_no_graders_and_no_data(made: Path) -> None:
    with zipfile.ZipFile(made / "course_lib.whl") as wheel:
        names = wheel.namelist()
    assert "course_lib/layers/__init__.py" in names
    assert "course_lib/checks/tasks.py" in names
    assert not [n for n in names if "/grading/" in n or "/student/" in n or n.endswith(".gz")]
    assert sorted(path.name for path in (made / "data").iterdir()) == sorted(
        path.name for path in (ROOT / "course_lib" / "data").glob("*.gz")
    )


def test_lock_file_lists_exactly_the_files(made: Path) -> None:
    [core] = made.glob("pyodide-*")
    packages = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    assert set(packages) == set(MANIFEST["packages"])
    for entry in packages.values():
        assert (core / entry["file_name"]).exists()
        assert set(entry["depends"]) <= set(packages)


@pytest.mark.slow
def test_files_are_built_once_for_each_state_of_the_sources(made: Path) -> None:
    mark = made / "mark"
    mark.touch()
    about = python_files.make_files(made, "one")
    assert mark.exists()
    assert python_files.make_files(made, "two") == {**about, "version": "two"}
    assert not mark.exists()
    total = sum(p.stat().st_size for p in made.rglob("*") if p.is_file())
    assert 0 < about["counted"] < about["bytes"] < total


def test_state_depends_on_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = python_files.state()
    assert python_files.state() == before
    (tmp_path / "src").mkdir()
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(python_files, "PACKAGES", tmp_path)
    assert python_files.state() != before


def test_a_script_that_cannot_be_bundled_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = fetch()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "page.js").write_text("import './nothing.js'; let let;")
    monkeypatch.setattr(python_files, "PACKAGES", tmp_path)
    with pytest.raises(ExtensionError, match=r"esbuild on page\.js said"):
        python_files.bundle("page.js", tmp_path, modules)


# --- the cells of a page ----------------------------------------------------------------------

TEXT = """# Page

```{code-cell} python
:tags: [remove-cell]

import numpy as np
```

```python
never = "run"
```

```{code-cell} python
np.pi
```
"""
BODY = '<div class="cell docutils container">np.pi</div>'


def test_hidden_cells_of_a_page_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(TEXT)
    cells = python_pages.code_cells(tmp_path / "page.md")
    assert python_pages.runs(cells)
    assert python_pages.plan(cells, BODY, "page") == [
        {"source": "import numpy as np", "shown": False},
        {"source": "np.pi", "shown": True},
    ]
    for body in ("", BODY * 2):
        with pytest.raises(ExtensionError, match=r"page shows \d code cells; its source has 1"):
            python_pages.plan(cells, body, "page")


@pytest.mark.parametrize(
    "text",
    [
        "# Text\n\n```python\n1\n```\n",
        "```{code-cell} python\n:tags: [remove-input]\n\n1\n```\n",
        "```{code-cell} python\nfrom course_lib.live import explore_training\n```\n",
    ],
    ids=["no cells", "figures only", "trains many networks"],
)
def test_a_page_without_runnable_code_is_unchanged(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.md").write_text(text)
    assert not python_pages.runs(python_pages.code_cells(tmp_path / "page.md"))
