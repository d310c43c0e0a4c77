"""Wrong answers to 06_two_layer_net."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, ARG002, D200, D205, D400, D401, D404, F841
# mypy: ignore-errors

import numpy as np

from course_lib.answers.two_layer_net import (
    Affine,
    LearningNet,
    Relu,
    ThreeLayerNet,
    TwoLayerNet,
)
from course_lib.misconceptions.registry import misconception

SLUG = "06_two_layer_net"

# --- two_layer_net ------------------------------------------------------------------------------


@misconception("two_layer_net")
class LayersInForwardOrder(TwoLayerNet):
    """
    The layers are walked through in the order of the forward pass. Which layer stands next
    to the loss, and which one should be the first to hear from it?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in self.layers.values():
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class LayersTurnedAround(TwoLayerNet):
    """
    Your layers themselves are turned around, and they stay so. In which order does the
    next forward pass find them? Is there a way to read from the end and leave all in its
    place?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        self.layers = dict(reversed(self.layers.items()))
        dout = self.last_layer.backward(1)
        for layer in self.layers.values():
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class NoForwardBefore(TwoLayerNet):
    """
    Your gradient walks back without having walked forth. What the layers remember belongs
    to the batch that they saw last. Who has shown them this one?
    """

    def gradient(self, x, t):
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class FirstGradientForEver(TwoLayerNet):
    """
    The gradient of the first batch is handed out again for every later one. When does it
    have to be worked out anew?
    """

    def gradient(self, x, t):
        if not hasattr(self, "grads"):
            self.grads = super().gradient(x, t)
        return self.grads


@misconception("two_layer_net")
class SoftmaxInPredict(TwoLayerNet):
    """
    Your predict returns probabilities, and the loss layer makes probabilities of them once
    more. Which of the two places needs a softmax, and what does predict promise?
    """

    def predict(self, x):
        z = np.exp(super().predict(x))
        return z / z.sum(axis=1, keepdims=True)


@misconception("two_layer_net")
class FirstAndSecondSwapped(TwoLayerNet):
    """
    The gradients of the two affine layers stand under each other's names. Which layer was
    built with W1?
    """

    def gradient(self, x, t):
        grads = super().gradient(x, t)
        return {"W1": grads["W2"], "b1": grads["b2"], "W2": grads["W1"], "b2": grads["b1"]}


@misconception("two_layer_net")
class BestSampleOfEachClass(TwoLayerNet):
    """
    You ask which sample is best at each class. A guess belongs to a sample: along which
    axis do the scores of one sample stand?
    """

    def accuracy(self, x, t):
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        return np.mean(self.predict(x).argmax(axis=0) == labels)


@misconception("two_layer_net")
class RightOnesCounted(TwoLayerNet):
    """
    This is how many rows are right. Is 60 good? What would you have to know to tell?
    """

    def accuracy(self, x, t):
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        return np.sum(self.predict(x).argmax(axis=1) == labels)


@misconception("two_layer_net")
class AccuracyInPercent(TwoLayerNet):
    """
    The right number, a hundred times too large. What is a share of one half, written as a
    number?
    """

    def accuracy(self, x, t):
        return 100 * super().accuracy(x, t)


@misconception("two_layer_net")
class WrongOnesCounted(TwoLayerNet):
    """
    This is the share of rows that the network gets wrong. Which comparison asks for those
    that are right?
    """

    def accuracy(self, x, t):
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        return np.mean(self.predict(x).argmax(axis=1) != labels)


@misconception("two_layer_net")
class LabelsTakenForGranted(TwoLayerNet):
    """
    With labels your accuracy is right. A one-hot row is no label yet. Where in the row
    does it say which class is meant?
    """

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t)


@misconception("two_layer_net")
class OneHotTakenForGranted(TwoLayerNet):
    """
    With one-hot rows your accuracy is right. Labels come as one number for each row. How
    can you tell the two apart before you look?
    """

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t.argmax(axis=1))


@misconception("two_layer_net")
class ReluForgottenOnTheWayBack(TwoLayerNet):
    """
    The gradient jumps from the second affine layer to the first. What stood between them
    on the way forth, and what does it do to a gradient?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        first.backward(second.backward(self.last_layer.backward(1)))
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}


