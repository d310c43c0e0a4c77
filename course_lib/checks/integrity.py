"""Refuse answers that avoid the task: numerical gradients, and the course's own code.

Rounding errors give a numerical gradient away. A difference of two nearly equal numbers, divided
by a small step, keeps the rounding errors of both, made large: a gradient by central differences
is off by some 1e-12 to 1e-10 of itself, and by a different amount once the input moves a little. A
gradient by the chain rule is off by less than 1e-14 in double precision, and by more than 1e-9 in
single precision. Between the two lies a wide gap, and no honest answer comes near its middle. An
error that stays the same when the input moves, like that of a small constant against division by
0, does not count.

Differences of a linear function have constant errors, too. Therefore each input is also taken far
away from 0, where a small step is lost in it, and where a step that grows with it shows in the last
digits: there the small constants of honest answers vanish.

A complex step, ``imag(f(x + ih)) / h``, is right to the last digit. It shows in the code, and in
what becomes of the inputs; see `course_lib.checks.side.PerturbationTracer`. One thing passes all
of this: the slope of a linear function between two points that are far from each other.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import gc
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any, Protocol

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.calls import perturbs
from course_lib.checks.cases import Case
from course_lib.checks.compare import Seen, agrees
from course_lib.checks.side import RemoteReference, attempt
from course_lib.text import _

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


class GradientTask(Protocol):
    """What this module needs of a task; see `course_lib.checks.tasks.Task`."""

    @property
    def reference(self) -> Any: ...

    @property
    def gradients(self) -> tuple[str, ...]: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]: ...


class PerturbedCases:
    """Cases near those of a check and far away, with the right gradients there.

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

    def __init__(self, task: GradientTask, cases: list[Case]) -> None:
        self.task = task
        self.places = [i for i, case in enumerate(cases) if not case.at][:_CASES]
        self.near = [[_moved(cases[i], times) for i in self.places] for times in (0, 1, 2)]
        self.far = [
            (name, place, case)
            for place, i in enumerate(self.places)
            for name in task.gradients
            if (case := _far_away(cases[i], name[1:], task.parameters)) is not None
        ]

    @cached_property
    def right_near(self) -> list[list[Seen]]:
        """The gradients in `near`."""
        return [self.task.observe_gradients(self.task.reference, row) for row in self.near]

    @cached_property
    def right_far(self) -> list[Seen]:
        """The gradients in `far`."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.task.observe_gradients(
                self.task.reference, [case for _name, _place, case in self.far]
            )


def is_numerical_gradient(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> bool:
    """Return whether an answer takes any gradient by differences or by a complex step.

    Parameters
    ----------
    task : GradientTask
    answer : class or function
    perturbed : PerturbedCases
    seen : list of Seen
        What the answer gives in the cases of the check.
    """
    here = [seen[i] for i in perturbed.places]
    got = [here, *(task.observe_gradients(answer, row) for row in perturbed.near[1:])]
    want = perturbed.right_near
    return (
        any(
            _rough([_jumps(name, got, want, place) for place in range(len(here))])
            for name in task.gradients
        )
        or _lost_far_away(task, answer, perturbed, here)
        or _takes_steps(task, answer, perturbed.near[0][0])
    )


def _rough(jumps: list[Array]) -> bool:
    """Return whether these are the jumps of differences: of several elements, and of most."""
    ordered = np.sort(np.concatenate(jumps))
    return (ordered > _LEAST).sum() > 1 and bool(ordered[int(0.8 * ordered.size)] < _MOST)


def _lost_far_away(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> bool:
    """Return whether a gradient is lost, or rough, where the input that it belongs to is large."""
    if not perturbed.far:
        return False
    got = task.observe_gradients(answer, [case for _name, _place, case in perturbed.far])
    errors: dict[str, list[Array]] = {}
    wrong = set()
    for (name, place, _case), a, b in zip(perturbed.far, got, perturbed.right_far, strict=True):
        mine, near = seen[place][name], perturbed.right_near[0][place][name]
        if not (isinstance(mine, np.ndarray) and agrees(mine, near)):
            # A gradient that is wrong near by has other faults.
            wrong.add(name)
        # Of what is not linear, or a square, differences have errors that jump.
        if _same_slope(b[name], near):
            errors.setdefault(name, []).append(_errors(a[name], b[name]))
    return any(_lost(np.concatenate(errors[name])) for name in errors.keys() - wrong)


def _same_slope(far: Any, near: Any) -> bool:
    """Return whether a gradient stays as it is far away, or grows as the input does."""
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


def _takes_steps(task: GradientTask, answer: Any, case: Case) -> bool:
    """Return whether an answer has complex numbers in its code, or takes differences."""
    name = str(task.reference.__name__)
    remote = isinstance(answer, RemoteReference)
    codes = code_named(name, answer.side.sources) if remote else code_of(answer)
    if uses_complex(codes):
        return True
    if case.dout is None:
        # No layer: there is no forward and backward to follow numbers through.
        return False
    found, _warned = attempt(perturbs, answer, case.init, list(case.inputs.values()), case.dout)
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


# --- complex numbers in code ----------------------------------------------------------------------

_TYPES = ("complex", "complex64", "complex128", "complex256", "complexfloating", "c8", "c16")
_NAMES = frozenset(("imag", "csingle", "cdouble", "clongdouble", "cmath", "emath", *_TYPES))


def uses_complex(codes: Iterable[CodeType]) -> bool:
    """Return whether code has a complex number in it, or a name that leads to one."""
    return any(
        isinstance(const, complex) or (isinstance(const, str) and const in _NAMES)
        for code in codes
        for const in _constants(code.co_consts)
    ) or any(not _NAMES.isdisjoint(code.co_names) for code in codes)


def code_of(thing: Any) -> list[CodeType]:
    """Return the code of a class or function, and of what it uses of its own module."""
    found: dict[CodeType, None] = {}
    todo, seen = [thing], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, type):
            own = [base for base in one.__mro__ if base.__module__ == one.__module__]
            todo += [value for base in own for value in vars(base).values()]
        elif isinstance(one, (staticmethod, classmethod)):
            todo.append(one.__func__)
        elif isinstance(one, property):
            todo += [one.fget, one.fset]
        elif isinstance(one, FunctionType):
            codes = _nested(one.__code__)
            found |= dict.fromkeys(codes)
            names = {name for code in codes for name in code.co_names}
            used = [one.__globals__.get(name) for name in names]
            cells = [cell.cell_contents for cell in one.__closure__ or () if _is_full(cell)]
            module = getattr(thing, "__module__", "")
            todo += [v for v in (*used, *cells) if getattr(v, "__module__", None) == module]
    return list(found)


def code_named(name: str, sources: Iterable[str]) -> list[CodeType]:
    """Return the code of what is defined as `name` in pieces of code, and of what it uses there."""
    defined: dict[str, list[CodeType]] = {}
    bases: dict[str, list[str]] = {}
    for source in sources:
        codes, names = _defined(source)
        for code in codes:
            defined.setdefault(code.co_name, []).append(code)
        for own, used in names:
            bases.setdefault(own, []).extend(used)
    found: dict[CodeType, None] = {}
    seen: set[str] = set()
    todo = [name]
    while todo:
        if (own := todo.pop()) not in seen:
            seen.add(own)
            codes = [one for code in defined.get(own, ()) for one in _nested(code)]
            found |= dict.fromkeys(codes)
            todo += [*bases.get(own, ()), *(used for code in codes for used in code.co_names)]
    return list(found)


@lru_cache(maxsize=64)
def _defined(source: str) -> tuple[list[CodeType], list[tuple[str, list[str]]]]:
    """Return all code that a piece of code defines, and what each of its names is made with.

    Every task of a submission asks for the same pieces, and most learners for the given ones.
    """
    codes: list[CodeType] = []
    names: list[tuple[str, list[str]]] = []
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.parse(source)
        codes += _nested(compile(tree, "<cell>", "exec", dont_inherit=True))
        for node in tree.body:
            # What is said where a name gets its meaning: bases, decorators, and all else.
            if given := _names_given(node):
                used = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
                names += [(own, used) for own in given]
    return codes, names


def _names_given(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [
            one.id
            for target in node.targets
            for one in ast.walk(target)
            if isinstance(one, ast.Name)
        ]
    return []


def _nested(code: CodeType) -> list[CodeType]:
    inside = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [code, *(one for const in inside for one in _nested(const))]


def _constants(consts: Iterable[Any]) -> Iterable[Any]:
    for const in consts:
        if isinstance(const, (tuple, frozenset)):
            yield from _constants(const)
        else:
            yield const


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


# --- the course's own code ------------------------------------------------------------------------

# Ways to the frames and the objects of the code that checks.
_PEEKING = (sys._getframe, sys._current_frames, gc.get_objects, gc.get_referrers)


def uses_reference(name: str, own: tuple[str, ...], run: Callable[[], Any]) -> str:
    """Return a sentence if an answer runs the course's own code, or inspects the checks; else "".

    This is for a notebook, where the course is installed beside the learner's code. It watches the
    calls themselves, so that no way to import or to find a module makes a difference.

    Parameters
    ----------
    name : str
        Name of the answer.
    own : tuple of str
        The modules that define the answer.
    run : callable
        Runs the answer.
    """
    found: list[str] = []

    def look(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            callee, caller = _module(frame), _module(frame.f_back)
            if _the_courses(callee) and not _the_courses(caller) and not _a_check(callee):
                found.append(
                    _("{name} calls {module}, which is part of the course library.").format(
                        name=name, module=callee
                    )
                )
            elif callee == "inspect" and caller in own:
                found.append(_("{name} inspects the code that checks it.").format(name=name))
        elif event == "c_call" and any(arg is way for way in _PEEKING) and _module(frame) in own:
            found.append(_("{name} inspects the code that checks it.").format(name=name))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(before)
    asked = _("Write the code for this task yourself.")
    return f"{found[0]} {asked}" if found else ""


def _module(frame: FrameType | None) -> str:
    return str(frame.f_globals.get("__name__", "")) if frame else ""


def _the_courses(module: str) -> bool:
    return module.partition(".")[0] == "course_lib"


def _a_check(module: str) -> bool:
    return module.startswith("course_lib.checks")
