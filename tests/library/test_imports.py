"""Imports run downwards without cycles, and layers import no heavy package."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "course_lib"

# A part may import parts of a lower rank and modules of its own subpackage, but no other part of
# the same rank. A part that is missing here fails the test.
RANKS = {
    "grading": 90,
    "misconceptions": 85,
    "checks": 80,
    "answers": 65,
    "live": 65,
    "training": 60,
    "graphs": 60,
    "networks": 50,
    "layers": 40,
    "functions": 30,
    "gradients": 30,
    "history": 20,
    "notebook": 20,
    "autodiff": 20,
    "datasets": 20,
    "arrays": 10,
    "figures": 10,
    "progress": 10,
    "text": 10,
    "threads": 10,
}

# The same inside `grading`: a module imports only from the rows above it and from its own package.
# A name stands for a module, or for the modules of a package that are not named themselves.
GRADING = (
    ("course", "names", "sanitize", "student"),
    ("notebooks", "sandbox"),
    ("gradebook.nbgrader",),
    ("assignment", "gradebook.scores", "release"),
    ("submitted",),
    ("jobs",),
    ("execute", "outcome", "results"),
    ("executors", "feedback"),
    ("authoring", "gradebook.write", "lms"),
    ("run", "safe_execute"),
    ("demo",),
    ("cli",),
    ("__main__",),
)

# In the student process this is a separate package without course_lib.
ON_ITS_OWN = Path("grading/student")


def imported_parts(source: str, *, on_its_own: bool = False) -> set[str]:
    """Return the parts of course_lib that a module imports, also inside functions."""
    parts = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or (on_its_own and node.level == 1), "imports are absolute"
            module = node.module or ""
            names = [module]
            if module == "course_lib":
                names = [f"course_lib.{alias.name}" for alias in node.names]
        else:
            continue
        parts |= {name.split(".")[1] for name in names if name.startswith("course_lib.")}
    return {part for part in parts if not part.startswith("__")}  # __version__ is no part


def upward(part: str, source: str, *, on_its_own: bool = False) -> set[str]:
    """Return the imports of a module of `part` that do not run downwards."""
    return {
        other
        for other in imported_parts(source, on_its_own=on_its_own)
        if other != part and RANKS.get(other, 100) >= RANKS.get(part, -1)
    }


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    part = part_of(path)
    if part != "__init__":
        assert part in RANKS, f"give {part} its place in RANKS"
    on_its_own = ON_ITS_OWN in path.relative_to(PACKAGE).parents
    assert upward(part, path.read_text(), on_its_own=on_its_own) == set()


def imported_modules(source: str, known: set[str]) -> set[str]:
    """Return the modules among `known` that a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & known
            # `from package import module` depends only on the module.
            found |= inner if len(inner) == len(node.names) else inner | {node.module}
    return found & known


def cyclic_modules(sources: dict[str, str]) -> set[str]:
    """Return the names of the modules in import cycles."""
    imports = {name: imported_modules(source, set(sources)) for name, source in sources.items()}
    while ends := {name for name, others in imports.items() if not others & imports.keys()}:
        imports = {name: others for name, others in imports.items() if name not in ends}
    # The rest leads into a cycle; modules that no other one imports only lead to it.
    while starts := imports.keys() - set().union(*imports.values()):
        imports = {name: others for name, others in imports.items() if name not in starts}
    return set(imports)


def sources_of(part: str) -> dict[str, str]:
    """Return the sources of a part's modules by full name."""
    return {
        ".".join(("course_lib", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path.read_text()
        for path in modules()
        if part_of(path) == part
    }


@pytest.mark.parametrize("part", ["answers", "checks", "graphs", "grading", "layers", "live"])
def test_modules_have_no_import_cycle(part: str) -> None:
    sources = sources_of(part)
    assert len(sources) > 3
    assert cyclic_modules(sources) == set()


def row_of(module: str) -> tuple[int, str]:
    """Return the row of a module in `GRADING`, and the name that stands for it there."""
    rows = {name: i for i, names in enumerate(GRADING) for name in names}
    name = module.removeprefix("course_lib.grading.")
    while name not in rows:
        assert "." in name, f"give {module} its place in GRADING"
        name = name.rpartition(".")[0]
    return rows[name], name


def not_downwards(sources: dict[str, str]) -> set[tuple[str, str]]:
    """Return pairs of modules of `grading`: the first imports the second, which is not above it."""
    # The files __init__.py of the packages import nothing.
    packages = {name for name in sources if any(other.startswith(f"{name}.") for other in sources)}
    known = sources.keys() - packages
    return {
        (name, other)
        for name in known
        for other in imported_modules(sources[name], known)
        if row_of(other)[0] >= row_of(name)[0] and row_of(other)[1] != row_of(name)[1]
    }


def test_imports_inside_grading_run_downwards() -> None:
    assert not_downwards(sources_of("grading")) == set()


@pytest.mark.parametrize(
    ("module", "source", "other"),
    [
        ("jobs", "from course_lib.grading.run import grade", "run"),
        ("gradebook.scores", "from course_lib.grading.gradebook import write", "gradebook.write"),
        ("executors", "def f():\n    from course_lib.grading.feedback import class_page",
         "feedback.class_page"),
    ],
)  # fmt: skip
def test_an_upward_import_inside_grading_is_found(module: str, source: str, other: str) -> None:
    sources = sources_of("grading")
    name = f"course_lib.grading.{module}"
    changed = sources | {name: sources[name] + "\n" + source}
    assert not_downwards(changed) == {(name, f"course_lib.grading.{other}")}


def test_a_new_module_of_grading_needs_a_place() -> None:
    sources = sources_of("grading") | {"course_lib.grading.new": "import course_lib.grading.jobs"}
    with pytest.raises(AssertionError, match="GRADING"):
        not_downwards(sources)


def test_cyclic_modules_finds_import_cycles() -> None:
    sources = {
        "p.a": "from p.b import x",
        "p.b": "def f():\n    import p.c",
        "p.c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p import a",
        "p.d": "from p.a import y",
        "p.e": "import numpy",
    }
    assert cyclic_modules(sources) == {"p.a", "p.b", "p.c"}
    assert cyclic_modules(sources | {"p.b": "import p.e"}) == set()


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("layers", "import course_lib.networks"),
        ("layers", "from course_lib.checks import relu"),
        ("layers", "from course_lib import misconceptions"),
        ("functions", "def f():\n    from course_lib.layers import Relu"),
        ("graphs", "from course_lib.training import train"),
        ("checks", "import numpy, course_lib.misconceptions"),
        ("layers", "from course_lib.something_new import x"),
        ("something_new", "from course_lib.arrays import Array"),
    ],
)
def test_upward_imports_are_detected(part: str, source: str) -> None:
    assert upward(part, source)


def test_downward_imports_are_allowed() -> None:
    source = "import numpy\nfrom course_lib.arrays import Array\nfrom course_lib.layers import base"
    assert upward("layers", source) == set()
    with pytest.raises(AssertionError, match="absolute"):
        upward("layers", "from .base import Layer")


HEAVY = ("matplotlib", "IPython", "nbgrader", "tqdm", "ipywidgets", "jupytext", "nbformat")


@pytest.mark.parametrize(
    "part", ["layers", "networks", "training", "live", "checks", "misconceptions"]
)
def test_import_loads_no_heavy_package(part: str) -> None:
    code = (
        f"import sys, course_lib.{part}; print(*(set(sys.modules) & set({HEAVY})), end='')"
    )  # fmt: skip
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == ""
