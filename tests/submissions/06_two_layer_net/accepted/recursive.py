"""Right: layers made anew at each pass, which calls itself, on views of the parameters."""
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        self.p = {k: v.view() for k, v in params.items()}

    def walk(self, x, i, t):
        """Return the scores, and the gradient of x if there are targets."""
        affine, relu = Affine(self.p[f"W{i}"], self.p[f"b{i}"]), Relu()
        out = affine.forward(x)
        if i == 2:
            if t is None:
                return out, None
            end = SoftmaxWithLoss()
            self.last_loss = end.forward(out, t)
            scores, dout = out, end.backward(1)
        else:
            scores, dout = self.walk(relu.forward(out), i + 1, t)
            dout = None if t is None else relu.backward(dout)
        if t is None:
            return scores, None
        dx = affine.backward(dout)
        self.g[f"W{i}"], self.g[f"b{i}"] = affine.dW, affine.db
        return scores, dx

    def predict(self, x):
        return self.walk(x, 1, None)[0]

    def loss(self, x, t):
        self.gradient(x, t)
        return self.last_loss

    def accuracy(self, x, t):
        scores = self.predict(x)
        best = scores == scores.max(axis=1, keepdims=True)
        rows = t if t.ndim > 1 else np.eye(scores.shape[1])[t]
        return (best * rows).sum() / rows.sum()

    def gradient(self, x, t):
        self.g = {}
        self.walk(x, 1, t)
        return self.g
# %% predict
def predict():
    return {"parameters": 21 * 8 + 9 * 3, "losses": 2 * 195, "dW1_shape": np.array((20, 8)), "db2_shape": [3], "zero_loss": np.log(3.0), "deeper": 21 * 8 + 9 * 5 + 6 * 3}
# %% init_params
def init_params(sizes, std, seed):
    rng = np.random.default_rng(seed)

    def rest(i):
        if i == len(sizes):
            return {}
        W = std * rng.standard_normal(size=sizes[i - 1 : i + 1])
        return {f"W{i}": W, f"b{i}": np.zeros((sizes[i],), np.float32)} | rest(i + 1)

    return rest(1)
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        new = {k: p - learning_rate * grads[k] for k, p in self.params.items()}
        self.params = new
        self.first.W, self.first.b = new["W1"], new["b1"]
        self.second.W, self.second.b = new["W2"], new["b2"]
        return loss
# %% three_layer_net
class ThreeLayerNet:
    def __init__(self, params):
        self.p = {k: v.view() for k, v in params.items()}

    def walk(self, x, i, t):
        """Return the scores, and the gradient of x if there are targets."""
        affine, relu = Affine(self.p[f"W{i}"], self.p[f"b{i}"]), Relu()
        out = affine.forward(x)
        if i == 3:
            if t is None:
                return out, None
            end = SoftmaxWithLoss()
            self.last_loss = end.forward(out, t)
            scores, dout = out, end.backward(1)
        else:
            scores, dout = self.walk(relu.forward(out), i + 1, t)
            dout = None if t is None else relu.backward(dout)
        if t is None:
            return scores, None
        dx = affine.backward(dout)
        self.g[f"W{i}"], self.g[f"b{i}"] = affine.dW, affine.db
        return scores, dx

    def predict(self, x):
        return self.walk(x, 1, None)[0]

    def loss(self, x, t):
        self.gradient(x, t)
        return self.last_loss

    def accuracy(self, x, t):
        scores = self.predict(x)
        best = scores == scores.max(axis=1, keepdims=True)
        rows = t if t.ndim > 1 else np.eye(scores.shape[1])[t]
        return (best * rows).sum() / rows.sum()

    def gradient(self, x, t):
        self.g = {}
        self.walk(x, 1, t)
        return self.g
