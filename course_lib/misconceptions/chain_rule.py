"""Wrong answers to 02_chain_rule."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.chain_rule import Chain, Fork, ThreeUses
from course_lib.layers import AddLayer, ExpLayer, LogLayer, MulLayer, SquareLayer
from course_lib.misconceptions.registry import misconception

SLUG = "02_chain_rule"

# --- square_layer ----------------------------------------------------------------------------


@misconception("square_layer")
class SquareUpstreamDropped(SquareLayer):
    """
    This is the slope of the square alone: right where dout is 1, at the very end of a graph.
    What do the nodes after this one have to say, and where is that in your line?
    """

    def backward(self, dout):
        return 2 * self.x


@misconception("square_layer")
class SquareUpstreamAdded(SquareLayer):
    """
    The upstream gradient and the local slope have been added. If this node makes a step 6 times
    as long and the rest of the graph 3 times, how long does the step get?
    """

    def backward(self, dout):
        return dout + 2 * self.x


@misconception("square_layer")
class SquareHalf(SquareLayer):
    """
    Exactly half of the gradient is there. A square is x times x, and both factors move when x
    moves. How many of the two have you counted?
    """

    def backward(self, dout):
        return dout * self.x


@misconception("square_layer")
class SquareSlopeAtUpstream(SquareLayer):
    """
    The slope is taken at the upstream gradient. At which point of the curve did forward
    stand, and was it kept?
    """

    def backward(self, dout):
        return dout * 2 * dout


@misconception("square_layer")
class SquareAgain(SquareLayer):
    """
    The upstream gradient is multiplied by the output: that is how high the curve is. How steep
    is it there? Compare 10 squared with 11 squared.
    """

    def backward(self, dout):
        return dout * self.x**2


@misconception("square_layer")
class SquareAsDoubling(SquareLayer):
    """
    This is the slope of a straight line, the same everywhere. From 1 to 2 the square grows by
    3, from 10 to 11 by 21. What does the slope depend on?
    """

    def backward(self, dout):
        return dout * 2


@misconception("square_layer")
class SquareUndone(SquareLayer):
    """
    A root undoes the square. Backward does not ask what went in: forward knew that. If x
    moves by a little, how much does the square move?
    """

    def backward(self, dout):
        return np.sqrt(dout)


@misconception("square_layer")
class SquareDoublesInForward(SquareLayer):
    """
    Your forward doubles. Three squared is 9, not 6. What does it give for 10?
    """

    def forward(self, x):
        self.x = x
        return 2 * x


@misconception("square_layer")
class SquareByCaret(SquareLayer):
    """
    In Python ^ is no power: it compares numbers bit by bit and takes whole ones only. Which
    operator of Python raises to a power?
    """

    def forward(self, x):
        self.x = x
        return x ^ 2


@misconception("square_layer")
class SquareNothingRemembered(SquareLayer):
    """
    x was the argument of forward, and it is gone when backward runs. Where can forward leave a
    number so that another method of the same object finds it?
    """

    def backward(self, dout):
        return dout * 2 * x  # noqa: F821


@misconception("square_layer")
class SquareWritesIntoInput(SquareLayer):
    """
    The square is written into the array that came in, so what forward meant to keep is
    squared too. Which operator changes an array, and which one makes a new one?
    """

    def forward(self, x):
        self.x = x
        x *= x
        return x


@misconception("square_layer")
class SquareFirstInputKept(SquareLayer):
    """
    The input is remembered at the first forward only. For which numbers should backward
    answer when forward has run again?
    """

    def forward(self, x):
        if not hasattr(self, "x"):
            self.x = x
        return x**2


# --- exp_layer -------------------------------------------------------------------------------


@misconception("exp_layer")
class ExpUpstreamDropped(ExpLayer):
    """
    The local slope is right, and it is all that you return. What has every local slope to be
    combined with before it is handed on?
    """

    def backward(self, dout):
        return self.out


@misconception("exp_layer")
class ExpSlopeAtUpstream(ExpLayer):
    """
    The exponential is taken of the upstream gradient. At which point of the curve did forward
    stand? What did it put out there?
    """

    def backward(self, dout):
        return dout * np.exp(dout)


@misconception("exp_layer")
class ExpOfUpstream(ExpLayer):
    """
    dout has been sent through forward's function. Backward does not repeat forward. By how much
    does the output move when x moves, and what does that do to dout?
    """

    def backward(self, dout):
        return np.exp(dout)


@misconception("exp_layer")
class ExpPowerRule(ExpLayer):
    """
    This is the rule for x to a fixed power. Here x itself is the exponent and the base is
    fixed. Which of the two cases does the chapter derive with a calculator?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x * np.exp(self.x - 1)


