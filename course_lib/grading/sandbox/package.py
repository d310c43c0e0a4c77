"""The packages that a student process can import, and the part of course_lib."""

from __future__ import annotations

import ast
import atexit
import contextlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course_lib
from course_lib.grading.names import parsed

_LIBRARY = Path(course_lib.__file__).parent
_STUB = Path(__file__).parents[1] / "student" / "stub"

# The student process itself needs these modules. They contain no answers.
_NEEDED_TO_SERVE = ("course_lib.checks.side", "course_lib.notebook")
# Packages for every assignment, and of the student process itself.
_ALWAYS = ("numpy", "matplotlib", "IPython", "msgpack")
# The file with the names of the other packages that an assignment may use.
_NAMED = "packages.txt"


@cache
def given_package(modules: tuple[str, ...] = ()) -> Path:
    """Return a folder with a `course_lib` that has only these modules and what they import.

    It has no reference answers, no checks and no misconceptions. A file in it names the packages
    that the modules import, and those among the modules.
    """
    folder = Path(tempfile.mkdtemp(prefix="given-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(_STUB, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    needed = sorted(_needed((*modules, *_NEEDED_TO_SERVE)))
    named = {name for file in needed for name in _packages(file.read_text(encoding="utf-8"))}
    named |= {name for name in modules if not _is_ours(name)}
    (folder / _NAMED).write_text("\n".join(sorted(named)), encoding="utf-8")
    for file in needed:
        place = folder / "course_lib" / file.relative_to(_LIBRARY)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    if "course_lib.datasets" in modules:
        shutil.copytree(_LIBRARY / "data", folder / "course_lib" / "data", dirs_exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def imported(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the packages and modules that sources import, except checks and answers."""
    found = {
        name
        for source in sources
        for name in (*_imports(source), *_packages(source))
        if not _is_secret(name)
    }
    return tuple(sorted(found))


def _needed(modules: Iterable[str]) -> set[Path]:
    """Return the files of modules, of their parent packages, and of everything they import."""
    files: set[Path] = set()
    todo = list(modules)
    while todo:
        name = todo.pop()
        todo += [name.rpartition(".")[0]] if name.count(".") > 1 else []
        file = _file(name)
        if file and file not in files and not (_is_secret(name) and name not in _NEEDED_TO_SERVE):
            files.add(file)
            todo += _imports(file.read_text(encoding="utf-8"))
    return files


def _imports(source: str) -> list[str]:
    """Return the modules of course_lib that a source imports."""
    names = [name for name in _imported_names(source) if _is_ours(name) and name != "course_lib"]
    return [name for name in map(_defining, names) if _file(name)]


def _packages(source: str) -> set[str]:
    """Return the packages, other than course_lib, that a source imports."""
    names = {name.partition(".")[0] for name in _imported_names(source)}
    return names - {"course_lib", "__future__", *sys.stdlib_module_names}


def _imported_names(source: str) -> Iterator[str]:
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "course_lib"


def _file(name: str) -> Path | None:
    path = _LIBRARY.parent.joinpath(*name.split("."))
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _defining(name: str) -> str:
    """Return the module that defines a name that a package exports, as course_lib.layers.Mul."""
    package, _, attribute = name.rpartition(".")
    file = _file(package)
    if _file(name) or not file or file.name != "__init__.py" or _is_secret(package):
        return name
    return getattr(getattr(import_module(package), attribute, None), "__module__", name)


def _is_secret(name: str) -> bool:
    """Return whether a module contains checks or answers."""
    return name.startswith(("course_lib.checks", "course_lib.answers", "course_lib.misconceptions"))


# --- packages -------------------------------------------------------------------------------------


def named_packages(package: Path) -> tuple[str, ...]:
    """Return the names of the packages that go with a folder of `given_package`."""
    named = (package / _NAMED).read_text(encoding="utf-8").split()
    return tuple(dict.fromkeys((*_ALWAYS, *named)))


@cache
def installed_files(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the files and folders of packages, and of all packages that these require.

    Parameters
    ----------
    packages : tuple of str
        The names by which they are imported. Those that are not installed are left out.

    Returns
    -------
    dict of str to str
        For each name in the folder of packages, its path.
    """
    found: dict[str, str] = {}
    todo = [one for name in packages for one in _distributions(name)]
    seen = set[str]()
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            path = Path(spec.origin)
            path = path.parent if spec.submodule_search_locations else path
            found[path.name] = str(path.resolve())
    while todo:
        if (name := todo.pop()) in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        record = (distribution.read_text("RECORD") or "").splitlines()
        # Scripts begin with "../".
        for top in {re.split("[/,]", line, maxsplit=1)[0] for line in record} - {"..", ""}:
            if top not in found:
                found[top] = os.path.realpath(str(distribution.locate_file(top)))
        # `distribution.requires` parses the whole description, which takes ten times as long.
        head = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
        for wanted in map(Requirement, re.findall("^Requires-Dist: (.*)", head, flags=re.M)):
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                todo.append(canonicalize_name(wanted.name))
    return {
        top: path
        for top, path in sorted(found.items())
        if os.path.exists(path) and not (_is_ours(top) or top.endswith((".pth", "__pycache__")))
    }


def _distributions(name: str) -> list[str]:
    """Return the names of the distributions with the package `name`; most have its name."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        metadata.distribution(name)
        return [canonicalize_name(name)]
    if importlib.util.find_spec(name) is None:
        return []
    return [*map(canonicalize_name, metadata.packages_distributions().get(name, ()))]
