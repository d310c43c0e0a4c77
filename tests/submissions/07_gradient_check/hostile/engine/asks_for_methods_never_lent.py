"""Asks what it was lent for more than was lent."""
# %% check_layer
import gc

from student import wire

ours = [thing for thing in gc.get_objects() if isinstance(thing, wire.Wire)][0]

def check_layer(layer, x, dout):
    ours.send(["ask", 0, "__class__", ()])
    return ours.receive()[1]
