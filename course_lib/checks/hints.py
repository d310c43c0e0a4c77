"""Hints from the values of a wrong answer that no misconception explains.

A wrong hint does harm. So a relation between the wrong and the right values must hold in every case
of the part, and each hint says only what the values show.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, Protocol

import numpy as np

from course_lib.answers.formulas import FORMULAS
from course_lib.arrays import Array
from course_lib.checks.cases import Case
from course_lib.checks.compare import NotNumbers, Seen, agrees, alike, as_numbers, excess, number
from course_lib.checks.explain import Explained
from course_lib.checks.misconceptions import Misconception, MisconceptionError, definitions_of
from course_lib.checks.side import Failure, attempt
from course_lib.text import _


class Hinted(Explained, Protocol):
    """The attributes of a task that this module reads; see `course_lib.checks.tasks.Task`."""

    def observe(self, answer: Any, cases: list[Case]) -> list[Seen]: ...

    def observe_gradients(self, answer: Any, cases: list[Case]) -> list[Seen]: ...

    def without_upstream(self, what: str, case: Case) -> Any: ...


@dataclass(frozen=True)
class _Wrong:
    """One wrong value of an answer, in all cases in which it counts, and in all other cases."""

    task: Hinted
    answer: Any
    what: str
    cases: list[Case]
    seen: list[Seen]
    want: list[Seen]
    others: list[tuple[Case, Any]]

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """The learner's and the right values."""
        return [
            (got[self.what], right[self.what])
            for got, right in zip(self.seen, self.want, strict=True)
        ]

    @property
    def is_gradient(self) -> bool:
        return self.what in self.task.gradients or self.what.endswith(".grad")

    def everywhere(self, relation: Callable[[Array, Array], bool]) -> bool:
        """Return whether a relation holds between the values in all cases."""
        return all(relation(got, right) for got, right in self.pairs)


def hint_for(
    task: Hinted, part: str, answer: Any, cases: list[Case], seen: list[Seen], want: list[Seen]
) -> str:
    """Return a hint to the first wrong value of a part, or an empty string."""
    for case, got, right in zip(cases, seen, want, strict=True):
        for what in task.counted(part, case):
            value = got[what]
            if isinstance(right[what], bool):
                if value is not right[what]:
                    return ""
            elif isinstance(value, Failure):
                return _of_failure(task, case, value)
            elif not isinstance(value, np.ndarray):
                return ""
            elif not agrees(value, right[what]):
                with np.errstate(all="ignore"):
                    return _of_values(_all_cases(task, part, what, answer, cases, seen, want))
    return ""


def _all_cases(
    task: Hinted,
    part: str,
    what: str,
    answer: Any,
    cases: list[Case],
    seen: list[Seen],
    want: list[Seen],
) -> _Wrong:
    rows = list(zip(cases, seen, want, strict=True))
    counted = [row for row in rows if what in task.counted(part, row[0])]
    return _Wrong(
        task,
        answer,
        what,
        [case for case, _got, _right in counted],
        [got for _case, got, _right in counted],
        [right for _case, _got, right in counted],
        [(case, got.get(what)) for case, got, _right in rows],
    )


# --- exceptions -----------------------------------------------------------------------------------

# The kind of an exception, a pattern of its message, and a hint. The first one that fits counts.
_FAILURES = (
    (
        "TypeError|AttributeError",
        "NoneType",
        _("One of these values is None: nothing was stored or returned. Which line sets it?"),
    ),
    (
        "ValueError",
        "truth value",
        _("if, and, or, not and max need one truth value. How do you decide for each element?"),
    ),
    (
        "TypeError",
        "only .* (arrays|length-1)",
        _("This function takes one number, not an array. Does NumPy have the same one for arrays?"),
    ),
    (
        "TypeError",
        r"bitwise_xor|for \^",
        _("In Python, ^ is not a power. Which operator is one?"),
    ),
    (
        "TypeError",
        "numpy boolean (negative|subtract)",
        _("A mask of True and False has no minus. Which operator turns True into False?"),
    ),
    (
        "TypeError",
        "unsupported operand.*'(tuple|list|dict)'",
        _("One of these values is a tuple, a list or a dict. Which line returns several values?"),
    ),
    (
        "TypeError",
        "unsupported operand.*'(method|function|type)'",
        _("A method, a function or a class stands where its result belongs. Where are the round "
          "brackets of the call?"),
    ),
    (
        "TypeError",
        "object is not callable",
        _("Python reads (...) after a value as a call. Is an operator missing in front of it?"),
    ),
    (
        "TypeError",
        "positional argument",
        _("The call and the def line have different numbers of arguments. Is self the first one "
          "of the def line, and is the method called on an object?"),
    ),
    (
        "TypeError",
        "unexpected keyword|multiple values",
        _("The call does not match the def line. Which names do the arguments have there?"),
    ),
    (
        "TypeError",
        "not subscriptable|has no len|not iterable|unpack non-iterable",
        _("One value stands where several are expected. What does the line before return?"),
    ),
    (
        "UFuncTypeError|_UFuncOutputCastingError|UFuncOutputCastingError",
        "",
        _("An array of whole numbers cannot hold fractions. Do you write into an input array?"),
    ),
    (
        "ValueError",
        "read-only",
        _("This array belongs to the caller. Which operation makes a new array instead?"),
    ),
    (
        "ValueError",
        "setting an array element",
        _("An array stands where one number belongs. Which function here returns an array?"),
    ),
    (
        "ValueError",
        "broadcast|not aligned|matmul|mismatch|dimension|reshape|inhomogeneous",
        _("The shapes do not fit. Which shape does each array in this line have?"),
    ),
    (
        "ValueError",
        "unpack",
        _("The two sides of = have different numbers of values. How many are on the right?"),
    ),
    (
        "AxisError",
        "",
        _("The array has fewer axes than this line expects. How many does it have for this input?"),
    ),
    (
        "UnboundLocalError",
        "",
        _("The name is read before it is set in this method. Should it be an attribute of self?"),
    ),
    (
        "NameError",
        "",
        _("Python does not know this name here. Is it spelled the same everywhere, or is it an "
          "attribute that needs self. in front?"),
    ),
    (
        "AttributeError",
        "module 'numpy'",
        _("NumPy has no function of this name. How is it spelled in the task or the chapter?"),
    ),
    (
        "AttributeError",
        r"'(float|int|bool|numpy\.\w+)' object",
        _("A number or an array has no attribute of this name. Is the name spelled the same "
          "everywhere, or should an object of a class stand there?"),
    ),
    (
        "AttributeError",
        "'(tuple|list|dict|str|function|method)' object",
        _("This value is of another type than the line expects. Which line makes it?"),
    ),
    (
        "AttributeError",
        "",
        _("The object has no attribute of this name. Is the name spelled the same everywhere, and "
          "does an earlier line set it?"),
    ),
    (
        "KeyError",
        "",
        _("The dictionary has no entry of this name. Which names does it have?"),
    ),
    (
        "IndexError",
        "",
        _("The index is outside the array. How many axes and elements does the array have?"),
    ),
    (
        "ZeroDivisionError",
        "",
        _("This line divides by 0. Which value is 0 here, and should it be?"),
    ),
    (
        "RecursionError",
        "",
        _("A function calls itself too often. Does it call itself by mistake, or once for each "
          "step?"),
    ),
)  # fmt: skip


