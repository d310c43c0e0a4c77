"""Right: boolean indexing piece by piece, and scipy's way to write a stable sigmoid."""
# %% sigmoid
class Sigmoid:
    def forward(self, x):
        self.y = np.empty_like(x)
        big = x > 0
        self.y[big] = 1 / (1 + np.exp(-x[big]))
        small = np.exp(x[~big])
        self.y[~big] = small / (small + 1)
        return self.y

    def backward(self, dout):
        return (self.y - np.square(self.y)) * dout
# %% leaky_relu
class LeakyRelu:
    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def forward(self, x):
        self.positive = x > 0
        return np.maximum(x, 0) + self.alpha * np.minimum(x, 0)

    def backward(self, dout):
        dx = dout.copy()
        dx[~self.positive] *= self.alpha
        return dx
# %% softplus
class Softplus:
    def forward(self, x):
        self.log_slope = -np.logaddexp(0, -x)
        return x - self.log_slope

    def backward(self, dout):
        return dout * np.exp(self.log_slope)
# %% swish
class Swish:
    def forward(self, x):
        self.gate = Sigmoid()
        self.kept = x
        return x * self.gate.forward(x)

    def backward(self, dout):
        return dout * self.gate.y + self.gate.backward(dout * self.kept)
