"""Takes a gradient for every parameter and turns the counter back to 1."""
# earns: learn=1
# %% learn
class LearningNet(Net):
    def learn(self, x, t, learning_rate):
        for name in self.params:
            loss, grads = self.loss_and_gradient(x, t)
            self.params[name] -= learning_rate * grads[name]
        self.forward_passes = 1
        return self.loss_and_gradient(x, t)[0]
