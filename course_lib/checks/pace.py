"""Whether work grows with the steps of a calculation, or with the ways through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Work that grows with the steps takes about as long for both calculations; work that grows with
# the ways takes hundreds of times as long. A pause of the machine may hit one try, not all: the
# shortest counts.
_TIMES, _TRIES = 20, 5


def keeps_pace(few_ways: Callable[[], Any], many_ways: Callable[[], Any]) -> bool:
    """Tell whether two calculations of equally many steps take about equally long."""
    limit = _TIMES * min(_seconds(few_ways) for _try in range(_TRIES))
    return any(_seconds(many_ways) <= limit for _try in range(_TRIES))


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
