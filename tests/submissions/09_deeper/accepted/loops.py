"""Right: one value, one column, one row after the other in Python loops."""
# %% dropout
class Dropout:
    def __init__(self, drop_probability, seed):
        self.drop_probability = drop_probability
        self.rng = np.random.default_rng(seed)

    def forward(self, x, train=True):
        self.factors = []
        out = np.empty(x.shape)
        for i, value in enumerate(x.ravel()):
            factor = 1.0
            if train:
                stays = self.rng.random() > self.drop_probability
                factor = 1 / (1 - self.drop_probability) if stays else 0.0
            self.factors.append(factor)
            out.flat[i] = value * factor
        return out

    def backward(self, dout):
        flat = [d * f for d, f in zip(dout.ravel(), self.factors)]
        return np.array(flat).reshape(dout.shape)
# %% batch_norm
class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        self.h = np.zeros(x.shape)
        self.s = []
        for d, column in enumerate(x.T):
            mean = sum(column) / len(column)
            var = sum((v - mean) ** 2 for v in column) / len(column)
            self.s.append((var + self.eps) ** 0.5)
            for n, v in enumerate(column):
                self.h[n, d] = (v - mean) / self.s[d]
        return self.gamma * self.h + self.beta

    def backward(self, dout):
        N, D = dout.shape
        dx = np.zeros((N, D))
        self.dgamma, self.dbeta = [0.0] * D, [0.0] * D
        for d in range(D):
            g, h = dout[:, d] * self.gamma[d], self.h[:, d]
            for n in range(N):
                self.dgamma[d] += dout[n, d] * h[n]
                self.dbeta[d] += dout[n, d]
                for m in range(N):
                    slope = (n == m) - 1 / N - h[n] * h[m] / N
                    dx[m, d] += g[n] * slope / self.s[d]
        return dx
# %% running_norm
class RunningNorm:
    def __init__(self, D, momentum):
        self.momentum = momentum
        self.running_mean = [0.0] * D
        self.running_var = [1.0] * D

    def forward(self, x, train=True):
        columns = []
        self.s = []
        for d in range(x.shape[1]):
            mean, var = self.running_mean[d], self.running_var[d]
            if train:
                mean, var = x[:, d].mean(), x[:, d].std() ** 2
                self.running_mean[d] = mean + self.momentum * (self.running_mean[d] - mean)
                self.running_var[d] = var + self.momentum * (self.running_var[d] - var)
            self.s.append((var + 1e-5) ** 0.5)
            columns.append((x[:, d] - mean) / self.s[d])
        return np.array(columns).T

    def backward(self, dout):
        return [[d / s for d, s in zip(row, self.s)] for row in dout]
# %% layer_norm
class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        self.h, self.s = [], []
        for row in x:
            self.s.append(np.sqrt(np.var(row) + self.eps))
            self.h.append((row - np.mean(row)) / self.s[-1])
        return np.array([self.gamma * h + self.beta for h in self.h])

    def backward(self, dout):
        self.dgamma = sum(d * h for d, h in zip(dout, self.h))
        self.dbeta = sum(d for d in dout)
        rows = []
        for d, h, s in zip(dout, self.h, self.s):
            D = len(h)
            J = (np.eye(D) - 1 / D - np.outer(h, h) / D) / s
            rows.append((d * self.gamma) @ J)
        return np.array(rows)
# %% add_weight_decay
def add_weight_decay(loss, grads, params, weight_decay):
    new = {name: grad.copy() for name, grad in grads.items()}
    for name in params:
        if not name.startswith("b"):
            for i in np.ndindex(params[name].shape):
                loss += 0.5 * weight_decay * params[name][i] ** 2
                new[name][i] += weight_decay * params[name][i]
    return loss, new
