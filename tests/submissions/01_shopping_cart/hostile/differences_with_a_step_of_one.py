"""A step of 1 between products and sums: in exact arithmetic it makes no error at all."""
# earns: mul_layer=1, add_layer=1, sub_layer=1
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1) * y - (x - 1) * y) / 2, dout * (x * (y + 1) - x * (y - 1)) / 2
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x + y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1 + y) - (x - 1 + y)) / 2, dout * ((x + (y + 1)) - (x + (y - 1))) / 2
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x - y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1 - y) - (x - 1 - y)) / 2, dout * ((x - (y + 1)) - (x - (y - 1))) / 2
