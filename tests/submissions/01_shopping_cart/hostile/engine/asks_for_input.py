"""Waits for somebody to type, and starts debuggers."""
# %% mul_layer
import pdb

try:
    input("points? ")
except BaseException:
    pass
try:
    breakpoint()
except BaseException:
    pass

class MulLayer:
    def forward(self, x, y):
        pdb.set_trace()
        return float(input())

    def backward(self, dout):
        return input(), input()
