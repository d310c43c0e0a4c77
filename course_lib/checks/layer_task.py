"""The check of a layer: forward against known values, backward against a numerical gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.evidence import alike, evidence
from course_lib.checks.explain import explain
from course_lib.checks.observe import Case, Observation, observe
from course_lib.checks.report import Finding, Part, Report
from course_lib.checks.values import as_numbers
from course_lib.gradients import numerical_gradient
from course_lib.layers import Layer
from course_lib.misconceptions import for_task
from course_lib.text import _


@dataclass(frozen=True)
class LayerTask:
    """A layer to write; calling the task with the learner's class checks it.

    Attributes
    ----------
    slug, name : str
        The assignment, and the task in it: the `grade_id` of the solution cell. The grade cell
        is ``check_<name>``.
    reference : type of Layer
        Right forward values come from it. Right gradients come from central differences of
        its forward, with a random upstream gradient.
    arguments, gradients : tuple of str
        The names of what forward takes and backward returns.
    cases : callable
        Takes a random generator and returns cases of which no two dimensions are equal.
    points : mapping of str to int
        Points by part: "forward", names of gradients, special cases, "contracts". Earlier
        parts are explained first.
    read : str
        The section of the book to point to, as ``chapter#label``.
    notice : str
        What a right answer gets to hear.
    """

    slug: str
    name: str
    reference: type[Layer]
    arguments: tuple[str, ...]
    gradients: tuple[str, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    points: Mapping[str, int]
    read: str
    notice: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", MappingProxyType(dict(self.points)))

    @property
    def max_points(self) -> int:
        """Points that can be earned."""
        return sum(self.points.values())

    def __call__(self, answer: Any, seed: int | None = None) -> Report:
        """Check a learner's class and return the report.

        Parameters
        ----------
        answer : type
            The class: called without arguments, then `forward` and `backward`.
        seed : int, optional
            Of the numbers to check with. Unless given they differ from call to call, so that
            there is nothing to learn by heart; the report knows the seed.
        """
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        if refusal := _refusal(answer, self.reference.__name__):
            parts = tuple(Part(name, points, 0, "") for name, points in self.points.items())
            return Report(self.name, parts, Finding(refusal), read=self.read, seed=seed)
        cases = self.cases(np.random.default_rng(seed))
        got, want = observe(answer, cases), self.expected(cases)
        parts, finding = self._judge(got, want)
        return Report(self.name, parts, finding, self.notice, self.read, seed)

    def expected(self, cases: list[Case]) -> Observation:
        """Return what a right layer gives, its gradients taken numerically."""
        observation = observe(self.reference, cases)
        for run in observation.runs:
            if run.case.at == "values":
                run.grads = self._numerical(run.case)
        return observation

    def evidence(self, observation: Observation) -> dict[str, list[Any]]:
        """Return what counts, part by part."""
        return {part: evidence(observation, part, self.gradients) for part in self.points}

    def _numerical(self, case: Case) -> tuple[Array, ...]:
        inputs = [as_numbers(value) for value in case.inputs]
        dout = np.asarray(case.dout)

        def f(_: Array) -> float:
            return float((dout * self.reference().forward(*inputs)).sum())

        return tuple(numerical_gradient(f, x) for x in inputs)

    def _judge(
        self, got: Observation, want: Observation
    ) -> tuple[tuple[Part, ...], Finding | None]:
        found, wanted = self.evidence(got), self.evidence(want)
        failed = [part for part in self.points if not alike(found[part], wanted[part])]
        # A promise kept by a layer that computes the wrong thing is worth nothing.
        if failed and "contracts" in self.points and "contracts" not in failed:
            failed.append("contracts")
            pending = _("looked at once the rest is right")
        else:
            pending = ""
        finding = None
        if failed:
            known = {m: self._of(m.code, got) for m in for_task(self.slug, self.name)}
            finding = explain(self, failed[0], got, want, known)
        parts = []
        for part, points in self.points.items():
            reason = ""
            if part in failed:
                reason = explain(self, part, got, want, {}).problem
                if part == "contracts" and pending:
                    reason = pending
            parts.append(Part(part, points, 0 if part in failed else points, reason))
        return tuple(parts), finding

    def _of(self, code: Any, like: Observation) -> Observation:
        return observe(copy.copy(code), [run.case for run in like.runs])


def _refusal(answer: Any, name: str) -> str:
    if not isinstance(answer, type) and not callable(answer):
        return _("Expected the class {name} itself, got a {type}. Pass {name}, without ().").format(
            name=name, type=type(answer).__name__
        )
    if str(getattr(answer, "__module__", "")).startswith("course_lib.") or (
        isinstance(answer, type) and issubclass(answer, Layer)
    ):
        return _(
            "This {name} is the course's own. The task is to write one: "
            "its forward and backward are what is checked."
        ).format(name=name)
    return ""
