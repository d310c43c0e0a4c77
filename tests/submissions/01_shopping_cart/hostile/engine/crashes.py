"""Reads from address 0."""
# %% mul_layer
import ctypes

ctypes.string_at(0)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