@misconception("two_layer_net")
class NoReluAtAll(TwoLayerNet):
    """
    Two affine layers follow each other directly. Two straight lines, one behind the other,
    are one straight line. What should bend it?
    """

    def __init__(self, params):
        super().__init__(params)
        del self.layers["Relu1"]


@misconception("two_layer_net")
class ReluBehindTheScores(TwoLayerNet):
    """
    No score of yours is below 0. Does anything stand between the second affine layer and
    the loss?
    """

    def __init__(self, params):
        super().__init__(params)
        self.layers["Relu2"] = Relu()


@misconception("two_layer_net")
class BiasesLeftOut(TwoLayerNet):
    """
    Your scores are those of a network without biases. Which two arrays is an affine layer
    built with?
    """

    def __init__(self, params):
        super().__init__(params)
        self.layers["Affine1"] = Affine(params["W1"], np.zeros_like(params["b1"]))
        self.layers["Affine2"] = Affine(params["W2"], np.zeros_like(params["b2"]))
        self.layers = {name: self.layers[name] for name in ("Affine1", "Relu1", "Affine2")}


@misconception("two_layer_net")
class NamesWithD(TwoLayerNet):
    """
    The gradients are there, under names that nobody asks for. An update goes through
    params by name: what does it look up in your dict?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"dW{i}"], grads[f"db{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class LayersOnTheClass(TwoLayerNet):
    """
    Your layers belong to the class, so all networks have one set between them. Whose
    layers does the first network use when a second one has been built?
    """

    def __init__(self, params):
        super().__init__(params)
        type(self).layers = self.__dict__.pop("layers")


@misconception("two_layer_net")
class StepTakenInGradient(TwoLayerNet):
    """
    Whoever asks for a gradient finds other parameters afterwards. Looking and moving are
    two steps of the learning procedure. Which of them is this method?
    """

    def gradient(self, x, t):
        grads = super().gradient(x, t)
        for name in self.params:
            self.params[name] -= 0.1 * grads[name]
        return grads


@misconception("two_layer_net")
class SeededWithTheLoss(TwoLayerNet):
    """
    Every gradient is too large or too small by one factor: the loss itself. The walk back
    starts with the slope of the loss with respect to the loss. How large is that?
    """

    def gradient(self, x, t):
        loss = self.loss(x, t)
        dout = self.last_layer.backward(loss)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class GradientOfTheSum(TwoLayerNet):
    """
    These are the gradients of the sum of all losses in the batch. Your loss is their mean.
    Which number has been taken out that belongs in?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(len(x))
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class LossLayerSkipped(TwoLayerNet):
    """
    The walk back starts at the scores with ones, as if the loss were their sum. Which
    layer stands behind the scores, and what does it hand back?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = np.ones_like(self.predict(x))
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("two_layer_net")
class UpstreamForEveryLayer(TwoLayerNet):
    """
    Every layer gets the gradient of the scores. What should a layer work with: what the
    loss has said, or what the layer behind it hands on?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dscores = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            layer.backward(dscores)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}


@misconception("two_layer_net")
class LossOfEveryRow(TwoLayerNet):
    """
    A sum over the batch, not its mean. What should happen to the loss when every sample is
    handed in twice?
    """

    def loss(self, x, t):
        return super().loss(x, t) * len(x)


# --- predict ------------------------------------------------------------------------------------


