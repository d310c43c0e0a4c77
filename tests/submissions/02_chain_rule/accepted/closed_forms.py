"""Right: no nodes, the school's rules worked out on paper, other names."""
# %% square_layer
class SquareLayer:
    def forward(self, x):
        self.slope = 2 * x
        return np.square(x)

    def backward(self, dout):
        return self.slope * dout
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.y = np.e**x
        return self.y

    def backward(self, dout):
        return self.y * dout
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.slope = 1 / x
        return np.log2(x) * np.log(2)

    def backward(self, dout):
        return self.slope * dout
# %% predict
def predict():
    return dict(square_dx=3 * 2 * -5, exp_dx=7 / 2, log_dx=12 / 4, chain=3 * -2 * 0.5 * 4, fork=6 - 2 + 0.5, paths=7 + 3)
# %% fork
class Fork:
    def forward(self, x, y):
        self.kept = x, y
        return x**3 + 2 * x**2 * y + x * y**2

    def backward(self, dout):
        x, y = self.kept
        return dout * (3 * x**2 + 4 * x * y + y**2), dout * (2 * x**2 + 2 * x * y)
# %% chain
class Chain:
    def forward(self, x):
        self.x, self.z = x, np.log(x) - 1
        self.out = np.exp(-0.5 * self.z**2)
        return self.out

    def backward(self, dout):
        return -dout * self.out * self.z / self.x
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * (x + y + 1)

    def backward(self, dout):
        return dout * (self.y + 2 * self.x + 1), self.x * dout
