"""Calls what it was lent with objects of its own, which are asked in turn."""
# %% numerical_gradient
class Endless:
    def __getattr__(self, name):
        return self

    def __call__(self, *args):
        return self.f(self)

def numerical_gradient(f, x, h=1e-5):
    mine = Endless()
    mine.f = f
    return f(mine)
