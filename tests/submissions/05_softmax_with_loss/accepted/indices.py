"""Right: labels and fancy indices in place of one-hot rows."""
# %% softmax
def softmax(x):
    shifted = np.subtract(x, np.max(x, axis=-1, keepdims=True))
    return np.exp(shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True)))
# %% cross_entropy_error
def cross_entropy_error(y, t):
    labels = t.argmax(axis=1) if t.ndim == y.ndim else t
    return -np.log(y[np.arange(len(y)), labels]).mean()
# %% softmax_with_loss
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.rows = np.arange(len(x))
        self.labels = t.argmax(axis=1) if t.ndim == 2 else t
        shifted = x - x.max(axis=1)[:, None]
        self.log_sum = np.log(np.exp(shifted).sum(axis=1))
        self.shifted = shifted
        return (self.log_sum - shifted[self.rows, self.labels]).mean()

    def backward(self, dout=1):
        dx = np.exp(self.shifted - self.log_sum[:, None])
        dx[self.rows, self.labels] -= 1
        dx *= dout / len(dx)
        return dx
# %% identity_with_loss
class IdentityWithLoss:
    def forward(self, x, t):
        self.gap = x - t
        return 0.5 * np.mean(np.sum(np.square(self.gap), axis=1))

    def backward(self, dout=1):
        return dout / self.gap.shape[0] * self.gap
# %% temperature_with_loss
class TemperatureWithLoss(SoftmaxWithLoss):
    def __init__(self, T=1.0):
        self.beta = 1 / T

    def forward(self, x, t):
        return super().forward(self.beta * x, t)

    def backward(self, dout=1):
        return super().backward(dout * self.beta)
