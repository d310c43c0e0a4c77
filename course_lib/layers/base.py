"""The base class of all layers: conversion and checks of arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints

import numpy as np

from course_lib.arrays import Array, Targets, as_floats, as_reals


class Layer:
    """A node of a computational graph: `forward` computes it, `backward` returns gradients.

    A subclass contains the equations for arrays. This class wraps `__init__`, `forward` and
    `backward` of each subclass and checks every argument with the annotation `Array` or `Targets`.
    A method without annotations has those of the method that it overrides.

    - An `Array` becomes a floating array: lists and numbers are converted, integers become float64,
      and float32 and float64 arrays stay the same and are not copied. A number becomes an array of
      shape ().
    - `Targets` become an array of real numbers; integers stay integers.
    - The arrays of `forward` have one shape, unless the layer overrides `check_inputs`.
    - `dout` has the shape of the last output, and is converted to its dtype.
    - A float64 result of shape () is returned as a float.

    Array arguments of `__init__` are the layer's parameters. `forward` reads the attribute with the
    name of the parameter, and `backward` stores the gradient of `W` in `dW`.

    Attributes
    ----------
    parameters : tuple of str
        Names of the parameters, such as ``("W", "b")``; taken from the signature of `__init__`.
    symbol : str
        Text of the layer's node in a drawing; by default the name of the class.
    formula : str
        The equation of `forward` in a drawing, with ``{x}`` and ``{y}`` for the inputs.
    rules : mapping of str to str
        For ``x``, ``y`` and each parameter, the equation of its gradient in a drawing, with
        ``{dout}`` for the upstream gradient and ``{out}`` for the output.
    domain : (float, float)
        Open interval of inputs for which the output and the gradient are finite.

    Raises
    ------
    TypeError
        If a checked argument does not consist of real numbers.
    ValueError
        If a checked argument holds NaN or has a wrong shape.
    RuntimeError
        If `backward` is called before `forward`.
    """

    parameters: ClassVar[tuple[str, ...]] = ()
    symbol: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    rules: ClassVar[Mapping[str, str]] = {}
    domain: ClassVar[tuple[float, float]] = (-inf, inf)

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    _out_shape: tuple[int, ...]
    _out_dtype: np.dtype[Any]
    _numbers: bool

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, wrap in _WRAPPERS.items():
            if name in cls.__dict__:
                setattr(cls, name, wrap(cls.__dict__[name], _kinds(cls, name)))
        if "__init__" in cls.__dict__:
            cls.parameters = tuple(_arrays(_kinds(cls, "__init__")))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @classmethod
    def example(cls, D: int, rng: np.random.Generator) -> Self:  # noqa: ARG003
        """Return a layer for inputs of shape (N, D), its parameters drawn by `rng`.

        The common tests run on it. A layer with parameters overrides this.
        """
        return cls()

    def check_inputs(self, *_args: Any, **inputs: Any) -> None:
        """Raise ValueError unless the arrays of `forward` have one shape.

        With broadcasting, a gradient would not have the shape of its input.
        """
        if len({array.shape for array in inputs.values()}) > 1:
            shapes = " and ".join(str(array.shape) for array in inputs.values())
            raise ValueError(
                f"{type(self).__name__}.forward: expected {' and '.join(inputs)} of one shape, "
                f"got {shapes}."
            )


# --- wrappers for the methods of a subclass: conversion and checks ---------------------------

_Method = Callable[..., Any]
_Kinds = Mapping[str, Any]


def _kinds(cls: type[Layer], method: str) -> dict[str, Any]:
    """Return `Array` or `Targets` for each checked argument of a method.

    An argument without an annotation has that of the overridden method.
    """
    annotations: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if method in base.__dict__ and base is not object:
            annotations |= get_type_hints(base.__dict__[method], include_extras=True)
    kinds = {}
    for name in inspect.signature(cls.__dict__[method]).parameters:
        hint = annotations.get(name)
        if hint == Targets:
            kinds[name] = Targets
        elif any(_is_array(kind) for kind in (hint, *get_args(hint))):
            kinds[name] = Array  # also for `Array | float` and other spellings of an array
    return kinds


def _is_array(kind: Any) -> bool:
    """Return whether an annotation is `np.ndarray`, with or without its dtype."""
    # From NumPy 2.5 on, `NDArray` is an alias that holds the class as its value.
    origin = getattr(get_origin(kind), "__value__", get_origin(kind))
    return np.ndarray in (kind, origin, get_origin(origin))


def _arrays(kinds: _Kinds) -> list[str]:
    return [name for name, kind in kinds.items() if kind == Array]


def _arguments(method: _Method, kinds: _Kinds) -> Callable[..., dict[str, Any]]:
    """Return a function that converts the arguments of a call of `method`, by name."""
    signature = inspect.signature(method)
    names = list(signature.parameters)[1:]
    convert = {name: as_floats if kind == Array else as_reals for name, kind in kinds.items()}

    def arguments(where: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if kwargs or len(args) != len(names):
            signature.bind(None, *args, **kwargs)  # raises Python's usual TypeError
        given = dict(zip(names, args, strict=False)) | kwargs
        for name in kinds:
            if name in given:
                array = convert[name](given[name], f"{where}: {name}")
                # A number becomes NumPy's number: nothing can be written into it by `dout *= ...`.
                given[name] = array if array.ndim else array[()]
        return given

    return arguments


def _unwrapped(result: Any, numbers: bool) -> Any:
    """Return a result of shape () as a number: Python's own if all inputs were numbers.

    So ``price`` prints as 220.0 everywhere, and the loss of a batch keeps NumPy's methods.
    """
    if isinstance(result, tuple):
        return tuple(_unwrapped(one, numbers) for one in result)
    if isinstance(result, np.ndarray | np.generic) and result.shape == ():
        number = np.asarray(result)[()]
        return float(number) if numbers and result.dtype == np.float64 else number
    return result


def _checked_init(method: _Method, kinds: _Kinds) -> _Method:
    arguments = _arguments(method, kinds)

    @functools.wraps(method)
    def __init__(self: Layer, *args: Any, **kwargs: Any) -> None:
        method(self, **arguments(type(self).__name__, args, kwargs))

    return __init__


def _checked_forward(method: _Method, kinds: _Kinds) -> _Method:
    arguments, arrays = _arguments(method, kinds), _arrays(kinds)

    @functools.wraps(method)
    def forward(self: Layer, *args: Any, **kwargs: Any) -> Any:
        given = arguments(f"{type(self).__name__}.forward", args, kwargs)
        self.check_inputs(**{name: given[name] for name in arrays if name in given})
        self._numbers = all(given[name].shape == () for name in arrays if name in given)
        out = _unwrapped(method(self, **given), self._numbers)
        self._out_shape, self._out_dtype = np.shape(out), np.result_type(out)
        return out

    return forward


def _checked_backward(method: _Method, kinds: _Kinds) -> _Method:
    arguments, arrays = _arguments(method, kinds), _arrays(kinds)

    @functools.wraps(method)
    def backward(self: Layer, *args: Any, **kwargs: Any) -> Any:
        where = f"{type(self).__name__}.backward"
        if not hasattr(self, "_out_shape"):
            raise RuntimeError(
                f"{where} was called before {type(self).__name__}.forward. "
                "Call forward first: it keeps what backward needs."
            )
        given = arguments(where, args, kwargs)
        for name in arrays:
            if name not in given:
                continue
            if given[name].shape != self._out_shape:
                raise ValueError(
                    f"{where}: expected {name} in the shape of the last forward's output, "
                    f"{self._out_shape}, got {given[name].shape}."
                )
            # A float64 upstream gradient must not change the dtype of a float32 layer's gradients.
            if self._out_dtype.kind == "f":
                given[name] = given[name].astype(self._out_dtype, copy=False)
        return _unwrapped(method(self, **given), self._numbers)

    return backward


_WRAPPERS = {
    "__init__": _checked_init,
    "forward": _checked_forward,
    "backward": _checked_backward,
}
