"""Raises SystemExit with a message, in and after its cell."""
# %% mul_layer
import atexit
import sys

class MulLayer:
    def forward(self, x, y):
        sys.exit("all points")

    def backward(self, dout):
        raise SystemExit(0)

atexit.register(print, "4.0")
sys.exit(0)
