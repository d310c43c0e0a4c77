"""The part of course_lib that a student process can import."""

from __future__ import annotations

import ast
import atexit
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

import course_lib

_LIBRARY = Path(course_lib.__file__).parent
_STUB = Path(__file__).parents[1] / "student" / "stub"

# The student process itself needs these modules. They contain no answers.
_NEEDED_TO_SERVE = ("course_lib.checks.side", "course_lib.notebook")


@cache
def given_package(modules: tuple[str, ...] = ()) -> Path:
    """Return a folder with a `course_lib` that has only these modules and what they import.

    It has no reference answers, no checks and no misconceptions.
    """
    folder = Path(tempfile.mkdtemp(prefix="given-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(_STUB, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for file in sorted(_needed((*modules, *_NEEDED_TO_SERVE))):
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
    """Return the modules of course_lib that sources import, except checks and answers."""
    found = {name for source in sources for name in _imports(source) if not _is_secret(name)}
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
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    ours = [name for name in names if name.split(".")[0] == "course_lib" and name != "course_lib"]
    return [name for name in map(_defining, ours) if _file(name)]


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
