"""Build the book from nothing, from executed cells, and with one page edited.

It works on a copy, with the library of that copy. What pages load in a browser must have been
fetched by an earlier build. "In kernels" is the time that cells take, with the start of their
kernels. A build from nothing executes pages side by side, so there it is the time by which that
build takes longer than one with executed cells.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from timing import parser_of, save

ROOT = Path(__file__).parent.parent
JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
PARTS = (
    "book",
    "course_lib",
    "exercises",
    "third_party",
    "_build/npm",
    "_config.yml",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
PAGE = "01_shopping_cart.md"
# What a build leaves, but for the executed cells.
MADE = ("html", ".doctrees", "jupyter_execute")
PROSE = "\nOne more sentence.\n"
CELL = "\n```{code-cell} python\nprint(1 + 1)\n```\n"


def copy_book(target: Path) -> None:
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)


def in_kernels(folder: Path) -> dict[tuple[str, str], float]:
    """Return how long the cells of each page took when they were last executed."""
    seconds = {}
    for path in (folder / "_build" / ".jupyter_cache").rglob("global.db"):
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(
                "SELECT uri, hashkey, json_extract(data, '$.execution_seconds') FROM nbcache"
            )
            seconds |= {(uri, key): float(taken or 0) for uri, key, taken in rows}
    return seconds


def build(folder: Path) -> tuple[float, float, int]:
    """Build the book; return seconds, seconds in kernels, and pages whose cells were executed."""
    before = in_kernels(folder)
    start = time.perf_counter()
    run = subprocess.run(
        [JUPYTER_BOOK, "build", "book", "-W", "--keep-going"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    taken = time.perf_counter() - start
    if run.returncode:
        raise SystemExit(run.stdout)
    executed = {key: value for key, value in in_kernels(folder).items() if key not in before}
    return taken, sum(executed.values()), len(executed)


def measure(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def row(what: str) -> None:
        taken, inside, pages = build(folder)
        rows.append({"name": what, "seconds": taken, "kernels": inside, "executed": pages})
        print(f"{what}: {taken:.1f} s", flush=True)

    row("clean build")
    for name in MADE:
        shutil.rmtree(folder / "_build" / name, ignore_errors=True)
    row("cells executed before")
    rows[0]["kernels"] = rows[0]["seconds"] - rows[1]["seconds"]
    for what, text in (("prose of one page edited", PROSE), ("code of one page edited", CELL)):
        with (folder / "book" / PAGE).open("a", encoding="utf-8") as page:
            page.write(text)
        row(what)
    row("nothing changed")
    print(f"\n{'':<26}{'seconds':>8}{'in kernels':>13}{'outside':>9}{'executed':>10}")
    for found in rows:
        taken, inside = found["seconds"], found["kernels"]
        print(
            f"{found['name']:<26}{taken:>8.1f}{inside:>13.1f}{taken - inside:>9.1f}"
            f"{found['executed']:>10}"
        )
    return rows


def main() -> None:
    options = parser_of(__doc__).parse_args()

    if not (ROOT / "_build" / "npm" / "done").exists():
        raise SystemExit("What pages load is not here; `make book` fetches it.")
    with tempfile.TemporaryDirectory() as folder:
        copy_book(Path(folder))
        save(options.json, {"builds": measure(Path(folder))})


if __name__ == "__main__":
    main()
