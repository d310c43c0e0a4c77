"""Prints sixty megabytes, a part of them in forward."""
# %% mul_layer
print("x" * 60_000_000)

class MulLayer:
    def forward(self, x, y):
        print("x" * 10_000_000)
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
