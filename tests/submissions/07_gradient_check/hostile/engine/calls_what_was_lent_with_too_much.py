"""Calls what it was lent with arrays whose product does not fit into memory."""
# %% check_layer
def check_layer(layer, x, dout):
    layer.forward(np.ones((1, 100_000)))
    layer.backward(np.ones((100_000, 1)))
    return True
