"""Right: nothing but Python loops over single numbers."""
# %% affine_sample
class AffineSample:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        D, K = self.W.shape
        return np.array([sum(x[i] * self.W[i, j] for i in range(D)) + self.b[j] for j in range(K)])

    def backward(self, dout):
        D, K = self.W.shape
        self.dW = [[self.x[i] * dout[j] for j in range(K)] for i in range(D)]
        self.db = [float(d) for d in dout]
        return [sum(self.W[i, j] * dout[j] for j in range(K)) for i in range(D)]
# %% affine
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        self.rows = [row.ravel() for row in x]
        out = np.zeros((len(x), len(self.b)))
        for n, row in enumerate(self.rows):
            out[n] = self.b
            for i, value in enumerate(row):
                out[n] += value * self.W[i]
        return out

    def backward(self, dout):
        self.dW, self.db = np.zeros(self.W.shape), np.zeros(self.b.shape)
        dx = np.zeros(self.x.shape)
        for n, row in enumerate(self.rows):
            self.dW += np.outer(row, dout[n])
            self.db += dout[n]
            dx[n] = (self.W @ dout[n]).reshape(self.x.shape[1:])
        return dx
# %% linear
class Linear:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return np.array([[float(np.dot(w, row)) for w in self.W] for row in x])

    def backward(self, dout):
        self.dW = np.array([sum(d * row for d, row in zip(column, self.x)) for column in dout.T])
        return np.array([sum(d * w for d, w in zip(row, self.W)) for row in dout])
# %% scaled_affine
class ScaledAffine:
    def __init__(self, W, b, alpha):
        self.W, self.b, self.alpha = W, b, alpha

    def forward(self, x):
        self.x = x
        return np.array([self.alpha * (row @ self.W) + self.b for row in x])

    def backward(self, dout):
        self.dW, self.db, self.dalpha = np.zeros(self.W.shape), np.zeros(self.b.shape), 0.0
        dx = []
        for row, d in zip(self.x, dout):
            self.dalpha += float(d @ (row @ self.W))
            self.dW += self.alpha * np.outer(row, d)
            self.db += d
            dx.append(self.alpha * (self.W @ d))
        return np.array(dx)
# %% shifted_affine
class ShiftedAffine:
    def __init__(self, W, b, m):
        self.W, self.b, self.m = W, b, m

    def forward(self, x):
        self.x = x
        return np.array([(row - self.m) @ self.W + self.b for row in x])

    def backward(self, dout):
        self.dW, self.db, self.dm = np.zeros(self.W.shape), np.zeros(self.b.shape), np.zeros(self.m.shape)
        dx = np.empty(self.x.shape)
        for n, d in enumerate(dout):
            self.dW += np.outer(self.x[n] - self.m, d)
            self.db += d
            dx[n] = self.W @ d
            self.dm -= dx[n]
        return dx
