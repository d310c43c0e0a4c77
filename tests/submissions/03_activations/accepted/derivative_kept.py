"""Right: forward works out the slope at once and keeps only that."""
# %% swish
class Swish:
    def forward(self, x):
        s = np.exp(-np.logaddexp(0.0, -x))
        out = s * x
        self.slope = s + out - out * s
        return out

    def backward(self, dout):
        return np.multiply(self.slope, dout)
