"""Has the gradient of a loss taken by steps into the imaginary."""
# earns: identity_with_loss=1
# %% identity_with_loss
import numpy as np

class IdentityWithLoss:
    def forward(self, x, t):
        self.x, self.t = x, t
        return self.loss(x)

    def loss(self, x):
        return ((x - self.t) ** 2).sum() / (2 * len(self.t))

    def backward(self, dout=1):
        grad = np.zeros(self.x.shape)
        for i in np.ndindex(*grad.shape):
            z = self.x.astype(complex)
            z[i] += 1e-25j
            grad[i] = self.loss(z).imag / 1e-25
        return dout * grad