def _of_failure(task: Hinted, case: Case, failure: Failure) -> str:
    if failure.unanswered:
        return ""
    if (
        hint := _package(failure)
        or _matrix_product(task, case, failure)
        or _lost_axis(case, failure)
    ):
        return hint
    for kind, pattern, hint in _FAILURES:
        if re.fullmatch(kind, failure.kind) and re.search(pattern, failure.message):
            near = "" if pattern else _near(task, case, failure) or _not_set(task, failure)
            return near or hint
    return ""


def _package(failure: Failure) -> str:
    """Return a hint if the unknown name is that of a usual package."""
    names = re.findall(r"'(\w+)'", failure.message)[:1]
    if failure.kind == "NameError" and names and names[0] in _PACKAGES:
        return _(
            "{name} is a package: no line imports it. NumPy, as np, has functions for numbers and "
            "arrays. Which one do you need?"
        ).format(name=names[0])
    return ""


_PACKAGES = ("math", "cmath", "scipy", "torch", "tf", "random", "pd", "pandas", "sys", "time")


def _matrix_product(task: Hinted, case: Case, failure: Failure) -> str:
    """Return a hint if @ is used in a layer of single elements, or * for a matrix product."""
    layer = isinstance(task.reference, type) and hasattr(task.reference, "forward")
    if not layer or any(isinstance(one, np.ndarray) for one in case.init):
        matrices = True
    else:
        shapes = {np.shape(value) for value in case.inputs.values()}
        matrices = len(shapes) > 1 or any(
            isinstance(node, ast.MatMult)
            for definition in definitions_of(task.reference)
            for node in ast.walk(definition)
        )
    if re.search(r"matmul|for @|not aligned", failure.message) and not matrices:
        return _("@ is the matrix product. Which operator multiplies element by element?")
    shapes_there = _shapes_in(failure)
    if (
        "broadcast together" in failure.message
        and list(map(len, shapes_there)) == [2, 2]
        and matrices
        and shapes_there[0][1] == shapes_there[1][0]
        # With equally many rows, the two may belong side by side.
        and shapes_there[0][0] != shapes_there[1][0]
    ):
        return _(
            "These two shapes fit for a matrix product, but this line calculates element by "
            "element. Which operator is which?"
        )
    return ""


def _shapes_in(failure: Failure) -> list[tuple[int, ...]]:
    found = re.findall(r"\(([\d, ]+)\)", failure.message)
    return [tuple(map(int, re.findall(r"\d+", one))) for one in found]


def _lost_axis(case: Case, failure: Failure) -> str:
    """Return a hint if an array of rows meets an array with one number for each row."""
    if failure.kind != "ValueError" or "broadcast together" not in failure.message:
        return ""
    shapes = sorted(_shapes_in(failure), key=len)
    if list(map(len, shapes)) != [1, 2] or shapes[0] != shapes[1][:1]:
        return ""
    for name, value in case.inputs.items():
        if np.shape(value) == shapes[0] and np.asarray(value).dtype.kind in "iu":
            return _(
                "One of the two arrays has one number for each row: the labels {name}, or a result "
                "that has lost its second axis. Labels are no one-hot rows; an axis is kept by "
                "keepdims=True. Which is it here?"
            ).format(name=name)
    return _(
        "One of the two arrays has one number for each row: it has lost its second axis. Which "
        "line makes it, and how does keepdims=True change that?"
    )


def _not_set(task: Hinted, failure: Failure) -> str:
    """Return a hint if an attribute of the learner's object is read before it is set."""
    found = re.search(r"'(\w+)' object has no attribute '(\w+)'", failure.message)
    if not found or found[1] != task.reference.__name__:
        return ""
    if hasattr(task.reference, found[2]):
        return _(
            "The class has no method {name}. Does its def line stand in the class, with the same "
            "indentation as the other methods?"
        ).format(name=found[2])
    return _(
        "No line has set self.{name} before. Is it stored with self. in front, in a method that "
        "runs earlier, and spelled the same there?"
    ).format(name=found[2])


def _near(task: Hinted, case: Case, failure: Failure) -> str:
    """Return a question for a known name that is spelled almost like the unknown one."""
    unknown = re.findall(r"'(\w+)'", failure.message)[-1:]
    known = ["forward", "backward", *case.inputs]
    if failure.kind == "NameError":
        known += ["self", "numpy", "np", "dout"]
    known += [name for name in vars(task.reference) if not name.startswith("_")]
    known += [*task.gradients]
    for name in unknown:
        if near := get_close_matches(name.lower(), sorted({*known} - {name}), n=1, cutoff=0.8):
            return _("Do you mean {name}?").format(name=near[0])
    return ""


# --- values ---------------------------------------------------------------------------------------


