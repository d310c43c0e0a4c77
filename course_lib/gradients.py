"""Numerical gradients, and the gradient check that compares them with backpropagation."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.progress import progress_bar

RTOL = 1e-6
ATOL = 1e-8


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, h: float = 1e-5, progress: bool | None = False
) -> Array:
    """Gradient of a scalar function by central differences.

    ``df/dx_i = (f(x + h e_i) - f(x - h e_i)) / (2 h)``

    The error is about ``h**2 |f'''| / 6 + eps |f| / h``: in float64 smallest near h = 1e-5.

    Parameters
    ----------
    f : callable
        Takes `x` and returns a scalar. It may also ignore its argument and read `x` from
        elsewhere, as ``lambda _: net.loss(x, t)`` does: `x` itself is perturbed, in place.
    x : ndarray of float
        Where to take the gradient. Restored exactly, even if `f` raises.
    h : float
        Step.
    progress : bool, optional
        Whether to show a progress bar; None decides by whether somebody watches.

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


@dataclass
class ParameterCheck:
    """The verdict on the gradient of one parameter.

    Attributes
    ----------
    name : str
    shape : tuple of int
    passed : bool
    index : tuple of int or None
        Where the two gradients differ most, measured against what is allowed there.
    backprop, numerical : float
        Both gradients at `index`.
    relative_error : float
        ``|a - n| / max(|a|, |n|)`` at `index`; 0 where both are 0.
    kinks : tuple of index
        Elements where the loss has a kink within a step, and backpropagation gives the slope
        on one side of it, which is right.
    problem : str
        Why the values were not compared, or what else is wrong; empty if nothing is.
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
    """The verdicts of :func:`check_gradients`; true if every parameter passed."""

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
        rows = [["", "shape", "worst at", "backprop", "numerical", "rel. error", "verdict"]]
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

    An element that does not is looked at again: with a more exact difference, and with
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

    def loss(_: Any = None) -> float:
        return _scalar(net.loss(x, t))

    loss()
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
    stacked = getattr(net, "stacked_numerical_gradient", lambda *_: None)(x, t, h)
    result = GradientCheck()
    for name, param in net.params.items():
        problem = _problem(name, param, grads)
        if name in changed:
            problem = "gradient() changed this parameter"
        if problem:
            check = ParameterCheck(name, param.shape, passed=False, problem=problem)
        else:
            n = stacked[name] if stacked else numerical_gradient(loss, param, h, progress)
            check = _compare(name, grads[name], n, loss, param, h, rtol, atol)
        result.parameters[name] = check
    return result


def _compare(
    name: str,
    a: Array,
    n: Array,
    loss: Callable[[Any], float],
    param: Array,
    h: float,
    rtol: float,
    atol: float,
) -> ParameterCheck:
    """Compare two gradients of one parameter; give the doubtful elements a second look."""
    floor = atol * np.abs(n).max(initial=0.0)
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + floor
    # Where both are 0 nothing is allowed and nothing is needed.
    excess = np.abs(a - n) / np.where(allowed > 0, allowed, 1)
    n = n.copy()
    kinks = []
    passed = True
    for flat in np.argsort(excess, axis=None)[::-1]:
        index = tuple(int(i) for i in np.unravel_index(flat, a.shape))
        if excess[index] <= 1:
            break
        better, kink = _second_look(loss, param, index, float(a[index]), h, rtol, floor)
        if better is None:
            passed = False
            break
        n[index], excess[index] = better, 0.0
        if kink:
            kinks.append(index)
    if not a.size:
        return ParameterCheck(name, a.shape, passed=True)
    index = tuple(int(i) for i in np.unravel_index(excess.argmax(), a.shape))
    a_worst, n_worst = float(a[index]), float(n[index])
    scale = max(abs(a_worst), abs(n_worst))
    error = abs(a_worst - n_worst) / scale if scale else 0.0
    return ParameterCheck(name, a.shape, passed, index, a_worst, n_worst, error, tuple(kinks))


def _second_look(
    f: Callable[[Array], float],
    x: Array,
    index: tuple[int, ...],
    a: float,
    h: float,
    rtol: float,
    floor: float,
) -> tuple[float | None, bool]:
    """Return a more careful slope that agrees with `a` (or None), and whether there is a kink.

    Both one-sided slopes are of second order, ``(-3 f(x) + 4 f(x + s) - f(x + 2s)) / 2s``; the
    central one is of fourth. At a kink the one-sided slopes differ, and either is right.
    """
    middle = f(x)
    for step in (10 * h, h, h / 10):
        one, two = _at(f, x, index, step), _at(f, x, index, 2 * step)
        minus_one, minus_two = _at(f, x, index, -step), _at(f, x, index, -2 * step)
        right = (-3 * middle + 4 * one - two) / (2 * step)
        left = (3 * middle - 4 * minus_one + minus_two) / (2 * step)
        central = (8 * (one - minus_one) - (two - minus_two)) / (12 * step)
        for slope in (central, left, right):
            noise = 8 * np.finfo(float).eps * max(abs(middle), 1e-300) / step
            if abs(a - slope) <= rtol * max(abs(a), abs(slope)) + floor:
                kink = abs(left - right) > 1e-3 * max(abs(left), abs(right)) + noise
                return slope, bool(kink)
    return None, False


def _problem(name: str, param: Array, grads: dict[str, Array]) -> str:
    if name not in grads:
        return f"no {name!r} among the gradients, which are {', '.join(grads) or 'none'}"
    grad = grads[name]
    if grad.shape != param.shape:
        return f"expected a gradient of shape {param.shape}, got {grad.shape}"
    if grad.dtype.kind not in "fiu" or not np.isfinite(grad).all():
        return "expected finite real numbers, got something else"
    return ""


def _at(f: Callable[[Array], Any], x: Array, index: tuple[int, ...], step: float) -> float:
    """Return f with one element of `x` moved by `step`, and put the element back."""
    kept = x[index].copy()
    x[index] = kept + step
    try:
        return _scalar(f(x))
    finally:
        x[index] = kept


def _scalar(value: Any) -> float:
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
    if not 0 < h < np.inf:
        raise ValueError(f"h: expected a small positive step such as 1e-5, got {h!r}.")


def _check_point(x: Any, name: str) -> None:
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        got = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"{name}: expected a NumPy array of floats, got {got}: a small step added to an "
            "integer changes nothing. Use x.astype(float)."
        )
    if not x.flags.writeable:
        raise ValueError(
            f"{name}: expected a writable array, since its elements are moved in turn."
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: expected finite numbers, got nan or inf.")
