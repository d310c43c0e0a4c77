"""Tasks: a task holds the reference, the cases and the points of one exercise, and checks answers.

`LayerTask` checks a layer, `CallTask` a function or any other class, `NumberTask` predicted
numbers.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, takewhile
from types import FunctionType, MappingProxyType
from typing import Any, ClassVar

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.calls import (
    Batch,
    Pending,
    call,
    changed,
    kind_of,
    plain,
    share_all,
    side_of,
    type_name,
)
from course_lib.checks.cases import Case
from course_lib.checks.cells import is_outdated
from course_lib.checks.compare import (
    DoubtfulGradient,
    NotNumbers,
    Seen,
    WrongCount,
    agrees,
    alike,
    as_numbers,
    small,
    taken,
)
from course_lib.checks.explain import explain
from course_lib.checks.hints import hint_for, hint_for_number
from course_lib.checks.integrity import (
    PerturbedCases,
    code_of,
    doubt_gradients,
    uses_reference,
)
from course_lib.checks.misconceptions import Misconception, misconceptions_of
from course_lib.checks.report import Finding, Part, Report, label_of
from course_lib.checks.seeds import fresh_seed
from course_lib.checks.side import LOCAL, Failure, Watch, attempt
from course_lib.gradients import numerical_gradient
from course_lib.text import _


def all_tasks() -> tuple[Task | NumberTask, ...]:
    """Return the tasks of all assignments, in the order in which their modules define them."""
    package = importlib.import_module("course_lib.checks")
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"course_lib.checks.{info.name}")
        if hasattr(module, "SLUG"):
            found += [
                value for value in vars(module).values() if isinstance(value, Task | NumberTask)
            ]
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A class or function to write; calling the task with the learner's answer checks it.

    Attributes
    ----------
    slug, name : str
        The assignment, and the `grade_id` of the solution cell. The grade cell is
        ``check_<name>``.
    reference : class or function
        A right answer, with the name that the learner's answer has to have.
    cases : callable
        Takes a random generator and returns cases. No two dimensions of a case are equal.
    points : mapping of str to int
        Points of each part. A part is named by its values ("dx", or "dx, dy" together), "forward"
        for "out", the `at` of special cases, or "contracts". The report explains the first failed
        part.
    read : str
        The section of the book to read, as ``chapter#label``.
    notice : str
        Feedback for a right answer.
    apart : mapping of str to set of str
        Parts that show certain methods only, with these methods. If a known mistake in them fails
        such a part, the other parts keep their points if they are right apart from it.
    """

    apart: ClassVar[Mapping[str, set[str]]] = {}

    slug: str
    name: str
    reference: Any
    cases: Callable[[np.random.Generator], list[Case]]
    points: Mapping[str, int]
    read: str
    notice: str
    memory: dict[int, SeedCache] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

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
        """The names of the values that are gradients."""
        return ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the constructor's arguments, if some have gradients."""
        return ()

    @property
    def facts(self) -> bool:
        """Whether each value is the degree to which a requirement is met, from 0 to 1."""
        return False

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the observed values of an answer, case by case."""
        raise NotImplementedError

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the gradients of an answer, case by case."""
        return self.observe(answer, cases)

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return the values of a right answer, case by case."""
        return self.observe(self.reference, cases)

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of the values that count for `part` in a case."""
        raise NotImplementedError

    def method(self, what: str) -> str:
        """Return the name of the method that returns `what`, such as "Relu.backward"."""
        raise NotImplementedError

    def without_upstream(self, what: str, case: Case) -> Any:  # noqa: ARG002
        """Return the gradient `what` for an upstream gradient of ones; None if there is none."""
        return None

    def sample(self, cases: list[Case]) -> Case:
        """Return a quick case that runs all of the answer's code."""
        return cases[0]

    def evidence(self, cases: list[Case], seen: list[Seen]) -> dict[str, list[Any]]:
        """Return the counted values of each part.

        An answer earns a part if its evidence agrees with that of a right answer. A misconception
        is recognised if its evidence agrees with the learner's.
        """
        return {
            part: [
                value
                for case, one in zip(cases, seen, strict=True)
                for value in _up_to_failure(case, [one[name] for name in self.counted(part, case)])
            ]
            for part in self.points
        }

    def __call__(self, answer: Any, seed: int | None = None) -> Report:
        """Check a learner's answer and return the report.

        Parameters
        ----------
        answer : class or function
        seed : int, optional
            Seed of the cases. By default, every call draws new cases, so that learners cannot
            hard-code results. The report holds the seed.
        """
        if seed is None:
            seed = fresh_seed()
        known = self._known(seed)
        cases = known.cases
        if refusal := self._refusal(answer, cases):
            parts = tuple(Part(name, points, 0) for name, points in self.points.items())
            return Report(self.name, parts, Finding(refusal), read=self.read, seed=seed)
        seen, want = self.observe(answer, cases), known.want
        self._take_other_values(cases, seen, want)
        mine, right = self.evidence(cases, seen), known.right
        failed = [part for part in self.points if not alike(mine[part], right[part])]
        doubt = ""
        if set(self.gradient_parts(cases)) - set(failed):
            doubt = doubt_gradients(self, answer, known.perturbed, seen)
        if doubt:
            for one in seen:
                one |= dict.fromkeys(self.gradients, DoubtfulGradient(doubt))
            mine = self.evidence(cases, seen)
            failed = [part for part in self.points if not alike(mine[part], right[part])]
        finding = explain(self, failed[0], cases, seen, want) if failed else None
        apart: dict[str, str] = {}
        first = next((v for part in failed[:1] for v in mine[part] if isinstance(v, Failure)), None)
        # There is nothing to recognise in a blank answer, and its check must be quick.
        if finding and not (first and first.unanswered):
            apart = self._right_apart(answer, failed, known, mine, seen)
            if earlier := self._wrong_earlier(answer, seed):
                # A hint from numbers that another answer has spoiled could be wrong.
                finding = finding.after(earlier)
            elif match := self._recognise(failed[0], known, mine):
                finding = dataclasses.replace(finding, hint=match.hint, misconception=match.name)
            elif self.slug and not finding.hint and not doubt:
                hint = hint_for(self, failed[0], answer, cases, seen, want)
                finding = dataclasses.replace(finding, hint=hint)
        parts = tuple(
            Part(name, points, points, apart[name])
            if name in apart
            else self._part(name, points, failed, lambda p: explain(self, p, cases, seen, want))
            for name, points in self.points.items()
        )
        held = ""
        if doubt:
            held = _("{name}: right gradients, but {doubt}").format(name=self.name, doubt=doubt)
        return Report(self.name, parts, finding, self.notice, self.read, seed, held)

    def other_values(self, case: Case) -> Seen:  # noqa: ARG002
        """Return by name the other end of a range of right values, where there is a range."""
        return {}

    def _take_other_values(self, cases: list[Case], seen: list[Seen], want: list[Seen]) -> None:
        """Replace values within a range of right values by the exact ones."""
        for case, one, right in zip(cases, seen, want, strict=True):
            for name, other in self.other_values(case).items():
                low, high = sorted((float(right[name]), float(other)))
                got = one[name]
                if isinstance(got, np.ndarray) and got.ndim == 0 and low <= got <= high:
                    one[name] = right[name]

    def gradient_parts(self, cases: list[Case]) -> list[str]:
        """Return the parts whose points depend on gradients."""
        names = set(self.gradients)
        return [p for p in self.points if any(names & {*self.counted(p, c)} for c in cases)]

    def calls(self, case: Case) -> tuple[list[Any], list[list[Any]]] | None:  # noqa: ARG002
        """Return the arguments of the class, and calls that compute its gradients, to trace them.

        A call is a method's name and its arguments. None if there is nothing to trace.
        """
        return None

    def _right_apart(
        self,
        answer: Any,
        failed: list[str],
        known: SeedCache,
        mine: dict[str, list[Any]],
        seen: list[Seen],
    ) -> dict[str, str]:
        """Return the failed parts that are right apart from a mistake in `apart`, with a sentence.

        They agree with a misconception that has this mistake and is right in everything else. Only
        known mistakes count: any wrong answer is right for some other task.
        """
        first, *others = [part for part in failed if part != "contracts"] or [""]
        match = next(
            (
                wrong
                for wrong, its in known.misconceptions.items()
                if others and first in self.apart and alike(its[first], mine[first])
                if wrong.methods <= self.apart[first]
            ),
            None,
        )
        if match is None:
            return {}
        its, cases = known.misconceptions[match], known.cases
        special = {case.at for case in cases}
        gradients = set(self.gradient_parts(cases))
        right = {
            part
            for part in others
            if part not in special and alike(its[part], mine[part])
            # An error, or a gradient that is 0, shows nothing of the other methods.
            if all(_is_result(value, part in gradients) for value in mine[part])
        }
        if gradients & right:
            # The name finds the code of the answer.
            made = type(self.reference.__name__, (match.answer,), {})
            task = dataclasses.replace(self, reference=made)
            if doubt_gradients(task, answer, PerturbedCases(task, cases), seen):
                right -= gradients
        return dict.fromkeys(
            right, _("right apart from the mistake in {part}").format(part=label_of(first))
        )

    def _wrong_earlier(self, answer: Any, seed: int) -> list[str]:
        """Return the names of wrong answers to earlier tasks that an answer uses in a notebook.

        In grading, `course_lib.grading.execute` puts the model solutions in their place.
        """
        if side_of(answer) is not LOCAL:
            return []
        used = {name for code in code_of(answer) for name in code.co_names}
        own = vars(answer).values() if isinstance(answer, type) else [answer]
        there = next((one.__globals__ for one in own if isinstance(one, FunctionType)), {})
        tasks = (task for task in all_tasks() if task.slug == self.slug)
        return [
            name
            for task in takewhile(lambda task: task.name != self.name, tasks)
            if isinstance(task, Task)
            and (name := str(task.reference.__name__)) in used
            and name in there
            and not task(there[name], seed).passed
        ]

    def _refusal(self, answer: Any, cases: list[Case]) -> str:
        """Return why an object is refused as an answer, or an empty string."""
        name, kind = str(self.reference.__name__), kind_of(answer)
        if not kind.callable or (not kind.is_class and kind.has_forward):
            return _(
                "Expected {name} itself, got an object of {type}. Pass {name}, without ()."
            ).format(name=name, type=type_name(answer))
        if any(origin.startswith("course_lib") for origin in kind.origins):
            return _(
                "This {name} comes from the course library. "
                "Write your own {name}, and pass it to the check."
            ).format(name=name)
        if side_of(answer) is not LOCAL:
            return ""
        if outdated := is_outdated(answer):
            return outdated
        return uses_reference(
            name, kind.origins, lambda: self.observe(answer, [self.sample(cases)])
        )

    def _part(
        self, name: str, points: int, failed: list[str], why: Callable[[str], Finding]
    ) -> Part:
        if name in failed:
            return Part(name, points, 0, why(name).problem)
        if name == "contracts" and failed:
            # An answer that computes something else earns nothing for leaving its inputs alone.
            return Part(name, points, 0, _("checked when everything else is right"))
        return Part(name, points, points)

    def _recognise(
        self, part: str, known: SeedCache, mine: dict[str, list[Any]]
    ) -> Misconception | None:
        """Return the only misconception whose evidence for `part` agrees with the learner's."""
        wrong = known.misconceptions
        special = {case.at for case in known.cases} | {"contracts"}
        right = [p for p in self.points if p not in special and alike(mine[p], known.right[p])]
        matches = [
            m
            for m, its in wrong.items()
            if alike(its[part], mine[part])
            # It would also fail a part that is right here.
            and all(alike(its[p], known.right[p]) for p in right)
        ]
        if len(matches) > 1 or not _telling(mine[part], known.right[part]):
            # Many mistakes have this evidence: compare all parts.
            matches = [m for m in matches if alike(wrong[m], mine)]
        return matches[0] if len(matches) == 1 else None

    def _known(self, seed: int) -> SeedCache:
        """Return the cache of a seed, which a whole class of submissions shares."""
        if (known := self.memory.get(seed)) is None:
            self.memory.clear()
            known = self.memory[seed] = SeedCache(self, self.cases(np.random.default_rng(seed)))
        return known


