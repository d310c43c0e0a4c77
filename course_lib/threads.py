"""The number of threads that NumPy's matrix products use."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_users = 0
_limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run matrix products on one thread, as a context or as a decorator.

    Products of a mini-batch take microseconds, so a second thread saves no time. On a busy machine,
    each product would also wait for that thread.

    The limit holds for the whole process. The first user sets it, nested and concurrent users share
    it, and the last one restores the previous number of threads. Without threadpoolctl,
    as in Pyodide, nothing changes.
    """
    global _users, _limit
    with _lock:
        if _users == 0 and (controller := _blas_controller()):
            _limit = controller.limit(limits=1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _limit is not None:
                _limit.restore_original_limits()
                _limit = None


@functools.cache
def _blas_controller() -> Any:
    """Return threadpoolctl's controller of the BLAS libraries; finding them takes milliseconds."""
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None
    return ThreadpoolController().select(user_api="blas")
