"""Right: a fresh copy of x for every step, which is slower and as right."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(np.shape(x))
    for index in np.ndindex(*np.shape(x)):
        step = np.zeros(np.shape(x))
        step[index] = h
        grad[index] = (f(x + step) - f(x - step)) * 0.5 / h
    return grad
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    if a.shape == n.shape:
        far = np.divide(np.abs(n - a), rtol * np.max([np.abs(a), np.abs(n)], axis=0) + atol)
        where = np.argwhere(far == np.nanmax(far))[0]
        return np.array(np.count_nonzero(far <= 1) == far.size), where
    return np.array(False), ()
# %% predict
def predict():
    return dict(central=(1.728 - 0.512) / 0.4, forward=3.64, times_smaller=10**2, wrong_sign=2.0, kink=0.7, losses=67 * 2)
# %% check_layer
def check_layer(layer, x, dout):
    out = layer.forward(x)
    dx = np.array(layer.backward(dout + 0))
    n = numerical_gradient(lambda z: np.einsum("ij,ij", dout, layer.forward(z) - out), x)
    return np.bool_(compare(dx, n)[0])
# %% five_layers
def five_layers():
    return dict(layer_a=2, layer_b=5, layer_c=1, layer_d=4, layer_e=3)
