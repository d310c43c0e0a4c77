"""What crosses between the grader and the student process, counted and made fit to be shown."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

import numpy as np

from course_lib.checks.answer_side import Watch
from course_lib.grading.engine.shown import readable

_NUMBER = (bool, int, float, complex, np.generic)


def numbers(value: Any) -> float:
    """Return how many numbers a value is; what is none could be endless."""
    if isinstance(value, np.ndarray):
        return value.size
    if type(value) in (list, tuple):
        return 1 + sum(map(numbers, value))
    return 1 if value is None or isinstance(value, _NUMBER) else math.inf


def watched_as(watch: Watch | None) -> list[Any] | None:
    """Return what is sent of a watch."""
    return None if watch is None else [watch.method, list(watch.usual)]


def say_again(said: list[Any]) -> None:
    """Issue the warnings here that there were over there."""
    for message in said[:10]:
        warnings.warn(readable(message, 300), RuntimeWarning, stacklevel=2)


def word(name: str) -> str:
    """Return a name that can be shown: nothing in it but what a Python name has."""
    return re.sub(r"\W", "", name, flags=re.ASCII)[:60] or "object"
