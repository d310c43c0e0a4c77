"""Asks for a string and an array larger than any memory."""
# %% mul_layer
import numpy as np

class MulLayer:
    def forward(self, x, y):
        return "x" * 10**13

    def backward(self, dout):
        return np.ones(10**12), [0] * 10**12
