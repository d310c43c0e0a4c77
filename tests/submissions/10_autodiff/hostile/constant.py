"""Values that never change and gradients of 0, so that the two agree with each other."""
# %% value
class Value:
    def __init__(self, value):
        self.value, self.grad = 0.0, 0.0

    def __add__(self, other):
        return self

    __mul__ = __add__

    def backward(self):
        pass
# %% unbroadcast
def unbroadcast(grad, shape):
    return np.zeros(shape)
# %% dual
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = 1.0, 0.0

    def __add__(self, other):
        return self

    __mul__ = __add__

    def exp(self):
        return self
# %% backward_order
def backward_order(graph, last):
    return []
