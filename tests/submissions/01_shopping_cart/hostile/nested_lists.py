"""Returns a list that contains itself, and one nested a thousand deep."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        loop = []
        loop.append(loop)
        return loop

    def backward(self, dout):
        deep = 1.0
        for _ in range(1000):
            deep = [deep]
        return deep, deep
