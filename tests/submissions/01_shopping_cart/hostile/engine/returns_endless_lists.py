"""Returns a list that holds itself, and a dict of too much."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        endless = []
        endless.append(endless)
        return endless

    def backward(self, dout):
        return {n: n for n in range(100_000)}, [[[0.0] * 1000] * 1000]
