"""Answers with two megabytes of empty lists, each of which is large in memory."""
# %% mul_layer
import struct
from student import wire

flood = b"\xdc\x00\x32" + (b"\xdc\x9c\x40" + b"\x90" * 40_000) * 50
wire.pack = lambda value: struct.pack(">I", len(flood)) + flood


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
