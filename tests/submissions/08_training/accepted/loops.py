"""Right: places drawn one by one, views kept by a helper."""
# %% draw_batch
def draw_batch(x, t, batch_size, seed):
    rng = np.random.default_rng(seed)
    places = [int(rng.integers(0, len(x))) for _ in range(batch_size)]
    return np.array([x[p] for p in places]), np.array([t[p] for p in places])
# %% update
class Updater:
    def __init__(self, params):
        self.params = params
        self.held = dict(params)

    def step(self, grads, learning_rate):
        for name in self.params:
            flat, slope = self.params[name].ravel(), grads[name].ravel()
            for i in range(flat.size):
                self.params[name].flat[i] = flat[i] - learning_rate * slope[i]
# %% accuracy
def accuracy(scores, t):
    best = scores.max(axis=1)
    return np.mean(scores[np.arange(len(t)), t] == best)
# %% train
def train(x, t, steps, batch_size, learning_rate, seed):
    net = TwoLayerNet(784, 50, 10, seed)

    def one_step(step):
        loss, grads = net.loss_and_gradient(*draw_batch(x, t, batch_size, seed + 7 * step))
        for name, param in net.params.items():
            param += -learning_rate * grads[name]
        return loss

    return [one_step(step) for step in range(steps)], dict(net.params)
