"""Has classes named with commands of terminals, scripts and turned writing."""
# %% mul_layer
Named = type("</td><script>alert(1)</script>\x1b[2J\u202e", (), {})

class MulLayer:
    def forward(self, x, y):
        return Named()

    def backward(self, dout):
        raise type("\x1b]0;x\x07<b>", (Exception,), {})("</table>\x1b[2J\u202e" * 20)
