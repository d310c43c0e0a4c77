"""Has both gradients of each layer taken by a step into the imaginary."""
# earns: mul_layer=1, add_layer=1, sub_layer=1, div_layer=1
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-20j) * y).imag / 1e-20, dout * (x * (y + 1e-20j)).imag / 1e-20
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x + y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-20j) + y).imag / 1e-20, dout * (x + (y + 1e-20j)).imag / 1e-20
# %% sub_layer
import numpy as np
class SubLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x - y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * np.imag((x + 1e-20j) - y) / 1e-20, dout * np.imag(x - (y + 1e-20j)) / 1e-20
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x / y

    def backward(self, dout):
        x, y = self.x, self.y
        return dout * ((x + 1e-20j) / y).imag / 1e-20, dout * (x / (y + 1e-20j)).imag / 1e-20
