"""Right: every layer by a name of its own, other arguments, copies of the gradients."""
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        self.affine_1 = Affine(params["W1"], params["b1"])
        self.affine_2 = Affine(params["W2"], params["b2"])
        self.relu_1 = Relu()
        self.last = SoftmaxWithLoss()

    def predict(self, batch):
        x = batch
        return self.affine_2.forward(self.relu_1.forward(self.affine_1.forward(x)))

    def loss(self, batch, targets):
        return float(self.last.forward(self.predict(batch), targets))

    def accuracy(self, batch, targets):
        guesses = self.predict(batch).argmax(1)
        if targets.ndim != 1:
            return targets[np.arange(len(targets)), guesses].mean()
        return np.float32((guesses == targets).sum() / float(batch.shape[0]))

    def gradient(self, batch, targets):
        self.loss(batch, targets)
        d = self.last.backward(1.0)
        d = self.affine_2.backward(d)
        d = self.relu_1.backward(d)
        d = self.affine_1.backward(d)
        return dict(W1=self.affine_1.dW.copy(), b1=self.affine_1.db.copy(), W2=self.affine_2.dW.copy(), b2=self.affine_2.db.copy())
# %% predict
def predict():
    return dict(parameters=195, losses=390.0, dW1_shape=[20, 8], db2_shape=(3,), zero_loss=-np.log(1 / 3), deeper=231)
# %% init_params
def init_params(sizes, std, seed):
    rng = np.random.default_rng(seed)
    params, n_in, i = {}, sizes[0], 0
    for n_out in sizes[1:]:
        i += 1
        flat = np.array([std * rng.standard_normal() for _ in range(n_in * n_out)])
        params.update({f"W{i}": flat.reshape(n_in, n_out), f"b{i}": np.array([0] * n_out)})
        n_in = n_out
    return params
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        out = self.loss_and_gradient(x, t)
        self.first.W -= learning_rate * self.first.dW
        self.first.b -= learning_rate * self.first.db
        self.second.W -= learning_rate * self.second.dW
        self.second.b -= learning_rate * self.second.db
        return out[0]
# %% three_layer_net
class ThreeLayerNet:
    def __init__(self, params):
        self.affine_1 = Affine(params["W1"], params["b1"])
        self.affine_2 = Affine(params["W2"], params["b2"])
        self.affine_3 = Affine(params["W3"], params["b3"])
        self.relu_1 = Relu()
        self.relu_2 = Relu()
        self.last = SoftmaxWithLoss()

    def predict(self, batch):
        x = batch
        return self.affine_3.forward(self.relu_2.forward(self.affine_2.forward(self.relu_1.forward(self.affine_1.forward(x)))))

    def loss(self, batch, targets):
        return float(self.last.forward(self.predict(batch), targets))

    def accuracy(self, batch, targets):
        guesses = self.predict(batch).argmax(1)
        if targets.ndim != 1:
            return targets[np.arange(len(targets)), guesses].mean()
        return np.float32((guesses == targets).sum() / float(batch.shape[0]))

    def gradient(self, batch, targets):
        self.loss(batch, targets)
        d = self.last.backward(1.0)
        d = self.affine_3.backward(d)
        d = self.relu_2.backward(d)
        d = self.affine_2.backward(d)
        d = self.relu_1.backward(d)
        d = self.affine_1.backward(d)
        return dict(W1=self.affine_1.dW.copy(), b1=self.affine_1.db.copy(), W2=self.affine_2.dW.copy(), b2=self.affine_2.db.copy(), W3=self.affine_3.dW.copy(), b3=self.affine_3.db.copy())
