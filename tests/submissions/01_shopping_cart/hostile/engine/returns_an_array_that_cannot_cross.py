"""Returns the largest array that is allowed, and one of records."""
# %% mul_layer
import numpy as np

class MulLayer:
    def forward(self, x, y):
        return np.ones(9_999_999)

    def backward(self, dout):
        return np.zeros(3, dtype="O,d"), np.zeros((2**40, 0))
