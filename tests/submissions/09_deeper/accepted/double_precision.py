"""Right: computed and returned in float64, which each array is converted to."""
# %% dropout
class Dropout:
    def __init__(self, drop_probability, seed):
        self.p = drop_probability
        self.rng = np.random.RandomState(seed)

    def forward(self, x, train=True):
        self.stays = self.rng.uniform(size=x.shape) >= self.p if train else None
        return self.pass_on(x)

    def pass_on(self, values):
        return values if self.stays is None else self.stays * np.float64(1 / (1 - self.p)) * values

    backward = pass_on
# %% batch_norm
class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = np.array(gamma), np.array(beta), eps

    def forward(self, x):
        x = np.longdouble(x)
        self.width = np.sqrt(np.var(x, axis=0) + self.eps)
        self.z = (x - np.mean(x, axis=0)) / self.width
        return np.float64(self.gamma * self.z + self.beta)

    def backward(self, dout):
        self.dgamma, self.dbeta = np.float64(sum(dout * self.z)), np.float64(sum(dout))
        d = dout * self.gamma
        return np.float64(((d - d.mean(0)) - self.z * (d * self.z).mean(0)) / self.width)
# %% add_weight_decay
def add_weight_decay(loss, grads, params, weight_decay):
    new = {k: np.float64(grads[k]) for k in grads}
    weights = [k for k in params if k[0] == "W"]
    for k in weights:
        new[k] = np.float64(grads[k] + weight_decay * params[k])
    return np.float64(loss + sum((params[k] ** 2).sum() for k in weights) * weight_decay / 2), new
