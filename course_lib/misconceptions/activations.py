"""Wrong answers to 03_activations."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.layers import LeakyRelu, Relu, Sigmoid, Softplus, Swish, Tanh
from course_lib.misconceptions.registry import misconception

SLUG = "03_activations"

# --- relu ------------------------------------------------------------------------------------


@misconception("relu")
class MaskFromUpstream(Relu):
    """
    The switch is set by the sign of the upstream gradient. Which array decided in forward
    where the current passes?
    """

    def backward(self, dout):
        return dout * (dout > 0)


@misconception("relu")
class ZerosIntoUpstream(Relu):
    """
    The zeros are written into the array that the caller still holds. If the same gradient
    also goes down a second path, what arrives there? Which step would give you an array of
    your own?
    """

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


@misconception("relu")
class ReluUpstreamDropped(Relu):
    """
    The switch is in the right place, but it lets a 1 through. What is the current that comes
    from above called here?
    """

    def backward(self, dout):
        return np.where(self.mask, 0.0, 1.0)


@misconception("relu")
class SwitchInverted(Relu):
    """
    The gradient passes exactly where forward stopped the value. Does an output that is fixed
    at 0 react when its input moves a little?
    """

    def backward(self, dout):
        return dout * self.mask


@misconception("relu")
class ForwardAgain(Relu):
    """
    The upstream gradient is sent through ReLU itself, as if backward were forward once more.
    Backward does not ask for max(0, ...) of a gradient. What did forward decide about each
    element?
    """

    def backward(self, dout):
        return np.maximum(dout, 0) * ~self.mask


@misconception("relu")
class InputForSlope(Relu):
    """
    The gradient is multiplied by the input. Where the switch is on, out equals x: if x grows
    by 0.1, by how much does out grow, whether x is 2 or 200?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x * (self.x > 0)


@misconception("relu")
class OutputAtLeastZero(Relu):
    """
    Everything passes back, as if the switch were always on. If your mask comes from the
    output: which outputs of a ReLU are below 0?
    """

    def forward(self, x):
        self.out = super().forward(x)
        return self.out

    def backward(self, dout):
        return dout * (self.out >= 0)


@misconception("relu")
class OpenAtZero(Relu):
    """
    At exactly 0 your switch is on. ReLU has no slope there, so one has to be agreed on. What
    does the course agree on for x = 0?
    """

    def backward(self, dout):
        return np.where(self.mask & (self.open == 0), 0, dout)

    def forward(self, x):
        self.open = x == 0
        return super().forward(x)


@misconception("relu")
class InputOverwritten(Relu):
    """
    The second name does not make a second array: out and x are the same one. What does the
    caller find in x after your forward?
    """

    def forward(self, x):
        self.mask = x <= 0
        out = x
        out[self.mask] = 0
        return out


@misconception("relu")
class FirstMaskKept(Relu):
    """
    The mask of the first batch is used for every later one. When is the switch set: once, or
    whenever forward runs?
    """

    def __init__(self):
        self.mask = None

    def forward(self, x):
        if self.mask is None:
            self.mask = x <= 0
        return np.where(x <= 0, 0, x)


@misconception("relu")
class MaskOnTheClass(Relu):
    """
    The mask belongs to the class, so all ReLU layers of a network have one switchboard
    between them. Which layer's switches does backward find?
    """

    def forward(self, x):
        type(self).mask = x <= 0
        return np.where(x <= 0, 0, x)

    def backward(self, dout):
        return np.where(type(self).mask, 0, dout)


@misconception("relu")
class MaxOverAnAxis(Relu):
    """
    np.max(a, axis) looks for the largest element of one array along an axis. You want to
    compare two things element by element. Which function does that?
    """

    def forward(self, x):
        self.mask = x <= 0
        return np.max(0, x)


@misconception("relu")
class AbsoluteValue(Relu):
    """
    Negative inputs come out positive here. Where the switch is off, what comes out?
    """

    def forward(self, x):
        self.mask = x <= 0
        return np.abs(x)


# --- sigmoid ---------------------------------------------------------------------------------


