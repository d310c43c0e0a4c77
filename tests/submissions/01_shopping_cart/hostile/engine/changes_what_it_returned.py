"""Has threads change the arrays that it returned while they are read."""
# %% mul_layer
import threading

import numpy as np

class MulLayer:
    def forward(self, x, y):
        out = np.zeros(np.shape(x))
        view = memoryview(out).cast("B")
        running = threading.Event()

        def change():
            while not running.is_set():
                out.fill(np.random.rand())
                out.shape = out.shape
        threading.Thread(target=change, daemon=True).start()
        return out

    def backward(self, dout):
        return self.forward(dout, dout), self.forward(dout, dout)
