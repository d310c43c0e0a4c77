"""Says yes to everything, and no gradient is ever taken."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    return np.zeros(x.shape)
# %% compare
def compare(a, n, rtol=1e-6, atol=1e-8):
    return True, (0, 0)
# %% check_layer
def check_layer(layer, x, dout):
    return True
