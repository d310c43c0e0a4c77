"""A complex array is asked for by the name of its type, and filled."""
# earns: sigmoid=1, tanh=1
# %% sigmoid
import numpy as np

class Sigmoid:
    def forward(self, x):
        self.x = np.array(x, dtype=float)
        return 1 / (1 + np.exp(-self.x))

    def backward(self, dout):
        z = np.empty(self.x.shape, dtype="complex128")
        z.real, z.imag = self.x, 1e-25
        return dout * (1 / (1 + np.exp(-z))).imag / 1e-25
# %% tanh
import numpy as np

class Tanh:
    def forward(self, x):
        self.x = np.array(x, dtype=float)
        return np.tanh(self.x)

    def backward(self, dout):
        z = np.vectorize(complex)(self.x, 1e-25)
        return dout * np.vectorize(lambda one: one.imag)(np.tanh(z)) / 1e-25
