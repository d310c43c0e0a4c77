"""Right: np.nditer, a mask for the verdict, np.float64 and np.bool_ left as they are."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    if not np.issubdtype(x.dtype, np.floating):
        x = np.array(x, dtype=np.float64)
    grad = np.empty_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        tmp = float(x[i])
        x[i] = tmp + h
        fxh1 = f(x)
        x[i] = tmp - h
        fxh2 = f(x)
        grad[i] = (fxh1 - fxh2) / (2 * h)
        x[i] = tmp
        it.iternext()
    return grad
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    if np.shape(a) != np.shape(n):
        return np.False_, None
    allowed = atol + rtol * np.where(abs(a) > abs(n), abs(a), abs(n))
    difference = abs(a - n)
    return np.all(difference <= allowed), np.unravel_index((difference / allowed).argmax(), a.shape)
# %% predict
def predict():
    return dict(central=(1.728 - 0.512) / 0.4, forward=3.64, times_smaller=10**2, wrong_sign=2.0, kink=0.7, losses=67 * 2)
# %% check_layer
def check_layer(layer, x, dout):
    def number(moved):
        return (layer.forward(moved) * dout).sum()

    n = numerical_gradient(number, np.copy(x))
    layer.forward(x)
    return compare(layer.backward(np.copy(dout)), n)[0]
# %% five_layers
def five_layers():
    return dict(layer_a=2, layer_b=5, layer_c=1, layer_d=4, layer_e=3)