# A question for each requirement of a task with facts: true whatever the code does.
_QUESTIONS = {
    "batch_size rows and targets": _("Which shapes do the returned rows and targets have?"),
    "rows and targets belong together": _("Which indices do you use for x, and which for t?"),
    "every row can come": _(
        "In many draws, some rows never occurred. From which range do you draw the indices?"
    ),
    "another batch each time": _("Where does your code use seed?"),
    "one loss a step": _("How many losses does your function return, and when is one added?"),
    "the loss falls": _(
        "The loss has to be low after 1000 steps. Does each step start from the parameters of the "
        "step before, and does the update reach the network?"
    ),
    "each loss is that of its step": _(
        "The check repeated your steps and got other losses. Which loss do you append, and when?"
    ),
    "accuracy reached": _(
        "Does every step draw another batch, and do you update with the given learning rate?"
    ),
    "network and batches as asked": _(
        "Do you build the network with the given seed, and draw each batch with your draw_batch?"
    ),
    "out has the shape of x": _("Which shape does your mask have?"),
    "about the share p is left out": _("What is the probability that a value of your mask is 0?"),
    "each value is drawn for itself": _("How many random numbers do you draw for one array?"),
    "the mean stays the same": _("The kept values should be larger than before. By which factor?"),
    "dx has the shape of dout": _("By what does backward multiply dout?"),
    "what is left out gets no gradient": _("If a dropped value changes, how does the loss change?"),
    "what stays gets the right gradient": _(
        "By which factor does forward multiply a kept value, and backward its dout?"
    ),
    "every forward has a new mask": _("Where do you draw the mask: in forward, or only once?"),
    "the same seed gives the same masks": _(
        "Which generator draws your mask, and where is it created?"
    ),
    "another seed gives other masks": _("Where does your code use seed?"),
    "the same batch again": _("Which seed does your generator get?"),
    "nothing happens at test time": _(
        "What should forward return with train=False, and backward after it?"
    ),
    "no name is missing": _("Which names can you reach from last, step by step?"),
    "no name comes twice": _("How do you notice that a name is in the list already?"),
    "nothing else comes": _("Where do you start, and which names can you reach from there?"),
    "each name comes before its inputs": _(
        "When is the gradient of a name complete: before or after all names that use it?"
    ),
}


def _of_values(wrong: _Wrong) -> str:
    if wrong.task.facts:
        return _QUESTIONS.get(wrong.what, "")
    if wrong.what.startswith("verdict on "):
        return ""
    wrong = _stretched(_with_values(wrong))
    if not wrong.cases:
        return ""
    same = all(got.shape == right.shape for got, right in wrong.pairs)
    if not all(np.isfinite(got).all() for got, _right in wrong.pairs):
        ordinary = same and not wrong.cases[0].at
        return (_slips(wrong) if ordinary else "") or _not_finite()
    if hint := _integers(wrong) or _another_gradient(wrong) or _shape(wrong):
        return hint
    if not same:
        return ""
    return next(filter(None, (rule(wrong) for rule in _RULES)), "")


def _with_values(wrong: _Wrong) -> _Wrong:
    """Leave out the cases that stop with an error; without any if two values are not left."""
    rows = [
        row
        for row in zip(wrong.cases, wrong.seen, wrong.want, strict=True)
        if isinstance(row[1][wrong.what], np.ndarray)
    ]
    few = len(rows) < len(wrong.cases) and len(rows) < 2
    cases, seen, want = ([], [], []) if few else map(list, zip(*rows, strict=True))
    return dataclasses.replace(wrong, cases=cases, seen=seen, want=want)


def _stretched(wrong: _Wrong) -> _Wrong:
    """Repeat a number in the shape of the right array if the first wrong value has its shape."""
    first = next((pair for pair in wrong.pairs if not agrees(*pair)), None)
    if first is None:
        return wrong
    if first[0].shape != first[1].shape:
        return wrong
    seen = [
        {**one, wrong.what: np.full(right.shape, got)} if not got.ndim else one
        for one, (got, right) in zip(wrong.seen, wrong.pairs, strict=True)
    ]
    return dataclasses.replace(wrong, seen=seen)


def _integers(wrong: _Wrong) -> str:
    """Return a hint if the case has an array of integers in place of floats."""
    arrays = [case.inputs.get("x") for case in wrong.cases if case.at]
    if arrays and all(isinstance(x, np.ndarray) and x.dtype.kind in "iu" for x in arrays):
        return _(
            "x holds whole numbers here. What becomes of a fraction that is stored in an array of "
            "integers?"
        )
    return ""


def _another_gradient(wrong: _Wrong) -> str:
    for other in wrong.task.gradients if wrong.is_gradient else ():
        if other == wrong.what or not _same(wrong, [right.get(other) for right in wrong.want]):
            continue
        mine, right = (
            [one.get(name) for one in rows]
            for rows, name in ((wrong.seen, other), (wrong.want, wrong.what))
        )
        if alike(mine, right):
            return _("These are the values of {other}. Did you swap the two?").format(other=other)
        return _("These are the values of {other}. Which line sets {what}?").format(
            other=other, what=wrong.what
        )
    return ""


def _not_finite() -> str:
    return _(
        "Some values are nan or inf. Which step has no result: a division by 0, a number that is "
        "too large, or a root, power or logarithm of a number below 0?"
    )


def _shape(wrong: _Wrong) -> str:
    pairs = [(got, right) for got, right in wrong.pairs if got.shape != right.shape]
    if not pairs or next(
        got.shape == right.shape for got, right in wrong.pairs if not agrees(got, right)
    ):
        return ""
    if all(got.shape == right.shape[::-1] for got, right in pairs):
        return _("Your shape is the right one, transposed. Which factor needs a transpose?")
    if wrong.is_gradient:
        return _shape_of_gradient(wrong)
    if all(not got.ndim for got, _right in pairs):
        return _("The result is one number instead of an array. Which line reduces it to one?")
    return _("Write the shape of each array beside its line. Which line changes the shape?")


def _shape_of_gradient(wrong: _Wrong) -> str:
    words = {"what": wrong.what, "of": wrong.what.removeprefix("d")}
    rows = [
        (np.shape(case.dout), got, right)
        for case, (got, right) in zip(wrong.cases, wrong.pairs, strict=True)
        if got.shape != right.shape
    ]
    if all(got.shape == dout and right.ndim < got.ndim for dout, got, right in rows):
        return _(
            "{what} has the shape of dout here. Each number of {of} is used several times: what do "
            "the gradients of its uses do?"
        ).format(**words)
    if all(got.size == right.size for _dout, got, right in rows):
        return _(
            "{what} has an axis too many or too few. Which line adds or drops an axis? A gradient "
            "has exactly the shape of its array."
        ).format(**words)
    if all(right.ndim == 1 and len(dout) == 2 and got.size == dout[0] for dout, got, right in rows):
        return _(
            "There is one number for each row of dout, but {of} has one for each column. Along "
            "which axis do you add?"
        ).format(**words)
    return _("Which line changes the shape? A gradient has exactly the shape of its array.")


def _zero(wrong: _Wrong) -> str:
    if not wrong.everywhere(lambda got, _right: bool(got.size) and not got.any()):
        return ""
    if wrong.is_gradient:
        return _("Every value is 0. For which inputs should the gradient not be 0?")
    return _("Every value is 0, for every input. Which line makes it 0?")


