"""Right: einsum, logaddexp, results written with out=, views returned."""
# %% softmax
def softmax(x):
    out = np.empty(x.shape)
    np.subtract(x, np.logaddexp.reduce(x, axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    return out[...]
# %% cross_entropy_error
def cross_entropy_error(y, t):
    rows = t if t.ndim == 2 else (np.arange(y.shape[1]) == t[:, None]).astype(float)
    return np.array(-np.einsum("nk,nk->", rows, np.log(y)) / y.shape[0])
# %% softmax_with_loss
class SoftmaxWithLoss:
    def forward(self, x, t):
        rows = t if t.ndim == 2 else (np.arange(x.shape[1]) == t[:, None]).astype(float)
        log_y = x - np.logaddexp.reduce(x, axis=1, keepdims=True)
        self.difference = np.exp(log_y) - rows
        return np.array(-np.einsum("nk,nk->", rows, log_y) / len(x))

    def backward(self, dout=1):
        return np.multiply(self.difference, dout / len(self.difference))
# %% identity_with_loss
class IdentityWithLoss:
    def forward(self, x, t):
        self.d = np.subtract(x, t)
        return np.vdot(self.d, self.d) / (2 * len(self.d))

    def backward(self, dout=1):
        return np.divide(dout * self.d, len(self.d))
# %% temperature_with_loss
class TemperatureWithLoss:
    def __init__(self, T=1.0):
        self.temperature = np.array(T)

    def forward(self, x, t):
        z = np.divide(x, self.temperature)
        rows = t if t.ndim == 2 else np.identity(x.shape[1])[t]
        log_y = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        self.grad = (np.exp(log_y) - rows) / self.temperature / len(x)
        return float(-(rows * log_y).sum() / len(x))

    def backward(self, dout=1):
        return self.grad * dout
