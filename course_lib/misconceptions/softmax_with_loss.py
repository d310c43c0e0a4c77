"""Wrong answers to 05_softmax_with_loss."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.softmax_with_loss import TemperatureWithLoss
from course_lib.layers import IdentityWithLoss, SoftmaxWithLoss
from course_lib.misconceptions.registry import misconception

SLUG = "05_softmax_with_loss"

# --- softmax ---------------------------------------------------------------------------------


@misconception("softmax")
def SoftmaxOverflows(x):
    """
    The exponential of 1000 is inf, and inf / inf is nan. Which constant could be taken off all
    scores of a row without changing the result?
    """
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


@misconception("softmax")
def SumOverTheWholeBatch(x):
    """
    All probabilities of the batch together make 1 here. Each sample chooses among the classes
    for itself: over which axis does one sample's row run?
    """
    z = np.exp(x - x.max())
    return z / z.sum()


@misconception("softmax")
def SumOverTheSamples(x):
    """
    The probabilities of one class over all samples make 1 here. Which axis counts the samples,
    and which the classes?
    """
    z = np.exp(x - x.max())
    return z / z.sum(axis=0)


@misconception("softmax")
def MaximumOfTheWholeBatch(x):
    """
    One maximum has been taken off the whole batch. A row whose scores are all far below it is
    left with nothing but zeros. Whose maximum should each row use?
    """
    z = np.exp(x - x.max())
    return z / z.sum(axis=-1, keepdims=True)


@misconception("softmax")
def SoftmaxForBatchesOnly(x):
    """
    For a batch this is right. One sample alone has only one axis: how do you count axes so
    that the last one is always the classes?
    """
    z = np.exp(x - x.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


@misconception("softmax")
def MaximumTakenOffInPlace(x):
    """
    The result is right, and the caller's scores are others than before. Which operator writes
    into the array that it stands behind?
    """
    x -= x.max(axis=-1, keepdims=True)
    z = np.exp(x)
    return z / z.sum(axis=-1, keepdims=True)


@misconception("softmax")
def ShareOfTheScore(x):
    """
    The scores themselves have been divided by their sum. Scores may be negative. What makes
    them positive first, and keeps their order?
    """
    return x / x.sum(axis=-1, keepdims=True)


@misconception("softmax")
def SigmoidForSoftmax(x):
    """
    Each score has been squeezed for itself. Do the results of a row add up to 1?
    """
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


# --- cross_entropy_error ---------------------------------------------------------------------


@misconception("cross_entropy_error")
def EntropySummed(y, t):
    """
    The losses of all samples have been added. What should happen to the loss when a batch is
    handed in twice over?
    """
    t = t if t.shape == y.shape else np.eye(y.shape[1])[t]
    return -(t * np.log(y)).sum()


@misconception("cross_entropy_error")
def EntropyPerElement(y, t):
    """
    The mean has been taken over all elements. How many losses has a batch: one a sample, or
    one an element?
    """
    t = t if t.shape == y.shape else np.eye(y.shape[1])[t]
    return -(t * np.log(y)).mean()


@misconception("cross_entropy_error")
def EntropySign(y, t):
    """
    The loss is negative. A logarithm of a probability is never above 0: what turns it into
    something to make small?
    """
    t = t if t.shape == y.shape else np.eye(y.shape[1])[t]
    return (t * np.log(y)).sum() / len(y)


@misconception("cross_entropy_error")
def EntropyOfItself(y, t):
    """
    All probabilities count here, weighted by themselves. Which of them does the target point
    at?
    """
    return -(y * np.log(y)).sum() / len(y)


@misconception("cross_entropy_error")
def LabelsAsFactors(y, t):
    """
    With one-hot rows this is right. With labels, the number of the class itself becomes a
    factor. What is a label meant to do: to weigh, or to point?
    """
    if t.shape == y.shape:
        return -(t * np.log(y)).sum() / len(y)
    return -(t[:, np.newaxis] * np.log(y)).sum() / len(y)


@misconception("cross_entropy_error")
def EntropySquared(y, t):
    """
    This is a squared distance between probabilities. What does the logarithm do to a right
    class that gets almost no probability?
    """
    t = t if t.shape == y.shape else np.eye(y.shape[1])[t]
    return ((y - t) ** 2).sum() / (2 * len(y))


@misconception("cross_entropy_error")
def ConstantInTheLogarithm(y, t):
    """
    A small constant has been added inside the logarithm. The backward pass knows nothing of
    it: what will a careful gradient check say?
    """
    t = t if t.shape == y.shape else np.eye(y.shape[1])[t]
    return -(t * np.log(y + 1e-4)).sum() / len(y)


# --- softmax_with_loss -----------------------------------------------------------------------


@misconception("softmax_with_loss")
class NotDividedByN(SoftmaxWithLoss):
    """
    For a single sample this is right. The loss is a mean over the batch: what does a mean do
    to the influence of each sample?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t)