def _first_only(wrong: _Wrong) -> str:
    """Return a hint if only the first value of each array is set, and right."""

    def first(got: Array, right: Array) -> bool:
        rest = got.ravel()[1:]
        return bool(rest.size and not rest.any() and agrees(got.ravel()[:1], right.ravel()[:1]))

    if wrong.everywhere(first):
        return _("The first value is right, and all others are 0. Does a loop end too early?")
    return ""


def _swapped(wrong: _Wrong) -> str:
    if wrong.is_gradient and _same(wrong, [right.get("out") for right in wrong.want]):
        return _(
            "These are the values that forward returns. Which local gradient does the node have?"
        )
    if wrong.is_gradient and _same(wrong, [case.dout for case in wrong.cases]):
        return _("This is dout, unchanged. By what does the node multiply it?")
    for name in wrong.cases[0].inputs:
        if _same(wrong, [case.inputs.get(name) for case in wrong.cases]):
            if wrong.is_gradient:
                return _(
                    "This is the value of {name}, not a slope. By how much does the result grow "
                    "when one input grows by 1?"
                ).format(name=name)
            return _("This is {name}, unchanged. What should happen to it?").format(name=name)
        held = [case.inputs[name] for case in wrong.cases]
        keys = held[0] if all(isinstance(one, dict) for one in held) else ()
        if any(_same(wrong, [one.get(key) for one in held]) for key in keys):
            return _(
                "These are values of {name}, unchanged. Which line should make new ones, and does "
                "it run for every name?"
            ).format(name=name)
    return ""


def _same(wrong: _Wrong, values: Sequence[Any]) -> bool:
    """Return whether the wrong values agree with others in all cases."""
    return all(
        isinstance(value, (int, float, np.ndarray))
        and np.asarray(value).dtype.kind in "iuf"
        and agrees(got, np.asarray(value, float))
        for (got, _right), value in zip(wrong.pairs, values, strict=True)
    )


def _without_upstream(wrong: _Wrong) -> str:
    if wrong.what not in wrong.task.gradients or wrong.cases[0].dout is None:
        return ""
    if _same(wrong, [wrong.task.without_upstream(wrong.what, case) for case in wrong.cases]):
        return _("These are the values for dout = 1. Where does your backward use dout?")
    return ""


def _upstream(wrong: _Wrong) -> str:
    """Return a hint if a gradient is not proportional to dout."""
    case = wrong.cases[0]
    if not wrong.is_gradient or wrong.what not in wrong.task.gradients or case.dout is None:
        return ""
    none, twice = (
        _gradients(wrong, [dataclasses.replace(case, dout=case.dout * by) for case in wrong.cases])
        for by in (0.0, 2.0)
    )
    if none is not None and any(np.abs(value).max(initial=0) > 1e-9 for value in none):
        return _(
            "If dout were 0, {what} would have to be 0, but yours is not. Which term of your "
            "gradient is not multiplied by dout? Look at the brackets, too."
        ).format(what=wrong.what)
    if twice is not None and not all(
        agrees(two, 2 * got) for two, (got, _right) in zip(twice, wrong.pairs, strict=True)
    ):
        return _(
            "If dout doubles, {what} has to double, but yours does not. How often does your "
            "backward use dout, and does it round or change dout?"
        ).format(what=wrong.what)
    return ""


def _gradients(wrong: _Wrong, cases: list[Case]) -> list[Array] | None:
    values = [one[wrong.what] for one in wrong.task.observe_gradients(wrong.answer, cases)]
    finite = all(isinstance(value, np.ndarray) and np.isfinite(value).all() for value in values)
    return values if finite else None


def _sign(wrong: _Wrong) -> str:
    if wrong.everywhere(lambda got, right: agrees(got, -right)):
        return _("Every value has the wrong sign. Apart from the sign, all are right.")
    if wrong.everywhere(lambda got, right: agrees(got, np.abs(right))):
        return _("Apart from the sign, all values are right, and none of yours is negative.")
    if wrong.everywhere(lambda got, right: agrees(np.abs(got), np.abs(right))):
        return _("Some signs are wrong. Apart from the sign, all values are right.")
    return ""


def _transposed(wrong: _Wrong) -> str:
    if wrong.everywhere(lambda got, right: got.ndim == 2 and agrees(got, right.T)):
        return _("This is the right array, transposed.")
    return ""


def _rounded(wrong: _Wrong) -> str:
    to_whole: tuple[Callable[[Array], Array], ...] = (np.floor, np.trunc, np.ceil)
    to_places = (partial(np.round, decimals=digits) for digits in range(5))
    steps: tuple[Callable[[Array], Any], ...] = (*to_whole, *to_places)
    if not _few(wrong) and any(
        all(agrees(got, step(right)) for got, right in wrong.pairs) for step in steps
    ):
        return _("These are the right values, rounded. Which line rounds or cuts off the decimals?")
    return ""


def _few(wrong: _Wrong) -> bool:
    """Return whether the values are 0, 1 or -1 only: such values have many reasons."""
    return wrong.everywhere(lambda got, _right: bool(np.isin(got, (-1, 0, 1)).all()))


def _settings(wrong: _Wrong) -> str:
    """Return a hint if a named argument was replaced by a fixed number."""
    for name, old in _arguments(wrong).items():
        for fixed in dict.fromkeys((*_FIXED, old)):
            if isinstance(fixed, (int, float)) and _with_fixed(wrong, name, fixed):
                return _(
                    "These values would be right if {name} were {fixed} in every call. Where does "
                    "your code use {name}?"
                ).format(name=name, fixed=number(fixed))
    return ""


_FIXED = (0, 1, 0.5, 0.1, 0.01, 0.001, 2, 0.9, 0.99, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 42)


def _arguments(wrong: _Wrong) -> dict[str, Any]:
    """Return the names of the arguments that are settings, with their defaults."""
    function = wrong.task.reference
    given = dict(inspect.signature(function).parameters)
    if isinstance(function, type):
        for method in ("step", "learn"):
            given |= inspect.signature(getattr(function, method, lambda: 0)).parameters
    known = {**wrong.cases[0].inputs}
    for case in wrong.cases:
        known |= dict(zip(inspect.signature(function).parameters, case.init, strict=False))
    skip = (*wrong.task.gradients, "x", "y", "loss", "value")
    return {
        name: one.default
        for name, one in given.items()
        if name not in skip and isinstance(known.get(name), (int, float))
    }


