"""Never comes to the end of its cell."""
# %% mul_layer
while True:
    pass


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
