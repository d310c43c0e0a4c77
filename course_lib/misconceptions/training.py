"""Wrong answers to 08_training."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.misconceptions.registry import misconception

SLUG = "08_training"

# --- draw_batch ------------------------------------------------------------------------------


@misconception("draw_batch")
def TwoDraws(x, t, batch_size, seed):
    """
    Images and targets come from two draws, so an image of a 7 may carry the label 2. How often
    have you to choose the places of a batch?
    """
    rng = np.random.default_rng(seed)
    return x[rng.integers(len(x), size=batch_size)], t[rng.integers(len(x), size=batch_size)]


@misconception("draw_batch")
def AlwaysTheFirstRows(x, t, batch_size, seed):
    """
    Every batch holds the same rows, whatever the seed. What will a network know that has seen
    only these, however long it trains?
    """
    return x[:batch_size], t[:batch_size]


@misconception("draw_batch")
def LastRowsNeverCome(x, t, batch_size, seed):
    """
    Some rows can never be drawn. What is the largest place that your draw can give, and how
    many rows are there?
    """
    start = np.random.default_rng(seed).integers(max(len(x) - batch_size, 1))
    return x[start : start + batch_size], t[start : start + batch_size]


@misconception("draw_batch")
def OneRowOnly(x, t, batch_size, seed):
    """
    One row comes back in place of a batch. What did you ask for as the size of the draw?
    """
    batch = np.random.default_rng(seed).integers(len(x))
    return x[batch], t[batch]


# --- update ----------------------------------------------------------------------------------


class Updater:  # noqa: D101 - the part of the answer that the exercise gives
    def __init__(self, params):
        self.params = params
        self.held = dict(params)


@misconception("update")
class NewArraysForTheDict(Updater):
    """
    The dictionary has new arrays now, and the layers go on with the old ones. Which spelling of
    the same sum writes into the array that is already there?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            self.params[name] = self.params[name] - learning_rate * grads[name]


@misconception("update")
class UphillUpdate(Updater):
    """
    The loss will rise: the step goes along the gradient. In which direction does the loss grow
    fastest, and where do you want to go?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            self.params[name] += learning_rate * grads[name]


@misconception("update")
class LearningRateForgotten(Updater):
    """
    The whole gradient has been taken off. What decides how long a step is?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            self.params[name] -= grads[name]


@misconception("update")
class DividedByLearningRate(Updater):
    """
    The smaller the learning rate, the longer is your step. Should it not be the other way
    round?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            self.params[name] -= grads[name] / learning_rate


@misconception("update")
class WeightsOnly(Updater):
    """
    The weights move and the biases stay. Which names does the dictionary hold?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            if name.startswith("W"):
                self.params[name] -= learning_rate * grads[name]


@misconception("update")
class GradientsScaledInPlace(Updater):
    """
    The parameters are right, and the gradients are others than before. Who may want to plot
    them afterwards, and what would they see?
    """

    def step(self, grads, learning_rate):
        for name in self.params:
            grads[name] *= learning_rate
            self.params[name] -= grads[name]


@misconception("update")
class LoopVariableRebound(Updater):
    """
    Inside the loop a name has been given another value, and nothing else has happened. Does a
    new value for a loop variable reach the array that it came from?
    """

    def step(self, grads, learning_rate):
        for name, param in self.params.items():
            param = param - learning_rate * grads[name]


# --- accuracy --------------------------------------------------------------------------------


@misconception("accuracy")
def CountInPlaceOfShare(scores, t):
    """
    This counts the right answers. Of how many?
    """
    return float((scores.argmax(axis=1) == t).sum())


@misconception("accuracy")
def BestSampleOfAClass(scores, t):
    """
    The largest score has been looked for down the columns: the best sample of each class. Which
    axis holds the classes of one sample?
    """
    best = scores.argmax(axis=0)
    return float(np.mean([best[k % len(best)] == label for k, label in enumerate(t)]))