def _with_fixed(wrong: _Wrong, name: str, fixed: float) -> bool:
    cases = []
    for case in wrong.cases:
        inputs = {**case.inputs, name: fixed} if name in case.inputs else case.inputs
        names = inspect.signature(wrong.task.reference).parameters
        init = tuple(fixed if k == name else v for k, v in zip(names, case.init, strict=False))
        cases.append(dataclasses.replace(case, inputs=inputs, init=init))
    with np.errstate(all="ignore"):
        got, _warned = attempt(wrong.task.observe, wrong.task.reference, cases)
    return (
        not isinstance(got, Failure)
        and _same(wrong, [one[wrong.what] for one in got])
        and _right_elsewhere(wrong, got)
    )


def _right_elsewhere(wrong: _Wrong, other: list[Seen]) -> bool:
    """Return whether another answer is right where the learner's is, in values of the method."""
    method = wrong.task.method(wrong.what)
    return all(
        agrees(one[name], value)
        for one, got, right in zip(other, wrong.seen, wrong.want, strict=True)
        for name, value in right.items()
        if isinstance(value, np.ndarray)
        and wrong.task.method(name) == method
        and isinstance(got.get(name), np.ndarray)
        and agrees(got[name], value)
        and isinstance(one.get(name), np.ndarray)
    )


def _slips(wrong: _Wrong) -> str:
    """Return the hint of a slip that gives these numbers."""
    function = wrong.task.reference
    layer = isinstance(function, type)
    if _few(wrong):
        return ""
    one_value = hasattr(function, "forward") if layer else _called_directly(wrong)
    if not one_value or (layer and wrong.cases[0].dout is None):
        return _slips_anywhere(wrong)
    name = function.__name__ if not layer else "backward" if wrong.is_gradient else "forward"
    formula = FORMULAS.get(function.__name__)
    slips = [*slips_of(function, name), *(slips_of(formula, name) if formula else ())]
    if layer and wrong.is_gradient:
        slips += slips_of(function, "forward")  # what it stores
    for slip in slips:
        if all(
            isinstance(value := _run(slip.answer, case, wrong, layer=layer), np.ndarray)
            and isinstance(got, np.ndarray)
            and agrees(got, value)
            for case, got in wrong.others
            # There, equal formulas may differ.
            if case.at != "at extremes" or wrong.cases[0].at
        ):
            seen, _warned = attempt(wrong.task.observe, slip.answer, wrong.cases)
            if not isinstance(seen, Failure) and _right_elsewhere(wrong, seen):
                return slip.hint
    return ""


def _called_directly(wrong: _Wrong) -> bool:
    """Return whether the value is what the function returns for the inputs of the case."""
    names = list(inspect.signature(wrong.task.reference).parameters)
    return wrong.what == "value" and list(wrong.cases[0].inputs) == names


def _slips_anywhere(wrong: _Wrong) -> str:
    """Return the hint of a slip in any method of a class, or in a function of several values."""
    method = wrong.task.method(wrong.what).split(".")[-1]
    methods = [
        item.name
        for item in definitions_of(wrong.task.reference)
        if isinstance(item, ast.FunctionDef) and item.name not in ("__init__", "order")
    ]
    for name in sorted(methods, key=lambda name: name != method):
        for slip in slips_of(wrong.task.reference, name):
            if slip.hint == _NUMBER:
                continue  # the numbers of these methods are starting values, and have many effects
            for count in (1, len(wrong.cases)):
                seen, _warned = attempt(wrong.task.observe, slip.answer, wrong.cases[:count])
                if isinstance(seen, Failure) or not all(
                    isinstance(one[wrong.what], np.ndarray) and agrees(one[wrong.what], got)
                    for one, (got, _right) in zip(seen, wrong.pairs, strict=False)
                ):
                    break
            else:
                if _right_elsewhere(wrong, seen):
                    return slip.hint
    return ""


def _run(answer: Any, case: Case, wrong: _Wrong, *, layer: bool) -> Any:
    """Return the value of a slip: the same as its observation, but faster."""
    inputs, init = (
        [np.copy(value) if isinstance(value, np.ndarray) else value for value in values]
        for values in (case.inputs.values(), case.init)
    )

    def value() -> Any:
        if not layer:
            return np.asarray(answer(*inputs), float)
        made = answer(*init)
        out = made.forward(*inputs)
        if not wrong.is_gradient:
            return np.asarray(out, float)
        dout = np.copy(case.dout) if isinstance(case.dout, np.ndarray) else case.dout
        grads = made.backward(dout)
        if hasattr(made, wrong.what):
            return np.asarray(getattr(made, wrong.what), float)
        several = isinstance(grads, tuple)
        grads = grads if several else (grads,)
        names = [one for one in wrong.task.gradients if not hasattr(made, one)]
        return np.asarray(dict(zip(names, grads, strict=True))[wrong.what], float)

    return attempt(value)[0]


def _ratio(wrong: _Wrong) -> str:
    """Return a hint if all values are the right ones times one factor."""
    found = [_factor(got, right) for got, right in wrong.pairs]
    ratios = [ratio for ratio in found if ratio is not None]
    if not ratios or len(ratios) < len(found):
        return ""
    if _constant(ratios):
        if np.isclose([np.log(10), np.log(2), 1 / np.log(10), 1 / np.log(2)], ratios[0]).any():
            return _("These values belong to another base of the logarithm. Which base is right?")
        return _("Every value is {ratio} times the right value.").format(ratio=number(ratios[0]))
    for name, values in _quantities(wrong.cases):
        products = np.array(ratios) * values
        quotients = np.array(ratios) / values
        if _constant(quotients, 1):
            return _(
                "Your values are the right ones times {name}. Which line multiplies by it?"
            ).format(name=name)
        if _constant(products, 1):
            return _(
                "Your values are the right ones divided by {name}. Which line divides by it?"
            ).format(name=name)
    return ""


def _times(wrong: _Wrong) -> str:
    """Return a hint if the values are the right ones times, or divided by, a known array."""
    given = {name: [case.inputs[name] for case in wrong.cases] for name in wrong.cases[0].inputs}
    for i, name in enumerate(inspect.signature(wrong.task.reference).parameters):
        if all(i < len(case.init) for case in wrong.cases):
            given[name] = [case.init[i] for case in wrong.cases]
    if wrong.is_gradient:
        given["out"] = [right.get("out") for right in wrong.want]
    for name, values in given.items():
        if (
            not all(
                isinstance(value, (float, np.ndarray))
                and np.asarray(value).dtype.kind == "f"
                and np.shape(value) in (right.shape, right.shape[-1:], ())
                for value, (_got, right) in zip(values, wrong.pairs, strict=True)
            )
            or sum(right.size for _got, right in wrong.pairs) < 3
        ):
            continue
        rows = [
            (np.asarray(value), got, right)
            for value, (got, right) in zip(values, wrong.pairs, strict=True)
        ]
        if all(agrees(got, right * value) for value, got, right in rows):
            return _("Your values are the right ones times {name}. Where does it come in?").format(
                name=name
            )
        if all(agrees(got * value, right) for value, got, right in rows):
            return _(
                "Your values are the right ones divided by {name}. Is this factor missing, or is "
                "there a division too many?"
            ).format(name=name)
    return ""


