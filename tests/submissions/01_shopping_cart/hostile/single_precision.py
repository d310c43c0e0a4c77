"""Right, but in single precision, as finite differences are rounded to hide their noise."""
# earns: mul_layer=1, add_layer=1, sub_layer=1, div_layer=1
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = np.float32(x), np.float32(y)
        return self.x * self.y

    def backward(self, dout):
        dout = np.float32(dout)
        return dout * self.y, dout * self.x
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        return np.float32(x) + np.float32(y)

    def backward(self, dout):
        return np.float32(dout), np.float32(dout)
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        return x - y

    def backward(self, dout):
        return np.float32(dout), -np.float32(dout)
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.x, self.y = np.float32(x), np.float32(y)
        return self.x / self.y

    def backward(self, dout):
        dout = np.float32(dout)
        return dout / self.y, -dout * self.x / self.y / self.y
