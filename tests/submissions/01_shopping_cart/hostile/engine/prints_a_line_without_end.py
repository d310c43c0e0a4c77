"""Prints one line of a hundred thousand letters, which is slow to look through."""
# %% mul_layer
print("a" * 100_000)
"b" * 100_000


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
