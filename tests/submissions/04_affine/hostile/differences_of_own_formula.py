"""Differences of a formula that is written out again in backward, so that forward is not called."""
# earns: affine=1, affine_sample=1
# %% affine
def slopes(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        above = f()
        x[i] = kept - h
        grad[i] = (above - f()) / (2 * h)
        x[i] = kept
    return grad


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1).copy()
        return self.x @ self.W + self.b

    def backward(self, dout):
        def loss():
            return float((dout * (self.x @ self.W + self.b)).sum())

        self.dW, self.db = slopes(loss, self.W), slopes(loss, self.b)
        return slopes(loss, self.x).reshape(self.shape)
# %% affine_sample
class AffineSample:
    def __init__(self, W, b):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        def loss():
            return float((dout * (self.x @ self.W + self.b)).sum())

        def slopes(x, h=1e-4):
            grad = np.zeros(x.shape)
            for i in np.ndindex(x.shape):
                kept = x[i]
                x[i] = kept + h
                above = loss()
                x[i] = kept - h
                grad[i] = (above - loss()) / (2 * h)
                x[i] = kept
            return grad

        self.dW, self.db = slopes(self.W), slopes(self.b)
        return slopes(self.x)
