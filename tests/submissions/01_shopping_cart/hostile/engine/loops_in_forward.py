"""Never comes back from forward."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        while True:
            pass

    def backward(self, dout):
        return 1.0, 1.0
