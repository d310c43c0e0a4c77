"""Answers with a dict whose keys all fall into one place of its table."""
# %% mul_layer
import struct

import msgpack
from student import wire

pairs = [[{"i": hex(n * (2**61 - 1))}, 0] for n in range(1, 40_000)]
slow = msgpack.packb(["value", {"d": pairs}])
wire.pack = lambda value: struct.pack(">I", len(slow)) + slow


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