@misconception("sigmoid")
class SlopeOfTheInput(Sigmoid):
    """
    The tidy form of the slope is written in the output. Here it has been given the input. Which
    of the two did forward remember?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x * (1 - self.x)


@misconception("sigmoid")
class SlopeAtUpstream(Sigmoid):
    """
    The slope is taken at the upstream gradient. At which point of the curve did forward
    stand?
    """

    def backward(self, dout):
        y = 1 / (1 + np.exp(-dout))
        return y * (1 - y)


@misconception("sigmoid")
class SigmoidOfTheOutput(Sigmoid):
    """
    The sigmoid has been taken of something that was a sigmoid already. What does self.out
    hold?
    """

    def backward(self, dout):
        y = 1 / (1 + np.exp(-self.out))
        return dout * y * (1 - y)


@misconception("sigmoid")
class OutputOnly(Sigmoid):
    """
    One factor of the slope is missing. At the far right the curve is flat and the output
    close to 1: does your slope become 0 there?
    """

    def backward(self, dout):
        return dout * self.out


@misconception("sigmoid")
class ComplementOnly(Sigmoid):
    """
    One factor of the slope is missing. At the far left the curve is flat and the output
    close to 0: does your slope become 0 there?
    """

    def backward(self, dout):
        return dout * (1 - self.out)


@misconception("sigmoid")
class SigmoidUpstreamDropped(Sigmoid):
    """
    This is the slope of the sigmoid alone. What does the node receive from above, and where is
    it in your line?
    """

    def backward(self, dout):
        return self.out * (1 - self.out)


@misconception("sigmoid")
class SigmoidSignTurned(Sigmoid):
    """
    Every gradient has the wrong sign. The curve rises everywhere: can its slope be negative?
    Count the minus signs of the four stages.
    """

    def backward(self, dout):
        return -dout * self.out * (1 - self.out)


@misconception("sigmoid")
class SigmoidWithTanhSlope(Sigmoid):
    """
    This is the slope of another S-shaped curve, one that runs from -1 to 1. How steep is
    yours in the middle, where the output is one half?
    """

    def backward(self, dout):
        return dout * (1 - self.out**2)


@misconception("sigmoid")
class MirroredSigmoid(Sigmoid):
    """
    Your curve falls from left to right. What is the first of the four stages?
    """

    def forward(self, x):
        self.out = 1 / (1 + np.exp(np.minimum(x, 700)))
        return self.out


@misconception("sigmoid")
class ExponentialOverflows(Sigmoid):
    """
    The numbers are right, but on the way the exponential of a large number becomes inf. Only
    one side of the axis is dangerous. Is there an equal form for that side?
    """

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out


@misconception("sigmoid")
class LastOutputOfAll(Sigmoid):
    """
    The output is kept where all sigmoid layers find it. Which layer's output does backward
    read, when two of them have run?
    """

    def forward(self, x):
        type(self).last = super().forward(x)
        return self.last

    def backward(self, dout):
        return dout * self.last * (1 - self.last)


# --- tanh ------------------------------------------------------------------------------------


@misconception("tanh")
class TanhOfTheInput(Tanh):
    """
    The slope is written with the input where the output belongs. What would it be at x = 3,
    far out where the curve is flat?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * (1 - self.x**2)


@misconception("tanh")
class TanhWithSigmoidSlope(Tanh):
    """
    This is the sigmoid's slope. In the middle tanh is 0 and at its steepest: what does your
    slope say there?
    """

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


@misconception("tanh")
class TanhUpstreamDropped(Tanh):
    """
    This is the slope of tanh alone. What has it to be multiplied with?
    """

    def backward(self, dout):
        return 1 - self.out**2


@misconception("tanh")
class TanhNotSquared(Tanh):
    """
    Tanh is as steep at -1 as it is at 1. Is your slope the same on both sides?
    """

    def backward(self, dout):
        return dout * (1 - self.out)


@misconception("tanh")
class TanhSignTurned(Tanh):
    """
    Every gradient has the wrong sign. Tanh rises everywhere: can its slope be negative?
    """

    def backward(self, dout):
        return dout * (self.out**2 - 1)


@misconception("tanh")
class TanhByExponentials(Tanh):
    """
    The definition is right, and for large inputs both exponentials leave the range of
    numbers: inf / inf is nan. Does NumPy know this function?
    """

    def forward(self, x):
        self.out = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
        return self.out


