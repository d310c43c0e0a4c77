"""Right: computed and returned in float64, which each array is converted to."""
# %% softmax
def softmax(x):
    x = np.float64(x)
    z = np.exp(x - x.max(axis=-1, keepdims=True))
    return z / z.sum(axis=-1, keepdims=True)
# %% identity_with_loss
class IdentityWithLoss:
    def forward(self, x, t):
        self.d = np.float64(x - t)
        return (self.d * self.d).sum() / np.float64(2 * len(x))

    def backward(self, dout=1):
        return np.float64(dout) * self.d / np.float64(len(self.d))