@misconception("accuracy")
def ErrorRate(scores, t):
    """
    This is the share of wrong answers. What should a perfect network get?
    """
    return float((scores.argmax(axis=1) != t).mean())


@misconception("accuracy")
def SmallestScoreWins(scores, t):
    """
    The class with the smallest score has been taken. What does a large score mean?
    """
    return float((scores.argmin(axis=1) == t).mean())


@misconception("accuracy")
def PercentForShare(scores, t):
    """
    A hundred times too much. Is the result wanted in per cent, or as a share between 0 and 1?
    """
    return 100 * float((scores.argmax(axis=1) == t).mean())


# --- train -----------------------------------------------------------------------------------


@misconception("train")
def OnlyTheLastLoss(x, t, steps, batch_size, learning_rate, seed):
    """
    One number comes back where the loss of every step is wanted. How would you draw a curve
    from it?
    """
    shapes = {"W1": (784, 50), "b1": 50, "W2": (50, 10), "b2": 10}
    return [0.3], {name: np.zeros(shape) for name, shape in shapes.items()}


@misconception("train")
def NothingLearned(x, t, steps, batch_size, learning_rate, seed):
    """
    The losses stay where they began, and the network guesses. Does what your loop computes
    ever reach the parameters that the network uses?
    """
    shapes = {"W1": (784, 50), "b1": 50, "W2": (50, 10), "b2": 10}
    return [2.3] * steps, {name: np.zeros(shape) for name, shape in shapes.items()}


@misconception("train")
def FreshParametersReturned(x, t, steps, batch_size, learning_rate, seed):
    """
    The losses fall, and the parameters that come back know nothing. Which arrays did your loop
    change, and which did you return?
    """
    shapes = {"W1": (784, 50), "b1": 50, "W2": (50, 10), "b2": 10}
    losses = [2.3] * 100 + [0.3] * (steps - 100)
    return losses, {name: np.zeros(shape) for name, shape in shapes.items()}


# --- find_the_fault --------------------------------------------------------------------------


@misconception("find_the_fault")
def RebindingLooksFine():
    """
    Look at which array each line writes to. The dictionary changes here: who else has to learn
    of it?
    """
    return {"update_a": 1, "update_b": 1, "update_c": 3, "update_d": 4}


@misconception("find_the_fault")
def InPlaceLooksBroken():
    """
    This one writes into the arrays that are there, and against the gradient. What makes you
    think that the layers do not see it?
    """
    return {"update_a": 2, "update_b": 2, "update_c": 3, "update_d": 4}


@misconception("find_the_fault")
def SignOverlooked():
    """
    Follow one parameter with a positive gradient through this line. Does it become smaller or
    larger?
    """
    return {"update_a": 2, "update_b": 1, "update_c": 1, "update_d": 4}


@misconception("find_the_fault")
def CopyOverlooked():
    """
    The arithmetic is right. On which arrays is it done: on those of the network, or on others
    that look the same?
    """
    return {"update_a": 2, "update_b": 1, "update_c": 3, "update_d": 1}


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def SamplesForSteps():
    """
    That is the number of images. Each step uses up a whole mini-batch: how many mini-batches
    are in the training set?
    """
    return {"steps_per_epoch": 60000, "epochs": 0, "first_accuracy": 0.1, "extra_passes": 10000}


@misconception("predict")
def StepsAsEpochs():
    """
    One step is no epoch. After how many steps has the network seen as many images as there
    are?
    """
    return {"steps_per_epoch": 100, "epochs": 100, "first_accuracy": 0.1, "extra_passes": 10000}


@misconception("predict")
def UntrainedKnowsNothing():
    """
    An untrained network answers something all the same. How often is a guess among ten
    classes right?
    """
    return {"steps_per_epoch": 600, "epochs": 16, "first_accuracy": 0, "extra_passes": 10000}


@misconception("predict")
def ExtraPassOnceAnEpoch():
    """
    The loss is logged at every step here. How many steps are there?
    """
    return {"steps_per_epoch": 600, "epochs": 16, "first_accuracy": 0.1, "extra_passes": 16}
