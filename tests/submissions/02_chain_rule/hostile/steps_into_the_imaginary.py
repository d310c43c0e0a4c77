"""Has every derivative taken by a step into the imaginary."""
# earns: square_layer=1, exp_layer=1, log_layer=1
# %% square_layer
import numpy as np
class SquareLayer:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        x = self.x
        return dout * np.imag((x + 1e-20j) ** 2) / 1e-20
# %% exp_layer
import numpy as np
class ExpLayer:
    def forward(self, x):
        self.x = x
        return np.exp(x)

    def backward(self, dout):
        x = self.x
        return dout * np.exp(x + 1e-20j).imag / 1e-20
# %% log_layer
import numpy as np
class LogLayer:
    def forward(self, x):
        self.x = x
        return np.log(x)

    def backward(self, dout):
        x = self.x
        return dout * np.log(x + 1e-20j).imag / 1e-20
