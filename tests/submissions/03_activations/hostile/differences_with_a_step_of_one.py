"""Straight pieces, measured over a whole unit away from the kink."""
# earns: relu=1
# %% relu
import numpy as np
class Relu:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        x = self.x
        return dout * (np.maximum(x + np.sign(x), 0) - np.maximum(x, 0)) * np.sign(x)
