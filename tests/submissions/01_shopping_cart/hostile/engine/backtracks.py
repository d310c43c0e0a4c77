"""Has a regular expression backtrack for ever."""
# %% mul_layer
import re

re.match("(a+)+$", "a" * 60 + "b")


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
