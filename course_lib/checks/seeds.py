"""Where the numbers of a check begin: anew at each call, or from a seed that somebody noted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

_NOTED: ContextVar[np.random.SeedSequence | None] = ContextVar("noted", default=None)


def fresh_seed() -> int:
    """Return a seed that nobody can foresee, or the next one of those that `seeded` began."""
    noted = _NOTED.get()
    source = np.random.SeedSequence() if noted is None else noted.spawn(1)[0]
    return int(source.generate_state(1)[0])


@contextmanager
def seeded(seed: int, name: str) -> Iterator[None]:
    """Let the checks inside draw what they drew the last time for the same seed and name."""
    token = _NOTED.set(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))
    try:
        yield
    finally:
        _NOTED.reset(token)
