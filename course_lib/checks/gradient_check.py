"""The tasks of 07_gradient_check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_lib.answers import gradient_check as answers
from course_lib.arrays import Array
from course_lib.checks.calls import call, pair
from course_lib.checks.cases import Case
from course_lib.checks.compare import NotNumbers, Seen, alike
from course_lib.checks.misconceptions import Misconception
from course_lib.checks.side import Shared
from course_lib.checks.tasks import CallTask, NumberTask, SeedCache
from course_lib.functions import softmax
from course_lib.text import _

SLUG = "07_gradient_check"

_H = 1e-5

# For this layer, the check also observes the input of the last forward before backward. It has to
# be x, not a perturbed x, and backward has to get the given dout.
_RIGHT, _SEEN = "a right layer", "x in the layer when backward is called"
_UPSTREAM = "backward receives the given dout"


def surface(x: Array) -> float:
    """Return a nonlinear function of x in which neighbouring elements interact."""
    flat = x.ravel()
    weights = np.arange(1, flat.size + 1)
    return float((weights * flat**3).sum() + (flat * np.roll(flat, 1)).sum())


def surface_difference(x: Array, h: float) -> Array:
    """Return the central differences of `surface` in closed form."""
    flat = x.ravel().astype(float)
    weights = np.arange(1, flat.size + 1)
    slope = weights * (3 * flat**2 + h**2) + np.roll(flat, 1) + np.roll(flat, -1)
    return slope.reshape(x.shape)


class _SlopeTask(CallTask):
    """A numerical gradient to write; the right values come from a closed form."""

    def expected(self, cases: list[Case]) -> list[Seen]:
        seen = super().expected(cases)
        for case, one in zip(cases, seen, strict=True):
            x, factor = case.inputs["x"], case.inputs["factor"]
            one["value"] = factor * surface_difference(x, case.inputs.get("h", _H))
        return seen


def _probe_slopes(
    answer: Any, x: Shared, factor: float, **step: float
) -> Iterable[tuple[str, Any]]:
    f = Shared(lambda at: factor * surface(at))
    yield "value", lambda: call(answer, "", f, x, *step.values())


def _slope_cases(rng: np.random.Generator) -> list[Case]:
    def draw(*shape: int) -> Array:
        return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)

    integers = (rng.permutation(6) - 3).reshape(2, 3)
    return [
        *(
            Case({"x": draw(*shape), "factor": factor}, dout=None)
            for factor, shape in ((1.0, (5,)), (-1.0, (2, 3)), (2.0, (2, 1, 3)))
        ),
        Case({"x": draw(3, 2), "factor": 1.0, "h": 0.1}, dout=None, at="for another h"),
        Case({"x": integers, "factor": 1.0}, dout=None, at="for integers"),
    ]


class _VerdictTask(CallTask):
    """A function that returns a verdict. Each case names the object of one verdict."""

    def counted(self, part: str, case: Case) -> tuple[str, ...]:
        named = f"verdict on {case.inputs['what']}"
        if part == "contracts":
            return ("inputs changed",)
        if part == "worst":
            return ("worst",) if case.inputs["what"] in _ONE_WRONG else ()
        group = self.groups[part]
        also = [one for one in (_SEEN, _UPSTREAM) if one in group and case.inputs["what"] == _RIGHT]
        return (named, *also) if named in group else ()

    def _recognise(
        self, part: str, known: SeedCache, mine: dict[str, list[Any]]
    ) -> Misconception | None:
        """Return a misconception only if all verdicts agree: a few of them prove little."""
        match = super()._recognise(part, known, mine)
        sure = match and alike(known.misconceptions[match], mine)
        return match if sure else None


def _pairs(rng: np.random.Generator) -> dict[str, tuple[Array, Array, dict[str, float]]]:
    """Return pairs of gradients to compare, with tolerances, by description."""
    n = rng.uniform(1, 2, (3, 4)) * rng.choice([-1, 1], (3, 4))
    row, column = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    # A negative element reveals a tolerance that is computed without abs.
    n[row, column] = -abs(n[row, column])
    one_wrong, outshone, nan, both_nan = (n.copy() for _copy in range(4))
    one_wrong[row, column] *= 1.001
    far = n.copy()
    far[0, 0] = outshone[0, 0] = 5e5
    far[0, 0] += 0.01
    far[row, column] *= 1.001
    nan[row, column] = np.nan
    both_nan[row, column] = np.nan
    swing = 1e-3 * np.resize([1.0, -1.0], n.shape)
    some_zero = n * (np.arange(12).reshape(3, 4) % 2)
    spoiled = some_zero.copy()
    spoiled[2, 1] *= 1.01
    zeros = np.zeros((2, 3))
    quarters = np.round(4 * n) / 4
    loose = {"rtol": 0.1, "atol": 1e-8}
    return {
        "two gradients that agree": (n * (1 + 1e-8), n, {}),
        "a wrong sign": (-n, n, {}),
        "one wrong element": (one_wrong, n, {}),
        "a wrong element beside a large one": (far, outshone, {}),
        "small gradients that are wrong": (1.1e-5 * n, 1e-5 * n, {}),
        "large gradients that agree": (1e6 * n * (1 + 1e-7), 1e6 * n, {}),
        "errors that cancel": (n + swing, n, {}),
        "a gradient too small everywhere": (n - 1e-3, n, {}),
        "five per cent off, with rtol = 0.1": (1.05 * n, n, loose),
        "a difference that the larger a allows": (1.105 * n, n, loose),
        "a difference that the larger n allows": (n, 1.105 * n, loose),
        "15 per cent off, with rtol = 0.1": (1.15 * n, n, loose),
        "a difference exactly as large as allowed": (
            quarters + 0.5,
            quarters,
            {"rtol": 0.0, "atol": 0.5},
        ),
        "almost 0 beside 0, with atol = 0.001": (1e-4 * n, 0 * n, {"rtol": 1e-6, "atol": 1e-3}),
        "zeros beside zeros": (zeros, zeros.copy(), {}),
        "zeros in both, and one wrong element": (spoiled, some_zero, {}),
        "nan in the first": (nan, n, {}),
        "nan in the second": (n, nan, {}),
        "nan in both": (nan, both_nan, {}),
        "a column beside a row": (n[:1].T, n[0], {}),
        "one number beside many": (np.full(1, n[0, 0]), np.full(4, n[0, 0]), {}),
    }


# The index of the worst element counts in these cases, where only one element is wrong.
_ONE_WRONG = (
    "one wrong element",
    "a wrong element beside a large one",
    "zeros in both, and one wrong element",
)


def _compare_cases(rng: np.random.Generator) -> list[Case]:
    # Every pair comes twice, so that guessed verdicts are wrong somewhere.
    return _shuffled(
        rng,
        [
            Case({"what": what, "a": a, "n": n, **tolerances}, dout=None)
            for pairs in (_pairs(rng), _pairs(rng))
            for what, (a, n, tolerances) in pairs.items()
        ],
    )


def _shuffled(rng: np.random.Generator, cases: list[Case]) -> list[Case]:
    """Return cases in random order, so that counting the calls does not tell the verdict."""
    return [cases[i] for i in rng.permutation(len(cases))]


def _probe_compare(
    answer: Any, what: str, a: Shared, n: Shared, **tolerances: float
) -> Iterable[tuple[str, Callable[[], Any]]]:
    said: list[Any] = []

    def verdict() -> Any:
        both = call(answer, "", a, n, *tolerances.values())
        said.append(pair(both, _("expected two values: the verdict and an index")))
        return said[0][0]

    yield f"verdict on {what}", verdict
    # Without a verdict there is no index: report the same failure.
    yield "worst", lambda: said[0][1] if said else verdict()


def _on(*things: str) -> tuple[str, ...]:
    return tuple(f"verdict on {thing}" for thing in things)


_ORDINARY = tuple(_pairs(np.random.default_rng(0)))[:14]


# Right and wrong layers, on which the learner's gradient check is tested.


class _Square:
    # The input of the last forward before backward.
    answered_for: Array | None = None

    def __init__(self) -> None:
        self.upstream: list[Array] = []

    def forward(self, x: Array) -> Array:
        # A copy, because the learner's check may perturb x in place.
        self.x = x.copy()
        return x**2

    def backward(self, dout: Array) -> Array:
        self.answered_for = self.x
        self.upstream.append(np.array(dout))
        return 2 * self.x * dout


class _Softmax:
    answered_for = None
    upstream = ()

    def forward(self, x: Array) -> Array:
        self.out = softmax(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return self.out * (dout - (self.out * dout).sum(axis=1, keepdims=True))


class _WithoutUpstream(_Square):
    def backward(self, dout: Array) -> Array:  # noqa: ARG002
        return 2 * self.x


class _PlainMeans(_Softmax):
    def backward(self, dout: Array) -> Array:
        return self.out * (dout - dout.mean(axis=1, keepdims=True))


class _OneWrong(_Square):
    def backward(self, dout: Array) -> Array:
        dx = super().backward(dout)
        dx[-1, -1] *= 1.5
        return dx


class _NearlyRight(_Square):
    def backward(self, dout: Array) -> Array:
        return 1.001 * super().backward(dout)


class _Summed(_Square):
    def backward(self, dout: Array) -> Array:
        return super().backward(dout).sum(axis=0)


LAYERS: dict[str, Any] = {
    "a right layer": _Square,
    "a right layer that mixes its inputs": _Softmax,
    "a layer that leaves out dout": _WithoutUpstream,
    "a softmax of plain means": _PlainMeans,
    "a layer with one wrong element": _OneWrong,
    "a layer that is off by one in a thousand": _NearlyRight,
    "a layer whose dx has another shape": _Summed,
}


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    # Every layer comes twice, so that guessed verdicts are wrong somewhere.
    for what in [*LAYERS, *LAYERS]:
        x, dout = (rng.uniform(0.2, 2, (3, 4)) * rng.choice([-1, 1], (3, 4)) for _array in range(2))
        cases.append(Case({"what": what, "x": x, "dout": dout}, dout=None))
    return _shuffled(rng, cases)


def _probe_layer(
    answer: Any, what: str, x: Shared, dout: Shared
) -> Iterable[tuple[str, Callable[[], Any]]]:
    layer = LAYERS[what]()
    shared = Shared(layer, methods=("forward", "backward"))

    def seen() -> Any:
        if layer.answered_for is None:
            return NotNumbers(_("nothing: your check did not call the layer's backward"))
        return layer.answered_for

    yield f"verdict on {what}", lambda: call(answer, "", shared, x, dout)
    yield _SEEN, seen
    yield _UPSTREAM, lambda: float(any(np.array_equal(one, dout.value) for one in layer.upstream))


numerical_gradient = _SlopeTask(
    slug=SLUG,
    name="numerical_gradient",
    reference=answers.numerical_gradient,
    cases=_slope_cases,
    probe=_probe_slopes,
    points={"value": 2, "for another h": 1, "for integers": 1, "contracts": 1},
    read="07_gradient_check#numerical-gradient",
    notice=_("This code is slow, but simple and independent of the layers, so it can check them."),
)

compare = _VerdictTask(
    slug=SLUG,
    name="compare",
    reference=answers.compare,
    cases=_compare_cases,
    probe=_probe_compare,
    points={"verdict": 3, "worst": 1, "zeros": 1, "nan": 1, "shapes": 1},
    groups={
        "verdict": _on(*_ORDINARY),
        "zeros": _on("two gradients that agree", "zeros beside zeros", _ONE_WRONG[2]),
        "nan": _on(
            "two gradients that agree", "nan in the first", "nan in the second", "nan in both"
        ),
        "shapes": _on(
            "two gradients that agree", "a column beside a row", "one number beside many"
        ),
    },
    read="07_gradient_check#gradient-check",
    notice=_("You can trust a check that accepts right gradients and rejects wrong ones."),
)

check_layer = _VerdictTask(
    slug=SLUG,
    name="check_layer",
    reference=answers.check_layer,
    cases=_layer_cases,
    probe=_probe_layer,
    points={"upstream": 2, "every element": 2, "shape": 1, "contracts": 1},
    groups={
        "upstream": (
            _SEEN,
            _UPSTREAM,
            *_on(_RIGHT, "a layer that leaves out dout", "a softmax of plain means"),
        ),
        "every element": _on(
            "a right layer that mixes its inputs",
            "a layer with one wrong element",
            "a layer that is off by one in a thousand",
        ),
        "shape": _on(_RIGHT, "a layer whose dx has another shape"),
    },
    read="07_gradient_check#fooled",
    notice=_("Your check uses a random dout, compares every element, and rejects wrong layers."),
)

predict = NumberTask(
    slug=SLUG,
    name="predict",
    answers={
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    },
    read="07_gradient_check#step-size",
    notice=_("For a smooth curve, the errors on both sides cancel. At a kink, they do not."),
)

five_layers = NumberTask(
    slug=SLUG,
    name="five_layers",
    answers={"layer_a": 2, "layer_b": 5, "layer_c": 1, "layer_d": 4, "layer_e": 3},
    read="07_gradient_check#fooled",
    notice=_("No gradient check finds all five errors. Two of them need other tests."),
)
