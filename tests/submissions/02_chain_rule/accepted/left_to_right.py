"""Right: slopes taken in forward and multiplied from the left, which gives the same number."""
# %% square_layer
class SquareLayer:
    def forward(self, value):
        self.value = value
        return abs(value) ** 2

    def backward(self, upstream):
        return upstream * self.value / 0.5
# %% exp_layer
class ExpLayer:
    def forward(self, x):
        self.half = np.exp(x / 2)
        return self.half * self.half

    def backward(self, dout):
        return dout * self.half**2
# %% log_layer
class LogLayer:
    def forward(self, x):
        self.x = x
        return 2 * np.log(np.sqrt(x))

    def backward(self, dout):
        dx = np.exp(-np.log(self.x)) * dout
        return dx
# %% fork
class Fork:
    def forward(self, x, y):
        s = x + y
        self.slope_y = x * 2 * s
        self.slope_x = s**2 + self.slope_y
        return s**2 * x

    def backward(self, dout):
        return self.slope_x * dout, self.slope_y * dout
# %% chain
class Chain:
    def forward(self, x):
        layers = [LogLayer(), SquareLayer(), ExpLayer()]
        a = layers[0].forward(x)
        c = layers[1].forward(a - 1)
        out = layers[2].forward(c / -2)
        self.slope = 1.0
        for layer in layers:
            self.slope = layer.backward(self.slope)
        self.slope = self.slope * -0.5
        return out

    def backward(self, dout):
        return self.slope * dout
# %% three_uses
class ThreeUses:
    def forward(self, x, y):
        self.slopes = (y, 2 * x, 1)
        self.slope_of_y = x
        return x * y + x * x + x

    def backward(self, dout):
        dx = 0
        for slope in self.slopes:
            dx = dx + dout * slope
        return (dx, dout * self.slope_of_y)
