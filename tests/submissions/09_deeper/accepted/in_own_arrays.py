"""Right: out= and in-place arithmetic in arrays of its own, einsum, views returned."""
# %% dropout
class Dropout:
    def __init__(self, drop_probability, seed):
        self.keep = 1 - drop_probability
        self.rng = np.random.default_rng(seed)
        self.factor = None

    def forward(self, x, train=True):
        self.factor = np.ones_like(x)
        if train:
            self.factor = self.rng.binomial(1, self.keep, size=x.shape).astype(float)
            self.factor /= self.keep
        out = np.empty_like(x)
        np.multiply(x, self.factor, out=out)
        return out[...]

    def backward(self, dout):
        return np.multiply(dout, self.factor)
# %% batch_norm
class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.scale, self.shift, self.small = gamma, beta, eps

    def forward(self, x):
        out = np.array(x)
        out -= out.mean(0, keepdims=True)
        self.inverse = (np.einsum("nd,nd->d", out, out) / len(out) + self.small) ** -0.5
        out *= self.inverse
        self.normed = out.copy()
        out *= self.scale
        out += self.shift
        return out

    def backward(self, dout):
        self.dgamma = np.einsum("nd,nd->d", dout, self.normed)
        self.dbeta = np.einsum("nd->d", dout)
        N = len(dout)
        dx = N * dout
        dx -= self.dbeta
        dx -= self.normed * self.dgamma
        dx *= self.scale * self.inverse / N
        return dx
# %% running_norm
class RunningNorm:
    def __init__(self, D, momentum):
        self.keep = momentum
        self.running_mean = np.zeros((D,))
        self.running_var = np.ones((D,))

    def forward(self, x, train=True):
        statistics = np.stack([self.running_mean, self.running_var])
        if train:
            statistics = np.stack([np.mean(x, 0), np.var(x, 0)])
            for memory, new in zip((self.running_mean, self.running_var), statistics):
                memory *= self.keep
                memory += (1 - self.keep) * new
        self.width = np.sqrt(statistics[1] + 1e-5)
        return np.divide(np.subtract(x, statistics[0]), self.width)

    def backward(self, dout):
        return np.divide(dout, self.width)
# %% layer_norm
class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        columns = x.T - x.T.mean(axis=0)
        self.width = np.sqrt((columns**2).mean(axis=0) + self.eps)
        self.normed = columns / self.width
        return (self.normed * self.gamma[:, None] + self.beta[:, None]).T

    def backward(self, dout):
        d = dout.T
        self.dgamma = np.einsum("dn,dn->d", d, self.normed)
        self.dbeta = d.sum(axis=1)
        d = d * self.gamma[:, None]
        d = d - d.mean(axis=0) - self.normed * (d * self.normed).mean(axis=0)
        return (d / self.width).T
# %% add_weight_decay
def add_weight_decay(loss, grads, params, weight_decay):
    weights = {k: v for k, v in params.items() if v.ndim == 2}
    flat = np.concatenate([W.ravel() for W in weights.values()])
    decayed = {k: np.add(grads[k], weight_decay * W) for k, W in weights.items()}
    return np.array(loss + weight_decay * np.vdot(flat, flat) / 2), {**grads, **decayed}
