"""Right: helpers that return pairs of value and pull-back; backward only calls what was kept."""
# %% dropout
class Dropout:
    def __init__(self, drop_probability, seed):
        self.choices = [0.0, 1 / (1 - drop_probability)]
        self.weights = [drop_probability, 1 - drop_probability]
        self.rng = np.random.default_rng(seed)

    def forward(self, x, train=True):
        mask = self.rng.choice(self.choices, size=x.shape, p=self.weights) if train else 1.0
        self.pull_back = lambda dout: dout * mask
        return x * mask

    def backward(self, dout):
        return self.pull_back(dout)
# %% batch_norm
def centre(x, axis=0):
    def take_off(a):
        return a - a.mean(axis=axis, keepdims=True)
    return take_off(x), take_off


def unit_width(c, eps, axis=0):
    s = np.sqrt((c**2).mean(axis=axis, keepdims=True) + eps)
    return c / s, lambda d: d / s - c * (d * c).mean(axis=axis, keepdims=True) / s**3


class BatchNorm:
    axis = 0

    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        c, self.back_centre = centre(x, self.axis)
        self.x_hat, self.back_width = unit_width(c, self.eps, self.axis)
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = np.sum([dout * self.x_hat, dout], axis=1)
        return self.back_centre(self.back_width(dout * self.gamma))
# %% layer_norm
class LayerNorm(BatchNorm):
    axis = 1
# %% running_norm
class RunningNorm:
    def __init__(self, D, momentum):
        self.momentum, self.running_mean, self.running_var = momentum, np.zeros(D), np.ones(D)

    def forward(self, x, train=True):
        if train:
            c, _ = centre(x)
            var = (c**2).mean(axis=0)
            weights = [self.momentum, 1 - self.momentum]
            self.running_mean = np.average([self.running_mean, x.mean(axis=0)], axis=0, weights=weights)
            self.running_var = np.average([self.running_var, var], axis=0, weights=weights)
            return c / np.sqrt(var + 1e-5)
        return (x - self.running_mean) / self.width()

    def width(self):
        return np.sqrt(self.running_var + 1e-5)

    def backward(self, dout):
        return dout / self.width()
# %% add_weight_decay
def add_weight_decay(loss, grads, params, weight_decay):
    def is_weight(name):
        return name.upper() == name
    def penalty(W):
        return weight_decay * np.linalg.norm(W) ** 2 / 2
    more = sum(penalty(W) for name, W in params.items() if is_weight(name))
    return loss + more, {k: grads[k] + weight_decay * is_weight(k) * params[k] for k in grads}
