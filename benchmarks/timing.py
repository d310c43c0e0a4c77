"""What the benchmarks share: interleaved runs, their medians, and the file of results."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy  # noqa: F401 - threadpool_info finds only what is loaded
from threadpoolctl import threadpool_info, threadpool_limits

STARTED = time.perf_counter()
RESULTS = Path(__file__).with_name("results.json")
# Versions that decide how fast things are.
PACKAGES = ("numpy", "sphinx", "nbgrader", "nbconvert")
_THREADS = "OPENBLAS_NUM_THREADS"

# What a candidate may give back: what it found, and "seconds" if it took the time itself.
Found = dict[str, float] | None


def parser_of(description: str | None, **runs: int) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark; `runs` is the default of `--runs`."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="put the figures into this file of results"
    )
    for name, default in runs.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    return parser


def compare(candidates: Mapping[str, Callable[[], Found]], runs: int) -> list[dict[str, Any]]:
    """Time each candidate `runs` times in turn, print medians and return them.

    The first is the measure. The runs alternate, so that a slow spell of the machine falls on
    all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    found: dict[str, dict[str, float]] = {}
    for _ in range(runs):
        for name, run in candidates.items():
            start = time.perf_counter()
            got = dict(run() or {})
            seconds[name].append(got.pop("seconds", time.perf_counter() - start))
            found[name] = got
    rows = [summary(name, seconds[name]) | found[name] for name in candidates]
    base = rows[0]["median"]
    width = max(map(len, candidates))
    for row in rows:
        row["times"] = base / row["median"]
        spread = f"{row['least']:.3f} to {row['most']:.3f} s"
        print(f"{row['name']:<{width}}  {row['median']:8.3f} s  ({spread}), {row['times']:6.1f}x")
    return rows


def by_threads(run: Callable[[], Found]) -> dict[str, Callable[[], Found]]:
    """Return two candidates: `run` in a process of one BLAS thread, and with NumPy's default."""

    def limited(threads: int) -> Found:
        with threadpool_limits(limits=threads, user_api="blas"):
            return run()

    return {
        "one thread": lambda: limited(1),
        "a thread per processor": lambda: limited(os.cpu_count() or 1),
    }


def summary(name: str, seconds: list[float]) -> dict[str, Any]:
    """Return the median and the spread of some runs."""
    return {
        "name": name,
        "median": statistics.median(seconds),
        "least": min(seconds),
        "most": max(seconds),
        "runs": len(seconds),
    }


def save(path: Path | None, tables: dict[str, list[dict[str, Any]]], **more: Any) -> None:
    """Put a benchmark's tables into the file of results, in the place of its last ones."""
    if path is None:
        return
    name = Path(sys.argv[0]).stem
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[name] = {
        "command": command(sys.argv),
        "machine": machine(),
        "took": round(time.perf_counter() - STARTED),
        **more,
        "tables": {key: [_rounded(row) for row in rows] for key, rows in tables.items()},
    }
    text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False) + "\n"
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.absolute().parent, delete=False
    ) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def command(argv: list[str]) -> str:
    """Return what repeats this run, without the file that its figures went to."""
    words = list(argv[1:])
    if "--json" in words:
        at = words.index("--json")
        del words[at : at + 2]
    threads = f"{_THREADS}={os.environ[_THREADS]} " if _THREADS in os.environ else ""
    return threads + shlex.join(["python", f"benchmarks/{Path(argv[0]).name}", *words])


def machine() -> dict[str, Any]:
    """Return what the figures depend on; nothing that tells whose machine it is."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    packages = {name: version(name) for name in PACKAGES}
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "date": time.strftime("%Y-%m-%d"),
        "products": products(),
        "versions": {"Python": platform.python_version()} | packages,
    }


def products() -> str:
    """Return what NumPy multiplies matrices with; the environment may have chosen for it."""
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not found:
        return "unknown products"
    return "{internal_api} {version} ({architecture}, threads: {num_threads})".format(**found[0])


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: float(f"{value:.4g}") if isinstance(value, float) else value
        for key, value in row.items()
    }
