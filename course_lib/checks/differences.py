"""Whether gradients were taken by differences: their last digits tell.

A difference of two nearly equal numbers, divided by a small step, keeps the rounding errors of
both, made large: a gradient by central differences is off by some 1e-12 to 1e-10 of itself, and
where the input moves a little, by something else each time. A gradient by the chain rule is off
by less than 1e-14 in double precision, and by more than 1e-9 in single precision. Between the two
lies a wide gap, and no honest answer comes near its middle. An error that stays what it is when
the input moves, like that of a small constant against dividing by 0, is none of this.

Differences of a linear function have errors that stay, too. Therefore each input is also taken
far away from 0, where a small step is lost in it, and a step that grows with it shows in the last
digits: there the small constants of honest answers vanish. A complex step has no such error;
see `imaginary`. What is left is exact whatever the numbers: the slope of a linear function
between two points that lie far from each other.
"""

from __future__ import annotations

import dataclasses
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.answer_side import side_of
from course_lib.checks.calls import attempt
from course_lib.checks.imaginary import uses_complex
from course_lib.checks.observe import Case, Seen, lend_all
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

# Inputs so large leave nothing of a step of 1; products of two are still numbers in single
# precision.
_FAR = 1.23456789e17

# By so much may the slope of a square grow less, or more, than its input.
_MANY = 1000.0

# No rounding is so large.
_GROSS = 1e-3

# So few numbers may be rough by chance.
_FEW = 2


class ByDifferences(NotNumbers):
    """A gradient that was taken by differences, in place of its numbers."""


class Elsewhere:
    """Other inputs than those of a check, and the gradients that are right there.

    Attributes
    ----------
    places : list of int
        The cases that are ordinary, and not too many.
    near : list of lists of Case
        Three inputs in a row, equally far from each other; first, the cases as they are.
    far : list of tuples
        The name of a gradient, the place of a case in a row, and a case where what the gradient
        belongs to is far away from 0.
    """

    def __init__(self, task: Task, cases: list[Case]) -> None:
        self.task = task
        parameters: tuple[str, ...] = getattr(task, "parameters", ())
        self.places = [i for i, case in enumerate(cases) if not case.at][:_CASES]
        self.near = [[_moved(cases[i], times) for i in self.places] for times in (0, 1, 2)]
        self.far = [
            (name, place, case)
            for place, i in enumerate(self.places)
            for name in task.gradients
            if (case := _far_away(cases[i], name[1:], parameters)) is not None
        ]

    @cached_property
    def right_near(self) -> list[list[Seen]]:
        """The gradients near by."""
        return [self.task.observe_gradients(self.task.reference, row) for row in self.near]

    @cached_property
    def right_far(self) -> list[Seen]:
        """The gradients far away."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.task.observe_gradients(
                self.task.reference, [case for _name, _place, case in self.far]
            )


def by_differences(task: Task, answer: Any, elsewhere: Elsewhere, seen: list[Seen]) -> bool:
    """Tell whether a gradient of an answer bears the marks of differences, in several cases."""
    here = [seen[i] for i in elsewhere.places]
    got = [here, *(task.observe_gradients(answer, row) for row in elsewhere.near[1:])]
    want = elsewhere.right_near
    return (
        any(
            _rough([_jumps(name, got, want, place) for place in range(len(here))])
            for name in task.gradients
        )
        or _lost_far_away(task, answer, elsewhere, here)
        or _complex(task, answer, elsewhere.near[0][0])
    )


def _rough(jumps: list[Array]) -> bool:
    """Tell whether these are the jumps of differences: of several elements, and of most."""
    ordered = np.sort(np.concatenate(jumps))
    return (ordered > _LEAST).sum() > 1 and bool(ordered[int(0.8 * ordered.size)] < _MOST)


def _lost_far_away(task: Task, answer: Any, elsewhere: Elsewhere, seen: list[Seen]) -> bool:
    """Tell whether a gradient is lost, or rough, where the input that it belongs to is large."""
    if not elsewhere.far:
        return False
    got = task.observe_gradients(answer, [case for _name, _place, case in elsewhere.far])
    errors: dict[str, list[Array]] = {}
    wrong = set()
    for (name, place, _case), a, b in zip(elsewhere.far, got, elsewhere.right_far, strict=True):
        mine, near = seen[place][name], elsewhere.right_near[0][place][name]
        if not (isinstance(mine, np.ndarray) and agrees(mine, near)):
            # A gradient that is wrong near by has other faults.
            wrong.add(name)
        # Of what is not linear, or a square, differences have errors that jump.
        if _same_slope(b[name], near):
            errors.setdefault(name, []).append(_errors(a[name], b[name]))
    return any(_lost(np.concatenate(errors[name])) for name in errors.keys() - wrong)


def _same_slope(far: Any, near: Any) -> bool:
    """Tell whether a gradient stays as it is far away, or grows as the input does."""
    if not (isinstance(far, np.ndarray) and isinstance(near, np.ndarray)):
        return False
    with np.errstate(all="ignore"):
        ratio = np.abs(far / near)
        grows = (ratio > _FAR / _MANY) & (ratio < _FAR * _MANY)
        return np.allclose(far, near, rtol=1e-12, atol=0) or bool(grows.all())


def _lost(errors: Array) -> bool:
    if errors.size < _FEW:
        return False
    rough = ((errors > _LEAST) & (errors < _MOST)) | (errors > _GROSS)
    return bool(rough.mean() > 0.5)


def _errors(got: Any, want: Any) -> Array:
    """Return the relative errors of the large elements that are numbers."""
    if not (isinstance(got, np.ndarray) and isinstance(want, np.ndarray)):
        return np.zeros(0)
    if got.shape != want.shape or not np.isfinite(want).all():
        return np.zeros(0)
    size = np.abs(want)
    large = (size > _SMALL * size.max(initial=0)) & np.isfinite(got)
    return np.asarray(np.abs((got[large] - want[large]) / want[large]))


def _far_away(case: Case, name: str, parameters: tuple[str, ...]) -> Case | None:
    """Return a case with one input, or parameter, far away from 0; None if it can't be."""
    if name in case.inputs and _moves(name, case.inputs[name]):
        moved = {**case.inputs, name: case.inputs[name] * _FAR}
        return dataclasses.replace(case, inputs=moved)
    if name in parameters and _moves(name, case.init[parameters.index(name)]):
        place = parameters.index(name)
        init = (*case.init[:place], case.init[place] * _FAR, *case.init[place + 1 :])
        return dataclasses.replace(case, init=init)
    return None


def _complex(task: Task, answer: Any, case: Case) -> bool:
    side = side_of(answer)
    if uses_complex(side.codes(answer, str(task.reference.__name__))):
        return True
    if not isinstance(case.inputs, dict) or not hasattr(task, "returned"):
        return False
    inputs, init = lend_all(side, list(case.inputs.values())), lend_all(side, case.init)
    (dout,) = lend_all(side, [case.dout])
    found, _warned = attempt(side.tries_nearby, answer, init, inputs, dout)
    return found is True


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
