"""Right: batches by permutation, updates by explicit assignment into slices."""
# %% draw_batch
def draw_batch(x, t, batch_size, seed):
    places = np.random.default_rng(seed).permutation(len(x))[:batch_size]
    return x[places], t[places]
# %% update
class Updater:
    def __init__(self, params):
        self.params = params
        self.held = dict(params)

    def step(self, grads, learning_rate):
        for name, param in self.params.items():
            param[...] = param - learning_rate * grads[name]
# %% accuracy
def accuracy(scores, t):
    return np.count_nonzero(np.argmax(scores, axis=1) == t) / len(t)
# %% train
def train(x, t, steps, batch_size, learning_rate, seed):
    net = TwoLayerNet(784, 50, 10, seed)
    history = np.zeros(steps)
    for i in range(steps):
        history[i], grads = net.loss_and_gradient(*draw_batch(x, t, batch_size, (seed, i)))
        for k, g in grads.items():
            net.params[k] -= learning_rate * g
    return history, net.params
