"""Right: einsum names every index."""
# %% affine_sample
class AffineSample:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.einsum("d,dk->k", x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.einsum("d,k->dk", self.x, dout)
        self.db = np.einsum("k->k", dout)
        return np.einsum("k,dk->d", dout, self.W)
# %% affine
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.einsum("nd,dk->nk", x.reshape(len(x), -1), self.W) + self.b

    def backward(self, dout):
        self.dW = np.einsum("nd,nk->dk", self.x.reshape(len(self.x), -1), dout)
        self.db = np.einsum("nk->k", dout)
        return np.einsum("nk,dk->nd", dout, self.W).reshape(self.x.shape)
# %% predict
def predict():
    x, W, dout = np.zeros((5, 3)), np.array([[1, 2, 0], [0, 1, 3]]), np.array([10, 1, 0])
    return {
        "dx_shape": x.shape,
        "dW_shape": [3, 4],
        "db_shape": np.array([4]),
        "dx_images": np.zeros((5, 2, 3, 6)).shape,
        "dx": W @ dout,
        "dW": np.outer([2, 3], dout),
        "db": np.array([[1, 2, 3], [4, 5, 6]]).sum(axis=0),
    }
# %% linear
class Linear:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return np.einsum("nd,kd->nk", x, self.W)

    def backward(self, dout):
        self.dW = np.einsum("nk,nd->kd", dout, self.x)
        return np.einsum("nk,kd->nd", dout, self.W)
# %% scaled_affine
class ScaledAffine:
    def __init__(self, W, b, alpha):
        self.W, self.b, self.alpha = W, b, alpha

    def forward(self, x):
        self.x = x
        return np.einsum(",nd,dk->nk", self.alpha, x, self.W) + self.b

    def backward(self, dout):
        self.dalpha = np.einsum("nk,nd,dk->", dout, self.x, self.W)
        self.dW = np.einsum(",nd,nk->dk", self.alpha, self.x, dout)
        self.db = np.einsum("nk->k", dout)
        return np.einsum(",nk,dk->nd", self.alpha, dout, self.W)
# %% shifted_affine
class ShiftedAffine:
    def __init__(self, W, b, m):
        self.W, self.b, self.m = W, b, m

    def forward(self, x):
        self.x = x
        return np.einsum("nd,dk->nk", x - self.m, self.W) + self.b

    def backward(self, dout):
        self.dW = np.einsum("nd,nk->dk", self.x - self.m, dout)
        self.db = np.einsum("nk->k", dout)
        self.dm = -np.einsum("nk,dk->d", dout, self.W)
        return np.einsum("nk,dk->nd", dout, self.W)
