"""Right: a flat view of x, plain lists for indices, only one loop."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    x = x if x.dtype == np.float64 else x.astype(np.float64)
    flat = x.reshape(-1)
    slopes = []
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + h
        up = f(x)
        flat[i] = kept - h
        down = f(x)
        flat[i] = kept
        slopes.append((up - down) / (2 * h))
    return np.array(slopes).reshape(x.shape)
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    if a.shape != n.shape:
        return 0, None
    worst, most, passed = None, -1.0, 1
    for index in np.ndindex(a.shape):
        units = abs(a[index] - n[index]) / (rtol * max(abs(a[index]), abs(n[index])) + atol)
        if not units <= 1:
            passed = 0
        if units > most:
            most, worst = units, list(index)
    return passed, worst
# %% predict
def predict():
    return {"central": 3 + 0.2**2, "forward": 3 + 3 * 0.2 + 0.2**2, "times_smaller": np.array(100.0), "wrong_sign": 2, "kink": 14 / 20, "losses": 134}
# %% check_layer
def check_layer(layer, x, dout):
    layer.forward(x.copy())
    dx = layer.backward(dout.copy())
    if dx.shape != x.shape:
        return False
    slopes = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += 1e-5
        down[index] -= 1e-5
        slopes[index] = np.vdot(dout, layer.forward(up) - layer.forward(down)) / 2e-5
    return bool(compare(dx, slopes)[0])
# %% five_layers
def five_layers():
    return {"layer_e": 3.0, "layer_d": np.int64(4), "layer_c": True, "layer_b": 10 / 2, "layer_a": 2}
