"""Never comes back from its cell, and answers all requests with a guess."""
# %% mul_layer
import gc
from student import wire

ours = [thing for thing in gc.get_objects() if isinstance(thing, wire.Wire)][0]

ours.send(["value", []])
while True:
    kind, *request = ours.receive()
    steps = request[-1] if kind == "steps" else []
    guesses = [[True, True, True, []] if step[0] == "kind" else 4.0 for step in steps]
    ours.send(["value", [[guess, None, [], 0] for guess in guesses]])


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