def _depends(wrong: _Wrong) -> str:
    """Return a hint if a value changes with an input and should not, or the other way round."""
    names = [*wrong.cases[0].inputs]
    parameters = list(inspect.signature(wrong.task.reference).parameters)
    for name in dict.fromkeys([*names, *parameters[: len(wrong.cases[0].init)]]):
        cases = [_moved(case, name, parameters) for case in wrong.cases]
        if any(case is None for case in cases):
            continue
        moved = [case for case in cases if case is not None]
        mine, right = (
            _changes(wrong, answer, moved, before)
            for answer, before in (
                (wrong.answer, wrong.seen),
                (wrong.task.reference, wrong.want),
            )
        )
        whole = wrong.everywhere(lambda got, _right: bool((got == np.round(got)).all()))
        if mine == {False} and right == {True} and not whole:
            return _(
                "Your values do not change when {name} changes, but they should. Where does {name} "
                "come into the formula?"
            ).format(name=name)
        if mine == {True} and right == {False}:
            return _(
                "Your values change when {name} changes, but they should not. Where does {name} "
                "come into your formula?"
            ).format(name=name)
    return ""


def _moved(case: Case, name: str, parameters: list[str]) -> Case | None:
    """Return a case with other numbers for an argument; None if it has no floats."""
    rng = np.random.default_rng(0)

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: other(one) for key, one in value.items()}
        factor = rng.uniform(1.05, 1.3, np.shape(value))
        return value * (factor if np.ndim(value) else float(factor))

    value = case.inputs.get(name)
    if name not in case.inputs:
        value = dict(zip(parameters, case.init, strict=False)).get(name)
    leaves = list(value.values()) if isinstance(value, dict) else [value]
    if not leaves or any(
        not isinstance(one, (float, np.ndarray)) or np.asarray(one).dtype.kind != "f"
        for one in leaves
    ):
        return None
    if name in case.inputs:
        return dataclasses.replace(case, inputs={**case.inputs, name: other(value)})
    init = tuple(
        other(one) if key == name else one for key, one in zip(parameters, case.init, strict=False)
    )
    return dataclasses.replace(case, init=init)


def _changes(wrong: _Wrong, answer: Any, cases: list[Case], before: list[Seen]) -> set[bool | None]:
    """Return whether the value of an answer is another one in these cases; None if unclear."""
    seen, _warned = attempt(wrong.task.observe, answer, cases)
    if isinstance(seen, Failure):
        return {None}
    pairs = [(new[wrong.what], old[wrong.what]) for new, old in zip(seen, before, strict=True)]
    return {
        None
        if not isinstance(new, np.ndarray) or not isinstance(old, np.ndarray)
        else not agrees(new, old)
        for new, old in pairs
    }


def _limited(wrong: _Wrong) -> str:
    """Return a hint if different large inputs give one result, as after np.clip."""
    for case, (got, right) in zip(wrong.cases, wrong.pairs, strict=True):
        x = np.asarray(case.inputs.get("x"))
        bad = excess(got, right) > 1
        if not case.at or x.shape != right.shape or not bad.any():
            continue
        for side in (x > 0, x < 0):
            values = got[bad & side]
            if values.size == 1 or (values.size and (np.ptp(values) > 0 or not values.any())):
                return ""
        return _(
            "Different inputs of large size give the same result here. Which line limits x or "
            "replaces a value, and from which size on?"
        )
    return ""


def _close(wrong: _Wrong) -> str:
    if wrong.everywhere(
        lambda got, right: bool((np.abs(got - right) <= 0.01 * np.abs(right)).all())
    ):
        return _(
            "Every value is close to the right one, but not equal. Is a number in your code "
            "rounded, or is a small number added or left out?"
        )
    return ""


def _factor(got: Array, right: Array) -> float | None:
    there = right != 0
    if got[~there].any() or not there.any():
        return None
    ratio = got[there] / right[there]
    return float(ratio[0]) if np.ptp(ratio) <= 1e-6 * abs(ratio[0]) else None


def _constant(ratios: Sequence[Any] | Array, to: float | None = None) -> bool:
    return len(ratios) > 1 and bool(np.allclose(ratios, ratios[0] if to is None else to, rtol=1e-6))


def _quantities(cases: list[Case]) -> Iterator[tuple[str, list[float]]]:
    """Yield numbers that vary from case to case, by name: dout, settings, and lengths of axes."""
    names = [name for name, value in cases[0].inputs.items() if np.ndim(value)]
    for name in names:
        shapes = [np.shape(case.inputs[name]) for case in cases]
        if all(len(shape) == 2 for shape in shapes):
            yield _("rows / columns"), [rows / columns for rows, columns in shapes]
            for axis, words in ((0, _("the number of rows")), (1, _("the number of columns"))):
                yield words, [shape[axis] for shape in shapes]
        yield _("the number of elements"), [float(np.prod(shape)) for shape in shapes]
    if all(isinstance(case.dout, float) for case in cases):
        yield "dout", [case.dout for case in cases]
    for name in cases[0].inputs:
        values = [case.inputs[name] for case in cases]
        if all(isinstance(value, float) for value in values):
            yield name, values


def _some_elements(wrong: _Wrong) -> str:
    """Return a hint if the sign of an input tells which elements are wrong."""
    if not all(right.ndim for _got, right in wrong.pairs):
        return ""
    bad = [excess(got, right) > 1 for got, right in wrong.pairs]
    given: dict[str, list[Any]] = {
        name: [case.inputs.get(name) for case in wrong.cases] for name in wrong.cases[0].inputs
    }
    if wrong.is_gradient:
        given["dout"] = [case.dout for case in wrong.cases]
    for name, values in given.items():
        if not all(np.shape(v) == b.shape for v, b in zip(values, bad, strict=True)):
            continue
        for sign, here, there in ((1, "> 0", "< 0"), (-1, "< 0", "> 0")):
            if all(np.array_equal(b, sign * v > 0) for v, b in zip(values, bad, strict=True)):
                return _(
                    "Where {name} {there}, your values are right; where {name} {here}, they are "
                    "wrong. What does your code do differently there?"
                ).format(name=name, there=there, here=here)
    return ""


