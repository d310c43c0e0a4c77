"""Returns text, complex numbers, dates and objects in place of numbers."""
# %% relu
class Relu:
    def forward(self, x):
        return np.array([[1j] * 3] * 2)

    def backward(self, dout):
        return np.array(["1", "2"], dtype=object)
# %% sigmoid
class Sigmoid:
    def forward(self, x):
        return "0.5"

    def backward(self, dout):
        return np.datetime64("2020-01-01")
