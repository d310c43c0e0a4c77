"""Right: NumPy functions, 0-d arrays for numbers, and results written with out=."""
# %% square_layer
class SquareLayer:
    def forward(self, x):
        self.x = np.array(x, dtype=float)
        return np.power(self.x, 2)

    def backward(self, dout):
        dx = np.empty_like(self.x)
        np.multiply(dout, self.x, out=dx)
        np.add(dx, dx, out=dx)
        return dx[...]
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.out = np.empty(np.shape(x))
        np.exp(x, out=self.out)
        return self.out.view()

    def backward(self, dout):
        return np.einsum("...,...->...", np.asarray(dout), self.out)
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.x = np.array(x, dtype=float)
        return np.log(self.x, out=np.empty_like(self.x))

    def backward(self, dout):
        return np.divide(dout, self.x)
# %% predict
def predict():
    return {
        "square_dx": np.float64(-30),
        "exp_dx": np.array(3.5),
        "log_dx": np.int64(3),
        "chain": np.prod([3, -2, 0.5, 4]),
        "fork": np.sum([6, -2, 0.5]),
        "paths": 10.0,
    }
# %% fork
class Fork:
    def forward(self, x, y):
        self.x, self.s = np.asarray(x, float), np.add(x, y)
        return np.multiply(np.square(self.s), x)

    def backward(self, dout):
        dx = np.array(np.square(self.s) * dout)
        dy = np.multiply(2 * dout, self.s * self.x)
        np.add(dx, dy, out=dx)
        return np.stack([dx, dy])[0], dy
# %% chain
class Chain:
    def forward(self, x):
        self.logs = np.log(np.asarray(x, float))
        return np.exp(np.multiply(-0.5, np.square(np.subtract(self.logs, 1))))

    def backward(self, dout):
        steps = [np.exp(-self.logs), 1 - self.logs, np.exp(-0.5 * (self.logs - 1) ** 2), np.asarray(dout)]
        return np.prod(np.stack(steps), axis=0)
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.xy = np.stack([x, y])
        return np.sum([self.xy.prod(axis=0), self.xy[0] ** 2, self.xy[0]], axis=0)

    def backward(self, dout):
        x, y = self.xy
        grads = np.stack([y, 2 * x, np.ones_like(x)]) * dout
        return grads.sum(axis=0), np.multiply(dout, x)
