"""Answers with an array where the kind of the answer belongs."""
# %% mul_layer
import numpy as np
from student import serve

serve.Server._answer = lambda self, *request: [np.ones(3), 1.0, [], 0]


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
