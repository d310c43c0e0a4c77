"""Right: no numbers; a value hands on when all who used it have sent their share."""
# %% value
class Value:
    def __init__(self, value):
        self.value = value
        self.grad = np.array(0.0)
        self.parents = []

    def __add__(self, other):
        out = Value(np.add(self.value, other.value))
        out.parents = [self, other]
        out.slopes = lambda: (1, 1)
        return out

    def __mul__(self, other):
        out = Value(np.multiply(self.value, other.value))
        out.parents = [self, other]
        out.slopes = lambda: (other.value, self.value)
        return out

    def backward(self):
        waiting = {id(self): 0}
        stack = [self]
        while stack:
            for parent in stack.pop().parents:
                if id(parent) not in waiting:
                    waiting[id(parent)] = 0
                    parent.grad = np.array(0.0)
                    stack.append(parent)
                waiting[id(parent)] += 1
        self.grad = np.array(1.0)
        ready = [self]
        while ready:
            node = ready.pop()
            for parent, slope in zip(node.parents, node.slopes() if node.parents else ()):
                parent.grad = parent.grad + node.grad * slope
                waiting[id(parent)] -= 1
                if not waiting[id(parent)]:
                    ready.append(parent)
# %% backward_order
def backward_order(graph, last):
    depth = {}
    stack = [last]
    while stack:
        name = stack[-1]
        missing = [s for s in graph[name] if s not in depth]
        if missing:
            stack.extend(missing)
        else:
            stack.pop()
            depth[name] = 1 + max((depth[s] for s in graph[name]), default=0)
    return tuple(sorted(depth, key=depth.get, reverse=True))
# %% unbroadcast
def unbroadcast(grad, shape):
    padded = (1,) * (np.ndim(grad) - len(shape)) + tuple(shape)
    axes = tuple(axis for axis, n in enumerate(padded) if n == 1)
    return np.add.reduce(grad, axis=axes, keepdims=True).reshape(shape)
# %% tensor
class Tensor(Value):
    def __init__(self, value):
        super().__init__(np.array(value, float))

    def __add__(self, other):
        return self.made(self.value + other.value, (self, other), lambda d: (d, d))

    def __mul__(self, other):
        x, y = self.value, other.value
        return self.made(x * y, (self, other), lambda d: (d * y, d * x))

    def sum(self):
        return self.made(self.value.sum(), (self,), lambda d: (d + np.zeros_like(self.value),))

    def made(self, value, parents, rule):
        out = Tensor(value)
        out.parents, out.rule = list(parents), rule
        return out

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(parent, False) for parent in node.parents]
        arrived = {node: [] for node in order}
        arrived[self].append(np.ones(()))
        for node in reversed(order):
            node.grad = sum(arrived[node])
            for parent, g in zip(node.parents, node.rule(node.grad) if node.parents else ()):
                arrived[parent].append(unbroadcast(np.asarray(g), parent.value.shape))
# %% dual
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = np.float64(value), np.float64(slope)

    def along(self, value, *pairs):
        return Dual(value, sum(local * x.slope for x, local in pairs))

    def __add__(self, other):
        return self.along(self.value + other.value, (self, 1), (other, 1))

    def __mul__(self, other):
        return self.along(self.value * other.value, (self, other.value), (other, self.value))

    def exp(self):
        return self.along(np.e**self.value, (self, np.e**self.value))
