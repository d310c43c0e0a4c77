"""The square over a step of 1, which in exact arithmetic makes no error."""
# earns: square_layer=1
# %% square_layer
class SquareLayer:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        x = self.x
        return dout * ((x + 1) ** 2 - (x - 1) ** 2) / 2
