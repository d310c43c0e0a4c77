"""Right: everything in logarithms, with np.logaddexp.reduce, and labels taken with take_along_axis."""
# %% cross_entropy_error
def cross_entropy_error(y, t):
    labels = t if t.ndim == 1 else t.argmax(axis=1)
    return -np.mean(np.log(np.take_along_axis(y, labels[:, None], axis=1)))
# %% softmax_with_loss
class SoftmaxWithLoss:
    def forward(self, x, t):
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        self.labels = labels[:, np.newaxis]
        self.logs = x - np.logaddexp.reduce(x, axis=1)[:, np.newaxis]
        return -np.take_along_axis(self.logs, self.labels, axis=1).mean()

    def backward(self, dout=1):
        dx = np.exp(self.logs)
        right = np.take_along_axis(dx, self.labels, axis=1)
        np.put_along_axis(dx, self.labels, right - 1, axis=1)
        return dx * (dout / len(dx))
# %% temperature_with_loss
class TemperatureWithLoss:
    def __init__(self, T=1.0):
        self.T = T

    def forward(self, x, t):
        if t.ndim == 1:
            t = np.stack([t == k for k in range(x.shape[1])], axis=1).astype(float)
        self.t = t
        self.logs = x / self.T - np.logaddexp.reduce(x / self.T, axis=1, keepdims=True)
        return np.mean(-np.sum(np.where(t > 0, self.logs, 0.0), axis=1))

    def backward(self, dout=1):
        return (np.exp(self.logs) - self.t) * dout / self.T / self.t.shape[0]
