"""Gives right numbers, and changes the arrays of the caller on the way."""
# earns: exp_layer=3 three_uses=4
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.out = np.exp(x)
        if np.ndim(x):
            x[...] = 0
        return self.out

    def backward(self, dout):
        return dout * self.out
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y + x**2 + x

    def backward(self, dout):
        dx = dout * self.y + dout * 2 * self.x + dout
        dy = dout * self.x
        if np.ndim(dout):
            dout[...] = 1
        return dx, dy
