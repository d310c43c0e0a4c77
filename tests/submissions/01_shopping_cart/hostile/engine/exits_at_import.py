"""Ends the process while its cell runs."""
# %% mul_layer
import os

os._exit(0)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
