"""Is right the first time it is called, and something else from then on."""
# %% mul_layer
class MulLayer:
    calls = 0

    def forward(self, x, y):
        MulLayer.calls += 1
        self.x, self.y = x, y
        return x * y if MulLayer.calls < 2 else -1.0

    def backward(self, dout):
        return (dout * self.y, dout * self.x) if MulLayer.calls < 2 else (0.0, 0.0)