class SeedCache:
    """The cases of a seed, with the values of right answers and misconceptions."""

    def __init__(self, task: Task, cases: list[Case]) -> None:
        self.task, self.cases = task, cases

    @cached_property
    def want(self) -> list[Seen]:
        return self.task.expected(self.cases)

    @cached_property
    def right(self) -> dict[str, list[Any]]:
        return self.task.evidence(self.cases, self.want)

    @cached_property
    def perturbed(self) -> PerturbedCases:
        return PerturbedCases(self.task, self.cases)

    @cached_property
    def misconceptions(self) -> dict[Misconception, dict[str, list[Any]]]:
        return {m: self._evidence(m) for m in self.task.misconceptions}

    def _evidence(self, wrong: Misconception) -> dict[str, list[Any]]:
        seen = self.task.observe(wrong.answer, self.cases)
        self.task._take_other_values(self.cases, seen, self.want)
        return self.task.evidence(self.cases, seen)


def _is_result(value: Any, not_zero: bool) -> bool:
    """Return whether a value is a fact that does not hold, or an array (of more than zeros)."""
    return value is False or (isinstance(value, np.ndarray) and (not not_zero or bool(value.any())))


def _telling(values: list[Any], right: list[Any]) -> bool:
    """Return whether wrong values are so special that hardly two mistakes share them."""
    return any(
        isinstance(value, np.ndarray)
        and np.isfinite(value).all()
        and not np.isin(value, (-1, 0, 1)).all()
        and not alike(value, wanted)
        for value, wanted in zip(values, right, strict=False)
    )


