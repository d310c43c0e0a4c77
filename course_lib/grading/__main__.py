"""Start the command ``course``; report missing packages in one sentence."""

from __future__ import annotations

import io
import os
import sys

from course_lib.grading import import_only_what_is_installed

# The encoding of the console, for a process that was started again.
_CONSOLE = "COURSE_CONSOLE"


def main() -> None:
    """Run the command."""
    try:
        import_only_what_is_installed()
    except RuntimeError as error:
        sys.exit(f"course: {error}")
    use_utf8_for_files()
    try:
        from course_lib.grading.cli import main as course
    except ModuleNotFoundError as error:
        sys.exit(
            f"course: {error}. The exercises do not need this command. For grading, install: "
            "pip install 'backprop-course[grading]'."
        )
    except ImportError as error:  # such as a NumPy that is too old
        sys.exit(f"course: {error}")
    course()


def use_utf8_for_files() -> None:
    """Start Python again, in its UTF-8 mode, where the locale can't name every student's folder.

    The console keeps its encoding; it shows the characters that it lacks as escapes.
    """
    console = os.environ.pop(_CONSOLE, None)
    if console is None and sys.getfilesystemencoding().lower() != "utf-8":
        os.environ |= {_CONSOLE: getattr(sys.stdout, "encoding", "ascii"), "PYTHONUTF8": "1"}
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=console, errors="backslashreplace")


if __name__ == "__main__":
    main()