@misconception("exp_layer")
class ExpTimesInput(ExpLayer):
    """
    The input stands where another number belongs. At x = 0 the curve of exp is not flat: does
    your slope agree?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x


@misconception("exp_layer")
class ExpInnerSlopeTwice(ExpLayer):
    """
    The input has been multiplied in as well, as if something more stood in the exponent. What
    is the slope of x itself?
    """

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x * self.out


@misconception("exp_layer")
class ExpTakenTwice(ExpLayer):
    """
    The exponential of the output is the exponential of an exponential. What did forward keep:
    the number before exp, or the one after?
    """

    def backward(self, dout):
        return dout * np.exp(self.out)


@misconception("exp_layer")
class ExpDivided(ExpLayer):
    """
    You divide by the slope. If the output moves 7 times as fast as x, is the gradient of x
    larger than dout, or smaller?
    """

    def backward(self, dout):
        return dout / self.out


@misconception("exp_layer")
class ExpOfTheMathModule(ExpLayer):
    """
    The functions of the module math take one number. A layer gets whole arrays as well. Who
    offers the same function element by element?
    """

    def forward(self, x):
        import math

        self.out = math.exp(x)
        return self.out


@misconception("exp_layer")
class ExpIsAProduct(ExpLayer):
    """
    Your forward multiplies by e. What should come out for x = 0, and what for x = 2?
    """

    def forward(self, x):
        self.out = np.e * x
        return self.out


@misconception("exp_layer")
class ExpCacheOverwritten(ExpLayer):
    """
    The gradient is written into what forward had kept. What does backward find there when it
    is called once more, and what does the one who holds forward's output?
    """

    def backward(self, dout):
        self.out *= dout
        return self.out


@misconception("exp_layer")
class ExpCacheOnTheClass(ExpLayer):
    """
    The output is kept on the class, where all exponential nodes share one place. Whose output
    does backward read when two of them have run?
    """

    def forward(self, x):
        type(self).shared = np.exp(x)
        return self.shared

    def backward(self, dout):
        return dout * type(self).shared


# --- log_layer -------------------------------------------------------------------------------


@misconception("log_layer")
class LogUpstreamDropped(LogLayer):
    """
    This is the slope of the logarithm alone. What comes from above, and where is it in your
    line?
    """

    def backward(self, dout):
        return 1 / self.x


@misconception("log_layer")
class LogTimesInput(LogLayer):
    """
    The gradient grows with x here. The curve of the logarithm gets flatter to the right: what
    should happen to its slope?
    """

    def backward(self, dout):
        return dout * self.x


@misconception("log_layer")
class LogAgain(LogLayer):
    """
    The logarithm has been taken again: that is how high the curve is. Backward never repeats
    forward. How steep is the curve at x = 1, where it is 0 high?
    """

    def backward(self, dout):
        return dout * np.log(self.x)


@misconception("log_layer")
class LogOfUpstream(LogLayer):
    """
    dout has been sent through forward's function. What should backward do with dout: change
    it by a slope, or take it for x?
    """

    def backward(self, dout):
        return np.log(dout)


@misconception("log_layer")
class LogSlopeAtUpstream(LogLayer):
    """
    The slope is taken at dout. At which number did forward take the logarithm, and where did
    it leave that number for you?
    """

    def backward(self, dout):
        return 1 / dout


@misconception("log_layer")
class LogDividedByOutput(LogLayer):
    """
    You divide by what came out. For x = 1 the output is 0: is the curve infinitely steep
    there? Which number of forward belongs here?
    """

    def forward(self, x):
        self.out = super().forward(x)
        return self.out

    def backward(self, dout):
        return dout / self.out


@misconception("log_layer")
class LogUndone(LogLayer):
    """
    The exponential undoes the logarithm, but a gradient does not ask what went in. Which is
    larger: the slope of the logarithm at 1 or at 10?
    """

    def backward(self, dout):
        return dout * np.exp(self.x)


@misconception("log_layer")
class LogDerivedTwice(LogLayer):
    """
    That is one derivative too many, the slope of the slope. Does the logarithm fall anywhere?
    Then can its slope be negative?
    """

    def backward(self, dout):
        return -dout / self.x**2


@misconception("log_layer")
class LogOfTheMathModule(LogLayer):
    """
    The functions of the module math take one number. A layer gets whole arrays as well. Who
    offers the same function element by element?
    """

    def forward(self, x):
        import math

        self.x = x
        return math.log(x)


@misconception("log_layer")
class LogToBaseTen(LogLayer):
    """
    This is the logarithm to another base. Which number has to be raised to give x here? Which
    of NumPy's logarithms has this base?
    """

    def forward(self, x):
        self.x = x
        return np.log10(x)


@misconception("log_layer")
class LogWritesIntoUpstream(LogLayer):
    """
    The numbers are right, and the caller's dout is another one afterwards. Which operator
    writes into an array that is not yours?
    """

    def backward(self, dout):
        dout /= self.x
        return dout


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def NegativeSquareSlopePositive():
    """
    The size is right. Left of 0, does the parabola rise or fall when x grows?
    """
    return {"square_dx": 30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 4.5, "paths": 10}


@misconception("predict")
def SquareValueTimesUpstream():
    """
    You multiplied dout by the square of x. That is the height of the curve. What is its slope
    at this point?
    """
    return {"square_dx": 75, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 4.5, "paths": 10}


@misconception("predict")
def SlopesWithoutUpstream():
    """
    This is the local slope alone. What comes from above, and how do the two combine?
    """
    return {"square_dx": -10, "exp_dx": 7, "log_dx": 0.25, "chain": -12, "fork": 4.5, "paths": 10}


@misconception("predict")
def ExpOfTheOutputAgain():
    """
    7 is what came out of the exponential already. What is the slope of this node, measured by
    its own output?
    """
    return {
        "square_dx": -30,
        "exp_dx": 0.5 * np.exp(7),
        "log_dx": 3,
        "chain": -12,
        "fork": 4.5,
        "paths": 10,
    }


@misconception("predict")
def LogTimesInputByHand():
    """
    You multiplied where the curve asks for the opposite. At x = 4 the logarithm is flatter
    than at x = 1: is dx larger or smaller than dout?
    """
    return {"square_dx": -30, "exp_dx": 3.5, "log_dx": 48, "chain": -12, "fork": 4.5, "paths": 10}


@misconception("predict")
def ChainSlopesAddedByHand():
    """
    The slopes of the chain have been added. If one node stretches a step by 3 and the next by
    -2, how long is the step after both?
    """
    return {"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": 5.5, "fork": 4.5, "paths": 10}


@misconception("predict")
def ForkMultiplied():
    """
    Slopes multiply when nodes stand one behind the other. Here three branches lie side by
    side and come back to one value. What do their gradients do there?
    """
    return {"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": -6, "paths": 10}


@misconception("predict")
def ForkAveraged():
    """
    The three gradients have been averaged. When the value moves, all three uses move fully.
    Does anything divide the movement by three?
    """
    return {"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 1.5, "paths": 10}


@misconception("predict")
def LastBranchOnly():
    """
    Only the branch that came last is left. What happened to the gradients of the other two?
    """
    return {"square_dx": -30, "exp_dx": 3.5, "log_dx": 3, "chain": -12, "fork": 0.5, "paths": 3}


# --- fork ------------------------------------------------------------------------------------


@misconception("fork")
class ForkDirectPathOnly(Fork):
    """
    Only the path straight into the product comes back to x. In your drawing, how many edges
    leave x? What became of the gradient that the sum node handed back?
    """

    def backward(self, dout):
        dq, dx = self.mul.backward(dout)
        ds = self.square.backward(dq)
        _dx_by_sum, dy = self.add.backward(ds)
        return dx, dy


@misconception("fork")
class ForkOverwritten(Fork):
    """
    dx is computed twice, and the second value has replaced the first. Both paths from x are
    real. What should the second one do with what it finds?
    """

    def backward(self, dout):
        dq, dx = self.mul.backward(dout)
        ds = self.square.backward(dq)
        dx, dy = self.add.backward(ds)
        return dx, dy


@misconception("fork")
class ForkPathsMultiplied(Fork):
    """
    The gradients of the two paths have been multiplied. Slopes multiply along one path. What
    do gradients do that meet at one value from two paths?
    """

    def backward(self, dout):
        dq, dx_direct = self.mul.backward(dout)
        ds = self.square.backward(dq)
        dx_by_sum, dy = self.add.backward(ds)
        return dx_direct * dx_by_sum, dy


@misconception("fork")
class ForkPathsAveraged(Fork):
    """
    The two gradients of x have been averaged. When x moves by 1, does each of its two uses
    move by a half only?
    """

    def backward(self, dout):
        dq, dx_direct = self.mul.backward(dout)
        ds = self.square.backward(dq)
        dx_by_sum, dy = self.add.backward(ds)
        return (dx_direct + dx_by_sum) / 2, dy


@misconception("fork")
class ForkUpstreamDropped(Fork):
    """
    The walk back begins with 1, whatever the caller says. What is dout, and at which node does
    it enter?
    """

    def backward(self, dout):
        dq, dx_direct = self.mul.backward(np.ones_like(dout))
        ds = self.square.backward(dq)
        dx_by_sum, dy = self.add.backward(ds)
        return dx_direct + dx_by_sum, dy


@misconception("fork")
class ForkUpstreamEverywhere(Fork):
    """
    Every node has been given dout itself. Which node stands right before the end, and from
    whom does each of the others get its upstream gradient?
    """

    def backward(self, dout):
        _dq, dx_direct = self.mul.backward(dout)
        self.square.backward(dout)
        dx_by_sum, dy = self.add.backward(dout)
        return dx_direct + dx_by_sum, dy


@misconception("fork")
class ForkSquareSkipped(Fork):
    """
    The gradient goes from the product straight to the sum. Which node lies between the two,
    and what does it do to a gradient that passes?
    """

    def backward(self, dout):
        dq, dx_direct = self.mul.backward(dout)
        dx_by_sum, dy = self.add.backward(dq)
        return dx_direct + dx_by_sum, dy


@misconception("fork")
class ForkProductSkipped(Fork):
    """
    The square has been given dout itself. Between it and the end stands the product. By what
    does the product multiply a gradient on its way to the square?
    """

    def backward(self, dout):
        _dq, dx_direct = self.mul.backward(dout)
        ds = self.square.backward(dout)
        dx_by_sum, dy = self.add.backward(ds)
        return dx_direct + dx_by_sum, dy


@misconception("fork")
class ForkThreeGradients(Fork):
    """
    One gradient for each edge is returned. The caller asks for one per input. How many inputs
    has forward, and what becomes of two gradients of the same one?
    """

    def backward(self, dout):
        dq, dx_direct = self.mul.backward(dout)
        ds = self.square.backward(dq)
        dx_by_sum, dy = self.add.backward(ds)
        return dx_direct, dx_by_sum, dy


@misconception("fork")
class ForkSwapped(Fork):
    """
    These are the right numbers in exchanged places. Which input has two paths? Where is its
    gradient among the two that you return?
    """

    def backward(self, dout):
        dx, dy = super().backward(dout)
        return dy, dx


@misconception("fork")
class ForkBothGetBothPaths(Fork):
    """
    dx is right, and y gets the same. Follow the edges from y to the end: how many paths are
    there?
    """

    def backward(self, dout):
        dx, _dy = super().backward(dout)
        return dx, dx


@misconception("fork")
class ForkWithoutSquare(Fork):
    """
    The square node is missing in forward. For x = 2 and y = 3 the result should be 50. What
    does yours say?
    """

    def forward(self, x, y):
        s = self.add.forward(x, y)
        self.square.forward(s)
        return self.mul.forward(s, x)


@misconception("fork")
class ForkSharesItsNodes(Fork):
    """
    The nodes belong to the class, so two such graphs use the same three. Whose numbers do the
    nodes remember when both graphs have run?
    """

    nodes = (AddLayer(), SquareLayer(), MulLayer())

    def __init__(self):
        self.add, self.square, self.mul = self.nodes


# --- chain -----------------------------------------------------------------------------------


@misconception("chain")
class ChainUpstreamDropped(Chain):
    """
    The walk back begins with 1, whatever the caller says. What is dout, and which node should
    get it first?
    """

    def backward(self, dout):
        dd = self.exp.backward(np.ones_like(dout))
        return self.log.backward(self.square.backward(dd * -0.5))


@misconception("chain")
class ChainSlopesAdded(Chain):
    """
    The slopes of the nodes have been added. Each node stretches the step that the one before
    hands it. What happens to a step that is doubled and then tripled?
    """

    def backward(self, dout):
        one = np.ones_like(dout)
        slopes = [self.exp.backward(one), -0.5, self.square.backward(one), 1]
        return dout * (sum(slopes) + self.log.backward(one))


@misconception("chain")
class ChainLastNodeOnly(Chain):
    """
    Only the last node of the chain has worked on the gradient. Which four lie between it and
    x?
    """

    def backward(self, dout):
        return self.exp.backward(dout)


@misconception("chain")
class ChainHalfForgotten(Chain):
    """
    The node with -0.5 has let the gradient pass as it was. When c grows by 1, by how much does
    d move, and which way?
    """

    def backward(self, dout):
        dd = self.exp.backward(dout)
        return self.log.backward(self.square.backward(dd))


@misconception("chain")
class ChainConstantSubtracted(Chain):
    """
    1 has been taken off the gradient, as forward took it off the value. If a grows by a
    little, how does a - 1 grow? Does it matter how much is subtracted?
    """

    def backward(self, dout):
        dd = self.exp.backward(dout)
        db = self.square.backward(dd * -0.5)
        return self.log.backward(db - 1)


@misconception("chain")
class ChainSquareCountedOnce(Chain):
    """
    Exactly half of the gradient is there. One of the five nodes uses its input twice, as two
    factors. Which one, and how often did you count it?
    """

    def backward(self, dout):
        return super().backward(dout) / 2


@misconception("chain")
class ChainSignTurned(Chain):
    """
    The sizes are right, and every sign is turned. Two of the five nodes carry a minus. Which of
    them makes its output fall when its input rises, and which does not?
    """

    def backward(self, dout):
        dd = self.exp.backward(dout)
        db = self.square.backward(dd * -0.5)
        return self.log.backward(db * -1)


@misconception("chain")
class ChainStopsBeforeLog(Chain):
    """
    The walk ends one node too early: this is the gradient of what the logarithm put out. Which
    value did the caller ask for?
    """

    def backward(self, dout):
        dd = self.exp.backward(dout)
        return self.square.backward(dd * -0.5)


@misconception("chain")
class ChainSkipsSquare(Chain):
    """
    One node of the five has been left out on the way back. Go through them one by one, from
    the right: what does each do to the gradient?
    """

    def backward(self, dout):
        dd = self.exp.backward(dout)
        return self.log.backward(dd * -0.5)


@misconception("chain")
class ChainEverySlopeAtX(Chain):
    """
    Every slope has been taken at x. But only the first node got x. Which number did the square
    get, and which one the exponential?
    """

    def backward(self, dout):
        x = self.log.x
        return dout * np.exp(x) * -0.5 * 2 * x / x


@misconception("chain")
class ChainUpstreamAtEveryNode(Chain):
    """
    The caller's dout has been multiplied in at several nodes. It enters the chain once, at
    the right end. What does the next node get from there?
    """

    def backward(self, dout):
        return self.exp.backward(dout) * -0.5 * self.square.backward(dout) * self.log.backward(dout)


@misconception("chain")
class ChainNodesExchanged(Chain):
    """
    The factor comes before the square here, and the square takes its sign away. In which
    order does the task name the nodes? What is the result for x = 1?
    """

    def forward(self, x):
        b = self.log.forward(x) - 1
        return self.exp.forward(self.square.forward(b * -0.5))


@misconception("chain")
class ChainSharesItsNodes(Chain):
    """
    The nodes belong to the class, so two chains use the same three. Whose numbers do the
    nodes remember when both chains have run?
    """

    nodes = (LogLayer(), SquareLayer(), ExpLayer())

    def __init__(self):
        self.log, self.square, self.exp = self.nodes


# --- three_uses ------------------------------------------------------------------------------


@misconception("three_uses")
class LastUseOnly(ThreeUses):
    """
    Only what came last is in the account of x. Every entry before it has been replaced. How
    does one write "add this to what is there"?
    """

    def backward(self, dout):
        grad = {}
        grad["x"] = dout * self.y
        grad["y"] = dout * self.x
        grad["x"] = dout * 2 * self.x
        grad["x"] = dout
        return grad["x"], grad["y"]


@misconception("three_uses")
class FirstUseOnly(ThreeUses):
    """
    This is what the product sends back to x. x is used at two more places. What do they send?
    """

    def backward(self, dout):
        return dout * self.y, dout * self.x


@misconception("three_uses")
class SquareUseOnly(ThreeUses):
    """
    This is what the square sends back to x. x is used at two more places. What do they send?
    """

    def backward(self, dout):
        return dout * 2 * self.x, dout * self.x


@misconception("three_uses")
class PlainUseForgotten(ThreeUses):
    """
    The product and the square have answered. x also stands in the formula all by itself: does
    the result not move with it?
    """

    def backward(self, dout):
        return dout * self.y + dout * 2 * self.x, dout * self.x


@misconception("three_uses")
class PlainUseWithoutUpstream(ThreeUses):
    """
    The plain x sends back a 1 here. Its slope is 1, and that is a factor. What does it
    multiply?
    """

    def backward(self, dout):
        return dout * self.y + dout * 2 * self.x + 1, dout * self.x


@misconception("three_uses")
class UpstreamOnFirstUseOnly(ThreeUses):
    """
    Only one of the three uses has been given the upstream gradient. What do the other two
    multiply?
    """

    def backward(self, dout):
        return dout * self.y + 2 * self.x + 1, dout * self.x


@misconception("three_uses")
class UsesWithoutUpstream(ThreeUses):
    """
    These are the slopes for the last node of a graph. What does dout say about what comes
    after, and whom does it reach?
    """

    def backward(self, dout):
        ones = np.ones_like(dout)
        return self.y + 2 * self.x + ones, self.x * ones


@misconception("three_uses")
class UsesAveraged(ThreeUses):
    """
    The three gradients have been averaged. When x moves, each of its three uses moves just as
    far. Why divide?
    """

    def backward(self, dout):
        return (dout * self.y + dout * 2 * self.x + dout) / 3, dout * self.x


@misconception("three_uses")
class SquareCountedOnce(ThreeUses):
    """
    One part of the gradient of x is too small. Inside the square, x is a factor twice. How
    often have you counted it?
    """

    def backward(self, dout):
        return dout * self.y + dout * self.x + dout, dout * self.x


@misconception("three_uses")
class PartnersExchangedInSum(ThreeUses):
    """
    The product has handed each input its own value. Keep x still and let y grow by 1: by how
    much does x * y grow?
    """

    def backward(self, dout):
        return dout * self.x + dout * 2 * self.x + dout, dout * self.y


@misconception("three_uses")
class ValueOfYForItsGradient(ThreeUses):
    """
    The gradient of x is right. For y you have taken the value of y. Keep x still and let y
    grow by 1: by how much does the result grow?
    """

    def backward(self, dout):
        return dout * self.y + dout * 2 * self.x + dout, dout * self.y


@misconception("three_uses")
class AccountIsTheUpstream(ThreeUses):
    """
    The account of x was opened with dout itself, not with a copy. What happens to the caller's
    array when you add to it, and what does every later line find in dout?
    """

    def backward(self, dout):
        dx = dout
        dx += dout * self.y
        dx += dout * 2 * self.x
        return dx, dout * self.x


@misconception("three_uses")
class AccountNeverCleared(ThreeUses):
    """
    The first pass is right, and each later one adds to the old balance. When should an account
    start at 0: once in its life, or at every pass?
    """

    def __init__(self):
        self.grad = {"x": 0, "y": 0}

    def backward(self, dout):
        self.grad["x"] = self.grad["x"] + dout * self.y + dout * 2 * self.x + dout
        self.grad["y"] = self.grad["y"] + dout * self.x
        return self.grad["x"], self.grad["y"]


@misconception("three_uses")
class PlainUseNotInForward(ThreeUses):
    """
    One of the three terms is missing in forward. For x = 1 and y = 0 the result should be 2.
    What does yours say?
    """

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y + x**2