def _up_to_failure(case: Case, values: list[Any]) -> list[Any]:
    """Return the values up to the first failure in a special case; all values in others.

    The values after a failure do not help to recognise the mistake.
    """
    failed = [i for i, value in enumerate(values) if isinstance(value, Failure)]
    return values[: failed[0] + 1] if case.at and failed else values


# --- layers ---------------------------------------------------------------------------------------

# The contracts of a layer. In an observation, true means broken.
CONTRACTS = (
    "inputs changed",
    "dout changed",
    "second backward differs",
    "earlier batch remembered",
    "instances share state",
)

# Names of the gradients that backward returns, and of those that it stores on the layer.
_Names = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class LayerTask(Task):
    """A layer to write.

    The reference gives the right forward values. The right gradients are central differences of
    its forward, with a random upstream gradient. In special cases, such as at a kink, they come
    from the reference's backward.

    Attributes
    ----------
    returned : tuple of str
        The gradients that backward returns, in order: "dx" belongs to the input "x".
    kept : tuple of str
        The gradients that backward stores on the layer: "dW" belongs to "W".
    parameters : tuple of str
        The names of the constructor's arguments.
    """

    apart: ClassVar = {"forward": {"forward"}}

    returned: tuple[str, ...]
    kept: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()

    @property
    def gradients(self) -> tuple[str, ...]:
        """The names of the gradients."""
        return (*self.returned, *self.kept)

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the observed values of a layer, case by case."""
        return observe_layer(answer, cases, self.returned, self.kept)

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the gradients of a layer, case by case."""
        batch = Batch(answer)
        gradients = []
        for case in cases:
            layer = _built(batch, answer, case)
            _forward(batch, layer, case)
            grads = _backward(batch, layer, case)
            gradients.append(_Gradients(batch, layer, grads, (self.returned, self.kept)))
        batch.run()
        return [one.values() for one in gradients]

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return the values of a right layer, with numerical gradients."""
        seen = super().expected(cases)
        for case, one in zip(cases, seen, strict=True):
            if not case.at:
                one |= self._numerical(case)
        return seen

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of the values that count for `part` in a case."""
        if part == "contracts":
            return CONTRACTS
        if case.at:
            return ("out", *self.gradients, "warned") if part == case.at else ()
        if part == "forward":
            return ("out",)
        names = tuple(part.split(", "))
        return names if set(names) <= set(self.gradients) else ()

    def calls(self, case: Case) -> tuple[list[Any], list[list[Any]]]:
        """Return the arguments of the layer, and calls of forward and backward."""
        return [*case.init], [["forward", *case.inputs.values()], ["backward", case.dout]]

    def method(self, what: str) -> str:
        """Return "Relu.forward" for "out", else "Relu.backward"."""
        return f"{self.reference.__name__}.{'forward' if what == 'out' else 'backward'}"

    def without_upstream(self, what: str, case: Case) -> Any:
        """Return the gradient `what` for an upstream gradient of ones."""
        ones = Case(case.inputs, np.ones(np.shape(case.dout)), case.init)
        return self.observe(self.reference, [ones])[0][what]

    def _numerical(self, case: Case) -> Seen:
        inputs = {name: _floats(value) for name, value in case.inputs.items()}
        init = [_floats(value) for value in case.init]
        places = inputs | dict(zip(self.parameters, init, strict=False))

        def loss(_: Array) -> float:
            out = self.reference(*init).forward(*inputs.values())
            return float((np.asarray(case.dout) * out).sum())

        return {name: numerical_gradient(loss, places[name[1:]]) for name in self.gradients}


