"""Prints for ever."""
# %% mul_layer
import sys

while True:
    print("4.0 points")
    sys.stderr.write("x" * 1000)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