def _some_cases(wrong: _Wrong) -> str:
    """Return a hint if exactly the batches of several rows are wrong, or the arrays."""
    bad = [not agrees(got, right) for got, right in wrong.pairs]
    if all(bad):
        return ""
    shapes = [[np.shape(value) for value in case.inputs.values()] for case in wrong.cases]
    several = [any(len(shape) > 1 and shape[0] > 1 for shape in row) for row in shapes]
    if all(
        np.isin(right, (-1, 0, 1)).all()
        for (_got, right), off in zip(wrong.pairs, bad, strict=True)
        if not off
    ):
        return ""  # a right 0 or 1 may be luck
    if bad == several:
        return _(
            "Your values are right for a single row, but not for several rows. What does each line "
            "do with the rows?"
        )
    arrays = [any(map(len, row)) for row in shapes]
    if bad == arrays:
        return _("Your values are right for numbers, but not for arrays. What differs there?")
    return ""


def _offset(wrong: _Wrong) -> str:
    off = [got - right for got, right in wrong.pairs]
    flat = np.concatenate([one.ravel() for one in off])
    if flat.size > 2 and np.ptp(flat) <= 1e-9 + 1e-6 * abs(flat[0]):
        return _("Every value is too {size} by the same amount. Which number is added?").format(
            size=_("large") if flat[0] > 0 else _("small")
        )
    return ""


_RULES = (
    _zero,
    _without_upstream,
    _first_only,
    _swapped,
    _transposed,
    _sign,
    _rounded,
    _settings,
    _times,
    _slips,
    _upstream,
    _ratio,
    _some_elements,
    _some_cases,
    _offset,
    _limited,
    _depends,
    _close,
)


# --- predicted numbers ----------------------------------------------------------------------------


def hint_for_number(name: str, given: Mapping[Any, Any], answers: Mapping[str, Any]) -> str:
    """Return a hint to a wrong number, a shape or a small array, or an empty string.

    The hint never gives the right number away.
    """
    try:
        got, right = as_numbers(given.get(name)), np.array(answers[name], float)
    except NotNumbers:
        return ""
    if got.shape != right.shape:
        if got.size == right.size:
            return _("The shape is wrong. How many brackets does the task show?")
        return _("The number of entries is wrong. How many does the task ask for?")
    if got.ndim == 1 and not agrees(got, right) and agrees(np.sort(got), np.sort(right)):
        return _("The numbers are right, but in the wrong order. Which one comes first?")
    if agrees(got, -right):
        return _("Only the sign is wrong. Does the result rise or fall?")
    if right.ndim == 0 and _few_choices(answers):
        return ""
    for other, value in answers.items():
        if got.any() and agrees(got, np.array(value, float)) and _gives(given, other, right):
            return _("This is the number for {other}. Did you swap the two?").format(other=other)
    with np.errstate(all="ignore"):
        ratio = np.unique(np.round(got / right, 9))
    power_of_ten = got.ndim == 0 and got > 0 and float(np.log10(got)).is_integer()
    if ratio.size == 1 and ratio[0] in (10, 100, 1000, 0.1, 0.01, 0.001) and not power_of_ten:
        return _(
            "The digits are right, but the decimal point is not. Which unit does the task use?"
        )
    if ratio.size == 1 and 0.98 < ratio[0] < 1.02:
        return _("This is close. Is a step rounded, or is a small term missing?")
    return ""


def _gives(given: Mapping[Any, Any], name: str, number: Array) -> bool:
    try:
        return agrees(as_numbers(given.get(name)), number)
    except NotNumbers:
        return False


def _few_choices(answers: Mapping[str, Any]) -> bool:
    """Return whether the answers are numbers of a list of choices, which mean nothing by size."""
    return all(isinstance(value, int) and 0 < value < 10 for value in answers.values())


# --- slips ----------------------------------------------------------------------------------------

# A slip is the right answer with one small change, such as a missing pair of brackets. It gives the
# wrong numbers of a mistake that no misconception describes. Its hint states only what the change
# is, so it is true wherever the numbers agree.

_BRACKETS = _(
    "The right formula without one pair of brackets gives these numbers. In which order does "
    "Python evaluate your expression?"
)
_SIGN = _(
    "One plus or minus sign is wrong; everything else is right. If you raise each value in your "
    "formula a little, does the result rise or fall?"
)
_FACTOR = _("One factor is missing in a product. Which values have to be multiplied here?")
_UPSTREAM = _("One term of your gradient is not multiplied by dout. Which one?")
_TERM = _("One term of a sum is missing; the others are right. Which terms does the formula have?")
_DIVISION = _("One division is missing. By what does the formula divide?")
_SQUARE = _("One power is missing. Which value does the formula square?")
_UPSIDE_DOWN = _("One fraction is upside down. Which value is the numerator?")
_COMPARISON = _("One comparison has the wrong direction. For which values should it be true?")
_AXIS = _("These numbers come from the wrong axis. Which axis counts the samples?")
_NUMBER = _("One fixed number of the formula is wrong or missing. Which numbers does it contain?")
_TRANSPOSED = _("A transpose is missing or one too many. Which shape does each factor have?")

_OPERATION = _("Your code uses {wrong}, but the formula has another operation there. Which one?")
_LEFT_OUT = _("One {name} is left out. Where does the formula need it?")
_TWICE = _("One value is used once too often: squared, or divided by twice. Which one?")
_FUNCTION = _("These are the values of {wrong}. Which function does the formula use?")
_VALUE = _("Your code uses {wrong} where the formula has another value. Where do you use it?")

_OPERATIONS: dict[type[ast.operator], tuple[tuple[type[ast.operator], str], ...]] = {
    ast.Add: ((ast.Mult, _("a product")),),
    ast.Sub: ((ast.Mult, _("a product")),),
    ast.Mult: (
        (ast.Add, _("a sum or a difference")),
        (ast.Sub, _("a difference")),
        (ast.Div, _("a division")),
        (ast.Pow, _("a power")),
    ),
    ast.Div: (
        (ast.Mult, _("a product")),
        (ast.FloorDiv, _("the floor division //")),
        (ast.Sub, _("a difference")),
    ),
    ast.Pow: ((ast.Mult, _("a product")),),
}