def _floats(value: Any) -> Any:
    """Return floats as an array that can be perturbed; labels and settings unchanged."""
    moves = isinstance(value, float) or getattr(value, "dtype", np.dtype(int)).kind == "f"
    return as_numbers(value) if moves else value


def observe_layer(
    make: Any,
    cases: list[Case],
    returned: tuple[str, ...],
    kept: tuple[str, ...] = (),
) -> list[Seen]:
    """Return the observed values of the layers that `make` builds, case by case.

    The learner's layer, the reference and every misconception are observed in the same way on the
    same numbers, so their results can be compared, however their code is written.

    Parameters
    ----------
    make : callable
        Takes ``*case.init`` and builds a layer.
    cases : list of Case
    returned, kept : tuple of str
        Names of the gradients that backward returns, and of those that it stores on the layer.
    """
    names = (returned, kept)
    batch = Batch(make)
    passes = [_Pass(batch, make, case, names) for case in cases]
    alike_at: dict[str, list[int]] = {}
    for i, case in enumerate(cases):
        alike_at.setdefault(case.at, []).append(i)
    pairs = [pair for some in alike_at.values() for pair in pairwise([*some, *some[:1]])]
    after = [_after_another(batch, make, cases[i], cases[j], names) for i, j in pairs]
    beside = [_beside_another(batch, make, cases[j], cases[i], names) for i, j in pairs]
    batch.run()
    seen = [one.seen() for one in passes]
    for (_i, j), used, another in zip(pairs, after, beside, strict=True):
        fresh = [seen[j][name] for name in (*returned, *kept)]
        seen[j]["earlier batch remembered"] = not alike([*used.values().values()], fresh)
        seen[j]["instances share state"] = not alike([*another.values().values()], fresh)
    return seen


