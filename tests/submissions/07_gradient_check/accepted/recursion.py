"""Right: one axis at a time, by a function that calls itself; sorted elements."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    x = np.asarray(x, dtype=float) if x.dtype.kind != "f" else x
    grad = np.zeros_like(x)

    def visit(index):
        if len(index) < x.ndim:
            for i in range(x.shape[len(index)]):
                visit(index + (i,))
            return
        kept = x[index]
        values = {}
        for sign in (-1, 1):
            x[index] = kept + sign * h
            values[sign] = np.asarray(f(x))
        x[index] = kept
        np.subtract(values[1], values[-1], out=grad[index + (...,)])
        grad[index] /= 2 * h

    visit(())
    return grad
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    if list(a.shape) != list(n.shape):
        return (False, None)
    order = sorted(
        np.ndindex(a.shape),
        key=lambda i: abs(a[i] - n[i]) / (atol + rtol * max(abs(a[i]), abs(n[i]))),
    )
    passed = all(
        abs(a[i] - n[i]) <= atol + rtol * max(abs(a[i]), abs(n[i])) for i in order
    )
    return (passed, order[-1])
# %% predict
def predict():
    return dict(central=(1.728 - 0.512) / 0.4, forward=3.64, times_smaller=10**2, wrong_sign=2.0, kink=0.7, losses=67 * 2)
# %% check_layer
def check_layer(layer, x, dout):
    layer.forward(x)
    first = layer.backward(dout.copy()).copy()
    number = lambda z: float(np.tensordot(dout, layer.forward(z), axes=dout.ndim))
    passed, _ = compare(first, numerical_gradient(number, x))
    return passed
# %% five_layers
def five_layers():
    return dict(layer_a=2, layer_b=5, layer_c=1, layer_d=4, layer_e=3)
