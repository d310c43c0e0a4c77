"""Right: computed and returned in float64, which each array is converted to."""
# %% square_layer
class SquareLayer:
    def forward(self, x):
        self.x = np.float64(x)
        return self.x * self.x

    def backward(self, dout):
        return np.float64(2) * self.x * np.float64(dout)
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.out = np.exp(np.float64(x))
        return self.out

    def backward(self, dout):
        return np.float64(dout) * self.out
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.x = np.float64(x)
        return np.log(x)

    def backward(self, dout):
        return np.float64(dout) / self.x
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.x, self.y = np.float64(x), np.float64(y)
        return x * y + x**2 + x

    def backward(self, dout):
        dout = np.float64(dout)
        dx = dout.copy()
        dx = dx + dout * np.float64(self.y)
        dx = dx + 2.0 * self.x * np.float64(dout)
        return dx, dout * self.x
