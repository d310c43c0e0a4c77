"""Is an object that makes itself up as it is asked."""
# %% mul_layer
class Anything:
    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __iter__(self):
        return iter([self, self])

    def __len__(self):
        return 2

    def __array__(self, *args, **kwargs):
        return np.zeros(())

MulLayer = Anything()
