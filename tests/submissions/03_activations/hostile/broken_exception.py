"""Raises an exception that raises again when anybody looks at it."""
# %% relu
class Trap(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")

    __repr__ = __str__


class Relu:
    def forward(self, x):
        raise Trap

    def backward(self, dout):
        raise Trap
