"""Doubt gradients that avoid the chain rule, and refuse calls of the course library.

Rounding errors reveal a numerical gradient. A finite difference divides the rounding errors of
nearly equal numbers by a small step. Its error is some 100 to 1,000,000 roundings, and changes when
the input is perturbed. A gradient by the chain rule has an error of a few roundings, measured by
how much the right gradient itself changes with its inputs. So each input is perturbed twice by the
same small amount. The second difference of the error is the noise. A small constant that prevents
a division by 0 makes an error that changes smoothly, so it makes no noise. Rounding to single
precision makes noise like a finite difference. Nothing can tell them apart, so a task asks for
results in the precision of the input.

Finite differences of a linear function have constant errors, too. Therefore each input is also
moved far away from 0, where a step is lost in rounding.

The chain rule needs no complex number, adds no step to a number in both directions, and calls no
forward with other inputs; see `course_lib.checks.side`. Differences of a linear function between
distant points, and differences in more than double precision, leave no trace.

No trace is a proof. The points of such gradients are held back until a person decides.
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
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any, Protocol

import numpy as np

from course_lib.arrays import Array
from course_lib.checks.calls import perturbs
from course_lib.checks.cases import Case
from course_lib.checks.compare import Seen, agrees
from course_lib.checks.side import COMPLEX, STEPS, RemoteReference, attempt
from course_lib.text import _

# The largest noise of a gradient by the chain rule, relative to its size and its condition.
_NOISE = 5e-15

# Largest relative error of an exact gradient of a linear function or a square.
_LOST = 1e-12

# Relative perturbation of the inputs: large enough to change a number in single precision.
_MOVE = 1e-7

# Relative perturbation, and number of random directions, to measure how much a right gradient
# changes with its inputs.
_JOSTLE, _DIRECTIONS = 1e-6, 3

_CASES = 3

# The factor that moves inputs far away: a step of 1 is lost in rounding there.
_FAR = 1.23456789e17

# Tolerance of a gradient that grows in proportion to the input, as that of a square does.
_MANY = 1000.0


class GradientTask(Protocol):
    """The attributes of a task that this module uses; see `course_lib.checks.tasks.Task`."""

    @property
    def reference(self) -> Any: ...

    @property
    def gradients(self) -> tuple[str, ...]: ...

    @property
    def parameters(self) -> tuple[str, ...]: ...

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]: ...

    def calls(self, case: Case) -> tuple[list[Any], list[list[Any]]] | None: ...


class PerturbedCases:
    """Perturbed cases of a check, with the right gradients.

    Attributes
    ----------
    places : list of int
        Indices of the first few ordinary cases; of the first few if all are special.
    near : list of lists of Case
        The same cases at three equidistant inputs; the first list is unperturbed.
    far : list of tuples
        The name of a gradient, the position of a case in `places`, that case with inputs of
        another order of magnitude, and which these are: the input or parameter of the gradient is
        far away from 0, or the slopes of dual numbers are tiny.
    """

    def __init__(self, task: GradientTask, cases: list[Case]) -> None:
        self.task = task
        ordinary = [i for i, case in enumerate(cases) if not case.at]
        self.places = (ordinary or [*range(len(cases))])[:_CASES]
        self.near = [[_moved(cases[i], times) for i in self.places] for times in (0, 1, 2)]
        self.far = [
            (name, place, case, where)
            for place, i in enumerate(self.places)
            for name in task.gradients
            for case, where in _far_away(cases[i], name, task.parameters)
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
                self.task.reference, [case for _name, _place, case, _where in self.far]
            )

    @cached_property
    def sizes(self) -> list[dict[str, float]]:
        """The size of each right gradient plus its condition, for each case in `near[0]`.

        A right gradient may be small because its terms cancel. Its rounding error is not.
        """
        rng = np.random.default_rng(0)
        here = self.right_near[0]
        sizes = [{name: _largest(one[name]) for name in self.task.gradients} for one in here]
        for _direction in range(_DIRECTIONS):
            cases = [_jostled(case, rng) for case in self.near[0]]
            moved = self.task.observe_gradients(self.task.reference, cases)
            for size, one, other in zip(sizes, here, moved, strict=True):
                for name in size:
                    change = _largest(other[name] - one[name]) / _JOSTLE
                    size[name] = max(size[name], _largest(one[name]) + change)
        return sizes


def doubt_gradients(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> str:
    """Return what suggests that right gradients do not come from the chain rule; else "".

    Parameters
    ----------
    task : GradientTask
    answer : class or function
    perturbed : PerturbedCases
    seen : list of Seen
        The observed values of the answer in the cases of the check.
    """
    if any(one.get("tries forward") for one in seen):
        return _("backward calls forward with other inputs")
    if doubt := _doubt_code(task, answer, perturbed.near[0]):
        return doubt
    here = [seen[i] for i in perturbed.places]
    got = [here, *(task.observe_gradients(answer, row) for row in perturbed.near[1:])]
    for name in task.gradients:
        noise = noise_of(name, got, perturbed)
        if noise > _NOISE:
            return _(
                "{name} has a relative error of about {noise:.0e}, and the chain rule in float64 "
                "has less than {most:.0e}"
            ).format(name=name, noise=noise, most=_NOISE)
    return _doubt_far_away(task, answer, perturbed, here)


def noise_of(name: str, got: list[list[Seen]], perturbed: PerturbedCases) -> float:
    """Return the largest noise of a gradient, relative to its size; 0 where it is wrong."""
    noise = 0.0
    for place, size in enumerate(perturbed.sizes):
        pairs = [
            (g[place][name], w[place][name]) for g, w in zip(got, perturbed.right_near, strict=True)
        ]
        if size[name] and all(isinstance(a, np.ndarray) and agrees(a, b) for a, b in pairs):
            first, second, third = (a - b for a, b in pairs)
            noise = max(noise, _largest(first - 2 * second + third) / size[name])
    return noise


def _doubt_far_away(
    task: GradientTask, answer: Any, perturbed: PerturbedCases, seen: list[Seen]
) -> str:
    """Return a doubt if a gradient is exact, but not where its input is very large."""
    if not perturbed.far:
        return ""
    got = task.observe_gradients(answer, [case for _name, _place, case, _where in perturbed.far])
    rows = zip(perturbed.far, got, perturbed.right_far, strict=True)
    for (name, place, _case, where), a, b in rows:
        mine, near = seen[place][name], perturbed.right_near[0][place][name]
        # A gradient with an error at the unperturbed inputs, such as that of a small constant in a
        # denominator, proves nothing here. Nor do other functions than linear ones and squares.
        exact = _error(mine, near) <= _LOST
        if exact and _same_slope(b[name], near) and _error(a[name], b[name]) > _LOST:
            return _("{name} is exact, but wrong for {where}").format(name=name, where=where)
    return ""


def _doubt_code(task: GradientTask, answer: Any, cases: list[Case]) -> str:
    """Return a doubt if an answer uses complex numbers or perturbs its inputs."""
    name = str(task.reference.__name__)
    remote = isinstance(answer, RemoteReference)
    codes = code_named(name, answer.side.sources) if remote else code_of(answer)
    found = {COMPLEX} if uses_complex(codes) else set()
    traced = [calls for case in cases if (calls := task.calls(case))]
    if traced and not found:
        each = [attempt(perturbs, answer, *calls)[0] for calls in traced]
        # A right formula may contain x + c and x - c, and c may be small in one case. A complex
        # number needs no second case.
        found = {COMPLEX} if COMPLEX in each else {STEPS} if {*each} == {STEPS} else set()
    if COMPLEX in found:
        return _("the code computes with complex numbers")
    if STEPS in found:
        return _("the code adds a small step to a number and subtracts the same step")
    return ""


def _same_slope(far: Any, near: Any) -> bool:
    """Return whether a gradient stays the same, or changes in proportion to the input."""
    if not (isinstance(far, np.ndarray) and isinstance(near, np.ndarray)):
        return False
    with np.errstate(all="ignore"):
        ratio = np.abs(far / near)
        ratio = np.where(ratio < 1, 1 / ratio, ratio)
        changes = (ratio > _FAR / _MANY) & (ratio < _FAR * _MANY)
        return np.allclose(far, near, rtol=1e-12, atol=0) or bool(changes.all())


def _error(got: Any, want: Any) -> float:
    """Return the largest error relative to the largest value; infinite if it is not finite."""
    if not isinstance(got, np.ndarray) or got.shape != want.shape:
        return np.inf
    if not np.isfinite(got).all():
        return np.inf
    largest = _largest(want)
    return _largest(got - want) / largest if largest else 0.0


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def _far_away(case: Case, gradient: str, parameters: tuple[str, ...]) -> Iterator[tuple[Case, str]]:
    """Yield a case with other orders of magnitude, and which inputs have them, if any may."""
    slopes = {name for name in case.inputs if name.endswith("_slope")}
    if slopes:
        small = {name: case.inputs[name] / _FAR for name in slopes}
        yield dataclasses.replace(case, inputs={**case.inputs, **small}), _("very small slopes")
        return
    name = gradient.removesuffix(".grad") if "." in gradient else gradient[1:]
    where = _("very large values of {input}").format(input=name)
    if name in case.inputs and _moves(name, case.inputs[name]):
        moved = {**case.inputs, name: case.inputs[name] * _FAR}
        yield dataclasses.replace(case, inputs=moved), where
    elif name in parameters and _moves(name, case.init[parameters.index(name)]):
        place = parameters.index(name)
        init = (*case.init[:place], case.init[place] * _FAR, *case.init[place + 1 :])
        yield dataclasses.replace(case, init=init), where


def _moved(case: Case, times: int) -> Case:
    # Different factors, because dout / x does not change if both are multiplied by the same one.
    rng = np.random.default_rng(1)
    return _scaled(case, lambda shape: 1 + times * _MOVE * rng.uniform(1, 2, shape))


def _jostled(case: Case, rng: np.random.Generator) -> Case:
    return _scaled(case, lambda shape: 1 + _JOSTLE * rng.choice([-1.0, 1.0], shape))


def _scaled(case: Case, factor: Callable[[tuple[int, ...]], Any]) -> Case:
    """Return a case with every number multiplied by a factor of its own."""

    def scale(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: scale(key, one) for key, one in value.items()}
        if not _moves(name, value):
            return value
        scaled = value * factor(np.shape(value))
        return float(scaled) if isinstance(value, float) else scaled

    return dataclasses.replace(
        case,
        inputs={name: scale(name, value) for name, value in case.inputs.items()},
        dout=scale("dout", case.dout),
        init=tuple(scale("", value) for value in case.init),
    )


def _moves(name: str, value: Any) -> bool:
    # A perturbed one-hot target would not be one-hot.
    return name != "t" and (
        isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
    )


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
