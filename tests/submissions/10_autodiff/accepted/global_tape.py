"""Right: one tape for all, as in the chapter, read in reverse up to the value asked for."""
# %% value
tape = []


class Value:
    def __init__(self, value, inputs=()):
        self.value, self.inputs, self.grad = value, inputs, 0
        tape.append(self)

    def __add__(self, other):
        return Value(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.value * other.value, ((self, other.value), (other, self.value)))

    def backward(self):
        for line in tape:
            line.grad = 0
        self.grad = 1
        for line in reversed(tape):
            for source, local in line.inputs:
                source.grad += line.grad * local
# %% backward_order
def backward_order(graph, last):
    uses = {}
    reached, to_visit = {last}, [last]
    while to_visit:
        for source in graph[to_visit.pop()]:
            uses[source] = uses.get(source, 0) + 1
            if source not in reached:
                reached.add(source)
                to_visit.append(source)
    order, ready = [], [last]
    while ready:
        name = ready.pop(0)
        order.append(name)
        for source in graph[name]:
            uses[source] -= 1
            if uses[source] == 0:
                ready.append(source)
    return order
# %% unbroadcast
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad
# %% tensor
arrays = []


class Tensor:
    def __init__(self, value, pull_back=None):
        self.value = np.asarray(value)
        self.pull_back = pull_back
        self.grad = None
        arrays.append(self)

    def __add__(self, other):
        def pull_back(dout):
            self.receive(dout)
            other.receive(dout)
        return Tensor(self.value + other.value, pull_back)

    def __mul__(self, other):
        def pull_back(dout):
            self.receive(dout * other.value)
            other.receive(dout * self.value)
        return Tensor(self.value * other.value, pull_back)

    def sum(self):
        return Tensor(np.sum(self.value), lambda dout: self.receive(np.full(self.value.shape, dout)))

    def receive(self, grad):
        grad = np.asarray(grad)
        new = grad.ndim - self.value.ndim
        axes = tuple(i for i in range(grad.ndim) if i < new or self.value.shape[i - new] == 1)
        self.grad = self.grad + grad.sum(axis=axes).reshape(self.value.shape)

    def backward(self):
        for array in arrays:
            array.grad = np.zeros_like(array.value)
        self.grad = np.array(1.0)
        for array in arrays[::-1]:
            if array.pull_back is not None:
                array.pull_back(array.grad)
# %% dual
class Dual:
    def __init__(self, value, slope=0.0):
        self.both = np.array([value, slope])

    value = property(lambda self: self.both[0])
    slope = property(lambda self: self.both[1])

    def __add__(self, other):
        return Dual(*(self.both + other.both))

    def __mul__(self, other):
        a, b = np.outer(self.both, other.both)
        return Dual(a[0], a[1] + b[0])

    def exp(self):
        return Dual(*np.exp(self.both[0]) * np.array([1, self.both[1]]))
