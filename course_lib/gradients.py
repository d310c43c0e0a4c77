"""Numerical gradients, and the gradient check that compares them with backpropagation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.differences import (
    LONGEST,
    careful_slope,
    check_point,
    check_step,
    noise_of,
    numerical_gradient,
    rounding_of,
    scalar,
)
from course_lib.gradient_report import GradientCheck, ParameterCheck
from course_lib.threads import one_blas_thread

__all__ = ["GradientCheck", "ParameterCheck", "check_gradients", "numerical_gradient"]

# Takes a slope and how noisy it is.
_Agrees = Callable[[float, float], bool]

RTOL = 1e-6
ATOL = 1e-8


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

    up to what rounding of the loss alone can do (measured, about 1e-12 where the loss is near
    1). An element that does not is looked at again: with a more exact difference, and with
    one-sided ones, since a kink of ReLU inside the step spoils the difference and not the
    gradient. Where the loss has a kink, the slope on either side of it is right.

    Parameters
    ----------
    net : object
        With ``params`` (dict of float64 arrays that its loss reads), ``loss(x, t)`` and
        ``gradient(x, t)`` (dict of arrays under the same names). For the networks of
        :mod:`course_lib.networks`, many perturbations share one forward pass.
    x, t : array_like
        A small batch.
    h : float
        Step of the central difference.
    rtol, atol : float
    progress : bool, optional
        Whether to show a progress bar; None decides by whether somebody watches.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError, ValueError
        If `net` lacks one of the three, its parameters are not finite float64, or the loss
        is no finite scalar.
    """
    check_step(h)
    for name in ("params", "loss", "gradient"):
        if not hasattr(net, name):
            raise TypeError(
                f"check_gradients: net: expected an object with params, loss(x, t) and "
                f"gradient(x, t), got {type(net).__name__} without {name}."
            )
    for name, param in net.params.items():
        check_point(param, f"check_gradients: params[{name!r}]")
        if param.dtype != np.float64:
            raise TypeError(
                f"check_gradients: params[{name!r}]: expected float64, got {param.dtype}, whose "
                "rounding hides the difference. Build the network with dtype=np.float64."
            )

    if not net.params:
        raise ValueError("check_gradients: net.params: expected parameters to check, got none.")

    def loss(_: Any = None) -> float:
        return scalar(net.loss(x, t))

    # Before any loss of this batch: a gradient() that needs one before it shall be found out.
    grads, changed = _gradients(net, x, t)
    rounding = rounding_of(loss, list(net.params.values()), h)
    tolerance = _Tolerance(rtol, atol, noise_of(rounding, h))
    stacked = _stacked(net, x, t, h, grads, tolerance)
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
                return careful_slope(loss, param, index, h, rounding, agrees)

            check = _compare(name, grads[name], n, tolerance, look)
        result.parameters[name] = check
    return result


@dataclass(frozen=True)
class _Tolerance:
    """How far two gradients of one parameter may lie apart."""

    rtol: float
    atol: float
    noise: float

    def allowed(self, a: Any, n: Any, largest: float) -> Any:
        """Return what is allowed between `a` and `n` in a parameter with this largest |n|."""
        return self.rtol * np.maximum(np.abs(a), np.abs(n)) + self.atol * largest + self.noise


def _gradients(net: Any, x: Any, t: Any) -> tuple[dict[str, Array], list[str]]:
    """Return copies of the gradients, and the parameters that `gradient` changed, now restored."""
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
    """Return numerical gradients by stacked passes, or None where `net` has no such passes.

    Where backpropagation disagrees, rounding may be the cause: a difference of fourth order
    with a long step has less of it, and takes its place if it lies closer.
    """
    differences = getattr(net, "stacked_numerical_gradient", lambda *_: None)
    plain: dict[str, Array] | None = differences(x, t, h)
    if plain is None:
        return None
    comparable = [name for name in plain if not _problem(name, net.params[name], grads)]
    if not any(_excess(grads[name], plain[name], tolerance).max() > 1 for name in comparable):
        return plain
    steps: list[Any] = [differences(x, t, k * LONGEST * h) for k in (1, 2)]
    for name in comparable:
        a, n = grads[name], plain[name]
        finer = (4 * steps[0][name] - steps[1][name]) / 3
        plain[name] = np.where(np.abs(a - finer) < np.abs(a - n), finer, n)
    return plain


def _excess(a: Array, n: Array, tolerance: _Tolerance) -> Array:
    """Return by how much ``|a - n|`` exceeds what is allowed; up to 1 is right."""
    allowed = tolerance.allowed(a, n, np.abs(n).max(initial=0.0))
    # Where nothing is allowed, all are 0 and nothing is needed.
    return np.abs(a - n) / np.where(allowed > 0, allowed, 1)


def _compare(
    name: str,
    a: Array,
    n: Array,
    tolerance: _Tolerance,
    look: Callable[[tuple[int, ...], _Agrees], tuple[float | None, bool]],
) -> ParameterCheck:
    """Compare two gradients of one parameter; give the doubtful elements a second look."""
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
