"""Right answers to the tasks of 10_autodiff: two engines, forward mode and helper functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from course_lib.arrays import Array
from course_lib.autodiff import sum_to_shape

_numbers = count()


class _Node:
    """A node of either engine: a value, its inputs, and the order of the backward pass."""

    def __init__(self, value: Any, inputs: Sequence[tuple[Any, Any]] = ()) -> None:
        self.value = value
        self.inputs = inputs
        self.number = next(_numbers)

    def order(self) -> list[Any]:
        """Return this node and all nodes that it depends on, each before its inputs."""
        reached = {self}
        to_visit = [self]
        while to_visit:
            for source, _ in to_visit.pop().inputs:
                if source not in reached:
                    reached.add(source)
                    to_visit.append(source)
        return sorted(reached, key=lambda node: node.number, reverse=True)


class Value(_Node):
    """A number that stores how it was computed: pairs of an input and a local gradient."""

    def __init__(self, value: float, inputs: Sequence[tuple[Any, float]] = ()) -> None:
        super().__init__(value, inputs)
        self.grad = 0.0

    def __add__(self, other: Any) -> Any:
        return type(self)(self.value + other.value, [(self, 1), (other, 1)])

    def __mul__(self, other: Any) -> Any:
        x, y = self.value, other.value
        return type(self)(x * y, [(self, y), (other, x)])

    def backward(self) -> None:
        """Set the gradient of every value that this one depends on."""
        order = self.order()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


def unbroadcast(grad: Array, shape: tuple[int, ...]) -> Array:
    """Return `grad` summed over all copies of a value of this shape."""
    return sum_to_shape(grad, shape)


class Tensor(_Node):
    """An array that stores how it was computed: pairs of an input and a rule for its gradient."""

    def __init__(self, value: Any, inputs: Sequence[tuple[Any, Callable[[Any], Any]]] = ()) -> None:
        super().__init__(np.array(value, dtype=float), inputs)
        self.grad = np.zeros(self.value.shape)

    def __add__(self, other: Any) -> Any:
        out = self.value + other.value
        return type(self)(out, [(self, lambda dout: dout), (other, lambda dout: dout)])

    def __mul__(self, other: Any) -> Any:
        x, y = self.value, other.value
        return type(self)(x * y, [(self, lambda dout: dout * y), (other, lambda dout: dout * x)])

    def sum(self) -> Any:
        """Return the sum of all elements."""
        shape = self.value.shape
        return type(self)(self.value.sum(), [(self, lambda dout: np.broadcast_to(dout, shape))])

    def receive(self, grad: Array) -> None:
        """Add the gradient from one use."""
        self.grad = self.grad + unbroadcast(grad, self.value.shape)

    def backward(self) -> None:
        """Set the gradient of every tensor that this one depends on."""
        order = self.order()
        for node in order:
            node.grad = np.zeros(node.value.shape)
        self.grad = np.ones(self.value.shape)
        for node in order:
            for source, rule in node.inputs:
                source.receive(rule(node.grad))


class Dual:
    """A dual number: a value and its slope, for forward mode."""

    def __init__(self, value: float, slope: float = 0.0) -> None:
        self.value = value
        self.slope = slope

    def __add__(self, other: Any) -> Any:
        return type(self)(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Any) -> Any:
        slope = self.slope * other.value + self.value * other.slope
        return type(self)(self.value * other.value, slope)

    def exp(self) -> Any:
        """Return e to the power of this number."""
        out = math.exp(self.value)
        return type(self)(out, out * self.slope)


def backward_order(graph: Mapping[str, list[str]], last: str) -> list[str]:
    """Return `last` and all names that it depends on, each before its inputs."""
    order: list[str] = []
    seen = {last}
    to_visit = [(last, iter(graph[last]))]
    while to_visit:
        name, inputs = to_visit[-1]
        source = next(inputs, None)
        if source is None:
            order.append(name)
            to_visit.pop()
        elif source not in seen:
            seen.add(source)
            to_visit.append((source, iter(graph[source])))
    return order[::-1]
