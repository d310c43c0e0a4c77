"""The contract of a layer, kept in one place so that a layer can read like its equation."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.arrays import as_floats

# The parameters of `forward` and `backward` that carry values of the graph. Targets `t` and
# switches such as `train` are the layer's own business.
_VALUES = ("x", "y", "dout")


class Layer:
    """A node of a computational graph: `forward` computes, `backward` hands gradients back.

    A subclass writes its two methods as plain equations. Around them, this class keeps what
    every layer promises:

    - `forward` takes numbers or arrays of real numbers. Integers become float64; float32
      stays float32. NaN and text are refused. Two inputs `x` and `y` have one shape.
    - `backward` needs a `forward` before it, and `dout` in the shape of that forward's output.
    - What comes in is never changed.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    _out_shape: tuple[int, ...]
    _out_dtype: np.dtype[Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, check in (("forward", _checked_forward), ("backward", _checked_backward)):
            if name in cls.__dict__:
                setattr(cls, name, check(cls.__dict__[name]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _by_name(method: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Return a function that names the arguments of a call of `method`, without its `self`."""
    signature = inspect.signature(method)
    names = list(signature.parameters)[1:]

    def by_name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if kwargs or len(args) > len(names):
            signature.bind(None, *args, **kwargs)  # raises Python's usual TypeError
        return dict(zip(names, args, strict=False)) | kwargs

    return by_name


def _checked_forward(method: Callable[..., Any]) -> Callable[..., Any]:
    by_name = _by_name(method)

    @functools.wraps(method)
    def forward(self: Layer, *args: Any, **kwargs: Any) -> Any:
        where = f"{type(self).__name__}.forward"
        given = by_name(args, kwargs)
        for name in _VALUES:
            if name in given:
                given[name] = as_floats(given[name], f"{where}: {name}")
        if "x" in given and "y" in given and np.shape(given["x"]) != np.shape(given["y"]):
            raise ValueError(
                f"{where}: expected x and y of one shape, "
                f"got {np.shape(given['x'])} and {np.shape(given['y'])}."
            )
        out = method(self, **given)
        self._out_shape, self._out_dtype = np.shape(out), np.result_type(out)
        return out

    return forward


def _checked_backward(method: Callable[..., Any]) -> Callable[..., Any]:
    by_name = _by_name(method)

    @functools.wraps(method)
    def backward(self: Layer, *args: Any, **kwargs: Any) -> Any:
        where = f"{type(self).__name__}.backward"
        if not hasattr(self, "_out_shape"):
            raise RuntimeError(
                f"{where} was called before {type(self).__name__}.forward. "
                "Call forward first: it keeps what backward needs."
            )
        given = by_name(args, kwargs)
        if "dout" in given:
            dout = as_floats(given["dout"], f"{where}: dout")
            if np.shape(dout) != self._out_shape:
                raise ValueError(
                    f"{where}: expected dout in the shape of the last forward's output, "
                    f"{self._out_shape}, got {np.shape(dout)}."
                )
            # A float64 gradient from above must not widen the gradients of a float32 layer.
            if isinstance(dout, np.ndarray) and self._out_dtype.kind == "f":
                dout = dout.astype(self._out_dtype, copy=False)
            given["dout"] = dout
        return method(self, **given)

    return backward
