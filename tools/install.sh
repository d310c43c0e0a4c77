#!/bin/sh
# Create .venv with exactly the packages of requirements.lock. Called by make, in the root.
set -eu
PYTHON="${PYTHON:-python3}"

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$PYTHON" >/dev/null ||
    fail "There is no '$PYTHON' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3."
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])') ||
    fail "'$PYTHON' does not run. Name another Python: make PYTHON=/path/to/python3."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$PYTHON' is Python $version; the course needs 3.11 or newer. Name one: make PYTHON=/path/to/python3."
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$PYTHON' can't make virtual environments. On Debian and Ubuntu: sudo apt install python$version-venv."

# Replace an environment that belongs to another copy, or to a Python that was removed.
.venv/bin/python -c 'import os, sys; sys.exit(not os.path.samefile(sys.prefix, ".venv"))' 2>/dev/null ||
    "$PYTHON" -m venv --clear .venv

echo "Installing the packages of requirements.lock into .venv; the first time takes a minute or two."
pip() {
    .venv/bin/python -m pip --disable-pip-version-check "$@" ||
        fail "pip could not install the packages, for the reason above. Check that the package index can be reached."
}
pip install --quiet --require-hashes --requirement requirements.lock
pip install --quiet --no-deps --no-build-isolation --editable .
