"""A loss of squares over a step of 1, which in exact arithmetic makes no error."""
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
            up, down = self.x.copy(), self.x.copy()
            up[i] += 1
            down[i] -= 1
            grad[i] = (self.loss(up) - self.loss(down)) / 2
        return dout * grad
