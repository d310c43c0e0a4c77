"""Refuse answers that avoid the task: numerical gradients, and calls of the course library.

Rounding errors reveal a numerical gradient. A central difference divides the rounding errors of two
nearly equal numbers by a small step. Its relative error is about 1e-12 to 1e-10, and it changes
when the input is perturbed. A gradient by the chain rule has a relative error below 1e-14 in double
precision, and above 1e-9 in single precision. Numerical gradients lie in the wide gap between the
two. An error that stays the same when the input is perturbed does not count: a small constant that
prevents a division by 0 has such an error.

Finite differences of a linear function have constant errors, too. Therefore each input is also
moved far away from 0. There a small step is lost in rounding, a step in proportion to the input
shows in the last digits, and the small constants of right answers do not matter.

A complex step, ``imag(f(x + ih)) / h``, has no rounding error. It is detected in the code, and in
the inputs that become complex; see `course_lib.checks.side.PerturbationTracer`. One method is not
detected: the slope of a linear function between two distant points.
"""

from __future__ import annotations

import ast
import dataclasses
import gc
import io
import re
import sys
import tokenize
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

# Range of the relative jumps of the error of a finite difference.
_LEAST, _MOST = 2e-13, 3e-9

# Relative perturbation of the inputs: large enough to change a number in single precision.
_MOVE = 1e-7

# Elements below this fraction of the largest are left out: cancellation may make them inexact.
_SMALL = 0.03

_CASES = 3

# The factor that moves inputs far away: a step of 1 is lost in rounding there, and a product of two
# such inputs does not overflow in single precision.
_FAR = 1.23456789e17

# Tolerance of a gradient that grows in proportion to the input, as that of a square does.
_MANY = 1000.0

# Relative error that no rounding explains.
_GROSS = 1e-3

# Fewer elements than this prove nothing.
_FEW = 2


class GradientTask(Protocol):
    """The attributes of a task that this module uses; see `course_lib.checks.tasks.Task`."""

    @property
    def reference(self) -> Any: ...

    @property
    def gradients(self) -> tuple[str, ...]: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]: ...


class PerturbedCases:
    """Perturbed cases of a check, near and far, with the right gradients.

    Attributes
    ----------
    places : list of int
        Indices of the first few ordinary cases.
    near : list of lists of Case
        The same cases at three equidistant inputs; the first list is unperturbed.
    far : list of tuples
        The name of a gradient, the position of a case in `places`, and that case with the input
        or parameter of the gradient far away from 0.
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
        """The right gradients of the cases in `near`."""
        return [self.task.observe_gradients(self.task.reference, row) for row in self.near]

    @cached_property
    def right_far(self) -> list[Seen]:
        """The right gradients of the cases in `far`."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.task.observe_gradients(
                self.task.reference, [case for _name, _place, case in self.far]
            )


