"""Writes into the batch and the parameters before anybody can compare."""
# earns: two_layer_net=0 learn=0
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        for p in params.values():
            p[...] = 0
        self.params = params

    def predict(self, x):
        x[...] = 0
        return x @ self.params["W1"] @ self.params["W2"]

    def loss(self, x, t):
        t[...] = 0
        return np.log(len(self.params["b2"]))

    def accuracy(self, x, t):
        return (t == 0).mean() * 0

    def gradient(self, x, t):
        return self.params
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        x[...] = 0
        t[...] = 0
        return self.loss(x, t)
