"""Has a numerical gradient of a copy of forward, which no count sees."""
# earns: mul_layer=1
# %% mul_layer
def product(x, y):
    return x * y

class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return product(x, y)

    def backward(self, dout):
        x, y, h = self.x, self.y, 1e-4
        dx = (product(x + h, y) - product(x - h, y)) / (2 * h) * dout
        dy = (product(x, y + h) - product(x, y - h)) / (2 * h) * dout
        return dx, dy
