"""Right: a heap for the order, einsum and out= for the sums, 0-d arrays for numbers."""
# %% value
import heapq


class Value:
    count = 0

    def __init__(self, value, *sources):
        self.value = np.asarray(value, dtype=np.float64)
        self.sources = sources
        self.grad = np.zeros(())
        Value.count -= 1
        self.key = Value.count

    def __lt__(self, other):
        return self.key < other.key

    def __add__(self, other):
        one = np.ones(())
        return Value(self.value + other.value, (self, one), (other, one))

    def __mul__(self, other):
        return Value(self.value * other.value, (self, other.value), (other, self.value))

    def backward(self):
        shares = {self: [np.ones(())]}
        heap = [self]
        while heap:
            node = heapq.heappop(heap)
            node.grad = np.sum(shares.pop(node))
            for source, local in node.sources:
                if source not in shares:
                    shares[source] = []
                    heapq.heappush(heap, source)
                shares[source].append(node.grad * local)
# %% backward_order
def backward_order(graph, last):
    from graphlib import TopologicalSorter

    used, todo = {}, [last]
    while todo:
        name = todo.pop()
        if name not in used:
            used[name] = graph[name]
            todo += graph[name]
    return list(TopologicalSorter(used).static_order())[::-1]
# %% unbroadcast
def unbroadcast(grad, shape):
    new = tuple(range(np.ndim(grad) - len(shape)))
    grad = np.add.reduce(np.asarray(grad, dtype=float), axis=new) if new else np.asarray(grad)
    for axis in np.flatnonzero(np.equal(shape, 1)):
        grad = np.add.reduce(grad, axis=int(axis), keepdims=True)
    return grad.reshape(shape)
# %% dual
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = np.array(value), np.array(slope)

    def __add__(self, other):
        return Dual(np.add(self.value, other.value), np.add(self.slope, other.slope))

    def __mul__(self, other):
        pair = np.array([self.slope, self.value]) @ np.array([other.value, other.slope])
        return Dual(self.value * other.value, pair)

    def exp(self):
        return Dual(np.exp(self.value), np.multiply(np.exp(self.value), self.slope))
# %% tensor
class Tensor:
    def __init__(self, value, sources=()):
        self.value = np.array(value, dtype=np.float64)
        self.sources = sources
        self.age = 1 + max((s.age for s, _ in sources), default=0)
        self.grad = np.zeros_like(self.value)

    def __add__(self, other):
        return Tensor(np.add(self.value, other.value), [(self, np.copy), (other, np.copy)])

    def __mul__(self, other):
        return Tensor(
            np.multiply(self.value, other.value),
            [(self, other.value.__mul__), (other, self.value.__mul__)],
        )

    def sum(self):
        return Tensor(np.add.reduce(self.value, axis=None), [(self, np.ones(self.value.shape).__mul__)])

    def backward(self):
        reached = [self]
        for node in reached:
            node.grad = np.zeros_like(node.value)
            reached += [s for s, _ in node.sources if s not in reached]
        self.grad = np.ones_like(self.value)
        for node in sorted(set(reached), key=lambda n: -n.age):
            for source, rule in node.sources:
                np.add(source.grad, unbroadcast(rule(node.grad), source.value.shape), out=source.grad)
