"""Go from nothing to a graded class: clone, install, make the exercises, grade, build the book.

It works in a clone of this repository, as it is committed, in a temporary folder. Packages come
from where pip gets them: from its cache, if they are there.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from timing import parser_of, save

ROOT = Path(__file__).parent.parent
STEPS = {
    "install": ("make", "--no-print-directory", ".venv/.installed"),
    "make the exercises": ("make", "--no-print-directory", "exercises"),
    "grade the demo class": ("make", "--no-print-directory", "demo"),
    "build the book": ("make", "--no-print-directory", "book"),
}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--no-book", action="store_true", help="leave the book out")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="clone-") as name:
        clone = Path(name) / "course"
        steps = {"clone": ("git", "clone", "--quiet", str(ROOT), str(clone)), **STEPS}
        for step, words in steps.items():
            if options.no_book and step == "build the book":
                continue
            start = time.perf_counter()
            run = subprocess.run(
                words,
                cwd=clone if clone.exists() else name,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if run.returncode:
                raise SystemExit(f"{step} failed:\n{run.stdout}")
            rows.append({"name": step, "seconds": time.perf_counter() - start})
            print(f"{step:<24}{rows[-1]['seconds']:8.1f} s", flush=True)
    save(options.json, {"steps": rows})


if __name__ == "__main__":
    main()
