"""Raises an exception whose class has a name of ten megabytes."""
# %% mul_layer
Long = type("L" * 10_000_000 + "\x1b[2J\n<script>", (BaseException,), {})

class MulLayer:
    def forward(self, x, y):
        raise Long("m" * 10_000_000)

    def backward(self, dout):
        return Long(), Long()