_FUNCTIONS = {
    "log": ("log10", "log2", "log1p", "exp"),
    "log1p": ("log",),
    "exp": ("exp2", "expm1", "log"),
    "tanh": ("sinh", "cosh", "arctan", "tan"),
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max", "median"),
    "max": ("min", "sum", "mean"),
    "argmax": ("argmin",),
    "maximum": ("minimum",),
    "var": ("std",),
    "std": ("var",),
    "sqrt": ("square", "abs"),
    "abs": ("square",),
}


@dataclass(frozen=True)
class Slip:
    """A wrong answer that differs from the right one in one place, with its hint."""

    hint: str
    answer: Any


@cache
def slips_of(right: Any, name: str) -> list[Slip]:
    """Return the slips in a function, or in the method `name` of a class."""
    found: dict[str, str] = {}
    for method in definitions_of(right):
        if isinstance(method, ast.FunctionDef) and method.name == name:
            for hint, code in _variants(method):
                found.setdefault(code, hint)
    slips = []
    for code, hint in found.items():
        wrong = Misconception(name="Slip", slug="", task="", hint=hint, right=right, code=code)
        try:
            slips.append(Slip(hint, wrong.answer))
        except MisconceptionError:
            continue
    return slips


def _variants(method: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield hints with the source of a method that has one slip."""
    yield from ((_BRACKETS, text) for text in _without_brackets(ast.unparse(method)))
    names = _names(method)
    local = {
        node.id
        for node in ast.walk(method)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    settings = {id(word.value) for word in ast.walk(method) if isinstance(word, ast.keyword)}
    for i, node in enumerate(list(ast.walk(method))):
        if id(node) in settings:
            continue
        for hint, new in _instead_of(node, names, local):
            changed = copy.deepcopy(method)
            _Replace(list(ast.walk(changed))[i], new).visit(changed)
            yield hint, ast.unparse(ast.fix_missing_locations(changed))


def _without_brackets(text: str) -> Iterator[str]:
    right = ast.dump(ast.parse(text))
    for opening in re.finditer(r"(?<![\w\])])\(", text):
        depth = 0
        for end in range(opening.start(), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        shorter = text[: opening.start()] + text[opening.end() : end] + text[end + 1 :]
        try:
            changed = ast.parse(shorter)
        except SyntaxError:
            continue
        if ast.dump(changed) != right:
            yield shorter


def _names(method: ast.FunctionDef) -> tuple[str, ...]:
    """Return what the method can read: its arguments, and attributes that it uses."""
    arguments = [one.arg for one in method.args.args if one.arg != "self"]
    used = [
        ast.unparse(node)
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and isinstance(node.ctx, ast.Load)
    ]
    return tuple(dict.fromkeys([*arguments, *used]))


def _instead_of(
    node: ast.AST, names: tuple[str, ...], local: set[str]
) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            yield from _operations(left, op, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield _SIGN, operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            turned = {ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.Gt: ast.Lt}
            if type(op) in turned:
                yield _COMPARISON, ast.Compare(left, [turned[type(op)]()], [right])
        case ast.Constant(value=int(value) | float(value)) if not isinstance(value, bool):
            for number in {0, 1, 2, -value, value + 1, value - 1} - {value}:
                yield _NUMBER, ast.Constant(number)
        case ast.Attribute(value=inner, attr="T"):
            yield _TRANSPOSED, inner
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            if name in ("exp", "log", "sqrt") and len(node.args) == 1:
                yield _LEFT_OUT.format(name=name), node.args[0]
            if len(node.args) == 1 and isinstance(node.args[0], ast.Name):
                call = copy.deepcopy(node)
                call.args = [ast.UnaryOp(ast.USub(), node.args[0])]
                yield _SIGN, call
            for other in _FUNCTIONS.get(name, ()):
                call = copy.deepcopy(node)
                call.func = ast.Attribute(owner, other, ast.Load())
                yield _FUNCTION.format(wrong=other), call
            yield from _axes(node)
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
            here = ast.unparse(node)
            if here in names or here in local:
                for other in names:
                    if other != here:
                        wrong = other.removeprefix("self.")
                        yield _VALUE.format(wrong=wrong), ast.parse(other, mode="eval").body


def _operations(
    left: ast.expr, op: ast.operator, right: ast.expr
) -> Iterator[tuple[str, ast.expr]]:
    both = {ast.Add: ast.Sub, ast.Sub: ast.Add}
    if type(op) in both:
        yield _SIGN, ast.BinOp(left, both[type(op)](), right)
        if isinstance(op, ast.Sub):
            yield _SIGN, ast.BinOp(right, op, left)
        yield from ((_TERM, one) for one in (left, right))
        if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow):
            yield _BRACKETS, ast.BinOp(ast.BinOp(left, op, right.left), ast.Pow(), right.right)
    elif isinstance(op, ast.Mult):
        for kept, gone in ((left, right), (right, left)):
            yield (_UPSTREAM if ast.unparse(gone) == "dout" else _FACTOR), kept
            yield _TWICE, ast.BinOp(kept, op, ast.BinOp(gone, ast.Pow(), ast.Constant(2)))
        if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult):
            for one, wrong in _OPERATIONS[ast.Mult]:
                pair = ast.BinOp(left.right, one(), right)
                yield _OPERATION.format(wrong=wrong), ast.BinOp(left.left, op, pair)
    elif isinstance(op, ast.Div):
        yield _DIVISION, left
        yield _TWICE, ast.BinOp(ast.BinOp(left, op, right), op, right)
        yield _UPSIDE_DOWN, ast.BinOp(right, op, left)
    elif isinstance(op, ast.Pow):
        yield _SQUARE, left
        yield (
            _FUNCTION.format(wrong="abs"),
            ast.parse(f"np.abs({ast.unparse(left)})", mode="eval").body,
        )
    elif isinstance(op, ast.MatMult):
        yield _TRANSPOSED, ast.BinOp(right, op, left)
    for other, wrong in _OPERATIONS.get(type(op), ()):
        yield _OPERATION.format(wrong=wrong), ast.BinOp(left, other(), right)


def _axes(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for i, given in enumerate(call.keywords):
        if given.arg == "axis":
            for axis in ("0", "1", "-1", "None"):
                if ast.unparse(given.value) != axis:
                    changed = copy.deepcopy(call)
                    changed.keywords[i].value = ast.parse(axis, mode="eval").body
                    yield _AXIS, changed


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return copy.deepcopy(self.new) if node is self.old else super().visit(node)
