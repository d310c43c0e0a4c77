"""Stand-ins for the checks, for cells that call them. The checks themselves run in the grader."""

from __future__ import annotations


class _Check:
    """An object that accepts every call and attribute, and does nothing."""

    def __call__(self, *_args: object, **_settings: object) -> _Check:
        return self

    def __getattr__(self, name: str) -> _Check:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __repr__(self) -> str:
        return "This check runs when the work is graded."


def __getattr__(name: str) -> _Check:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Check()
