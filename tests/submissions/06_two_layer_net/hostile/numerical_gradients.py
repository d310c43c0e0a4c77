"""The gradients of the network are central differences of its own loss."""
# earns: two_layer_net=4, three_layer_net=3
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        self.params = params

    def predict(self, x):
        p = self.params
        return np.maximum(x @ p["W1"] + p["b1"], 0) @ p["W2"] + p["b2"]

    def loss(self, x, t):
        s = self.predict(x)
        s = s - s.max(axis=1, keepdims=True)
        return -np.mean((s - np.log(np.exp(s).sum(axis=1, keepdims=True)))[np.arange(len(x)), t])

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == (t if t.ndim == 1 else t.argmax(axis=1)))

    def gradient(self, x, t):
        mine = {name: param.copy() for name, param in self.params.items()}
        given, self.params = self.params, mine
        grads, h = {}, 1e-4
        for name, param in mine.items():
            grads[name] = np.zeros(param.shape)
            for i in np.ndindex(param.shape):
                kept = param[i]
                param[i] = kept + h
                above = self.loss(x, t)
                param[i] = kept - h
                grads[name][i] = (above - self.loss(x, t)) / (2 * h)
                param[i] = kept
        self.params = given
        return grads
# %% three_layer_net
class ThreeLayerNet(TwoLayerNet):
    def predict(self, x):
        p = self.params
        out = np.maximum(x @ p["W1"] + p["b1"], 0)
        return np.maximum(out @ p["W2"] + p["b2"], 0) @ p["W3"] + p["b3"]