class _Gradients:
    """The gradients of a layer: those that backward returns, and those that it stores."""

    def __init__(self, batch: Batch, layer: Pending, grads: Pending, names: _Names) -> None:
        self.names, self.grads = names, grads
        self.kept = {name: batch.get(layer, name) for name in names[1]}

    def values(self) -> Seen:
        """Return the gradients by name."""
        returned, kept = self.names
        grads = plain(self.grads.value)
        if isinstance(grads, Failure):
            return dict.fromkeys((*returned, *kept), grads)
        if isinstance(grads, np.ndarray) and grads.ndim and len(grads) == len(returned) > 1:
            # As in np.array([dout, -dout]).
            grads = tuple(np.asarray(grads))
        several = isinstance(grads, tuple) or (isinstance(grads, list) and len(returned) > 1)
        values = _elements(grads) if several else [grads]
        if len(values) == len(returned):
            seen = dict(zip(returned, map(taken, values), strict=True))
        else:
            seen = dict.fromkeys(returned, WrongCount(len(values), returned))
        return seen | {name: _kept(name, result.value) for name, result in self.kept.items()}


class _Pass:
    """One forward call and two backward calls of a layer."""

    def __init__(self, batch: Batch, make: Any, case: Case, names: _Names) -> None:
        inputs, init = share_all(list(case.inputs.values())), share_all(case.init)
        dout, dout_again = share_all([case.dout, case.dout])
        layer = batch.call(make, "", init, wanted=False)
        self.out = batch.call(layer, "forward", inputs)
        self.grads = batch.call(layer, "backward", [dout], watch=Watch("forward", tuple(inputs)))
        self.first = _Gradients(batch, layer, self.grads, names)
        self.second = _Gradients(batch, layer, batch.call(layer, "backward", [dout_again]), names)
        self.inputs = batch.watch_shared([*inputs, *init])
        self.dout = batch.watch_shared([dout])

    def seen(self) -> Seen:
        """Return the observed values, once the batch has run."""
        first, second = self.first.values(), self.second.values()
        return {
            "out": taken(self.out.value),
            **first,
            "inputs changed": self.inputs.changed(),
            "dout changed": self.dout.changed(),
            "second backward differs": not alike(second, first),
            "earlier batch remembered": False,
            "instances share state": False,
            "tries forward": self.grads.done.watched > 0,
            "warned": bool(self.out.done.warned or self.grads.done.warned),
        }


