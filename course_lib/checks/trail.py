"""Numbers that note what is done to them: whether they become complex, or move both ways.

Code that takes a difference has a number, or an array, once a little larger and once as much
smaller. Nothing else in this course does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# A move is small, or very small beside the number. Honest code has x + 1 and x - 1.
_SMALL, _SMALL_BESIDE = 0.3, 1e-3


class Trail:
    """What became of the numbers that it follows.

    Attributes
    ----------
    found : bool
        Whether any became complex, or was moved both ways.
    """

    def __init__(self) -> None:
        self.found = False
        self.moves: set[tuple[bytes, bytes]] = set()

    def follow(self, value: Any) -> Any:
        """Return a float, or an array of floats, that notes what is done to it."""
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            followed = value.view(_Array)
            followed.trail = self
            self.found |= value.dtype.kind == "c"
            return followed
        if isinstance(value, float):
            number = _Number(value)
            number.trail = self
            return number
        return value

    def moved(self, value: Any, by: Any, sign: int) -> None:
        """Note that a number, or a small one, was added to another."""
        if isinstance(by, (complex, np.complexfloating)):
            self.found = True
            return
        if not isinstance(by, (int, float, np.number, np.ndarray)):
            return
        start, step = np.asarray(value, float), sign * np.asarray(by, float)
        most = np.abs(step).max(initial=0)
        if 0 < most < max(_SMALL, _SMALL_BESIDE * np.abs(start).max(initial=0)):
            step = np.broadcast_to(step, np.broadcast_shapes(step.shape, start.shape)) + 0.0
            self.found |= (start.tobytes(), (0.0 - step).tobytes()) in self.moves
            self.moves.add((start.tobytes(), step.tobytes()))

    def stretched(self, value: Any, by: Any) -> None:
        """Note that a number was multiplied: with 1 + h it is moved as well."""
        if isinstance(by, (int, float)):
            self.moved(value, round(by - 1.0, 14), 1)


class _Array(np.ndarray[Any, Any]):
    trail: Trail | None = None

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        trail = next(one.trail for one in (*inputs, self) if isinstance(one, _Array))
        plain = [one.view(np.ndarray) if isinstance(one, _Array) else one for one in inputs]
        if trail and method == "__call__":
            _note(trail, ufunc, plain)
        out = settings.get("out") or ()
        if out:
            settings["out"] = tuple(
                one.view(np.ndarray) if isinstance(one, _Array) else one for one in out
            )
        result = getattr(ufunc, method)(*plain, **settings)
        if out:
            return out[0] if len(out) == 1 else out
        return trail.follow(result) if trail and type(result) is np.ndarray else result

    def __array_finalize__(self, other: Any) -> None:
        self.trail = getattr(other, "trail", None)
        if self.trail and self.dtype.kind == "c":
            self.trail.found = True

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return self.trail.follow(part) if self.trail and isinstance(part, float) else part


def _note(trail: Trail, ufunc: Any, operands: list[Any]) -> None:
    if len(operands) != 2:
        return
    a, b = operands
    if ufunc in (np.add, np.subtract):
        sign = 1 if ufunc is np.add else -1
        trail.moved(a, b, sign)
        if sign > 0:
            trail.moved(b, a, sign)
    elif ufunc is np.multiply:
        trail.stretched(a, b)
        trail.stretched(b, a)


class _Number(float):
    trail: Trail

    def __add__(self, other: Any) -> Any:
        self.trail.moved(float(self), other, 1)
        return self._followed(float(self) + other)

    def __sub__(self, other: Any) -> Any:
        self.trail.moved(float(self), other, -1)
        return self._followed(float(self) - other)

    def __mul__(self, other: Any) -> Any:
        self.trail.stretched(float(self), other)
        return self._followed(float(self) * other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __complex__(self) -> complex:
        self.trail.found = True
        return complex(float(self))

    def _followed(self, value: Any) -> Any:
        return self.trail.follow(value) if type(value) is float else value
