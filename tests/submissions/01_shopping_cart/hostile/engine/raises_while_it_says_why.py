"""Raises an exception that raises another when it is asked what it says."""
# %% mul_layer
class Silent(Exception):
    def __str__(self):
        raise Silent()

    __repr__ = __str__
    __traceback__ = property(__str__)

class MulLayer:
    def forward(self, x, y):
        raise Silent()

    def backward(self, dout):
        raise Silent() from Silent()