@misconception("tanh")
class TanhIsASigmoid(Tanh):
    """
    Your curve runs from 0 to 1. What should come out for x = 0, and what for a large
    negative x?
    """

    def forward(self, x):
        z = np.exp(-np.abs(x))
        self.out = np.where(x >= 0, 1, z) / (1 + z)
        return self.out


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def ActivationUpstreamDropped():
    """
    This is the local slope alone. What comes from above, and how do the two combine?
    """
    return {
        "relu_on": 1,
        "relu_off": 0,
        "sigmoid_dx": 0.16,
        "steepest_sigmoid": 0.25,
        "five_sigmoids": 0.0009765625,
    }


@misconception("predict")
def SwitchIgnored():
    """
    Here the gradient passes although the switch is off. What did forward do with this input?
    """
    return {
        "relu_on": 0.5,
        "relu_off": 0.7,
        "sigmoid_dx": 0.32,
        "steepest_sigmoid": 0.25,
        "five_sigmoids": 0.0009765625,
    }


@misconception("predict")
def InputTimesUpstream():
    """
    The upstream gradient is multiplied by the input. How much does max(x, 0) grow when a
    positive x grows by 1?
    """
    return {
        "relu_on": 1.5,
        "relu_off": -1.4,
        "sigmoid_dx": 1.6,
        "steepest_sigmoid": 0.25,
        "five_sigmoids": 0.0009765625,
    }


@misconception("predict")
def SteepestIsOne():
    """
    The output goes up to 1, but the question is about the slope. At which output is
    y * (1 - y) largest, and how large is it?
    """
    return {
        "relu_on": 0.5,
        "relu_off": 0,
        "sigmoid_dx": 0.32,
        "steepest_sigmoid": 1,
        "five_sigmoids": 1,
    }


@misconception("predict")
def SlopesAdded():
    """
    The slopes of the five layers have been added. What does the chain rule do with slopes
    that follow one another?
    """
    return {
        "relu_on": 0.5,
        "relu_off": 0,
        "sigmoid_dx": 0.32,
        "steepest_sigmoid": 0.25,
        "five_sigmoids": 1.25,
    }


# --- leaky_relu ------------------------------------------------------------------------------


@misconception("leaky_relu")
class LeakForgotten(LeakyRelu):
    """
    On the negative side nothing comes back, as in an ordinary ReLU. Does the output react at
    all when a negative x moves?
    """

    def backward(self, dout):
        return np.where(self.mask, 0, dout)


@misconception("leaky_relu")
class LeakEverywhere(LeakyRelu):
    """
    All of the gradient is made small. On which side of 0 does the leak apply?
    """

    def backward(self, dout):
        return self.alpha * dout


@misconception("leaky_relu")
class LeakOnTheWrongSide(LeakyRelu):
    """
    The small slope is on the positive side. For which x did forward multiply by alpha?
    """

    def backward(self, dout):
        return np.where(self.mask, dout, self.alpha * dout)


@misconception("leaky_relu")
class LeakWithoutUpstream(LeakyRelu):
    """
    On the negative side alpha itself comes back, whatever comes from above. What has every
    local slope to be multiplied with?
    """

    def backward(self, dout):
        return np.where(self.mask, self.alpha, dout)


@misconception("leaky_relu")
class LeakTimesInput(LeakyRelu):
    """
    The upstream gradient is multiplied by the output. The output says where the curve is. How
    steep is it there?
    """

    def forward(self, x):
        self.out = super().forward(x)
        return self.out

    def backward(self, dout):
        return dout * self.out


@misconception("leaky_relu")
class LeakMaskFromUpstream(LeakyRelu):
    """
    The side is chosen by the sign of the upstream gradient. Which array chose it in forward?
    """

    def backward(self, dout):
        return np.where(dout <= 0, self.alpha * dout, dout)


@misconception("leaky_relu")
class LeakAtZeroOpen(LeakyRelu):
    """
    At exactly 0 you take the slope of the positive side. Which side does the task give to
    x = 0?
    """

    def forward(self, x):
        self.mask = x < 0
        return np.where(self.mask, self.alpha * x, x)


@misconception("leaky_relu")
class LeakWritesIntoUpstream(LeakyRelu):
    """
    The caller's dout is another one after your backward. Which line writes into it instead of
    making a new array?
    """

    def backward(self, dout):
        dout[self.mask] *= self.alpha
        return dout