@misconception("predict")
def BiasesNotCounted():
    """
    Only the weights are counted. What does an affine layer add to its product, and how
    many numbers are that?
    """
    return {
        "parameters": 184,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def OneBiasForEachLayer():
    """
    You have counted one bias for each layer. What shape has b, if a layer has eight units?
    """
    return {
        "parameters": 186,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def UnitsCounted():
    """
    These are units, not parameters. Every unit of a layer listens to every value before
    it: how many lines is that between 20 and 8?
    """
    return {
        "parameters": 31,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def OneLossForEachParameter():
    """
    One loss for each parameter. A central difference looks to the left and to the right:
    how many losses does it need?
    """
    return {
        "parameters": 195,
        "losses": 195,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def OneLossInTheMiddle():
    """
    This is the price of forward differences, with one loss in the middle that all share.
    Does a central difference use the loss in the middle?
    """
    return {
        "parameters": 195,
        "losses": 196,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def GradientTurnedRound():
    """
    A gradient has exactly the shape of its parameter. x has 20 columns: which side of W
    has to fit them?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (8, 20),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def GradientForEachSample():
    """
    One gradient for each of the 50 samples. They all pull at the same W1. What has
    happened to their pulls by the end of backward?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (50, 20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def GradientAsTheHidden():
    """
    This is the shape of what the hidden layer puts out. Whose gradient is asked for, and
    what is its shape?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (50, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def BiasGradientForEachRow():
    """
    A row of gradient for each sample. Every row was moved by the same b2: what do their
    gradients do?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (50, 3),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def BiasOfTheHidden():
    """
    This bias belongs to the hidden layer. What does the second affine layer put out for
    one sample?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (8,),
        "zero_loss": np.log(3),
        "deeper": 231,
    }


@misconception("predict")
def NothingIsNoLoss():
    """
    All scores are 0, but the loss is not. What does softmax make of three equal scores,
    and how sure is that?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": 0,
        "deeper": 231,
    }


@misconception("predict")
def LossIsTheProbability():
    """
    This is the probability of the right class. What does the cross entropy make of it?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": 1 / 3,
        "deeper": 231,
    }


@misconception("predict")
def LogOfTheSamples():
    """
    The size of the batch does not matter, since the loss is a mean. Among how many classes
    does the network have to guess?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(50),
        "deeper": 231,
    }


@misconception("predict")
def OldLastLayerKept():
    """
    Something from the old network has been kept. Is W2 still of the same shape when it no
    longer leads to the 3 classes? How many values come into the last layer now?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 195 + 8 * 5 + 5,
    }


@misconception("predict")
def NewLayerOnly():
    """
    How many does the new layer have for itself? The layer behind it has changed too. What
    about all the others?
    """
    return {
        "parameters": 195,
        "losses": 390,
        "dW1_shape": (20, 8),
        "db2_shape": (3,),
        "zero_loss": np.log(3),
        "deeper": 45,
    }


# --- init_params --------------------------------------------------------------------------------


@misconception("init_params")
def AllWeightsZero(sizes, std, seed):
    """
    All weights are 0. Then all hidden units put out the same and get the same gradient.
    What could ever make two of them different?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = np.zeros((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def AllWeightsEqual(sizes, std, seed):
    """
    All weights are equal, so all units of a layer are one and the same unit. What could
    ever make two of them different?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = np.full((sizes[i - 1], sizes[i]), std)
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def StdLeftOut(sizes, std, seed):
    """
    The right numbers, but not scaled. Which argument of yours has no use yet?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def VarianceForStd(sizes, std, seed):
    """
    The weights are scaled by a square. Is std the variance, or is it the root of that?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std**2 * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def UniformWeights(sizes, std, seed):
    """
    No weight of yours is negative. How should positive and negative ones share? Which
    method of rng does the task name?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.random((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def WeightsTurnedRound(sizes, std, seed):
    """
    The shapes are turned round. The network computes x @ W + b: which side of W has to fit
    the values of a sample?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i], sizes[i - 1]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def RandomBiases(sizes, std, seed):
    """
    The biases are random, too. What does the task say about them? The weights after the
    first layer are no longer those expected: who has taken numbers from rng in between?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = std * rng.standard_normal(sizes[i])
    return params


@misconception("init_params")
def RandomBiasesAside(sizes, std, seed):
    """
    The weights are right, and the biases are ones. What does the task say about biases? Is
    it they that have to make the units different?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.ones(sizes[i])
    return params


@misconception("init_params")
def BiasForEveryInput(sizes, std, seed):
    """
    Your b is as long as the input of its layer. It is added to x @ W: how many columns
    does that have?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i - 1])
    return params


@misconception("init_params")
def BiasAsRow(sizes, std, seed):
    """
    Your b has two axes. It would work by broadcasting, and then its gradient has one axis
    less than b itself. How many axes has b in the chapter?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros((1, sizes[i]))
    return params


@misconception("init_params")
def BiasAsNumber(sizes, std, seed):
    """
    One number for the whole layer. How many units can learn a bias of their own then?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = 0.0
    return params


@misconception("init_params")
def InputSizeForEveryLayer(sizes, std, seed):
    """
    Every layer of yours expects the values of the network's input. What comes into the
    second one?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = std * rng.standard_normal((sizes[0], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def SameSeedForEveryLayer(sizes, std, seed):
    """
    Each layer begins again with the same random numbers, so the layers are alike where
    they should be drawn one after the other. Where is your rng made, and how often?
    """
    params = {}
    for i in range(1, len(sizes)):
        rng = np.random.default_rng(seed)
        params[f"W{i}"] = std * rng.standard_normal((sizes[i - 1], sizes[i]))
        params[f"b{i}"] = np.zeros(sizes[i])
    return params


@misconception("init_params")
def TwoLayersOnly(sizes, std, seed):
    """
    Parameters for two layers, however many sizes come in. What in your code would have to
    know how many there are?
    """
    rng = np.random.default_rng(seed)
    return {
        "W1": std * rng.standard_normal((sizes[0], sizes[1])),
        "b1": np.zeros(sizes[1]),
        "W2": std * rng.standard_normal((sizes[1], sizes[2])),
        "b2": np.zeros(sizes[2]),
    }


@misconception("init_params")
def ThreeLayersOnly(sizes, std, seed):
    """
    With three layers this is right. With two it stops, or makes one too many. How many
    pairs of neighbours are there among the sizes?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in (1, 2, 3):
        n_in, n_out = (*sizes, 1)[i - 1 : i + 1]
        params[f"W{i}"] = std * rng.standard_normal((n_in, n_out))
        params[f"b{i}"] = np.zeros(n_out)
    return params


@misconception("init_params")
def NamesFromZero(sizes, std, seed):
    """
    Your names begin with W0. The first affine layer is built with W1: from which number
    should you count?
    """
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(len(sizes) - 1):
        params[f"W{i}"] = std * rng.standard_normal((sizes[i], sizes[i + 1]))
        params[f"b{i}"] = np.zeros(sizes[i + 1])
    return params


# --- learn --------------------------------------------------------------------------------------


@misconception("learn")
class NewArraysInTheDict(LearningNet):
    """
    Now self.params and the layers hold different arrays: the dict has new ones, and the
    layers calculate with the old ones. Which operator writes into an array that is already
    there?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] = self.params[name] - learning_rate * grads[name]
        return loss


@misconception("learn")
class StepUphill(LearningNet):
    """
    The loss grows. A positive slope says that the loss rises when the parameter grows.
    Which way do you want to go?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] += learning_rate * grads[name]
        return loss


@misconception("learn")
class LearningRateLeftOut(LearningNet):
    """
    The step is as long as the gradient itself. Which argument says how careful it should
    be?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= grads[name]
        return loss


@misconception("learn")
class DividedByTheBatchAgain(LearningNet):
    """
    The steps are too short by the size of the batch. The loss is a mean already: where did
    the loss layer divide?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name] / len(x)
        return loss


@misconception("learn")
class GradientTakesTheirPlace(LearningNet):
    """
    The parameters have been replaced by the gradient. It says which way to go, and how
    far. From where?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name][...] = -learning_rate * grads[name]
        return loss


@misconception("learn")
class NameMovedOnly(LearningNet):
    """
    Nothing has moved. In your loop a name is bound to a new array, and the old one stays
    in the dict and in the layer as it was. Which operator writes into the array itself?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name, param in self.params.items():
            param = param - learning_rate * grads[name]
        return loss


@misconception("learn")
class LayersOnly(LearningNet):
    """
    The layers learn, and self.params still tells of the time before. Somebody saves
    self.params tonight: what will they load tomorrow? Could both go on holding the same
    arrays?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        self.first.W = self.first.W - learning_rate * grads["W1"]
        self.first.b = self.first.b - learning_rate * grads["b1"]
        self.second.W = self.second.W - learning_rate * grads["W2"]
        self.second.b = self.second.b - learning_rate * grads["b2"]
        return loss


@misconception("learn")
class GradientInTheLoop(LearningNet):
    """
    Each parameter moves by a gradient of its own forward pass, taken when others had moved
    already. At which point should all slopes be measured? How many passes do you need?
    """

    def learn(self, x, t, learning_rate):
        for name in self.params:
            loss, grads = self.loss_and_gradient(x, t)
            self.params[name] -= learning_rate * grads[name]
        return loss


@misconception("learn")
class AsItWasFound(LearningNet):
    """
    This is the colleague's code, with all three of its faults. Begin with the assignment
    in the loop: after it, does the layer still hold the array that is in the dict?
    """

    def learn(self, x, t, learning_rate):
        for name in self.params:
            _loss, grads = self.loss_and_gradient(x, t)
            self.params[name] = self.params[name] - learning_rate * grads[name]
        return self.loss(x, t)


@misconception("learn")
class LossAfterTheStep(LearningNet):
    """
    This is the loss after the step, on the batch that it has just learned from. Which loss
    was asked for, and did you not have it already?
    """

    def learn(self, x, t, learning_rate):
        _loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]
        return self.loss(x, t)


@misconception("learn")
class PassForTheLossAlone(LearningNet):
    """
    All numbers are right, and one forward pass is too many. Which call gives you the loss
    on the way to something else?
    """

    def learn(self, x, t, learning_rate):
        loss = self.loss(x, t)
        _loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]
        return loss


@misconception("learn")
class LossNotReturned(LearningNet):
    """
    The network learns, and nobody hears how well. What should learn hand back?
    """

    def learn(self, x, t, learning_rate):
        _loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]


@misconception("learn")
class WeightsWithoutBiases(LearningNet):
    """
    The weights have moved and the biases have not. Do biases have a gradient as well?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in ("W1", "W2"):
            self.params[name] -= learning_rate * grads[name]
        return loss


@misconception("learn")
class SecondLayerOnly(LearningNet):
    """
    Only the layer next to the loss has moved. The gradients of the other one are there
    too. Who reads them?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in ("W2", "b2"):
            self.params[name] -= learning_rate * grads[name]
        return loss


@misconception("learn")
class TwoStepsForOne(LearningNet):
    """
    The parameters have moved twice. Is the update called once more than it should be, or
    does it sit in one loop too many?
    """

    def learn(self, x, t, learning_rate):
        super().learn(x, t, learning_rate)
        return super().learn(x, t, learning_rate)


@misconception("learn")
class LearningRateForTheLoss(LearningNet):
    """
    The step is scaled by the loss as well. The gradient says already how steep it is. What
    sets the length of the step besides?
    """

    def learn(self, x, t, learning_rate):
        loss, grads = self.loss_and_gradient(x, t)
        for name in self.params:
            self.params[name] -= learning_rate * loss * grads[name]
        return loss


# --- three_layer_net ----------------------------------------------------------------------------


@misconception("three_layer_net")
class OneReluForTwoPlaces(ThreeLayerNet):
    """
    One ReLU stands in two places. It has one mask only: whose mask is it when the walk
    back comes through for the second time?
    """

    def __init__(self, params):
        super().__init__(params)
        self.layers["Relu2"] = self.layers["Relu1"]


@misconception("three_layer_net")
class SecondReluMissing(ThreeLayerNet):
    """
    Nothing bends between the second and the third affine layer. How many ReLUs does the
    text ask for, and where?
    """

    def __init__(self, params):
        super().__init__(params)
        del self.layers["Relu2"]


@misconception("three_layer_net")
class ReluAfterTheThird(ThreeLayerNet):
    """
    There is a ReLU after every affine layer, even the last one. May a score be negative?
    """

    def __init__(self, params):
        super().__init__(params)
        self.layers["Relu3"] = Relu()


@misconception("three_layer_net")
class ThirdLayerMissing(ThreeLayerNet):
    """
    Your scores come out of the second affine layer already. Does your network know that W3
    and b3 exist?
    """

    def __init__(self, params):
        super().__init__(params)
        del self.layers["Relu2"], self.layers["Affine3"]

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}


@misconception("three_layer_net")
class ThreeInForwardOrder(ThreeLayerNet):
    """
    The layers are walked through from the input to the loss. Where does the gradient come
    in, and which layer should be the first to get it?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in self.layers.values():
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2, 3):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class OuterGradientsSwapped(ThreeLayerNet):
    """
    The first and the third layer's gradients have changed places. If you number the layers
    while walking back, which number does the first one that you meet have?
    """

    def gradient(self, x, t):
        grads = super().gradient(x, t)
        return {name: grads[name[0] + str(4 - int(name[1]))] for name in grads}


@misconception("three_layer_net")
class GradientsOfTwoLayersOnly(ThreeLayerNet):
    """
    The walk back went through all layers, and then only two of them were asked for what
    they keep. Whose gradients are missing in your dict?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class SecondReluSkippedBack(ThreeLayerNet):
    """
    From the third affine layer the gradient jumps straight to the second. What stood
    between them on the way forth?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in [self.layers[name] for name in ("Affine3", "Affine2", "Relu1", "Affine1")]:
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2, 3):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class FirstReluSkippedBack(ThreeLayerNet):
    """
    From the second affine layer the gradient jumps straight to the first. What stood
    between them on the way forth?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in [self.layers[name] for name in ("Affine3", "Relu2", "Affine2", "Affine1")]:
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2, 3):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class BothRelusSkippedBack(ThreeLayerNet):
    """
    On the way back only the affine layers are called. A ReLU has no parameters, but what
    does it do to a gradient that comes through?
    """

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in [self.layers[name] for name in ("Affine3", "Affine2", "Affine1")]:
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2, 3):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class ThreeWithoutForward(ThreeLayerNet):
    """
    The walk back uses what the layers remember, and that belongs to the batch that they
    saw last. Who has shown them this one?
    """

    def gradient(self, x, t):
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2, 3):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads


@misconception("three_layer_net")
class ThreeTurnedAround(ThreeLayerNet):
    """
    The first gradient is right. After it your layers stand in the wrong order, and the
    next forward pass runs from the back. Can you read from the end without moving
    anything?
    """

    def gradient(self, x, t):
        grads = super().gradient(x, t)
        self.layers = dict(reversed(self.layers.items()))
        return grads


@misconception("three_layer_net")
class ThreeFirstGradientKept(ThreeLayerNet):
    """
    Every later batch gets the gradient of the first. When does it have to be worked out
    anew?
    """

    def gradient(self, x, t):
        if not hasattr(self, "grads"):
            self.grads = super().gradient(x, t)
        return self.grads


@misconception("three_layer_net")
class ThreeSoftmaxInPredict(ThreeLayerNet):
    """
    Your rows add up to 1, so predict has taken a softmax. Who takes it anyway, later on?
    """

    def predict(self, x):
        z = np.exp(super().predict(x))
        return z / z.sum(axis=1, keepdims=True)


@misconception("three_layer_net")
class ThreeLossOfTheHidden(ThreeLayerNet):
    """
    This is the cross entropy of the probabilities, twice through softmax. What does the
    given loss layer expect to get: scores or probabilities?
    """

    def loss(self, x, t):
        z = np.exp(self.predict(x))
        return self.last_layer.forward(z / z.sum(axis=1, keepdims=True), t)


@misconception("three_layer_net")
class ThreeBestSampleOfEachClass(ThreeLayerNet):
    """
    Along this axis you find the best sample of each class. Along which axis do the scores
    of one sample stand?
    """

    def accuracy(self, x, t):
        labels = t if t.ndim == 1 else t.argmax(axis=1)
        return np.mean(self.predict(x).argmax(axis=0) == labels)


@misconception("three_layer_net")
class ThreeLabelsOnly(ThreeLayerNet):
    """
    Right for labels. What does a one-hot row look like next to them, and where in it does
    the class stand?
    """

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t)


@misconception("three_layer_net")
class SecondAffineTwice(ThreeLayerNet):
    """
    The second affine layer stands in the third place as well. Which parameters should the
    third one be built with?
    """

    def __init__(self, params):
        super().__init__(params)
        self.layers["Affine3"] = Affine(params["W2"], params["b2"])


@misconception("three_layer_net")
class ThreeStepsInGradient(ThreeLayerNet):
    """
    After a call of gradient the parameters are others. Which of the four steps of the
    learning procedure is this method, and which is it not?
    """

    def gradient(self, x, t):
        grads = super().gradient(x, t)
        for name in self.params:
            self.params[name] -= 0.1 * grads[name]
        return grads
