"""Answers with an array where the kind of the answer belongs."""
# %% mul_layer
import numpy as np
from student import serve

serve.Server._send = lambda self, value: self.wire.send([np.ones(3), value])


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
