"""Import notebook tools without what optional packages build for seconds."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

# With them jsonschema would check addresses, dates and durations, of which a notebook has none.
_FORMATS = ("isoduration", "rfc3986_validator", "rfc3987_syntax")


@contextlib.contextmanager
def without_formats() -> Iterator[None]:
    """Let imports in this block go without the packages that check formats in schemas."""
    absent = [name for name in _FORMATS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