def _after_another(batch: Batch, make: Any, first: Case, case: Case, names: _Names) -> _Gradients:
    layer, earlier = _built(batch, make, case), _earlier(first, case)
    _forward(batch, layer, earlier)
    _backward(batch, layer, earlier, wanted=False)
    _forward(batch, layer, case)
    return _Gradients(batch, layer, _backward(batch, layer, case), names)


def _earlier(other: Case, case: Case) -> Case:
    """Return a batch that a layer for `case` takes: `other`, or `case` reversed with one more row.

    The parameters of another case may have other shapes.
    """
    if list(map(np.shape, other.init)) == list(map(np.shape, case.init)):
        return other

    def turned(value: Any) -> Any:
        back = np.flip(value)
        return np.concatenate([back, back[:1]]) if back.ndim > 1 else back.copy()

    inputs = {name: turned(value) for name, value in case.inputs.items()}
    return dataclasses.replace(case, inputs=inputs, dout=turned(case.dout))


def _beside_another(batch: Batch, make: Any, case: Case, other: Case, names: _Names) -> _Gradients:
    layer, another = _built(batch, make, case), _built(batch, make, other)
    _forward(batch, layer, case)
    _forward(batch, another, other)
    grads = _backward(batch, layer, case)
    # The stored gradients of the first layer are read last, to find out whether the other layer
    # has overwritten them.
    _backward(batch, another, other, wanted=False)
    return _Gradients(batch, layer, grads, names)


def _built(batch: Batch, make: Any, case: Case) -> Pending:
    return batch.call(make, "", share_all(case.init), wanted=False)


def _forward(batch: Batch, layer: Pending, case: Case) -> None:
    batch.call(layer, "forward", share_all(list(case.inputs.values())), wanted=False)


def _backward(batch: Batch, layer: Pending, case: Case, *, wanted: bool = True) -> Pending:
    return batch.call(layer, "backward", share_all([case.dout]), wanted=wanted)


def _kept(name: str, value: Any) -> Any:
    """Return the gradient that backward stored on the layer, or `NotNumbers` if there is none."""
    if value is None or (isinstance(value, Failure) and value.kind == "AttributeError"):
        return NotNumbers(_("nothing: the layer has no self.{name}").format(name=name))
    return taken(value)


