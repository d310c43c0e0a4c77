"""All three gradients by steps into the imaginary, one element after the other."""
# earns: affine=1
# %% affine
import numpy as np

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return self.out(x, self.W, self.b)

    def out(self, x, W, b):
        return x @ W + b

    def slope(self, dout, name, h):
        at = {"x": self.x, "W": self.W, "b": self.b}
        grad = np.zeros(at[name].shape)
        for i in np.ndindex(*grad.shape):
            moved = dict(at)
            moved[name] = at[name].astype(complex)
            moved[name][i] += h
            grad[i] = (dout * self.out(**moved)).sum().imag / 1e-25
        return grad

    def backward(self, dout):
        h = 1e-25j
        self.dW, self.db = self.slope(dout, "W", h), self.slope(dout, "b", h)
        return self.slope(dout, "x", h)
