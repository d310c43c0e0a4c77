"""Right: one number after the other, with the math module."""
# %% relu
import math


def each(function, *arrays):
    flat = [function(*(float(v) for v in values)) for values in zip(*(a.ravel() for a in arrays))]
    return np.array(flat).reshape(arrays[0].shape)


class Relu:
    def forward(self, x):
        self.x = x.copy()
        return each(lambda v: v if v > 0 else 0.0, x)

    def backward(self, dout):
        return each(lambda d, v: d if v > 0 else 0.0, dout, self.x)
# %% sigmoid
def logistic(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    z = math.exp(v)
    return z / (1 + z)


class Sigmoid:
    def forward(self, x):
        self.out = each(logistic, x)
        return self.out

    def backward(self, dout):
        return each(lambda d, y: d * y * (1 - y), dout, self.out)
# %% tanh
class Tanh:
    def forward(self, x):
        self.out = each(math.tanh, x)
        return self.out

    def backward(self, dout):
        return each(lambda d, y: d - d * y * y, dout, self.out)
# %% leaky_relu
class LeakyRelu:
    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return each(lambda v: v if v > 0 else self.alpha * v, x)

    def backward(self, dout):
        return each(lambda d, v: d if v > 0 else self.alpha * d, dout, self.x)
# %% softplus
class Softplus:
    def forward(self, x):
        self.x = x
        return each(lambda v: max(v, 0) + math.log1p(math.exp(-abs(v))), x)

    def backward(self, dout):
        return each(lambda d, v: d * logistic(v), dout, self.x)
# %% swish
class Swish:
    def forward(self, x):
        self.x = x
        return each(lambda v: v * logistic(v), x)

    def backward(self, dout):
        def slope(d, v):
            s = logistic(v)
            return d * s * (1 + v * (1 - s))

        return each(slope, dout, self.x)