@misconception("softmax_with_loss")
class DividedByAllElements(SoftmaxWithLoss):
    """
    The gradient is divided by the number of all elements. Over how many losses did forward
    take the mean?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.y.size


@misconception("softmax_with_loss")
class TargetMinusOutput(SoftmaxWithLoss):
    """
    The sign is turned. If the right class gets a larger score, does the loss rise or fall?
    And which sign has its gradient, then?
    """

    def backward(self, dout=1):
        return dout * (self.t - self.y) / len(self.y)


@misconception("softmax_with_loss")
class TargetForgotten(SoftmaxWithLoss):
    """
    Every class is pushed down, the right one too. Where does the target come in?
    """

    def backward(self, dout=1):
        return dout * self.y / len(self.y)


@misconception("softmax_with_loss")
class LogarithmOnly(SoftmaxWithLoss):
    """
    This is the gradient at the probabilities, the first stop on the way back. Which node lies
    between the probabilities and the scores?
    """

    def backward(self, dout=1):
        return -dout * self.t / self.y / len(self.y)


@misconception("softmax_with_loss")
class SlopeOnceMore(SoftmaxWithLoss):
    """
    The slope of softmax has been applied to something that holds it already. Where on the way
    from the loss to the scores does the difference of output and target arise?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) * self.y * (1 - self.y) / len(self.y)


@misconception("softmax_with_loss")
class OwnProbabilityOnly(SoftmaxWithLoss):
    """
    Only the effect of each score on its own probability is counted. When one score rises, what
    happens to the probabilities of the other classes?
    """

    def backward(self, dout=1):
        return -dout * self.t * (1 - self.y) / len(self.y)


@misconception("softmax_with_loss")
class LossIgnoresUpstream(SoftmaxWithLoss):
    """
    A loss is usually the end of the graph, and then the upstream gradient is 1. What if two
    losses are added with weights?
    """

    def backward(self, dout=1):
        return (self.y - self.t) / len(self.y)


@misconception("softmax_with_loss")
class TargetTakenOffInPlace(SoftmaxWithLoss):
    """
    The first call is right. It has changed the probabilities that forward had kept: what does
    the second call find?
    """

    def backward(self, dout=1):
        self.y -= self.t
        return dout * self.y / len(self.y)


@misconception("softmax_with_loss")
class LossOfTheWholeBatch(SoftmaxWithLoss):
    """
    Forward returns the sum over the samples. The learning rate would have to change with the
    batch size. What should be done with N losses?
    """

    def forward(self, x, t):
        return super().forward(x, t) * len(x)


@misconception("softmax_with_loss")
class LabelsSubtracted(SoftmaxWithLoss):
    """
    With one-hot rows this is right. With labels, the number of the class is taken off every
    probability of the row. From which one element should how much be taken off?
    """

    def forward(self, x, t):
        self.given = t
        return super().forward(x, t)

    def backward(self, dout=1):
        t = self.given if self.given.shape == self.y.shape else self.given[:, np.newaxis]
        return dout * (self.y - t) / len(self.y)


