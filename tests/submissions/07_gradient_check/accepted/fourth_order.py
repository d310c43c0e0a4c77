"""Right: a helper that moves and puts back, even if f fails; early ways out."""
# %% numerical_gradient
def moved(f, x, index, step):
    kept = x[index].item()
    try:
        x[index] = kept + step
        return float(f(x))
    finally:
        x[index] = kept


def numerical_gradient(f, x, h=1e-5):
    if x.dtype.kind in "iub":
        return numerical_gradient(f, x.astype(float), h)
    return np.array(
        [(moved(f, x, i, h) - moved(f, x, i, -h)) / (h + h) for i in np.ndindex(x.shape)]
    ).reshape(x.shape)
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    worst = None
    if a.shape != n.shape:
        return False, worst
    allowed = rtol * np.fmax(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) - allowed
    units = np.abs(a - n) / allowed
    worst = np.unravel_index(int(np.argmax(units)), np.shape(a))
    if np.isnan(a).any() or np.isnan(n).any():
        return False, worst
    return not np.any(excess > 0), worst
# %% predict
def predict():
    return {"central": 3 + 0.2**2, "forward": 3 + 3 * 0.2 + 0.2**2, "times_smaller": np.array(100.0), "wrong_sign": 2, "kink": 14 / 20, "losses": 134}
# %% check_layer
def check_layer(layer, x, dout):
    class Total:
        def __call__(self, z):
            return sum(float(d * o) for d, o in zip(dout.flat, layer.forward(z).flat))

    n = numerical_gradient(Total(), 1.0 * x)
    layer.forward(1.0 * x)
    dx = layer.backward(1.0 * dout)
    return 1 if compare(dx, n)[0] else 0
# %% five_layers
def five_layers():
    return {"layer_e": 3.0, "layer_d": np.int64(4), "layer_c": True, "layer_b": 10 / 2, "layer_a": 2}
