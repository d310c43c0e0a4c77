"""Right: graphs built from small nodes of one's own, walked by a tape, in other orders."""
# %% square_layer
class SquareLayer:
    def forward(self, x):
        self.back = lambda dout: dout * x + dout * x
        return x * x

    def backward(self, dout):
        return self.back(dout)
# %% exp_layer
class ExpLayer:
    def __init__(self, base=np.e):
        self.base = base

    def forward(self, x):
        self.saved = {"out": np.exp(x * np.log(self.base))}
        return self.saved["out"]

    def backward(self, dout):
        (out,) = self.saved.values()
        return dout * out * np.log(self.base)
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.args = (x,)
        return -np.log(1 / x)

    def backward(self, dout):
        return dout * self.args[0] ** -1.0
# %% fork
class Product:
    def forward(self, x, y):
        self.xy = x, y
        return x * y

    def backward(self, dout):
        x, y = self.xy
        return dout * y, dout * x


class Fork:
    def forward(self, x, y):
        self.first, self.second = Product(), Product()
        s = x + y
        return self.second.forward(x, self.first.forward(s, s))

    def backward(self, dout):
        dx, dsquare = self.second.backward(dout)
        left, right = self.first.backward(dsquare)
        ds = left + right
        return [dx + ds, ds]
# %% chain
class MinusOne:
    def forward(self, x):
        return x - 1

    def backward(self, dout):
        return dout


class TimesMinusHalf:
    def forward(self, x):
        return x * -0.5

    def backward(self, dout):
        return dout * -0.5


class Chain:
    def __init__(self):
        self.nodes = [LogLayer(), MinusOne(), SquareLayer(), TimesMinusHalf(), ExpLayer()]

    def forward(self, x):
        for node in self.nodes:
            x = node.forward(x)
        return x

    def backward(self, dout):
        for node in self.nodes[::-1]:
            dout = node.backward(dout)
        return dout
# %% three_uses
from collections import defaultdict


class ThreeUses:
    def forward(self, x, y):
        self.product, self.square = Product(), SquareLayer()
        return self.product.forward(x, y) + self.square.forward(x) + x

    def backward(self, dout):
        self.grad = defaultdict(float)
        self.grad["x"] = self.grad["x"] + dout
        self.grad["x"] = self.grad["x"] + self.square.backward(dout)
        dx, self.grad["y"] = self.product.backward(dout)
        self.grad["x"] = self.grad["x"] + dx
        return self.grad["x"], self.grad["y"]
