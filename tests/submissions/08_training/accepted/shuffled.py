"""Right: the generator shuffles places, sums of booleans, the training in a while loop."""
# %% draw_batch
def draw_batch(x, t, batch_size, seed):
    places = list(range(len(x)))
    np.random.default_rng(seed).shuffle(places)
    chosen = places[-batch_size:]
    return x[chosen, :], t[chosen]
# %% update
class Updater:
    def __init__(self, params):
        self.params = params
        self.held = dict(params)

    def step(self, grads, learning_rate):
        for param, grad in ((self.params[k], grads[k]) for k in list(self.params)):
            np.add(param, grad * -learning_rate, out=param)
# %% accuracy
def accuracy(scores, t):
    order = np.argsort(scores, axis=1)
    return sum(order[:, -1] == t) / t.size
# %% train
def train(x, t, steps, batch_size, learning_rate, seed):
    net, losses, rng = TwoLayerNet(784, 50, 10, seed), [], np.random.default_rng(seed + 1)
    while len(losses) < steps:
        places = rng.integers(0, x.shape[0], batch_size)
        loss, slopes = net.loss_and_gradient(x.take(places, axis=0), t.take(places))
        net.params.update({k: p - learning_rate * slopes[k] for k, p in net.params.items()})
        losses += [loss.item()]
    return tuple(losses), net.params
