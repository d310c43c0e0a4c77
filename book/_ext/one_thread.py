"""Let every page compute with one thread.

The chapters' matrices are small: more threads gain nothing, and on a busy machine they wait for
each other, so that seconds become minutes. And the last digits that a page prints do not then
depend on how many cores the machine has.
"""

from __future__ import annotations

import os
from typing import Any

# Read by the libraries that NumPy may have been built with, when a page's kernel starts.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def setup(_app: Any) -> dict[str, bool]:
    """Set what the kernels inherit, unless the author has."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
