"""Numerical gradients, and the gradient check that compares them with backpropagation."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.progress import progress_bar
from course_lib.threads import one_blas_thread

__all__ = ["GradientCheck", "ParameterCheck", "check_gradients", "numerical_gradient"]

# Takes a slope and its noise; returns whether backpropagation agrees with that slope.
_Agrees = Callable[[float, float], bool]

RTOL = 1e-6
ATOL = 1e-8

# Weights of f(x), f(x + s), ..., f(x + 4 s) whose sum is 12 s f'(x), exact to fourth order.
_ONE_SIDED = np.array([-25.0, 48, -36, 16, -3])

# The steps of a second, more careful difference in units of h, and the longest of them.
_LONGEST = 100
_STEPS = (_LONGEST, 10, 1, 0.1, 0.01, 0.001, 0.0001)

# Shifts of the biases that move units off their kinks. A slope has to agree at both: the first has
# less noise, and the second moves a unit past no other kink.
_SHIFTS = (1e-5, 1e-7)
# The number of steps of a difference in a shift: no weight's input is larger than half of it.
_WITHIN = 20

# Bound for the rounding error of a difference of a few losses, in roundings of one loss.
_ROUNDINGS = 10


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, h: float = 1e-5, progress: bool | None = False
) -> Array:
    """Return the gradient of a scalar function by central differences.

    ``df/dx_i = (f(x + h e_i) - f(x - h e_i)) / (2 h)``

    The error is about ``h**2 |f'''| / 6 + eps |f| / h``: in float64 smallest near h = 1e-5.

    Parameters
    ----------
    f : callable
        Takes `x` and returns a scalar. It may also ignore its argument and read the same array
        itself, as ``lambda _: net.loss(x, t)`` does, because `x` is perturbed in place.
    x : ndarray of float
        The point of the gradient. Restored exactly, even if `f` raises.
    h : float
        Step.
    progress : bool, optional
        Whether to show a progress bar; by default in a terminal and in a live notebook.

    Returns
    -------
    ndarray, shape of `x`

    Raises
    ------
    TypeError
        If `x` is not a floating array. Adding h to an integer changes nothing.
    ValueError
        If `x` or a value of `f` is not finite, `f` returns no scalar, or h is not positive.

    References
    ----------
    CS231n, "Gradient checks"; PyTorch ``torch.autograd.gradcheck``.
    """
    _check_step(h)
    _check_point(x, "numerical_gradient: x")
    grad = np.empty(x.shape)
    bar = progress_bar(x.size, "numerical gradient", progress)
    try:
        for index in np.ndindex(x.shape):
            above, below = _at(f, x, index, h), _at(f, x, index, -h)
            grad[index] = (above - below) / (2 * h)
            bar.update()
    finally:
        bar.close()
    return grad


# --- the result of a gradient check ---------------------------------------------------------------


@dataclass
class ParameterCheck:
    """The result of the gradient check for one parameter.

    Attributes
    ----------
    name : str
    shape : tuple of int
    passed : bool
    index : tuple of int or None
        The element with the largest difference relative to its tolerance.
    backprop, numerical : float
        Both gradients at `index`.
    relative_error : float
        ``|a - n| / max(|a|, |n|)`` at `index`; 0 where both are 0.
    kinks : tuple of index
        Elements where the loss has a kink within a step, and backpropagation agrees with the slope
        on one side of it.
    problem : str
        Why the values were not compared, or another remark; usually empty.
    """

    name: str
    shape: tuple[int, ...]
    passed: bool
    index: tuple[int, ...] | None = None
    backprop: float = float("nan")
    numerical: float = float("nan")
    relative_error: float = float("nan")
    kinks: tuple[tuple[int, ...], ...] = ()
    problem: str = ""


@dataclass
class GradientCheck:
    """The results for all parameters of a network; true if all of them passed."""

    parameters: dict[str, ParameterCheck] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every parameter passed."""
        return all(check.passed for check in self.parameters.values())

    def __bool__(self) -> bool:
        return self.passed

    def __getitem__(self, name: str) -> ParameterCheck:
        return self.parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def _rows(self) -> list[list[str]]:
        rows = [["array", "shape", "worst at", "backprop", "numerical", "rel. error", "verdict"]]
        for c in self.parameters.values():
            verdict = "pass" if c.passed else "FAIL"
            notes = [c.problem] if c.problem else []
            if c.kinks:
                notes.append(f"{len(c.kinks)} at a kink")
            if notes:
                verdict += f" ({'; '.join(notes)})"
            values = ["-"] * 4
            if c.index is not None:
                where = ", ".join(map(str, c.index))
                numbers = f"{c.backprop:.8g}", f"{c.numerical:.8g}", f"{c.relative_error:.1e}"
                values = [f"[{where}]", *numbers]
            rows.append([c.name, str(c.shape), *values, verdict])
        return rows

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        failed = [name for name, check in self.parameters.items() if not check.passed]
        end = (
            f"gradient check FAILED for {', '.join(failed)}" if failed else "gradient check passed"
        )
        return "\n".join([*lines, end])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body = self._rows()

        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        end = html.escape(str(self).splitlines()[-1])
        table = line(head, "th") + "".join(line(row, "td") for row in body)
        return f"<table>{table}</table><p>{end}</p>"


# --- the gradient check ---------------------------------------------------------------------------


@one_blas_thread()
def check_gradients(
    net: Any,
    x: Any,
    t: Any,
    h: float = 1e-5,
    rtol: float = RTOL,
    atol: float = ATOL,
    progress: bool | None = None,
) -> GradientCheck:
    """Compare every gradient of ``net.gradient(x, t)`` with a central difference of the loss.

    An element passes where, for backpropagation's value a and the numerical value n,

    ``|a - n| <= rtol * max(|a|, |n|) + atol * max over the parameter of |n|``

    plus the rounding error of the loss, which is measured (about 1e-12 for a loss near 1). An
    element that does not pass is checked again with more exact and with one-sided differences,
    because a kink of ReLU inside the step makes the central difference wrong, but not the gradient.
    At a kink of the loss, the slope on either side of it is right, and so is the slope for biases
    that are a little smaller or larger.

    Parameters
    ----------
    net : object
        With ``params`` (dict of the float64 arrays in its layers), ``loss(x, t)`` and
        ``gradient(x, t)`` (dict of arrays under the same names). For the networks of
        :mod:`course_lib.networks`, many perturbations share one forward pass.
    x, t : array_like
        A small batch.
    h : float
        Step of the central difference.
    rtol, atol : float
    progress : bool, optional
        Whether to show a progress bar; by default in a terminal and in a live notebook.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError, ValueError
        If `net` lacks one of the three, its parameters are not finite float64, or the loss is not a
        finite scalar.
    """
    _check_step(h)
    for name in ("params", "loss", "gradient"):
        if not hasattr(net, name):
            raise TypeError(
                f"check_gradients: net: expected an object with params, loss(x, t) and "
                f"gradient(x, t), got {type(net).__name__} without {name}."
            )
    for name, param in net.params.items():
        _check_point(param, f"check_gradients: params[{name!r}]")
        if param.dtype != np.float64:
            raise TypeError(
                f"check_gradients: params[{name!r}]: expected float64, got {param.dtype}, whose "
                "rounding hides the difference. Build the network with dtype=np.float64."
            )

    if not net.params:
        raise ValueError("check_gradients: net.params: expected parameters to check, got none.")

    def loss(_: Any = None) -> float:
        return _scalar(net.loss(x, t))

    # Before any other loss of this batch, to find a gradient() that depends on an earlier loss().
    grads, changed = _gradients(net, x, t)
    rounding = _rounding_of(loss, list(net.params.values()), h)
    tolerance = _Tolerance(rtol, atol, _noise_of(rounding, h))
    stacked = _stacked(net, x, t, h, grads, tolerance)
    biases = [param for param in net.params.values() if param.ndim == 1]
    result = GradientCheck()
    for name, param in net.params.items():
        problem = _problem(name, param, grads)
        if name in changed:
            problem = "gradient() changed this parameter"
        if problem:
            check = ParameterCheck(name, param.shape, passed=False, problem=problem)
        else:
            n = stacked[name] if stacked else numerical_gradient(loss, param, h, progress)

            def look(
                index: tuple[int, ...], agrees: _Agrees, param: Array = param
            ) -> tuple[float | None, bool]:
                slope, kink = _careful_slope(loss, param, index, h, rounding, agrees)
                if slope is None:
                    slope = _slope_beside(loss, param, index, biases, rounding, agrees)
                    kink = kink or slope is not None
                return slope, kink

            check = _compare(name, grads[name], n, tolerance, look)
        result.parameters[name] = check
    return result


@dataclass(frozen=True)
class _Tolerance:
    """The tolerance for the difference of two gradients of one parameter."""

    rtol: float
    atol: float
    noise: float

    def allowed(self, a: Any, n: Any, largest: float) -> Any:
        """Return the tolerance for `a` and `n` in a parameter whose largest |n| is `largest`."""
        return self.rtol * np.maximum(np.abs(a), np.abs(n)) + self.atol * largest + self.noise


def _gradients(net: Any, x: Any, t: Any) -> tuple[dict[str, Array], list[str]]:
    """Return copies of the gradients, and the names of parameters that `gradient` changed.

    The changed parameters are restored.
    """
    before = {name: param.copy() for name, param in net.params.items()}
    grads = net.gradient(x, t)
    if not hasattr(grads, "keys"):
        raise TypeError(
            "check_gradients: net.gradient: expected a dict of arrays under the names of "
            f"net.params, got {type(grads).__name__}."
        )
    grads = {name: np.array(grads[name]) for name in grads}
    changed = [name for name, kept in before.items() if not np.array_equal(kept, net.params[name])]
    for name in changed:
        net.params[name][...] = before[name]
    return grads, changed


def _stacked(
    net: Any, x: Any, t: Any, h: float, grads: dict[str, Array], tolerance: _Tolerance
) -> dict[str, Array] | None:
    """Return numerical gradients by stacked passes, or None if `net` does not have them.

    If backpropagation disagrees, rounding may be the reason. A difference of fourth order with a
    long step has a smaller rounding error, and replaces the first one where it is closer.
    """
    differences = getattr(net, "stacked_numerical_gradient", lambda *_: None)
    plain: dict[str, Array] | None = differences(x, t, h)
    if plain is None:
        return None
    comparable = [name for name in plain if not _problem(name, net.params[name], grads)]
    if not any(_excess(grads[name], plain[name], tolerance).max() > 1 for name in comparable):
        return plain
    steps: list[Any] = [differences(x, t, k * _LONGEST * h) for k in (1, 2)]
    for name in comparable:
        a, n = grads[name], plain[name]
        finer = (4 * steps[0][name] - steps[1][name]) / 3
        plain[name] = np.where(np.abs(a - finer) < np.abs(a - n), finer, n)
    return plain


def _excess(a: Array, n: Array, tolerance: _Tolerance) -> Array:
    """Return ``|a - n|`` in units of the tolerance; up to 1 is right."""
    allowed = tolerance.allowed(a, n, np.abs(n).max(initial=0.0))
    # If the tolerance is 0, all values are 0.
    return np.abs(a - n) / np.where(allowed > 0, allowed, 1)


def _compare(
    name: str,
    a: Array,
    n: Array,
    tolerance: _Tolerance,
    look: Callable[[tuple[int, ...], _Agrees], tuple[float | None, bool]],
) -> ParameterCheck:
    """Compare two gradients of one parameter; check the elements beyond the tolerance again."""
    if not a.size:
        return ParameterCheck(name, a.shape, passed=True)
    largest = float(np.abs(n).max())
    excess = _excess(a, n, tolerance)
    n = n.copy()
    kinks = []
    passed, problem = True, ""
    for flat in np.argsort(excess, axis=None)[::-1]:
        index = tuple(int(i) for i in np.unravel_index(flat, a.shape))
        if excess[index] <= 1:
            break
        value = float(a[index])

        def agrees(slope: float, noise: float, value: float = value) -> bool:
            allowed = max(tolerance.allowed(value, slope, largest), noise)
            return bool(abs(value - slope) <= allowed)

        better, kink = look(index, agrees)
        if better is None:
            passed = False
            problem = "beside a kink: check with other data too" if kink else ""
            break
        n[index], excess[index] = better, 0.0
        if kink:
            kinks.append(index)
    index = tuple(int(i) for i in np.unravel_index(excess.argmax(), a.shape))
    a_worst, n_worst = float(a[index]), float(n[index])
    scale = max(abs(a_worst), abs(n_worst))
    error = abs(a_worst - n_worst) / scale if scale else 0.0
    seen = max(np.abs(a).max(), np.abs(n).max())
    if 0 < seen <= tolerance.noise:
        problem = "below the rounding of the loss"
    return ParameterCheck(
        name, a.shape, passed, index, a_worst, n_worst, error, tuple(kinks), problem
    )


def _problem(name: str, param: Array, grads: dict[str, Array]) -> str:
    if name not in grads:
        return f"no {name!r} among the gradients, which are {', '.join(grads) or 'none'}"
    grad = grads[name]
    if grad.shape != param.shape:
        return f"expected a gradient of shape {param.shape}, got {grad.shape}"
    if grad.dtype.kind not in "fiu" or not np.isfinite(grad).all():
        return "expected finite real numbers, got something else"
    return ""


# --- slopes by finite differences -----------------------------------------------------------------


def _careful_slope(
    f: Callable[[Array], Any],
    x: Array,
    index: tuple[int, ...],
    h: float,
    rounding: float,
    agrees: Callable[[float, float], bool],
) -> tuple[float | None, bool]:
    """Return a slope of fourth order that `agrees` (or None), and whether there is a kink.

    A long step has a small rounding error; a short step avoids kinks. If there is a kink within a
    step, the slopes on its two sides differ, and both are right. `agrees` takes a slope and its
    noise. The search ends when neither slope changes with a shorter step.
    """
    middle = _scalar(f(x))
    kink = False
    before = (np.inf, np.inf)
    for step in (h * factor for factor in _STEPS):
        up = [middle, *(_at(f, x, index, k * step) for k in (1, 2))]
        down = [middle, *(_at(f, x, index, -k * step) for k in (1, 2))]
        central = (8 * (up[1] - down[1]) - (up[2] - down[2])) / (12 * step)
        noise = _ROUNDINGS * rounding / step
        if agrees(central, noise if kink else 0.0):
            return central, kink
        up += [_at(f, x, index, k * step) for k in (3, 4)]
        down += [_at(f, x, index, -k * step) for k in (3, 4)]
        right = float(_ONE_SIDED @ up) / (12 * step)
        left = -float(_ONE_SIDED @ down) / (12 * step)
        bend = abs(left - right) > 1e-6 * max(abs(left), abs(right)) + noise
        kink = kink or bend
        # Where only the curvature differs, both slopes are right and the central one is not exact.
        for slope in (left, right):
            if agrees(slope, noise if bend else 0.0):
                return slope, kink
        sides = zip((left, right), before, strict=True)
        if all(abs(slope - longer) <= 1e-6 * abs(slope) + noise for slope, longer in sides):
            break
        before = (left, right)
    return None, kink


def _slope_beside(
    f: Callable[[Array], Any],
    x: Array,
    index: tuple[int, ...],
    biases: list[Array],
    rounding: float,
    agrees: _Agrees,
) -> float | None:
    """Return a slope that `agrees`, for biases that approach their values from one side, or None.

    A unit whose input is 0 is inactive if its bias is a little smaller, and active if it is larger.
    Backpropagation takes one of these two slopes for all such units. If the inputs of a weight have
    both signs, neither is a slope on one side of that weight. Three slopes beside the kink are
    extrapolated to it.
    """
    kept = [bias.copy() for bias in biases]

    def extrapolated(shift: float) -> float:
        step, slopes = abs(shift) / _WITHIN, []
        try:
            for k in (1, 2, 3):
                for bias, start in zip(biases, kept, strict=True):
                    bias[...] = start + k * shift
                one, two = (_at(f, x, index, s) - _at(f, x, index, -s) for s in (step, 2 * step))
                slopes.append((8 * one - two) / (12 * step))
        finally:
            for bias, start in zip(biases, kept, strict=True):
                bias[...] = start
        return 3 * slopes[0] - 3 * slopes[1] + slopes[2]

    for sign in (-1, 1):
        noises = [10 * _ROUNDINGS * rounding * _WITHIN / shift for shift in _SHIFTS]
        slopes = [extrapolated(sign * shift) for shift in _SHIFTS]
        if all(map(agrees, slopes, noises)):
            return slopes[0]
    return None


def _rounding_of(f: Callable[[Any], Any], arrays: list[Array], h: float) -> float:
    """Return an estimate of the rounding error of `f`, which reads `arrays`.

    Along tiny steps on a straight line, the second differences of a smooth function are 0 except
    for rounding. The median ignores a kink between two steps.
    """
    kept = [array.copy() for array in arrays]
    rng = np.random.default_rng(0)
    directions = [rng.choice([-1.0, 1.0], array.shape) for array in arrays]
    values = []
    try:
        for i in range(9):
            for array, start, direction in zip(arrays, kept, directions, strict=True):
                array[...] = start + i * 1e-5 * h * direction
            values.append(_scalar(f(None)))
    finally:
        for array, start in zip(arrays, kept, strict=True):
            array[...] = start
    jitter = float(np.median(np.abs(np.diff(values, 2))))
    return max(jitter, float(np.finfo(float).eps * np.abs(values).max()))


def _noise_of(rounding: float, h: float) -> float:
    """Return the rounding error of a slope with the longest step."""
    return _ROUNDINGS * rounding / (_LONGEST * h)


def _at(f: Callable[[Array], Any], x: Array, index: tuple[int, ...], step: float) -> float:
    """Return f with one element of `x` perturbed by `step`, and restore the element."""
    kept = x[index].copy()
    x[index] = kept + step
    try:
        return _scalar(f(x))
    finally:
        x[index] = kept


def _scalar(value: Any) -> float:
    """Return `value` as a finite float, or raise ValueError."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected a function (or loss) that returns one real number, got "
            f"{type(value).__name__} of shape {array.shape}. Sum or average it first."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"expected a finite value of the function (or loss), got {array.item()}. "
            "A gradient there means nothing; look for the first value that is not finite."
        )
    return float(array.item())


def _check_step(h: float) -> None:
    """Refuse a step that is not positive and finite."""
    if not 0 < h < np.inf:
        raise ValueError(f"h: expected a small positive step such as 1e-5, got {h!r}.")


def _check_point(x: Any, name: str) -> None:
    """Raise an error unless `x` can be perturbed in place."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        got = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"{name}: expected a NumPy array of floats, got {got}: a small step added to an "
            "integer changes nothing. Use x.astype(float)."
        )
    if not x.flags.writeable:
        raise ValueError(
            f"{name}: expected a writable array, because its elements are perturbed in place."
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: expected finite numbers, got nan or inf.")
