"""Measure what starting takes: Python, the library, and the command `course`."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

from timing import compare, parser_of, save

COURSE = Path(sys.executable).with_name("course")
PROGRAMS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "import numpy": (sys.executable, "-c", "import numpy"),
    "import course_lib": (sys.executable, "-c", "import course_lib"),
    "import course_lib.layers": (sys.executable, "-c", "import course_lib.layers"),
    "import course_lib.networks": (sys.executable, "-c", "import course_lib.networks"),
    "course --help": (str(COURSE), "--help"),
}


def main() -> None:
    options = parser_of(__doc__, runs=7).parse_args()

    def start(words: tuple[str, ...]) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    candidates = {name: functools.partial(start, words) for name, words in PROGRAMS.items()}
    save(options.json, {"startup": compare(candidates, options.runs)})


if __name__ == "__main__":
    main()
