"""Calls itself until the stack of the process is full."""
# %% mul_layer
import sys
import threading

sys.setrecursionlimit(10**9)

class MulLayer:
    def forward(self, x, y):
        return self.forward(x, y)

    def backward(self, dout):
        return self.__class__.backward(self, dout)
