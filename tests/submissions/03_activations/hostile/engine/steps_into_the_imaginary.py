"""Has the derivative of sigmoid taken by a step into the imaginary."""
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
        return curve(self.x + 1e-30j).imag / 1e-30 * dout
