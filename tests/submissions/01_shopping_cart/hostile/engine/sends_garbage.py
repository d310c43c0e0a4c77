"""Writes random bytes into the connection."""
# %% mul_layer
import gc
from student import wire

ours = [thing for thing in gc.get_objects() if isinstance(thing, wire.Wire)][0]

import os

ours.end.sendall(os.urandom(100_000))


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
