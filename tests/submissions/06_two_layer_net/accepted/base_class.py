"""Right: a base class of the learner's own, a while loop, 0-d arrays."""
# %% two_layer_net
class Stack2:
    def __init__(self, *layers):
        self.stack = layers

    def forward(self, x):
        out = x
        for one in self.stack:
            out = one.forward(out)
        return out

    def backward(self, dout):
        index = len(self.stack) - 1
        while index >= 0:
            dout = self.stack[index].backward(dout)
            index -= 1
        return dout


class TwoLayerNet(Stack2):
    def __init__(self, params):
        self.names = sorted(params)
        layers = []
        for i in range(2):
            layers += [Affine(params["W%d" % (i + 1)], params["b%d" % (i + 1)]), Relu()]
        super().__init__(*layers[:-1])
        self.affines = layers[::2]
        self.end = SoftmaxWithLoss()

    predict = Stack2.forward

    def loss(self, x, t):
        return np.asarray(self.end.forward(self.forward(x), t)).reshape(())

    def accuracy(self, x, t):
        t = np.asarray(t)
        t = t.argmax(-1) if t.ndim == 2 else t
        hits = [self.predict(x[i : i + 1]).argmax() == t[i] for i in range(len(x))]
        return sum(hits) / len(hits)

    def gradient(self, x, t):
        self.loss(x, t)
        self.backward(self.end.backward(np.float64(1)))
        return {name: getattr(self.affines[int(name[1:]) - 1], "d" + name[0]) for name in self.names}
# %% predict
def predict():
    return dict(parameters=195, losses=390.0, dW1_shape=[20, 8], db2_shape=(3,), zero_loss=-np.log(1 / 3), deeper=231)
# %% init_params
def init_params(sizes, std, seed):
    rng = np.random.default_rng(seed)
    params = {f"b{i}": np.zeros(n) for i, n in enumerate(sizes) if i}
    for i in sorted(int(name[1:]) for name in params):
        W = np.empty((sizes[i - 1], sizes[i]))
        rng.standard_normal(out=W)
        W *= std
        params[f"W{i}"] = W
    return params
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        loss = self.loss(x, t)
        d = self.second.backward(self.last_layer.backward())
        self.first.backward(self.relu.backward(d))
        held = {"W1": self.first, "W2": self.second, "b1": self.first, "b2": self.second}
        for name, layer in held.items():
            param = getattr(layer, name[0])
            for index in np.ndindex(param.shape):
                param[index] += -learning_rate * getattr(layer, "d" + name[0])[index]
        return float(loss)
# %% three_layer_net
class Stack3:
    def __init__(self, *layers):
        self.stack = layers

    def forward(self, x):
        out = x
        for one in self.stack:
            out = one.forward(out)
        return out

    def backward(self, dout):
        index = len(self.stack) - 1
        while index >= 0:
            dout = self.stack[index].backward(dout)
            index -= 1
        return dout


class ThreeLayerNet(Stack3):
    def __init__(self, params):
        self.names = sorted(params)
        layers = []
        for i in range(3):
            layers += [Affine(params["W%d" % (i + 1)], params["b%d" % (i + 1)]), Relu()]
        super().__init__(*layers[:-1])
        self.affines = layers[::2]
        self.end = SoftmaxWithLoss()

    predict = Stack3.forward

    def loss(self, x, t):
        return np.asarray(self.end.forward(self.forward(x), t)).reshape(())

    def accuracy(self, x, t):
        t = np.asarray(t)
        t = t.argmax(-1) if t.ndim == 2 else t
        hits = [self.predict(x[i : i + 1]).argmax() == t[i] for i in range(len(x))]
        return sum(hits) / len(hits)

    def gradient(self, x, t):
        self.loss(x, t)
        self.backward(self.end.backward(np.float64(1)))
        return {name: getattr(self.affines[int(name[1:]) - 1], "d" + name[0]) for name in self.names}
