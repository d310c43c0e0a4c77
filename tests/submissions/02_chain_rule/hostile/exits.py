"""Leaves the interpreter, or never stops nesting, inside backward."""
# earns: square_layer=1 log_layer=1
# %% square_layer
class SquareLayer:
    def forward(self, x):
        return x**2

    def backward(self, dout):
        raise SystemExit(0)
# %% log_layer
class LogLayer:
    def forward(self, x):
        return np.log(x)

    def backward(self, dout):
        return self.backward(dout)
