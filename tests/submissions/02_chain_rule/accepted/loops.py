"""Right: one number after the other, with the math module."""
# %% square_layer
import math


def each(function, *values):
    if np.ndim(values[0]) == 0:
        return function(*map(float, values))
    return np.array([each(function, *row) for row in zip(*values)])


class SquareLayer:
    def forward(self, x):
        self.x = x
        return each(lambda v: v * v, x)

    def backward(self, dout):
        return each(lambda d, v: d * v + d * v, dout, self.x)
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.x = x
        return each(math.exp, x)

    def backward(self, dout):
        return each(lambda d, v: d * math.exp(v), dout, self.x)
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.x = x
        return each(math.log, x)

    def backward(self, dout):
        return each(lambda d, v: d / v, dout, self.x)
# %% fork
class Fork:
    def forward(self, x, y):
        self.x, self.y = x, y
        return each(lambda a, b: (a + b) ** 2 * a, x, y)

    def backward(self, dout):
        dx = each(lambda d, a, b: d * (a + b) * (3 * a + b), dout, self.x, self.y)
        dy = each(lambda d, a, b: 2 * d * a * (a + b), dout, self.x, self.y)
        return dx, dy
# %% chain
class Chain:
    def forward(self, x):
        self.x = x
        return each(lambda v: math.exp(-((math.log(v) - 1) ** 2) / 2), x)

    def backward(self, dout):
        def slope(d, v):
            z = math.log(v) - 1
            return -d * z * math.exp(-z * z / 2) / v

        return each(slope, dout, self.x)
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.x, self.y = x, y
        return each(lambda a, b: a * (b + a + 1), x, y)

    def backward(self, dout):
        dx = each(lambda d, a, b: sum([d * b, d * a, d * a, d]), dout, self.x, self.y)
        return dx, each(lambda d, a: d * a, dout, self.x)
