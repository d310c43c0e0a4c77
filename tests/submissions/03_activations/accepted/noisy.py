"""Right: prints, writes to stderr, warns, and uses names that the check uses too."""
# %% relu
import sys
import warnings

observe = explain = Report = None


class Relu:
    def forward(self, x):
        print("forward", x.shape)
        print("to stderr", file=sys.stderr)
        warnings.warn("a word of my own")
        self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dout):
        print("backward")
        return np.where(self.mask, dout, 0)
# %% tanh
class Tanh:
    def forward(self, x):
        out = np.tanh(x)
        self.slope = 1 / np.cosh(np.clip(x, -300, 300)) ** 2
        return out

    def backward(self, dout):
        return dout * self.slope
