"""Leaves the interpreter inside forward."""
# %% mul_layer
import sys


class MulLayer:
    def forward(self, x, y):
        sys.exit(0)

    def backward(self, dout):
        raise SystemExit
