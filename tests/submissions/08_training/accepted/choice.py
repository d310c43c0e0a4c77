"""Right: rng.choice, np.subtract with out=, the network trained without an updater."""
# %% draw_batch
def draw_batch(x, t, batch_size, seed):
    rng = np.random.default_rng(seed)
    places = rng.choice(x.shape[0], batch_size, replace=False)
    return np.take(x, places, axis=0), np.take(t, places)
# %% update
class Updater:
    def __init__(self, params):
        self.params = params
        self.held = dict(params)

    def step(self, grads, learning_rate):
        for name in sorted(grads):
            np.subtract(self.params[name], learning_rate * grads[name], out=self.params[name])
# %% accuracy
def accuracy(scores, t):
    right = 0
    for row, label in zip(scores, t):
        right += int(list(row).index(max(row)) == label)
    return right / len(scores)
# %% train
def train(x, t, steps, batch_size, learning_rate, seed):
    net = TwoLayerNet(784, 50, 10, seed)
    rng = np.random.default_rng(seed)
    losses = []
    while len(losses) < steps:
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            loss, grads = net.loss_and_gradient(x[batch], t[batch])
            for k in grads:
                net.params[k] = net.params[k] - learning_rate * grads[k]
            losses.append(float(loss))
            if len(losses) == steps:
                break
    return losses, net.params
