"""Aborts the process in backward, after a forward that is right."""
# earns: mul_layer=1
# %% mul_layer
import os

class MulLayer:
    def forward(self, x, y):
        return x * y

    def backward(self, dout):
        os.abort()
