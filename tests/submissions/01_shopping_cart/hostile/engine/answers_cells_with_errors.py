"""Says that running its next cells was an error, which no cell can be."""
# %% mul_layer
from student import cells, serve

serve.Server._send = lambda self, value: self.wire.send(["error", "SideLost: no"])


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
