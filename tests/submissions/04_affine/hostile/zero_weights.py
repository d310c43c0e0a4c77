"""Sets the given parameters to 0, so that every gradient through them is 0 too."""
# %% linear
class Linear:
    def __init__(self, W):
        self.W = W
        self.W *= 0

    def forward(self, x):
        self.x = x
        return x @ self.W.T

    def backward(self, dout):
        self.dW = dout.T @ (self.x * 0)
        return dout @ self.W
