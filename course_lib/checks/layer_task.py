"""The check of a layer: forward against known values, backward against a numerical gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.observe import CONTRACTS, Case, Seen, gradients_of, observe_layer
from course_lib.checks.task import Task
from course_lib.checks.values import as_numbers
from course_lib.gradients import numerical_gradient


@dataclass(frozen=True, kw_only=True)
class LayerTask(Task):
    """A layer to write.

    Right forward values come from the reference. Right gradients are central differences of
    its forward, with a random upstream gradient; only in special cases, such as at a kink,
    they come from its backward.

    Attributes
    ----------
    returned : tuple of str
        The gradients that backward returns, in order: "dx" belongs to the input "x".
    kept : tuple of str
        The gradients that backward leaves on the layer: "dW" belongs to "W".
    parameters : tuple of str
        The names of what the layer is built with.
    """

    returned: tuple[str, ...]
    kept: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()

    @property
    def gradients(self) -> tuple[str, ...]:
        """Return the names of the gradients."""
        return (*self.returned, *self.kept)

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return what the learner's (or any) layer does, case by case."""
        return observe_layer(answer, cases, self.returned, self.kept)

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the gradients that a layer gives, case by case."""
        return gradients_of(answer, cases, self.returned, self.kept)

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return what a right layer gives, its gradients taken numerically."""
        seen = super().expected(cases)
        for case, one in zip(cases, seen, strict=True):
            if not case.at:
                one |= self._numerical(case)
        return seen

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of what counts for `part` in a case."""
        if case.at:
            return ("out", *self.gradients, "tries forward", "warned") if part == case.at else ()
        if part == "contracts":
            return CONTRACTS
        if part == "forward":
            return ("out",)
        names = tuple(part.split(", "))
        return (*names, "tries forward") if set(names) <= set(self.gradients) else ()

    def method(self, what: str) -> str:
        """Return "Relu.forward" for "out", else "Relu.backward"."""
        return f"{self.reference.__name__}.{'forward' if what == 'out' else 'backward'}"

    def without_upstream(self, what: str, case: Case) -> Any:
        """Return the gradient `what` for an upstream gradient of ones."""
        ones = Case(case.inputs, np.ones(np.shape(case.dout)), case.init)
        return observe_layer(self.reference, [ones], self.returned, self.kept)[0][what]

    def _numerical(self, case: Case) -> Seen:
        inputs = {name: _floats(value) for name, value in case.inputs.items()}
        init = [_floats(value) for value in case.init]
        places = inputs | dict(zip(self.parameters, init, strict=False))

        def loss(_: Array) -> float:
            out = self.reference(*init).forward(*inputs.values())
            return float((np.asarray(case.dout) * out).sum())

        return {name: numerical_gradient(loss, places[name[1:]]) for name in self.gradients}


def _floats(value: Any) -> Any:
    """Return numbers as an array that can be moved a little; labels and settings as they are."""
    moves = isinstance(value, float) or getattr(value, "dtype", np.dtype(int)).kind == "f"
    return as_numbers(value) if moves else value
