"""Import the few modules of nbgrader and nbconvert that grading needs, and not all the others.

Importing any module of a package runs the package's own file first. Those of nbgrader and
nbconvert import a web server, all exporters and every command, which takes a second and more;
that of our own checks imports NumPy, which whoever writes results down does not need. `lean` puts
packages in place that import their modules one by one, as they are asked for. Such a package stays
what it is: when it is asked for anything else, its own file runs after all. So whatever else a
later version imports costs time, and breaks nothing.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

# The packages, and the module in which to find a name that the package's own file would import.
PACKAGES: Mapping[str, Mapping[str, str]] = {
    "course_lib.checks": {},
    "nbconvert": {},
    "nbconvert.exporters": {},
    "nbconvert.preprocessors": {"Preprocessor": "base"},
    "nbgrader": {},
    "nbgrader.auth": {"Authenticator": "base", "BaseAuthPlugin": "base", "NoAuthPlugin": "base"},
    "nbgrader.preprocessors": {
        "AssignLatePenalties": "latesubmissions",
        "LimitOutput": "limitoutput",
        "NbGraderPreprocessor": "base",
        "SaveAutoGrades": "saveautogrades",
    },
}


def lean() -> None:
    """Put the packages in place; one that is missing, or imported already, is left as it is."""
    for name in PACKAGES:
        above, _dot, last = name.rpartition(".")
        if name in sys.modules or (above and above not in sys.modules):
            continue
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            module.__class__ = Lean
            sys.modules[name] = module
            if above:
                setattr(sys.modules[above], last, module)


class Lean(ModuleType):
    """A package whose own file has not run yet."""

    def __getattr__(self, name: str) -> Any:
        """Return what is not there yet: from one module, or from the package's own file."""
        package = self.__name__
        module = PACKAGES[package].get(name)
        if module is not None:
            found = getattr(importlib.import_module(f"{package}.{module}"), name)
            setattr(self, name, found)
            return found
        if not name.startswith("__") and find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
        self._become_whole()
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        """Return all names."""
        self._become_whole()
        return dir(self)

    def _become_whole(self) -> None:
        """Run the package's own file."""
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)
