"""Right: layers in a list, accuracy row by row."""
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        self.net = []
        for i in range(1, 2 + 1):
            self.net.append(Affine(params[f"W{i}"], params[f"b{i}"]))
            if i != 2:
                self.net.append(Relu())
        self.end = SoftmaxWithLoss()
        self.scores = None

    def predict(self, x):
        for layer in self.net:
            x = layer.forward(x)
        self.scores = x
        return x

    def loss(self, x, t):
        self.predict(x)
        return self.end.forward(self.scores, t)

    def accuracy(self, x, t):
        right = 0
        for row, target in zip(self.predict(x), t):
            target = int(np.argmax(target)) if np.ndim(target) else int(target)
            right += int(max(range(len(row)), key=lambda k: row[k]) == target)
        return right / len(x)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.end.backward()
        for layer in self.net[::-1]:
            dout = layer.backward(dout)
        grads = {}
        for i, affine in enumerate(self.net[::2], start=1):
            grads.update({f"b{i}": affine.db, f"W{i}": affine.dW})
        return grads
# %% predict
def predict():
    return {"parameters": 21 * 8 + 9 * 3, "losses": 2 * 195, "dW1_shape": np.array((20, 8)), "db2_shape": [3], "zero_loss": np.log(3.0), "deeper": 21 * 8 + 9 * 5 + 6 * 3}
# %% init_params
def init_params(sizes, std, seed):
    rng = np.random.default_rng(seed)
    W = [rng.standard_normal((a, b)) * std for a, b in zip(sizes[:-1], sizes[1:])]
    names = [f"W{n}" for n in range(1, len(sizes))] + [f"b{n}" for n in range(1, len(sizes))]
    return dict(zip(names, W + [0 * w.sum(axis=0) for w in W]))
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        before, grads = self.loss_and_gradient(x, t)
        for key in list(grads):
            np.subtract(self.params[key], learning_rate * grads[key], out=self.params[key])
        return np.array(before)
# %% three_layer_net
class ThreeLayerNet:
    def __init__(self, params):
        self.net = []
        for i in range(1, 3 + 1):
            self.net.append(Affine(params[f"W{i}"], params[f"b{i}"]))
            if i != 3:
                self.net.append(Relu())
        self.end = SoftmaxWithLoss()
        self.scores = None

    def predict(self, x):
        for layer in self.net:
            x = layer.forward(x)
        self.scores = x
        return x

    def loss(self, x, t):
        self.predict(x)
        return self.end.forward(self.scores, t)

    def accuracy(self, x, t):
        right = 0
        for row, target in zip(self.predict(x), t):
            target = int(np.argmax(target)) if np.ndim(target) else int(target)
            right += int(max(range(len(row)), key=lambda k: row[k]) == target)
        return right / len(x)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.end.backward()
        for layer in self.net[::-1]:
            dout = layer.backward(dout)
        grads = {}
        for i, affine in enumerate(self.net[::2], start=1):
            grads.update({f"b{i}": affine.db, f"W{i}": affine.dW})
        return grads
