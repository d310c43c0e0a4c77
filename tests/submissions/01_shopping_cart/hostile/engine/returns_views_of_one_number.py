"""Returns arrays that are one number, and claim to be millions."""
# %% mul_layer
import numpy as np

class MulLayer:
    def forward(self, x, y):
        return np.broadcast_to(np.float64(1), (3000, 3000))

    def backward(self, dout):
        return np.broadcast_to(np.float64(1), (10**6, 10**6)), np.ones((2, 4_000_000))
