"""Automatic differentiation in reverse mode: calculations record their graph for the backward pass.

A :class:`Variable` is a number or an array that stores its inputs, and for each input a rule that
computes the gradient of the input from its own gradient. `backward` then runs the rules in reverse
order, without layers.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from course_lib.arrays import Array, as_floats

# Computes the gradient of an input from the gradient of the result: upstream times local.
Rule = Callable[[Array], Array]

_numbers = count()


class Variable:
    """A number or an array that takes part in a recorded calculation.

    Variables, numbers and arrays combine by ``+ - * / @``, with NumPy's broadcasting, and by
    ``**`` with a fixed number. Each result stores pairs (input, rule) for `backward`.

    Parameters
    ----------
    value : float or array_like of float
        Not copied. Do not change it in place between a calculation and its `backward`, because the
        rules read it.
    name : str
        Name for messages.

    Attributes
    ----------
    value : ndarray of float
        Shape () for a number.
    grad : ndarray or None
        dL/dvalue after ``L.backward()``, in the shape of `value`; None before.
    inputs : tuple of (Variable, rule)
        The inputs of this value; empty for a leaf.

    Examples
    --------
    >>> x, y = Variable(3.0, "x"), Variable(4.0, "y")
    >>> L = (x + y) ** 2
    >>> L.backward()
    >>> float(L.value), float(x.grad), float(y.grad)
    (49.0, 14.0, 14.0)

    References
    ----------
    Baydin, Pearlmutter, Radul, Siskind: Automatic differentiation in machine learning: a survey
    (2018). Karpathy's micrograd does the same for single numbers, HIPS autograd for NumPy.
    """

    # NumPy then leaves `array * variable` to Variable.__rmul__ instead of looping over elements.
    __array_ufunc__ = None

    def __init__(self, value: Any, name: str = "") -> None:
        value = as_floats(value, f"Variable {name!r}" if name else "Variable")
        self.value: Array = value if value.dtype.kind == "f" else value.astype(np.float64)
        self.name = name
        self.grad: Array | None = None
        self.inputs: tuple[tuple[Variable, Rule], ...] = ()
        self.number = next(_numbers)

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Variable({np.array2string(self.value, separator=', ')}{name})"

    # --- operations: the value, and the gradient rule of each input ---

    def __add__(self, other: Any) -> Variable:
        x, y = _pair("+", self, other)
        return _result(x.value + y.value, (x, lambda dout: dout), (y, lambda dout: dout))

    def __sub__(self, other: Any) -> Variable:
        x, y = _pair("-", self, other)
        return _result(x.value - y.value, (x, lambda dout: dout), (y, lambda dout: -dout))

    def __mul__(self, other: Any) -> Variable:
        x, y = _pair("*", self, other)
        return _result(
            x.value * y.value,
            (x, lambda dout: dout * y.value),
            (y, lambda dout: dout * x.value),
        )

    def __truediv__(self, other: Any) -> Variable:
        x, y = _pair("/", self, other)
        return _result(
            x.value / y.value,
            (x, lambda dout: dout / y.value),
            (y, lambda dout: -dout * x.value / y.value**2),
        )

    def __matmul__(self, other: Any) -> Variable:
        x, y = _pair("@", self, other)
        return _result(
            x.value @ y.value,
            (x, lambda dout: dout @ y.value.swapaxes(-1, -2)),
            (y, lambda dout: x.value.swapaxes(-1, -2) @ dout),
        )

    def __pow__(self, exponent: float) -> Variable:
        if isinstance(exponent, bool) or not isinstance(exponent, (int, float)):
            raise TypeError(
                f"Variable **: exponent: expected a fixed number, got {type(exponent).__name__}. "
                "For x to the power of a variable y, write (y * x.log()).exp()."
            )
        # x**0 is flat. The rule would multiply 0 by x**-1, which is infinite at x = 0.
        below = exponent - 1 if exponent else 0
        return _result(
            self.value**exponent, (self, lambda dout: dout * exponent * self.value**below)
        )

    def __neg__(self) -> Variable:
        return _result(-self.value, (self, lambda dout: -dout))

    def exp(self) -> Variable:
        """Return e to the power of every element."""
        out = np.exp(self.value)
        return _result(out, (self, lambda dout: dout * out))

    def log(self) -> Variable:
        """Return the natural logarithm of every element."""
        return _result(np.log(self.value), (self, lambda dout: dout / self.value))

    def tanh(self) -> Variable:
        """Return the hyperbolic tangent of every element."""
        out = np.tanh(self.value)
        return _result(out, (self, lambda dout: dout * (1 - out**2)))

    def relu(self) -> Variable:
        """Return every element where it is positive, and 0 elsewhere; the slope at 0 is 0."""
        mask = self.value <= 0
        return _result(np.where(mask, 0, self.value), (self, lambda dout: np.where(mask, 0, dout)))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Variable:
        """Return the sum over `axis`, or over all elements."""

        def spread(dout: Array) -> Array:
            if axis is not None and not keepdims:
                dout = np.expand_dims(dout, axis)
            return np.broadcast_to(dout, self.value.shape)

        return _result(self.value.sum(axis=axis, keepdims=keepdims), (self, spread))

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Variable:
        """Return the mean over `axis`, or over all elements."""
        total = self.sum(axis, keepdims)
        return total / (self.value.size / total.value.size)

    # `2 - x`: the number stands on the left, and cannot subtract a Variable.

    def __radd__(self, other: Any) -> Variable:
        return _variable(other, self) + self

    def __rsub__(self, other: Any) -> Variable:
        return _variable(other, self) - self

    def __rmul__(self, other: Any) -> Variable:
        return _variable(other, self) * self

    def __rtruediv__(self, other: Any) -> Variable:
        return _variable(other, self) / self

    def __rmatmul__(self, other: Any) -> Variable:
        return _variable(other, self) @ self

    # --- backwards ---

    def backward(self, dout: Any = None) -> None:
        """Set `grad` of every variable that this one depends on.

        Parameters
        ----------
        dout : float or array_like, optional
            The upstream gradient that starts the pass, in the shape of `value`; 1 for a number.

        Notes
        -----
        The gradients from all uses of a variable are added. Gradients of an earlier pass are reset
        first, so a second call of `backward` gives the same result. (PyTorch adds to the old
        gradients until they are set to zero.)
        """
        order = self._backward_order()
        for variable in order:
            variable.grad = None
        self.grad = self._first_gradient(dout)
        for variable in order:
            assert variable.grad is not None
            for source, rule in variable.inputs:
                grad = np.array(sum_to_shape(rule(variable.grad), source.value.shape))
                source.grad = grad if source.grad is None else source.grad + grad

    def _backward_order(self) -> list[Variable]:
        """Return this variable and all that it depends on, each before its inputs.

        A variable is created after its inputs, so newer variables come first. A list instead of
        recursion allows graphs of any depth.
        """
        reached = {self}
        to_visit = [self]
        while to_visit:
            for source, _ in to_visit.pop().inputs:
                if source not in reached:
                    reached.add(source)
                    to_visit.append(source)
        return sorted(reached, key=lambda variable: variable.number, reverse=True)

    def _first_gradient(self, dout: Any) -> Array:
        if dout is None:
            if self.value.size != 1:
                raise ValueError(
                    f"Variable.backward: expected one number to start from, got "
                    f"{_named(self)}. Sum it first, or pass dout in its shape."
                )
            return np.ones_like(self.value)
        dout = as_floats(dout, "Variable.backward: dout").astype(self.value.dtype, copy=False)
        if dout.shape != self.value.shape:
            raise ValueError(
                f"Variable.backward: dout: expected the shape of the value, {self.value.shape}, "
                f"got {dout.shape}."
            )
        return dout.copy()


def sum_to_shape(grad: Array, shape: tuple[int, ...]) -> Array:
    """Return `grad` summed over the axes along which a value of `shape` was broadcast.

    Broadcasting copies a number along an axis, and the gradients of all copies are added.

    Parameters
    ----------
    grad : ndarray
        In the shape of the result.
    shape : tuple of int
        The shape of the value, which broadcasts to that of `grad`.

    Returns
    -------
    ndarray, shape `shape`
    """
    new_axes = grad.ndim - len(shape)
    grad = grad.sum(axis=tuple(range(new_axes)))
    copied = tuple(i for i, n in enumerate(shape) if n < grad.shape[i])
    return grad.sum(axis=copied, keepdims=True)


def _result(value: Array, *inputs: tuple[Variable, Rule]) -> Variable:
    """Return `value` as a variable with these inputs."""
    result = Variable(0.0)
    result.value = np.asarray(value)
    result.inputs = inputs
    return result


def _variable(value: Any, partner: Variable) -> Variable:
    """Return `value` as a variable; a plain number takes the dtype of its partner, as in NumPy."""
    if isinstance(value, Variable):
        return value
    if type(value) in (int, float):
        return Variable(np.asarray(value, dtype=partner.value.dtype))
    return Variable(value)


def _pair(symbol: str, x: Variable, other: Any) -> tuple[Variable, Variable]:
    """Return both as variables, if their shapes fit the operation."""
    y = _variable(other, x)
    a, b = x.value.shape, y.value.shape
    if symbol == "@":
        if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
            raise ValueError(
                f"Variable @: expected matrices (N, D) and (D, K), got {_named(x)} and "
                f"{_named(y)}. Give a single row or column two axes."
            )
        a, b = a[:-2], b[:-2]
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        raise ValueError(
            f"Variable {symbol}: expected shapes that broadcast, got {_named(x)} and {_named(y)}."
        ) from None
    return x, y


def _named(variable: Variable) -> str:
    shape = f"shape {variable.value.shape}"
    return f"{variable.name!r} of {shape}" if variable.name else shape
