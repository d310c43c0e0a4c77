"""Right: computed and returned in float64, which each array is converted to."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = np.float64(x), np.float64(y)
        return self.x * self.y

    def backward(self, dout):
        dout = np.float64(dout)
        return dout * self.y, dout * self.x
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        return np.float64(x) + np.float64(y)

    def backward(self, dout):
        return np.float64(dout), np.float64(dout)
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        return x - y

    def backward(self, dout):
        return np.float64(dout), -np.float64(dout)
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.x, self.y = np.float64(x), np.float64(y)
        return self.x / self.y

    def backward(self, dout):
        dout = np.float64(dout)
        return dout / self.y, -dout * self.x / self.y / self.y
