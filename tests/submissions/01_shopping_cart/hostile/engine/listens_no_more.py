"""Stops itself with a signal, so that it neither answers nor ends."""
# %% mul_layer
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
