"""Differences of sums, whose rounding is the same for all numbers near by."""
# earns: add_layer=1, sub_layer=1
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x + y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-4 + y) - (x - 1e-4 + y)) / 2e-4, dout * ((x + (y + 1e-4)) - (x + (y - 1e-4))) / 2e-4
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x - y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-4 - y) - (x - 1e-4 - y)) / 2e-4, dout * ((x - (y + 1e-4)) - (x - (y - 1e-4))) / 2e-4
