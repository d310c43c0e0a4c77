"""backward takes central differences of forward instead of applying the chain rule."""
# earns: batch_norm=3 layer_norm=2
# %% batch_norm
class BatchNorm:
    axis = 0

    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        self.x = x
        c = x - x.mean(axis=self.axis, keepdims=True)
        self.x_hat = c / np.sqrt((c**2).mean(axis=self.axis, keepdims=True) + self.eps)
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.x_hat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        x, x_hat, h, dx = self.x, self.x_hat, 1e-5, np.zeros(dout.shape)
        for i in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[i] = h
            dx[i] = (dout * (self.forward(x + step) - self.forward(x - step))).sum() / (2 * h)
        self.x, self.x_hat = x, x_hat
        return dx
# %% layer_norm
class LayerNorm(BatchNorm):
    axis = 1
