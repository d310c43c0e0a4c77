"""Everything is None, or stops, or exits."""
# %% two_layer_net
class TwoLayerNet:
    def __init__(self, params):
        pass

    def predict(self, x):
        raise SystemExit(0)

    def loss(self, x, t):
        return None

    def accuracy(self, x, t):
        return "1.0"

    def gradient(self, x, t):
        return None
# %% three_layer_net
class ThreeLayerNet:
    pass
# %% init_params
def init_params(sizes, std, seed):
    return None
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        raise SystemExit(0)
# %% predict
def predict():
    return {"parameters": (195, 390), "losses": "390", "dW1_shape": (8, 20), "db2_shape": 3, "zero_loss": float("nan"), "deeper": None}
