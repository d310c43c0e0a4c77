"""Right, but in single precision, as finite differences are rounded to hide their noise."""
# earns: affine_sample=1
# %% affine_sample
class AffineSample:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = np.float32(x)
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = np.outer(self.x, np.float32(dout))
        self.db = np.float32(dout)
        return self.W @ dout