@misconception("leaky_relu")
class NoLeakInForward(LeakyRelu):
    """
    Forward closes the switch completely. What should come out for x = -1?
    """

    def forward(self, x):
        self.mask = x <= 0
        return np.where(self.mask, 0, x)


# --- softplus --------------------------------------------------------------------------------


@misconception("softplus")
class SlopeIsTheStep(Softplus):
    """
    This is ReLU's slope. Softplus bends smoothly: how steep is it at x = 0?
    """

    def backward(self, dout):
        return np.where(self.x > 0, dout, 0)


@misconception("softplus")
class SigmoidOfSoftplus(Softplus):
    """
    The right function at the wrong place: it has been given the output. At which number is
    the slope of a curve taken?
    """

    def forward(self, x):
        self.out = super().forward(x)
        return self.out

    def backward(self, dout):
        return dout / (1 + np.exp(-self.out))


@misconception("softplus")
class SigmoidSlopeForSoftplus(Softplus):
    """
    That is one derivative too many: the slope of the slope. What is left when you
    differentiate log(1 + exp(x)) only once, from the outside in?
    """

    def backward(self, dout):
        z = np.exp(-np.abs(self.x))
        return dout * z / (1 + z) ** 2


@misconception("softplus")
class InnerSlopeForgotten(Softplus):
    """
    This is 1 / (1 + exp(x)), the slope of the logarithm alone. The chain goes on: what stands
    inside the logarithm, and how does that react to x?
    """

    def backward(self, dout):
        z = np.exp(-np.abs(self.x))
        return dout * np.where(self.x >= 0, z, 1) / (1 + z)


@misconception("softplus")
class SoftplusUpstreamDropped(Softplus):
    """
    This is the slope of softplus alone. What comes from above, and where is it in your line?
    """

    def backward(self, dout):
        z = np.exp(-np.abs(self.x))
        return np.where(self.x >= 0, 1, z) / (1 + z)


@misconception("softplus")
class SoftplusOverflows(Softplus):
    """
    For a large x the exponential is inf before the logarithm can tame it. What is
    log(1 + exp(x)) close to when x is 1000? Can you take that part out first?
    """

    def forward(self, x):
        self.x = x
        return np.log(1 + np.exp(x))


@misconception("softplus")
class OneForgottenInLogarithm(Softplus):
    """
    log(exp(x)) is x again. Which number belongs into the logarithm beside the exponential?
    """

    def forward(self, x):
        self.x = x
        return x * 1


# --- swish -----------------------------------------------------------------------------------


@misconception("swish")
class GateOnly(Swish):
    """
    Only the path through the plain factor x comes back. x also reaches the output through the
    gate. What does the graph say where two paths leave one node?
    """

    def backward(self, dout):
        return dout * self.s


@misconception("swish")
class GateSlopeOnly(Swish):
    """
    Only the path through the sigmoid comes back. x is also a plain factor of the product.
    What does the graph say where two paths leave one node?
    """

    def backward(self, dout):
        return dout * self.x * self.s * (1 - self.s)


@misconception("swish")
class GateSlopeAlone(Swish):
    """
    This treats the output as if it were the sigmoid itself. Which node comes after the
    sigmoid in the graph, and what does it multiply the gradient by?
    """

    def backward(self, dout):
        return dout * self.s * (1 - self.s)


@misconception("swish")
class PathsMultiplied(Swish):
    """
    The two paths have been multiplied. Slopes along one path multiply. What do gradients do
    that meet at the same node from two paths?
    """

    def backward(self, dout):
        return dout * self.s * self.x * self.s * (1 - self.s)


@misconception("swish")
class GateWithoutInput(Swish):
    """
    Both paths are there. The one through the sigmoid has lost a factor: what is the sigmoid
    multiplied with in forward?
    """

    def backward(self, dout):
        return dout * (self.s + self.s * (1 - self.s))


@misconception("swish")
class SwishUpstreamDropped(Swish):
    """
    The slope is right. What has it to be multiplied with before it is handed on?
    """

    def backward(self, dout):
        return self.s + self.x * self.s * (1 - self.s)


@misconception("swish")
class SwishIsSigmoid(Swish):
    """
    Your forward returns the gate alone. What passes through the gate?
    """

    def forward(self, x):
        super().forward(x)
        return self.s
