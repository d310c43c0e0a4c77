"""The instructor's tools: release assignments, grade a class, show where the results are.

Start reading at :mod:`course_lib.grading.cli`, which is the command ``course``. nbgrader does the
stripping, the grading and the book-keeping; what stands here feeds it and guards what comes out.
"""

import os
import sys
from pathlib import Path


def import_only_what_is_installed() -> None:
    """Never import a module from the current folder, here or in a Python started from here.

    The current folder may be a student's: a `socket.py` in it would run with the rights of whoever
    grades. Python puts that folder on its path for ``-m`` and ``-c``, and for the processes that
    `multiprocessing` starts; an empty entry of PYTHONPATH means the same.

    Raises
    ------
    RuntimeError
        If Python ignores the variable that keeps its child processes safe.
    """
    if sys.flags.ignore_environment and not sys.flags.safe_path:
        raise RuntimeError(
            "Python was started with -E: the processes it starts would import modules from the "
            "current folder, which may be a student's. Start it with -I or -P as well."
        )
    os.environ["PYTHONSAFEPATH"] = "1"
    if path := os.environ.get("PYTHONPATH"):
        os.environ["PYTHONPATH"] = os.pathsep.join(_without_current(path.split(os.pathsep)))
    sys.path[:] = _without_current(sys.path)


def _without_current(entries: list[str]) -> list[str]:
    """Leave out what means the current folder, unless this package itself lies in it."""
    home, here = Path(__file__).resolve().parents[2], Path.cwd().resolve()
    return [
        entry
        for entry in entries
        if os.path.isabs(entry) and (here == home or Path(entry).resolve() != here)
    ]
