"""Right: sums by products with ones, a shared base class, gradients as properties, other names."""
# %% affine_sample
class Base:
    def __init__(self, *params):
        self.params = params
        self.grads = {}

    @property
    def dW(self):
        return self.grads["W"]

    @property
    def db(self):
        return self.grads["b"]


class AffineSample(Base):
    def forward(self, sample):
        W, b = self.params
        self.sample = sample.reshape(1, -1)
        return (self.sample @ W + b).ravel()

    def backward(self, upstream):
        W, _ = self.params
        row = upstream.reshape(1, -1)
        self.grads = {"W": self.sample.T @ row, "b": row[0]}
        return (row @ W.T)[0]
# %% affine
class Affine(Base):
    def forward(self, x):
        W, b = self.params
        self.shape = x.shape
        x = x.reshape(self.shape[0], int(np.prod(self.shape[1:])))
        self.extended = np.hstack([x, np.ones((len(x), 1))])
        return self.extended @ np.vstack([W, b])

    def backward(self, dout):
        both = self.extended.T @ dout
        self.grads = {"W": both[:-1], "b": both[-1]}
        return np.reshape(np.tensordot(dout, self.params[0], axes=(1, 1)), self.shape)
# %% linear
class Linear:
    def __init__(self, W):
        self.inner = Affine(W.T, np.zeros(len(W)))

    def forward(self, x):
        return self.inner.forward(x)

    def backward(self, dout):
        dx = self.inner.backward(dout)
        self.dW = self.inner.dW.T
        return dx
# %% scaled_affine
class ScaledAffine(Base):
    def forward(self, x):
        W, b, alpha = self.params
        self.inner = Affine(alpha * W, b)
        return self.inner.forward(x)

    def backward(self, dout):
        W, _, alpha = self.params
        dx = self.inner.backward(dout)
        d_scaled = self.inner.dW
        self.grads = {"W": alpha * d_scaled, "b": self.inner.db}
        self.dalpha = np.trace(W.T @ d_scaled)
        return dx
# %% shifted_affine
class ShiftedAffine(Base):
    def forward(self, x):
        W, b, m = self.params
        self.x = x
        return x @ W + (b - m @ W)

    def backward(self, dout):
        W, _, m = self.params
        db = np.ones(len(dout)) @ dout
        self.grads = {"W": self.x.T @ dout - np.outer(m, db), "b": db}
        self.dm = -W @ db
        return dout @ W.T
