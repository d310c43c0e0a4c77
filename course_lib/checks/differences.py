"""Whether gradients were taken by differences: their last digits tell.

A difference of two nearly equal numbers, divided by a small step, keeps the rounding errors of
both, made large: a gradient by central differences is off by some 1e-12 to 1e-10 of itself, and
where the input moves a little, by something else each time. A gradient by the chain rule is off
by less than 1e-14 in double precision, and by more than 1e-9 in single precision. Between the two
lies a wide gap, and no honest answer comes near its middle. An error that stays what it is when
the input moves, like that of a small constant against dividing by 0, is none of this.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.observe import Case, Seen
from course_lib.checks.values import NotNumbers, agrees

if TYPE_CHECKING:
    from course_lib.checks.task import Task

# Errors that jump by so much, relative to the gradient, are those of differences.
_LEAST, _MOST = 2e-13, 3e-9

# By so much the inputs move: more than single precision can tell apart.
_MOVE = 1e-7

# Elements that are small beside the largest are left out: they may be differences themselves.
_SMALL = 0.03

_CASES = 3


class ByDifferences(NotNumbers):
    """A gradient that was taken by differences, in place of its numbers."""


def by_differences(task: Task, answer: Any, cases: list[Case], seen: list[Seen]) -> bool:
    """Tell whether a gradient of an answer bears the marks of differences, in several cases."""
    places = [i for i, case in enumerate(cases) if not case.at][:_CASES]
    # Three inputs in a row, equally far from each other.
    tries = [[_moved(cases[i], times) for i in places] for times in (0, 1, 2)]
    got = [[seen[i] for i in places], *(task.observe_gradients(answer, one) for one in tries[1:])]
    want = [task.observe_gradients(task.reference, one) for one in tries]
    return any(
        _rough([_jumps(name, got, want, i) for i in range(len(places))]) for name in task.gradients
    )


def _rough(jumps: list[Array]) -> bool:
    """Tell whether these are the jumps of differences: of several elements, and of most."""
    ordered = np.sort(np.concatenate(jumps))
    return (ordered > _LEAST).sum() > 1 and bool(ordered[int(0.8 * ordered.size)] < _MOST)


def _jumps(name: str, got: list[list[Seen]], want: list[list[Seen]], i: int) -> Array:
    """Return by how much the relative error of each large element of a gradient jumps."""
    pairs = [(g[i][name], w[i][name]) for g, w in zip(got, want, strict=True)]
    # A gradient that is wrong has other faults, and large errors that say nothing here.
    if not all(isinstance(a, np.ndarray) and agrees(a, b) for a, b in pairs):
        return np.zeros(0)
    first = np.abs(pairs[0][1])
    large = first > _SMALL * first.max(initial=0)
    errors = [(a[large] - b[large]) / b[large] for a, b in pairs]
    return np.abs(errors[0] - 2 * errors[1] + errors[2])


def _moved(case: Case, times: int) -> Case:
    inputs = {
        name: value * (1 + times * _MOVE) if _moves(name, value) else value
        for name, value in case.inputs.items()
    }
    return dataclasses.replace(case, inputs=inputs)


def _moves(name: str, value: Any) -> bool:
    # A target may be one-hot, and is not any more if it moves.
    return name != "t" and not isinstance(value, dict) and np.asarray(value).dtype.kind == "f"
