"""Says that running its next cells was an error, which no cell can be."""
# %% mul_layer
from student import cells, serve

usual = serve.Server._send
serve.Server._send = lambda self, answer: usual(self, ["error", "SideLost", "no", "", [], 0])


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
