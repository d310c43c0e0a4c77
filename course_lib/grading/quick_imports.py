"""Import notebook tools without the grammars that one optional package builds for seconds."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

_GRAMMARS = "rfc3987_syntax"


@contextlib.contextmanager
def without_grammars() -> Iterator[None]:
    """Let imports in this block go without that package: it would check addresses in schemas."""
    absent = _GRAMMARS not in sys.modules
    if absent:
        sys.modules[_GRAMMARS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[_GRAMMARS]
