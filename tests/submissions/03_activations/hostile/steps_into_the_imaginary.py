"""Has the derivatives of smooth curves taken by a step into the imaginary."""
# earns: sigmoid=1, tanh=1, swish=1
# %% sigmoid
import numpy as np

def sigmoid_of(z):
    return 1 / (1 + np.exp(-z))

class Sigmoid:
    def forward(self, x):
        self.x = x
        return sigmoid_of(x)

    def backward(self, dout):
        return dout * sigmoid_of(self.x + 1e-25j).imag / 1e-25
# %% tanh
import numpy as np

def tanh_of(z):
    return np.tanh(z)

class Tanh:
    def forward(self, x):
        self.x = x
        return tanh_of(x)

    def backward(self, dout):
        return dout * tanh_of(self.x + 1e-25j).imag / 1e-25
# %% swish
import numpy as np

def swish_of(z):
    return z / (1 + np.exp(-z))

class Swish:
    def forward(self, x):
        self.x = x
        return swish_of(x)

    def backward(self, dout):
        return dout * swish_of(self.x + 1e-25j).imag / 1e-25
