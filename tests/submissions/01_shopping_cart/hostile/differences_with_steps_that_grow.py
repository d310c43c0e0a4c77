"""Steps that grow with the input, so that they are never lost in it."""
# earns: mul_layer=1, add_layer=1
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-4 * x) * y - (x - 1e-4 * x) * y) / (2e-4 * x), dout * (x * (y + 1e-4 * y) - x * (y - 1e-4 * y)) / (2e-4 * y)
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x + y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-4 * x + y) - (x - 1e-4 * x + y)) / (2e-4 * x), dout * ((x + (y + 1e-4 * y)) - (x + (y - 1e-4 * y))) / (2e-4 * y)
