"""Handles every signal there is, and raises in the handlers."""
# %% mul_layer
import signal

def handler(*args):
    raise SystemExit(0)

for number in range(1, 65):
    try:
        signal.signal(number, handler)
    except (OSError, ValueError):
        pass
signal.raise_signal(signal.SIGINT)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
