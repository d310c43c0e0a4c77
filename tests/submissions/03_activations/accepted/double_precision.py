"""Right: computed and returned in float64, which each array is converted to."""
# %% relu
class Relu:
    def forward(self, x):
        self.x = np.float64(x)
        return np.maximum(self.x, 0)

    def backward(self, dout):
        return np.float64(dout) * np.float64(self.x > 0)
# %% sigmoid
class Sigmoid:
    def forward(self, x):
        x = np.float64(x)
        z = np.exp(-np.abs(x))
        self.z = z
        return np.where(x >= 0, 1, z) / (1 + z)

    def backward(self, dout):
        return np.float64(dout) * self.z / (1 + self.z) ** 2
# %% tanh
class Tanh:
    def forward(self, x):
        self.x = np.float64(x)
        return np.tanh(self.x)

    def backward(self, dout):
        return np.float64(dout) / np.cosh(np.clip(self.x, -40, 40)) ** 2
# %% leaky_relu
class LeakyRelu:
    def __init__(self, alpha=0.01):
        self.slopes = np.float64([alpha, 1])

    def forward(self, x):
        x = np.float64(x)
        self.slope = self.slopes[(x > 0).astype(int)]
        return x * self.slope

    def backward(self, dout):
        return np.float64(dout) * self.slope
# %% softplus
class Softplus:
    def forward(self, x):
        self.x = np.float64(x)
        return np.maximum(self.x, 0) + np.log1p(np.exp(-np.abs(self.x)))

    def backward(self, dout):
        z = np.exp(-np.abs(self.x))
        return np.float64(dout) * np.where(self.x >= 0, 1, z) / (1 + z)