@misconception("softmax_with_loss")
class LabelsPickColumns(SoftmaxWithLoss):
    """
    With labels, whole rows of the batch are changed in place of one element in each. How do
    you name one row and one column at a time?
    """

    def forward(self, x, t):
        self.given = t
        return super().forward(x, t)

    def backward(self, dout=1):
        dx = self.y.copy()
        if self.given.shape == self.y.shape:
            dx -= self.given
        else:
            dx[:, self.given] -= 1
        return dout * dx / len(self.y)


@misconception("softmax_with_loss")
class LossOverflows(SoftmaxWithLoss):
    """
    For ordinary scores this is right. For 1000 the exponential is inf, and the loss nan. What
    may be taken off a row of scores, and where does the logarithm meet the exponential?
    """

    def forward(self, x, t):
        self.y = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
        self.t = t if t.shape == x.shape else np.eye(x.shape[1])[t]
        return -(self.t * np.log(self.y)).sum() / len(x)


@misconception("softmax_with_loss")
class FirstTargetsKept(SoftmaxWithLoss):
    """
    The first batch's output is kept for every later one. When does backward need which
    probabilities?
    """

    def forward(self, x, t):
        loss = super().forward(x, t)
        if not hasattr(self, "first"):
            self.first = self.y, self.t
        self.y, self.t = self.first
        return loss


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def SignOfTheDifference():
    """
    The sign is turned. Should gradient descent raise or lower the score of the right class,
    and what sign of the gradient makes it do so?
    """
    return {"right_class": 0.8, "wrong_class": -0.7, "batch_of_four": 0.2, "row_sum": 0}


@misconception("predict")
def ProbabilityItself():
    """
    This is the probability. What has to be taken off where the target is 1?
    """
    return {"right_class": 0.2, "wrong_class": 0.7, "batch_of_four": 0.05, "row_sum": 1}


@misconception("predict")
def BatchForgotten():
    """
    That is the gradient for a batch of one. The loss of four samples is their mean: how much
    of it does one sample decide?
    """
    return {"right_class": -0.8, "wrong_class": 0.7, "batch_of_four": -0.8, "row_sum": 0}


@misconception("predict")
def WrongClassesStayAlone():
    """
    The probability of a wrong class is too high, since it should be 0. Does its score get no
    gradient at all?
    """
    return {"right_class": -0.8, "wrong_class": 0, "batch_of_four": -0.2, "row_sum": -0.8}


# --- identity_with_loss ----------------------------------------------------------------------


@misconception("identity_with_loss")
class TwiceTheDifference(IdentityWithLoss):
    """
    Twice too much. The derivative of a square brings a 2 down: what does the loss have in
    front of it for just that reason?
    """

    def backward(self, dout=1):
        return 2 * dout * (self.y - self.t) / len(self.y)


@misconception("identity_with_loss")
class RegressionNotDividedByN(IdentityWithLoss):
    """
    For a batch of one this is right. What does the mean over the batch do to each sample's
    share?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t)


@misconception("identity_with_loss")
class RegressionDividedByAll(IdentityWithLoss):
    """
    The gradient is divided by the number of all values. Does the loss take the mean over rows,
    or over every single value?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.y.size


@misconception("identity_with_loss")
class RegressionSign(IdentityWithLoss):
    """
    The sign is turned. If an output is too large, should its gradient be positive or
    negative?
    """

    def backward(self, dout=1):
        return dout * (self.t - self.y) / len(self.y)


@misconception("identity_with_loss")
class RegressionIgnoresUpstream(IdentityWithLoss):
    """
    The upstream gradient is not there. It is 1 at the end of a graph: is a loss always the
    end?
    """

    def backward(self, dout=1):
        return (self.y - self.t) / len(self.y)


