"""Right: dataclasses, slots, a named tuple, and a sorter from the standard library."""
# %% value
from dataclasses import dataclass, field
from functools import reduce


@dataclass(eq=False, slots=True)
class Value:
    value: float
    before: tuple["Value", ...] = ()
    local: tuple[float, ...] = ()
    grad: float = 0.0

    def __add__(self, other: "Value") -> "Value":
        return Value(self.value + other.value, before=(self, other), local=(1.0, 1.0))

    def __mul__(self, other: "Value") -> "Value":
        return Value(self.value * other.value, before=(self, other), local=(other.value, self.value))

    def backward(self) -> None:
        after, seen, stack = [], {id(self)}, [(self, iter(self.before))]
        while stack:
            node, rest = stack[-1]
            for source in rest:
                if id(source) not in seen:
                    seen.add(id(source))
                    stack.append((source, iter(source.before)))
                    break
            else:
                stack.pop()
                after.append(node)
        for node in after:
            node.grad = 1.0 if node is self else 0.0
        for node in after[::-1]:
            for source, slope in zip(node.before, node.local):
                source.grad += slope * node.grad
# %% backward_order
from graphlib import TopologicalSorter


def backward_order(graph, last):
    wanted, new = {last}, [last]
    while new:
        new = [name for name in {s for name in new for s in graph[name]} if name not in wanted]
        wanted.update(new)
    return [*TopologicalSorter({name: graph[name] for name in wanted}).static_order()][::-1]
# %% unbroadcast
def unbroadcast(grad: np.ndarray, shape: tuple) -> np.ndarray:
    # The number of the place that each place of grad was copied from.
    places = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), grad.shape)
    return np.bincount(places.ravel(), weights=grad.ravel(order="C")).reshape(shape, order="C")
# %% tensor
class Tensor:
    __slots__ = ("value", "_grad", "uses", "before")

    def __init__(self, value, before=()):
        self.value = np.array(value, dtype=np.float64, order="F")
        self._grad, self.before = None, before

    @property
    def grad(self):
        return np.zeros_like(self.value) if self._grad is None else self._grad

    def __add__(self, other):
        one = lambda dout: dout  # noqa: E731
        return self.__class__(self.value + other.value, [(self, one), (other, one)])

    def __mul__(self, other):
        return self.__class__(
            np.multiply(self.value, other.value),
            [(self, lambda d: np.multiply(d, other.value)), (other, lambda d: self.value * d)],
        )

    def sum(self):
        out = self.value.ravel(order="K") @ np.ones(self.value.size)
        return self.__class__(out, [(self, lambda d: np.full_like(self.value, d))])

    def backward(self):
        reached, stack = {}, [self]
        while stack:
            node = stack.pop()
            if id(node) not in reached:
                reached[id(node)] = node
                node._grad, node.uses = None, 0
                stack.extend(source for source, _ in node.before)
        for node in reached.values():
            for source, _ in node.before:
                source.uses += 1
        self._grad, ready = np.ones_like(self.value), [self]
        while ready:
            node = ready.pop(0)
            for source, rule in node.before:
                source._grad = source.grad + unbroadcast(rule(node._grad), source.value.shape)
                source.uses -= 1
                if source.uses == 0:
                    ready.append(source)
# %% dual
from typing import NamedTuple


class Dual(NamedTuple):
    value: float
    slope: float = 0.0

    def __add__(self, other):
        return Dual(*(a + b for a, b in zip(self, other)))

    def __mul__(self, other):
        return self._replace(
            value=self.value * other.value, slope=self.value * other.slope + self.slope * other.value
        )

    def exp(self):
        return reduce(lambda y, s: Dual(y.value, y.value * s), [self.slope], Dual(np.exp(self.value)))