def is_numerical_gradient(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> bool:
    """Return whether an answer computes any gradient by finite differences or a complex step.

    Parameters
    ----------
    task : GradientTask
    answer : class or function
    perturbed : PerturbedCases
    seen : list of Seen
        The observed values of the answer in the cases of the check.
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
    """Return whether several elements, and most of all, jump like finite differences."""
    ordered = np.sort(np.concatenate(jumps))
    return (ordered > _LEAST).sum() > 1 and bool(ordered[int(0.8 * ordered.size)] < _MOST)


def _lost_far_away(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> bool:
    """Return whether a gradient is wrong or inexact where its input is very large."""
    if not perturbed.far:
        return False
    got = task.observe_gradients(answer, [case for _name, _place, case in perturbed.far])
    errors: dict[str, list[Array]] = {}
    wrong = set()
    for (name, place, _case), a, b in zip(perturbed.far, got, perturbed.right_far, strict=True):
        mine, near = seen[place][name], perturbed.right_near[0][place][name]
        if not (isinstance(mine, np.ndarray) and agrees(mine, near)):
            # A gradient that is wrong at the unperturbed inputs proves nothing here.
            wrong.add(name)
        # Other functions than linear ones and squares are covered by `_rough`.
        if _same_slope(b[name], near):
            errors.setdefault(name, []).append(_errors(a[name], b[name]))
    return any(_lost(np.concatenate(errors[name])) for name in errors.keys() - wrong)


def _same_slope(far: Any, near: Any) -> bool:
    """Return whether a gradient is constant far away, or grows in proportion to the input."""
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
    """Return the relative errors of the large finite elements."""
    if not (isinstance(got, np.ndarray) and isinstance(want, np.ndarray)):
        return np.zeros(0)
    if got.shape != want.shape or not np.isfinite(want).all():
        return np.zeros(0)
    size = np.abs(want)
    large = (size > _SMALL * size.max(initial=0)) & np.isfinite(got)
    return np.asarray(np.abs((got[large] - want[large]) / want[large]))


def _far_away(case: Case, name: str, parameters: tuple[str, ...]) -> Case | None:
    """Return a case with one input or parameter far away from 0; None if it has to stay."""
    if name in case.inputs and _moves(name, case.inputs[name]):
        moved = {**case.inputs, name: case.inputs[name] * _FAR}
        return dataclasses.replace(case, inputs=moved)
    if name in parameters and _moves(name, case.init[parameters.index(name)]):
        place = parameters.index(name)
        init = (*case.init[:place], case.init[place] * _FAR, *case.init[place + 1 :])
        return dataclasses.replace(case, init=init)
    return None


def _takes_steps(task: GradientTask, answer: Any, case: Case) -> bool:
    """Return whether an answer's code uses complex numbers or perturbs its inputs."""
    name = str(task.reference.__name__)
    remote = isinstance(answer, RemoteReference)
    codes = code_named(name, answer.side.sources) if remote else code_of(answer)
    if uses_complex(codes):
        return True
    if case.dout is None:
        # Not a layer: there is no forward and backward to trace.
        return False
    found, _warned = attempt(perturbs, answer, case.init, list(case.inputs.values()), case.dout)
    return found is True


def _jumps(name: str, got: list[list[Seen]], want: list[list[Seen]], i: int) -> Array:
    """Return the jump of the relative error of each large element of a gradient."""
    pairs = [(g[i][name], w[i][name]) for g, w in zip(got, want, strict=True)]
    # A wrong gradient proves nothing here.
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
    # A perturbed one-hot target would not be one-hot.
    return name != "t" and not isinstance(value, dict) and np.asarray(value).dtype.kind == "f"


# --- complex numbers in code ----------------------------------------------------------------------

_TYPES = ("complex", "complex64", "complex128", "complex256", "complexfloating", "c8", "c16")
_NAMES = frozenset(("imag", "csingle", "cdouble", "clongdouble", "cmath", "emath", *_TYPES))


def uses_complex(codes: Iterable[CodeType]) -> bool:
    """Return whether code contains a complex number or a name for complex arithmetic."""
    return any(
        isinstance(const, complex) or (isinstance(const, str) and const in _NAMES)
        for code in codes
        for const in _constants(code.co_consts)
    ) or any(not _NAMES.isdisjoint(code.co_names) for code in codes)


def code_of(thing: Any) -> list[CodeType]:
    """Return the code of a class or function, and of everything in its module that it uses."""
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
    """Return the code of `name` in cells, and of everything defined there that it uses.

    Of a cell that is not parsed, it is the code that names what the whole cell names.
    """
    defined: dict[str, list[CodeType]] = {}
    bases: dict[str, list[frozenset[str]]] = {}
    found: dict[CodeType, None] = {}
    for source in sources:
        codes, names = _defined(source)
        if codes is None:
            found |= dict.fromkeys(_tokens_of_interest(source))
            continue
        for code in codes:
            defined.setdefault(code.co_name, []).append(code)
        for own, used in names:
            bases.setdefault(own, []).append(used)
    seen, todo = {name}, [name]
    followed: set[int] = set()
    while todo:
        own = todo.pop()
        nested = [one for code in defined.pop(own, ()) for one in _nested(code)]
        found |= dict.fromkeys(nested)
        for used in (*bases.pop(own, ()), *(code.co_names for code in nested)):
            # Thousands of names that one statement binds share what it uses.
            if id(used) not in followed:
                followed.add(id(used))
                todo += set(used) - seen
                seen.update(used)
    return list(found)


# Compiling a pattern takes memory that grows with the square of the names that it captures. A
# cell with a larger pattern, or with more code than any answer has, is not parsed here.
_MOST_CAPTURES, _MOST_NODES = 100, 50_000


@lru_cache(maxsize=64)
def _defined(source: str) -> tuple[list[CodeType] | None, list[tuple[str, frozenset[str]]]]:
    """Return the code objects in a cell, and for each name defined there the names that it uses.

    None if the cell cannot be parsed, or is too large. Cached, because all tasks of a submission
    share its cells, and all submissions the given ones.
    """
    names: list[tuple[str, frozenset[str]]] = []
    try:
        tree = ast.parse(_without_magics(source))
        if _too_large(tree):
            return None, []
        codes = _nested(compile(tree, "<cell>", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, []
    for node in tree.body:
        # All names in the definition: bases, decorators and the rest.
        if given := _names_given(node):
            used = frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
            names += [(own, used) for own in given]
    return codes, names


def _without_magics(source: str) -> str:
    """Return a cell with a comment in place of each line that only IPython understands."""
    return re.sub(r"^([ \t]*)([%!?].*|.*\?[ \t]*)$", r"\1pass", source, flags=re.M)


def _too_large(tree: ast.Module) -> bool:
    count = 0
    for node in ast.walk(tree):
        count += 1
        if isinstance(node, ast.match_case):
            captures = sum(
                isinstance(one, (ast.MatchAs, ast.MatchStar, ast.MatchMapping))
                for one in ast.walk(node.pattern)
            )
            if captures > _MOST_CAPTURES:
                return True
    return count > _MOST_NODES


def _tokens_of_interest(source: str) -> list[CodeType]:
    """Return code with the names and complex numbers of a text, outside of its comments."""
    found: set[str] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NUMBER and token.string[-1] in "jJ":
                found.add("complex")
            elif token.type in (tokenize.NAME, tokenize.STRING):
                found |= _NAMES & {token.string.strip("rbuRBU\"'")}
    except (tokenize.TokenError, SyntaxError):
        # The rest of the text is no Python.
        pass
    return [compile(repr(tuple(sorted(found))), "<cell>", "eval")] if found else []


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


# --- calls of the course library ------------------------------------------------------------------

# Functions that reach the frames and objects of the checks.
_PEEKING = (sys._getframe, sys._current_frames, gc.get_objects, gc.get_referrers)


def uses_reference(name: str, own: tuple[str, ...], run: Callable[[], Any]) -> str:
    """Return a sentence if an answer calls the course library or inspects the checks; else "".

    Only needed in a notebook, where the learner's code can import the course library. It watches
    the calls, so it does not matter how the code imports or finds a module.

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
