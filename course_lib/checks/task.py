"""What all tasks have in common: observe, judge part by part, explain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from course_lib.checks.answer_side import LOCAL, side_of
from course_lib.checks.borrowed import borrowed
from course_lib.checks.calls import Failure
from course_lib.checks.differences import ByDifferences, Elsewhere, by_differences
from course_lib.checks.explain import explain
from course_lib.checks.misconceptions import Misconception, misconceptions_of
from course_lib.checks.observe import Case, Seen, alike
from course_lib.checks.report import Finding, Part, Report
from course_lib.checks.seeds import fresh_seed
from course_lib.text import _


@dataclass(frozen=True, kw_only=True)
class Task:
    """A class or function to write; calling the task with the learner's answer checks it.

    Attributes
    ----------
    slug, name : str
        The assignment, and the task in it: the `grade_id` of the solution cell. The grade cell
        is ``check_<name>``.
    reference : class or function
        A right answer, under the name that the learner's has.
    cases : callable
        Takes a random generator and returns cases of which no two dimensions are equal.
    points : mapping of str to int
        Points by part: names of what is seen ("dx", or "dx, dy" together), "forward" for "out",
        the `at` of special cases, "contracts". Earlier parts are explained first.
    read : str
        The section of the book to point to, as ``chapter#label``.
    notice : str
        What a right answer gets to hear.
    """

    slug: str
    name: str
    reference: Any
    cases: Callable[[np.random.Generator], list[Case]]
    points: Mapping[str, int]
    read: str
    notice: str
    memory: dict[int, Known] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", MappingProxyType(dict(self.points)))

    @property
    def max_points(self) -> int:
        """Points that can be earned."""
        return sum(self.points.values())

    @cached_property
    def misconceptions(self) -> tuple[Misconception, ...]:
        """The known wrong answers."""
        return misconceptions_of(self.slug, self.name, self.reference)

    @property
    def gradients(self) -> tuple[str, ...]:
        """Return the names of what is a gradient among what is seen."""
        return ()

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return what an answer does, case by case."""
        raise NotImplementedError

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the gradients that an answer gives, case by case."""
        return self.observe(answer, cases)

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return what a right answer does, case by case."""
        return self.observe(self.reference, cases)

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of what counts for `part` in a case."""
        raise NotImplementedError

    def method(self, what: str) -> str:
        """Return what to call the code that gives `what`, as in "Relu.backward"."""
        raise NotImplementedError

    def evidence(self, cases: list[Case], seen: list[Seen]) -> dict[str, list[Any]]:
        """Return what counts, part by part.

        An answer earns a part if its evidence is like the expected one. A misconception is
        recognised if its evidence is like the learner's.
        """
        return {
            part: [
                value
                for case, one in zip(cases, seen, strict=True)
                for value in _what_counts(case, [one[name] for name in self.counted(part, case)])
            ]
            for part in self.points
        }

    def __call__(self, answer: Any, seed: int | None = None) -> Report:
        """Check a learner's answer and return the report.

        Parameters
        ----------
        answer : class or function
        seed : int, optional
            Of the numbers to check with. Unless given they differ from call to call, so that
            there is nothing to learn by heart; the report knows the seed.
        """
        if seed is None:
            seed = fresh_seed()
        known = self._known(seed)
        cases = known.cases
        if refusal := self._refusal(answer, cases):
            parts = tuple(Part(name, points, 0) for name, points in self.points.items())
            return Report(self.name, parts, Finding(refusal), read=self.read, seed=seed)
        seen, want = self.observe(answer, cases), known.want
        mine, right = self.evidence(cases, seen), known.right
        failed = [part for part in self.points if not alike(mine[part], right[part])]
        unspoiled = set(self._parts_of(cases[0], self.gradients)) - set(failed)
        if unspoiled and by_differences(self, answer, known.elsewhere, seen):
            for one in seen:
                one |= dict.fromkeys(self.gradients, ByDifferences())
            mine = self.evidence(cases, seen)
            failed = [part for part in self.points if not alike(mine[part], right[part])]
        finding = None
        if failed:
            match = self._recognise(failed[0], known, mine)
            finding = explain(self, failed[0], cases, seen, want, match)
        parts = tuple(
            self._part(name, points, failed, lambda p: explain(self, p, cases, seen, want, None))
            for name, points in self.points.items()
        )
        return Report(self.name, parts, finding, self.notice, self.read, seed)

    def _refusal(self, answer: Any, cases: list[Case]) -> str:
        """Return why an answer is none, or nothing."""
        name, kind = str(self.reference.__name__), side_of(answer).kind(answer)
        if not kind.callable or (not kind.is_class and kind.has_forward):
            return _(
                "Expected {name} itself, got an object of {type}. Pass {name}, without ()."
            ).format(name=name, type=kind.type_name)
        if any(origin.startswith("course_lib") for origin in kind.origins):
            return _(
                "This {name} is the course's own. The task is to write one: "
                "what you write is what is checked."
            ).format(name=name)
        if side_of(answer) is not LOCAL:
            return ""
        return borrowed(name, kind.origins, lambda: self.observe(answer, [self.sample(cases)]))

    def sample(self, cases: list[Case]) -> Case:
        """Return a case that tells what code runs, and is over soon."""
        return cases[0]

    def _parts_of(self, case: Case, names: tuple[str, ...]) -> list[str]:
        return [part for part in self.points if set(names) & set(self.counted(part, case))]

    def _part(
        self, name: str, points: int, failed: list[str], why: Callable[[str], Finding]
    ) -> Part:
        if name in failed:
            return Part(name, points, 0, why(name).problem)
        if name == "contracts" and failed:
            # A promise kept by a layer that computes the wrong thing is worth nothing.
            return Part(name, points, 0, _("looked at once the rest is right"))
        return Part(name, points, points)

    def _recognise(
        self, part: str, known: Known, mine: dict[str, list[Any]]
    ) -> Misconception | None:
        """Return the only known misconception whose evidence for `part` is the learner's."""
        wrong = known.misconceptions
        matches = [m for m, its in wrong.items() if alike(its[part], mine[part])]
        if len(matches) > 1:
            # Several mistakes look alike in this part: only all parts together can tell.
            matches = [m for m in matches if alike(wrong[m], mine)]
        return matches[0] if len(matches) == 1 else None

    def _known(self, seed: int) -> Known:
        """Return what is known for a seed: with that of a whole class, only once."""
        if (known := self.memory.get(seed)) is None:
            self.memory.clear()
            known = self.memory[seed] = Known(self, self.cases(np.random.default_rng(seed)))
        return known


class Known:
    """What a right answer, and every known misconception, does on the same numbers."""

    def __init__(self, task: Task, cases: list[Case]) -> None:
        self.task, self.cases = task, cases

    @cached_property
    def want(self) -> list[Seen]:
        return self.task.expected(self.cases)

    @cached_property
    def right(self) -> dict[str, list[Any]]:
        return self.task.evidence(self.cases, self.want)

    @cached_property
    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.task, self.cases)

    @cached_property
    def misconceptions(self) -> dict[Misconception, dict[str, list[Any]]]:
        return {
            m: self.task.evidence(self.cases, self.task.observe(m.answer, self.cases))
            for m in self.task.misconceptions
        }


def _what_counts(case: Case, values: list[Any]) -> list[Any]:
    """Return the values up to the first failure, if the case is one that counts as a whole.

    What comes after a failure says nothing about the mistake behind it.
    """
    failed = [i for i, value in enumerate(values) if isinstance(value, Failure)]
    return values[: failed[0] + 1] if case.at and failed else values
