"""Right: node by node through the graph of the normalisation, in place of the tidy line."""
# %% dropout
class Dropout:
    def __init__(self, drop_probability, seed):
        self.p = drop_probability
        self.generator = np.random.default_rng(seed)

    def forward(self, x, train=True):
        self.train = train
        if not train:
            return x
        self.dropped = self.generator.random(x.shape) < self.p
        out = x / (1 - self.p)
        out[self.dropped] = 0
        return out

    def backward(self, dout):
        if not self.train:
            return dout
        return np.where(self.dropped, 0, dout) / (1 - self.p)
# %% batch_norm
class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        self.N = x.shape[0]
        self.c = x - np.sum(x, axis=0) / self.N
        self.var = np.sum(self.c**2, axis=0) / self.N
        self.root = np.sqrt(self.var + self.eps)
        self.inv = 1 / self.root
        self.normed = self.c * self.inv
        return self.normed * self.gamma + self.beta

    def backward(self, dout):
        self.dbeta = np.sum(dout, axis=0)
        self.dgamma = np.sum(dout * self.normed, axis=0)
        dnormed = dout * self.gamma
        dinv = np.sum(dnormed * self.c, axis=0)
        dc = dnormed * self.inv
        droot = -dinv / self.root**2
        dvar = droot * 0.5 / self.root
        dc = dc + 2 * self.c * dvar / self.N
        dmean = -np.sum(dc, axis=0)
        return dc + dmean / self.N
# %% running_norm
class RunningNorm:
    def __init__(self, D, momentum):
        self.rate = 1 - momentum
        self.running_mean = np.zeros(D)
        self.running_var = np.ones(D)

    def forward(self, x, train=True):
        m, v = self.running_mean, self.running_var
        if train:
            m = x.mean(axis=0)
            v = np.mean(x**2, axis=0) - m**2
            self.running_mean += self.rate * (m - self.running_mean)
            self.running_var += self.rate * (v - self.running_var)
        self.slope = 1 / np.sqrt(v + 1e-5)
        return (x - m) * self.slope

    def backward(self, dout):
        return dout * self.slope
# %% layer_norm
class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        self.D = x.shape[1]
        self.c = x - x.sum(axis=1)[:, None] / self.D
        self.root = np.sqrt((self.c**2).sum(axis=1)[:, None] / self.D + self.eps)
        return self.gamma * (self.c / self.root) + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = (dout * self.c / self.root).sum(axis=0)
        d = dout * self.gamma
        droot = -(d * self.c).sum(axis=1)[:, None] / self.root**2
        dc = d / self.root + droot / self.root * self.c / self.D
        return dc - dc.sum(axis=1)[:, None] / self.D
# %% add_weight_decay
def add_weight_decay(loss, grads, params, weight_decay):
    penalty = 0
    new = {}
    for name, grad in grads.items():
        if name[0] == "W":
            W = params[name]
            penalty += np.sum(W * W)
            new[name] = grad + weight_decay * W
        else:
            new[name] = grad
    return loss + 0.5 * weight_decay * penalty, new
