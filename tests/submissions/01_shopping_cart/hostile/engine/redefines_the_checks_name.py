"""Uses the names of the grade cell for something else."""
# %% mul_layer
class checks:
    mul_layer = staticmethod(lambda answer: 4.0)

def float(value):
    return 4.0


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
