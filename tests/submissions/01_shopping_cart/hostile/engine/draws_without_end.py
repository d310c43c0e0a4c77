"""Draws a thousand pictures, and one that is larger than any screen."""
# %% mul_layer
import matplotlib.pyplot as plt

for _ in range(30):
    plt.figure()
plt.figure(figsize=(2000, 2000))


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
