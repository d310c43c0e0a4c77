"""Start the command ``course``; report missing packages in one sentence."""

from __future__ import annotations

import sys

from course_lib.grading import import_only_what_is_installed


def main() -> None:
    """Run the command."""
    try:
        import_only_what_is_installed()
    except RuntimeError as error:
        sys.exit(f"course: {error}")
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


if __name__ == "__main__":
    main()