@misconception("identity_with_loss")
class SigmoidSlopeInRegression(IdentityWithLoss):
    """
    There is the slope of a sigmoid in it. What lies between the scores and the output of this
    layer?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) * self.y * (1 - self.y) / len(self.y)


@misconception("identity_with_loss")
class HalfForgotten(IdentityWithLoss):
    """
    The loss is twice too large. Read its formula once more: what stands in front of the sum
    of squares?
    """

    def forward(self, x, t):
        return 2 * super().forward(x, t)


@misconception("identity_with_loss")
class OutputOverwritten(IdentityWithLoss):
    """
    The difference has been written into what forward was given. Who else holds that array,
    and what does the second call of backward find?
    """

    def forward(self, x, t):
        loss = super().forward(x, t)
        self.y = x
        return loss

    def backward(self, dout=1):
        self.y -= self.t
        return dout * self.y / len(self.y)


# --- temperature_with_loss -------------------------------------------------------------------


@misconception("temperature_with_loss")
class TemperatureForgottenOnTheWayBack(TemperatureWithLoss):
    """
    The gradient stops at the divided scores. Which node lies between them and x, and what is
    its slope?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.y)


@misconception("temperature_with_loss")
class TemperatureMultiplied(TemperatureWithLoss):
    """
    The gradient has been multiplied by the temperature. If T is large, does the output react
    more to a score, or less?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) * self.T / len(self.y)


@misconception("temperature_with_loss")
class TemperatureInForwardMultiplied(TemperatureWithLoss):
    """
    A high temperature makes the probabilities more pointed here. It should make them more
    even: what has to happen to the scores?
    """

    def forward(self, x, t):
        T, self.T = self.T, 1 / self.T
        loss = super().forward(x, t)
        self.T = T
        return loss


@misconception("temperature_with_loss")
class TemperatureIgnored(TemperatureWithLoss):
    """
    This is the loss for a temperature of 1. What happens to the scores before softmax?
    """

    def forward(self, x, t):
        T, self.T = self.T, 1.0
        loss = super().forward(x, t)
        self.T = T
        return loss


@misconception("temperature_with_loss")
class CooledScoresOverflow(TemperatureWithLoss):
    """
    For moderate scores this is right; large ones overflow. A temperature makes scores smaller,
    but how small are 2000 / T for a T near 1? Which shift helped softmax?
    """

    def forward(self, x, t):
        powers = np.exp(x / self.T)
        self.y = powers / powers.sum(axis=1, keepdims=True)
        self.t = t if t.shape == x.shape else np.eye(x.shape[1])[t]
        return -(self.t * np.log(self.y)).sum() / len(x)


@misconception("temperature_with_loss")
class ProbabilitiesCooled(TemperatureWithLoss):
    """
    The probabilities have been divided by the temperature in the difference. Softmax comes
    after the division: which part of the way back does the temperature belong to?
    """

    def backward(self, dout=1):
        return dout * (self.y / self.T - self.t) / len(self.y)


@misconception("temperature_with_loss")
class TemperatureNotDividedByN(TemperatureWithLoss):
    """
    The temperature is there, and the mean over the batch is not. How many samples share this
    loss?
    """

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.T


@misconception("temperature_with_loss")
class TemperatureIgnoresUpstream(TemperatureWithLoss):
    """
    The upstream gradient is missing. What comes before the local slope in every backward?
    """

    def backward(self, dout=1):
        return (self.y - self.t) / (len(self.y) * self.T)


@misconception("temperature_with_loss")
class TemperatureLabels(TemperatureWithLoss):
    """
    With one-hot rows this is right. With labels, the class numbers themselves are subtracted.
    What row of numbers does a label stand for?
    """

    def forward(self, x, t):
        self.given = t
        return super().forward(x, t)

    def backward(self, dout=1):
        t = self.given if self.given.shape == self.y.shape else self.given[:, np.newaxis]
        return dout * (self.y - t) / (len(self.y) * self.T)


@misconception("temperature_with_loss")
class TemperatureInPlace(TemperatureWithLoss):
    """
    The caller's scores have been divided by the temperature in place. What would a second
    forward with the same array compute?
    """

    def forward(self, x, t):
        loss = super().forward(x, t)
        x /= self.T
        return loss
