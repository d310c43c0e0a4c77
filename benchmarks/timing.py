"""What the benchmarks share: medians of interleaved runs, printed side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def compare(candidates: dict[str, Callable[[], object]], runs: int) -> None:
    """Time each candidate `runs` times in turn and print medians; the first is the measure.

    The runs alternate, so that a slow spell of the machine falls on all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    base = next(iter(medians.values()))
    width = max(map(len, medians))
    for name, median in medians.items():
        spread = f"{min(seconds[name]):.3f} to {max(seconds[name]):.3f} s"
        share = f"{median / base:6.3f} of the first"
        print(f"{name:<{width}}  {median:8.3f} s  ({spread})  {share}, {base / median:5.1f} times")
