"""Has a thread end the process in the middle of the checks."""
# %% mul_layer
import os
import threading
import time

threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0))).start()


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
