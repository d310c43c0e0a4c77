"""Right: single precision inside, lists for arrays, and a chatty helper or two."""
# earns: backward_order=5, unbroadcast=5
# %% value
def relatives(last):
    """Return all that a value was made from, the newest first."""
    todo, found = [last], {}
    while todo:
        node = todo.pop()
        if node.number not in found:
            found[node.number] = node
            todo += [source for source, _ in node.inputs]
    return [found[number] for number in sorted(found, reverse=True)]


class Value:
    numbers = iter(range(10**9))

    def __init__(self, value, inputs=()):
        self.value = np.float32(value) if not inputs else value
        self.inputs = inputs
        self.number = next(Value.numbers)
        self.grad = np.float32(0)

    def __add__(self, other):
        return Value(np.float64(self.value) + other.value, [(self, True), (other, True)])

    def __mul__(self, other):
        return Value(np.float64(self.value) * other.value, [(self, other.value), (other, self.value)])

    def backward(self):
        print("going back")
        for node in relatives(self):
            node.grad = np.float32(node is self)
        for node in relatives(self):
            for source, local in node.inputs:
                source.grad = source.grad + np.float32(node.grad * local)
# %% backward_order
def backward_order(graph, last):
    # How many steps it takes at most to come from a name to last: longest ways first settle it.
    todo, uses = [last], {last: 0}
    while todo:
        for name in graph[todo.pop()]:
            if name not in uses:
                todo.append(name)
            uses[name] = uses.get(name, 0) + 1
    level, order = [last], []
    while level:
        order += level
        free = []
        for name in level:
            for source in graph[name]:
                uses[source] -= 1
                free += [source] * (uses[source] == 0)
        level = free
    return order
# %% unbroadcast
def unbroadcast(grad, shape):
    grad = np.array(grad, dtype=np.float32)
    if grad.shape == shape:
        return grad
    if grad.ndim > len(shape):
        return unbroadcast(sum(grad), shape)
    axis = next(i for i in range(grad.ndim) if grad.shape[i] != shape[i])
    return unbroadcast(grad.mean(axis=axis, keepdims=True) * grad.shape[axis], shape)
# %% tensor
class Tensor(object):
    def __init__(self, value, *, by=()):
        self.value, self.by, self.grad = np.array(value, "f4"), by, 0.0

    def __add__(self, other):
        return Tensor(self.value + other.value, by=[(self, None), (other, None)])

    def __mul__(self, other):
        return Tensor(self.value * other.value, by=[(self, other), (other, self)])

    def sum(self):
        return Tensor(self.value.sum(), by=[(self, None)])

    def inputs_first(self):
        done, steps = [], [("enter", self)]
        while steps:
            what, node = steps.pop()
            if what == "leave":
                done.append(node)
            elif not any(node is other for other in done):
                steps.append(("leave", node))
                steps += [("enter", source) for source, _ in node.by]
        return [n for i, n in enumerate(done) if not any(n is m for m in done[:i])]

    def backward(self):
        nodes = self.inputs_first()[::-1]
        for node in nodes:
            node.grad = np.zeros(node.value.shape, "f4")
        self.grad += np.float32(1)
        for node in nodes:
            for source, factor in node.by:
                share = node.grad * (np.float32(1) if factor is None else factor.value)
                share = np.broadcast_to(share, np.broadcast_shapes(share.shape, source.grad.shape))
                source.grad += unbroadcast(share, source.grad.shape)
# %% dual
class Dual:
    def __init__(self, value, slope=0.0):
        # A number with a second root of zero: its square has no slope of slopes.
        self.matrix = np.array([[value, slope], [0, value]], dtype=np.float32)

    @property
    def value(self):
        return self.matrix[0, 0]

    @property
    def slope(self):
        return self.matrix[0, 1]

    def __add__(self, other):
        return Dual(*(self.matrix + other.matrix)[0])

    def __mul__(self, other):
        return Dual(*(self.matrix @ other.matrix)[0])

    def exp(self):
        growth = np.exp(self.value)
        return Dual(growth, growth * self.slope)
