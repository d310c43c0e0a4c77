"""The first loss is real and the others are invented; the network has other sizes."""
# earns: train=1
# %% train
def train(x, t, steps, batch_size, learning_rate, seed):
    net = TwoLayerNet(784, 60, 10, seed)
    loss, _ = net.loss_and_gradient(*draw_batch(x, t, batch_size, seed))
    return loss * np.exp(-np.arange(steps) / 100), net.params
