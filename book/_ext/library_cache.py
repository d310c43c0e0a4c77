"""Make the book's execution cache notice a change in `course_lib`.

The cache knows a page by its own code cells alone, and would go on showing numbers of a layer
that has changed since. So every state of the library gets a cache of its own. The path is part
of Sphinx's environment: when it changes, Sphinx reads every page again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import course_lib

# A drawn figure carries the player's script and style sheet with it; misconceptions are TOML.
_KINDS = (".py", ".toml", ".js", ".css")


def library_hash(root: Path) -> str:
    """Return a short hash over the names and contents of the files that make a page."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in _KINDS):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def use_own_cache(_app: Any, config: Any) -> None:
    """Point the execution cache to a folder named after the state of the library."""
    root = Path(course_lib.__file__).parent
    cache = Path(config.nb_execution_cache_path).resolve()
    config.nb_execution_cache_path = str(cache / library_hash(root))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("config-inited", use_own_cache)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