def _elements(values: Any) -> list[Any]:
    # The base class iterates, so that no overridden method of a subclass runs.
    base = tuple if isinstance(values, tuple) else list
    return list(base.__iter__(values))


# --- functions, and classes with methods of their own ---------------------------------------------

# Yields names of values, each with a call that returns the value. Arrays and dicts are `Shared`.
Probe = Callable[..., Iterable[tuple[str, Callable[[], Any]]]]


def one_call(function: Any, **inputs: Any) -> Iterable[tuple[str, Any]]:
    """Yield the return value of a function: the probe of a task with one function."""
    yield "value", lambda: call(function, "", *inputs.values())


@dataclass(frozen=True, kw_only=True)
class CallTask(Task):
    """A function, or a class with methods of its own, to write.

    Attributes
    ----------
    probe : callable
        Takes the answer and the inputs of a case by name; yields (name, call) pairs in calling
        order. The results are compared with those of the reference. If a call named "build"
        fails, the case ends.
    values : tuple of str
        The names from the probe that count. A part of the check is one or more of them, or the
        `at` of special cases, in which all of them count.
    groups : mapping of str to tuple of str
        The values of each part whose name does not list them.
    facts : bool
        Whether each value is the degree to which a requirement is met. The right values are then
        1, and the reference does not run.
    methods : mapping of str to str
        The method that returns a value, if its name differs from that of the value; "" for the
        function or class itself.
    gradient_values : tuple of str
        The names of the values that are gradients.
    """

    probe: Probe = one_call
    values: tuple[str, ...] = ("value",)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: bool = False
    methods: Mapping[str, str] = field(default_factory=dict)
    gradient_values: tuple[str, ...] = ()

    @property
    def gradients(self) -> tuple[str, ...]:
        """The names of the values that are gradients."""
        return self.gradient_values

    def expected(self, cases: list[Case]) -> list[Seen]:
        """Return the values of a right answer, case by case."""
        if not self.facts:
            return super().expected(cases)
        right = dict.fromkeys(self.values, np.array(1.0))
        return [right | {"inputs changed": False, "warned": False} for _case in cases]

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]:
        """Return the observed values of an answer, case by case."""
        return [self._seen(answer, case) for case in cases]

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        """Return the names of the values that count for `part` in a case."""
        if part in self.groups:
            return self.groups[part]
        if part == "contracts":
            return ("inputs changed",)
        if case.at:
            return (*self.values, "warned") if part == case.at else ()
        names = tuple(part.split(", "))
        return names if set(names) <= set(self.values) else ()

    def method(self, what: str) -> str:
        """Return "softmax" for a function's value, else "TwoLayerNet.loss"."""
        name = str(self.reference.__name__)
        method = self.methods.get(what, what)
        if not isinstance(self.reference, type) or method in ("", "value") or self.facts:
            return name
        return f"{name}.{method}"

    def _seen(self, answer: Any, case: Case) -> Seen:
        shared = share_all(list(case.inputs.values()))
        inputs = dict(zip(case.inputs, shared, strict=True))
        seen: Seen = {}
        warned: list[str] = []
        for name, look in self.probe(answer, **inputs):
            value, said = attempt(look)
            warned += said
            if name != "build":
                seen[name] = taken(value)
            elif isinstance(value, Failure):
                seen |= dict.fromkeys(self.values, value)
                break
        return seen | {"inputs changed": changed(answer, shared), "warned": bool(warned)}


# --- predicted numbers ----------------------------------------------------------------------------


