"""Runs pytest inside Pyodide, with the packages of this machine that are Python alone.

`/root` is the course and `/host` the site-packages here; `names` are pytest's arguments. NumPy and
matplotlib are Pyodide's own. Hypothesis has parts in machine code: its tests are skipped.
"""

import os
import site
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

PACKAGES = ("pytest", "_pytest", "pluggy", "iniconfig", "pygments", "yaml")
SITE = Path(site.getsitepackages()[0])


def without_hypothesis():
    """Return a module in whose place tests that draw numbers by hypothesis are skipped."""
    import pytest

    def given(*_arguments, **_strategies):
        def skipped(test):
            @pytest.mark.skip(reason="hypothesis is not built for Pyodide")
            def nothing():
                pass

            nothing.__name__ = test.__name__
            return nothing

        return skipped

    module = ModuleType("hypothesis")
    module.__path__ = []
    module.given = given
    for name in ("settings", "assume", "example"):
        setattr(module, name, lambda *_arguments, **_words: lambda test: test)
    module.HealthCheck = MagicMock()
    parts = ("strategies", "extra", "extra.numpy")
    return {"hypothesis": module} | {f"hypothesis.{part}": MagicMock() for part in parts}


for name in (*PACKAGES, "py.py"):
    os.symlink(f"/host/{name}", SITE / name)
os.environ |= {"MPLBACKEND": "agg", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
os.chdir("/root")
sys.path[:0] = ["/root", "/root/tests", "/root/tests/graphs"]
sys.dont_write_bytecode = True
import numpy  # noqa: E402
import pytest  # noqa: E402

sys.modules.update(without_hypothesis())
print("NumPy", numpy.__version__)
# There are no file descriptors to catch what is printed, and no signals for faulthandler.
OPTIONS = ("-p", "no:cacheprovider", "-p", "no:faulthandler", "--capture=sys", "-q")
int(pytest.main([*OPTIONS, *globals()["names"]]))
