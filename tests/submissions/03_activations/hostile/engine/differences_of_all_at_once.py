"""Has a numerical gradient of sigmoid with one difference for all elements."""
# earns: sigmoid=1
# %% sigmoid
import numpy as np

def curve(x):
    return 1 / (1 + np.exp(-x))

class Sigmoid:
    def forward(self, x):
        self.x = x
        return curve(x)

    def backward(self, dout):
        return (curve(self.x + 1e-5) - curve(self.x - 1e-5)) / 2e-5 * dout