@dataclass(frozen=True)
class NumberTask:
    """Numbers to predict by hand; calling the task with the learner's function checks them.

    The function takes no arguments and returns a dict of numbers, one point each. The report never
    shows the right number. A shape or a small array, such as (3, 4), also counts as a number.

    Attributes
    ----------
    slug, name : str
        The assignment, and the task in it.
    answers : mapping of str to float, or to a tuple of them
    read : str
        The section of the book to read, as ``chapter#label``.
    notice : str
        Feedback for a right answer.
    """

    slug: str
    name: str
    answers: Mapping[str, Any]
    read: str
    notice: str

    @property
    def max_points(self) -> int:
        """Points that can be earned."""
        return len(self.answers)

    @cached_property
    def misconceptions(self) -> tuple[Misconception, ...]:
        """The known wrong answers."""
        return misconceptions_of(self.slug, self.name, self.answers)

    def __call__(self, answer: Any, seed: int | None = None) -> Report:  # noqa: ARG002
        """Check a learner's function and return the report.

        Every task takes a `seed`; this one ignores it, because it has no random cases.
        """
        if side_of(answer) is LOCAL and (outdated := is_outdated(answer)):
            return self._report(dict.fromkeys(self.answers, outdated), Finding(outdated))
        given, _warned = attempt(call, answer)
        given = plain(given)
        if isinstance(given, Failure):
            problem = (
                _("The numbers are not filled in yet.")
                if given.unanswered
                else _("{name} stops with {kind}: {message}").format(
                    name=self.name, kind=given.kind, message=given.message
                )
            )
            return self._report({}, Finding(problem))
        if not isinstance(given, dict):
            return self._report(
                {},
                Finding(
                    _("{name} does not return a dict of numbers.").format(name=self.name),
                    _("a dict with {names}").format(names=", ".join(self.answers)),
                    _("None (is there a return?)") if given is None else type_name(given),
                ),
            )
        reasons = {name: self._reason(name, given) for name in self.answers}
        wrong = [name for name, reason in reasons.items() if reason]
        return self._report(reasons, self._finding(wrong, given, reasons) if wrong else None)

    def _reason(self, name: str, given: dict[Any, Any]) -> str:
        if name not in given or given[name] is None:
            return _("no number given")
        try:
            number = as_numbers(given[name])
        except NotNumbers as what:
            return str(what)
        right = agrees(number, np.array(self.answers[name], float))
        return "" if right else _("{got} is wrong").format(got=small(number))

    def _finding(
        self, wrong: list[str], given: dict[Any, Any], reasons: Mapping[str, str]
    ) -> Finding:
        """Return the first error, with a line of hint for each wrong number that is understood."""
        of: dict[str, list[str]] = {}
        first = ""
        for name in wrong:
            match = self._recognise(name, given)
            first = first or (match.name if match and name == wrong[0] else "")
            if hint := match.hint if match else hint_for_number(name, given, self.answers):
                of.setdefault(hint, []).append(name)
        lines = (f"{', '.join(names)}: {hint}" for hint, names in of.items())
        alone = [*of.values()] == [wrong]
        return Finding(
            _("{name}: {reason}.").format(name=wrong[0], reason=reasons[wrong[0]]),
            hint="".join(of) if alone else "\n".join(lines),
            misconception=first,
        )

    def _recognise(self, name: str, given: dict[Any, Any]) -> Misconception | None:
        """Return the only misconception with this number, or that agrees best with the others."""
        known = [m for m in self.misconceptions if _says(m, name, given)]
        agree = [sum(_says(m, other, given) for other in m.answers) for m in known]
        best = [m for m, count in zip(known, agree, strict=True) if count == max(agree)]
        return best[0] if len(best) == 1 else None

    def _report(self, reasons: Mapping[str, str], finding: Finding | None) -> Report:
        parts = tuple(
            Part(name, 1, int(reasons.get(name) == ""), reasons.get(name, ""))
            for name in self.answers
        )
        return Report(self.name, parts, finding, self.notice, self.read)


def _says(wrong: Misconception, name: str, given: dict[Any, Any]) -> bool:
    """Return whether a misconception has the learner's number for `name`."""
    if name not in wrong.answers:
        return False
    try:
        return agrees(as_numbers(given.get(name)), np.array(wrong.answers[name], float))
    except NotNumbers:
        return False
