"""Wrong answers to 10_autodiff."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, ARG005, D200, D205, D400, D401, D403, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.autodiff import Dual, Tensor, Value
from course_lib.misconceptions.registry import misconception

SLUG = "10_autodiff"

# --- value -----------------------------------------------------------------------------------


@misconception("value")
class LastUseWins(Value):
    """
    A value that is used twice keeps only what came last. When the second gradient arrives, what
    happens to the first one?
    """

    def backward(self):
        order = self.order()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad = node.grad * local


@misconception("value")
class SeedMissing(Value):
    """
    Every gradient is 0. Something has to be there before the first product is made: by how
    much does the result change when the result changes by one?
    """

    def backward(self):
        order = self.order()
        for node in order:
            node.grad = 0.0
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class SeededWithTheResult(Value):
    """
    All gradients are too large by the same factor: the result itself. What is the slope of a
    number with respect to itself?
    """

    def backward(self):
        order = self.order()
        for node in order:
            node.grad = 0.0
        self.grad = self.value
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class InputsBeforeResults(Value):
    """
    The oldest values hand on first, when nothing has reached them yet. In which direction does
    one walk along the tape on the way back?
    """

    def backward(self):
        order = self.order()[::-1]
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class HandedOnTwice(Value):
    """
    A value hands on all that it has each time something arrives, so the first part goes on
    twice. When does it know that nothing more will come?
    """

    def backward(self):
        for node in self.order():
            node.grad = 0.0
        self.grad = 1.0
        self.hand_on()

    def hand_on(self):
        for source, local in self.inputs:
            source.grad += self.grad * local
            source.hand_on()


@misconception("value")
class EachPathForItself(Value):
    """
    Each path is walked alone, and its share is added to what is there already. What is there
    when a second pass begins, and how many paths can there be?
    """

    def backward(self, grad=1.0):
        self.grad += grad
        for source, local in self.inputs:
            source.backward(grad * local)


@misconception("value")
class EachWayWalked(Value):
    """
    The numbers are right, but every way through the calculation is walked for itself. With a
    fork at each of 30 steps, how many ways are there? And how many values?
    """

    def order(self):
        reached = [self]
        to_visit = [self]
        while to_visit:
            for source, _ in to_visit.pop().inputs:
                reached.append(source)
                to_visit.append(source)
        return sorted(set(reached), key=lambda node: node.number, reverse=True)


@misconception("value")
class LastPathWins(Value):
    """
    Each path leaves its own gradient behind and wipes out that of the path before. What do the
    gradients of two paths do where they meet?
    """

    def backward(self, grad=1.0):
        self.grad = grad
        for source, local in self.inputs:
            source.backward(grad * local)


@misconception("value")
class NearestFirst(Value):
    """
    The nearest values come first here, and one of them hands on before its last gradient has
    arrived. Is the value with the shortest way to the result always done first?
    """

    def backward(self):
        order, seen = [self], {self}
        for node in order:
            for source, _ in node.inputs:
                if source not in seen:
                    seen.add(source)
                    order.append(source)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class UpstreamNotMultiplied(Value):
    """
    Each value hands on its local gradients alone. That is right one step from the end: what is
    missing further back?
    """

    def backward(self):
        order = self.order()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad += local


@misconception("value")
class GradientsOfBothPasses(Value):
    """
    The gradients of an earlier backward are still in it. Who clears them, and when?
    """

    def backward(self):
        self.grad = 1.0
        for node in self.order():
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class OnlyLeavesCleared(Value):
    """
    The values at the beginning have been cleared, those in between have not. What do these
    hand on in a second pass?
    """

    def backward(self):
        order = self.order()
        for node in order:
            if not node.inputs:
                node.grad = 0.0
        self.grad = 1.0
        for node in order:
            for source, local in node.inputs:
                source.grad += node.grad * local


@misconception("value")
class OwnFactorAsSlope(Value):
    """
    Each factor has got itself as its slope. If y is 4 and x grows by one, by how much does
    their product grow?
    """

    def __mul__(self, other):
        x, y = self.value, other.value
        return type(self)(x * y, [(self, x), (other, y)])


@misconception("value")
class ProductLikeASum(Value):
    """
    The product hands its gradient on unchanged, like a sum. By how much does a product grow
    when one of its factors grows by one?
    """

    def __mul__(self, other):
        return type(self)(self.value * other.value, [(self, 1), (other, 1)])


@misconception("value")
class SumLikeAProduct(Value):
    """
    The sum has got the slopes of a product. By how much does a sum grow when one of its terms
    grows by one?
    """

    def __add__(self, other):
        x, y = self.value, other.value
        return type(self)(x + y, [(self, y), (other, x)])


@misconception("value")
class SumSharedOut(Value):
    """
    The gradient has been shared out between the two terms. If one of them grows by one, does
    the sum grow by a half?
    """

    def __add__(self, other):
        return type(self)(self.value + other.value, [(self, 0.5), (other, 0.5)])


@misconception("value")
class OnlyTheFirstRecorded(Value):
    """
    The second term gets nothing. Who stands on the right of the plus sign, and is it written
    down?
    """

    def __add__(self, other):
        return type(self)(self.value + other.value, [(self, 1)])


@misconception("value")
class InputsInADict(Value):
    """
    Two inputs that are one and the same value have become one. In what are the inputs kept, and
    what happens there when x is multiplied by x?
    """

    def __add__(self, other):
        return type(self)(self.value + other.value, list({self: 1, other: 1}.items()))

    def __mul__(self, other):
        x, y = self.value, other.value
        return type(self)(x * y, list({self: y, other: x}.items()))


@misconception("value")
class CallsItselfTooDeep(Value):
    """
    The gradients are right, and a chain of thousands of steps is too long for a function that
    calls itself. Where could what is still to be visited be kept instead?
    """

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.inputs:
                    visit(source)
                order.append(node)

        visit(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local


# --- backward_order --------------------------------------------------------------------------


@misconception("backward_order")
def BreadthFirst(graph, last):
    """
    Names come in the order in which they are met. A name can be met by a short way before a
    long way to it has been walked: what should it wait for?
    """
    order, seen = [last], {last}
    for name in order:
        for source in graph[name]:
            if source not in seen:
                seen.add(source)
                order.append(source)
    return order


@misconception("backward_order")
def DepthFirstOnTheWayIn(graph, last):
    """
    Each name has been written down when it was first reached. At which moment is it certain
    that all that it is made from stands on the list?
    """
    order, seen, to_visit = [], set(), [last]
    while to_visit:
        name = to_visit.pop()
        if name not in seen:
            seen.add(name)
            order.append(name)
            to_visit += reversed(graph[name])
    return order


@misconception("backward_order")
def ForwardOrder(graph, last):
    """
    This is the order of the forward pass: inputs come first. Where does the backward pass
    begin?
    """
    order, seen, to_visit = [], set(), [(last, False)]
    while to_visit:
        name, done = to_visit.pop()
        if done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            to_visit.append((name, True))
            to_visit += [(source, False) for source in graph[name]]
    return order


@misconception("backward_order")
def EveryPath(graph, last):
    """
    Names come once for each path that leads to them. How many paths are there when each of
    sixty steps uses its input twice?
    """
    order = [last]
    for name in order:
        order += graph[name]
    return order


@misconception("backward_order")
def LastLeftOut(graph, last):
    """
    The result itself is not on the list. Whose gradient is known before all others, and who
    hands on first?
    """
    order, seen, to_visit = [], set(), [(last, False)]
    while to_visit:
        name, done = to_visit.pop()
        if done:
            order.append(name)
        elif name not in seen:
            seen.add(name)
            to_visit.append((name, True))
            to_visit += [(source, False) for source in graph[name]]
    return order[-2::-1]


@misconception("backward_order")
def LeavesLeftOut(graph, last):
    """
    Names without inputs are missing. They hand nothing on, but whose gradients did you want in
    the end?
    """
    order, seen, to_visit = [], set(), [(last, False)]
    while to_visit:
        name, done = to_visit.pop()
        if done:
            order.append(name)
        elif name not in seen and graph[name]:
            seen.add(name)
            to_visit.append((name, True))
            to_visit += [(source, False) for source in graph[name]]
    return order[::-1]


@misconception("backward_order")
def EverythingInTheGraph(graph, last):
    """
    There are names on the list that the result was not made from. From where do you start, and
    whom can you reach from there?
    """
    order, seen = [], set()
    for start in [*(name for name in graph if name != last), last]:
        to_visit = [(start, False)]
        while to_visit:
            name, done = to_visit.pop()
            if done:
                order.append(name)
            elif name not in seen:
                seen.add(name)
                to_visit.append((name, True))
                to_visit += [(source, False) for source in graph[name]]
    return order[::-1]


@misconception("backward_order")
def OnlyTheDirectInputs(graph, last):
    """
    These are the result and what it was made from directly. What were those made from?
    """
    return [last, *graph[last]]


@misconception("backward_order")
def RecursiveVisit(graph, last):
    """
    The order is right, and a long chain is too deep for a function that calls itself. Where
    could the names that are still to be visited be kept instead?
    """
    order = []

    def visit(name):
        if name not in order:
            for source in graph[name]:
                visit(source)
            order.append(name)

    visit(last)
    return order[::-1]


@misconception("backward_order")
def GraphEatenUp(graph, last):
    """
    The order is right, and the graph is empty afterwards. Who else may want to look at it, for
    a second pass perhaps?
    """
    order, seen, to_visit = [], set(), [last]
    while to_visit:
        name = to_visit[-1]
        seen.add(name)
        while graph[name] and graph[name][-1] in seen:
            graph[name].pop()
        if graph[name]:
            to_visit.append(graph[name].pop())
        else:
            order.append(to_visit.pop())
    return order[::-1]


# --- unbroadcast -----------------------------------------------------------------------------


@misconception("unbroadcast")
def LeftInTheLargeShape(grad, shape):
    """
    The gradient has come back as it was. A value of a smaller shape was copied: how many
    gradients does each of its numbers get?
    """
    return grad


@misconception("unbroadcast")
def OnlyNewAxesSummed(grad, shape):
    """
    Axes that the value did not have are gone, as they should be. What about an axis that it had
    with length 1?
    """
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


@misconception("unbroadcast")
def KeepdimsLost(grad, shape):
    """
    An axis of length 1 has disappeared with the sum. How many axes has the value, and how many
    must its gradient have?
    """
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


@misconception("unbroadcast")
def NewAxesKept(grad, shape):
    """
    New axes have been added up and are still there, with length 1. Did the value have them?
    """
    new = grad.ndim - len(shape)
    padded = (1,) * new + tuple(shape)
    return grad.sum(axis=tuple(i for i, n in enumerate(padded) if n == 1), keepdims=True)


@misconception("unbroadcast")
def SummedFromTheRight(grad, shape):
    """
    The axes at the end have been added up. On which side does NumPy put new axes when it
    broadcasts?
    """
    while grad.ndim > len(shape):
        grad = grad.sum(axis=-1)
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast")
def MeanOverTheCopies(grad, shape):
    """
    A mean has been taken over the copies. Each copy is a use: what do the gradients of several
    uses do?
    """
    while grad.ndim > len(shape):
        grad = grad.mean(axis=0)
    return grad.mean(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast")
def FirstCopyOnly(grad, shape):
    """
    Only the first copy has been asked. What about the gradients of the others?
    """
    while grad.ndim > len(shape):
        grad = grad[0]
    return grad[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]


@misconception("unbroadcast")
def EverythingInEachPlace(grad, shape):
    """
    The sum of all gradients stands in every place. Which of them belong to one number of the
    value?
    """
    return grad if grad.shape == tuple(shape) else np.full(shape, grad.sum())


@misconception("unbroadcast")
def SummedWhereItStands(grad, shape):
    """
    The sum is right, and it has been written into the gradient that was given. For whom else
    was that one meant?
    """
    while grad.ndim > len(shape):
        total = grad[0] if grad.ndim > 1 else grad[:1].reshape(())
        for part in grad[1:]:
            total += part
        grad = total
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast")
def SummedThoughNothingWasCopied(grad, shape):
    """
    An axis has been added up although the shapes are the same. How many uses had each number,
    if nothing was copied?
    """
    while grad.ndim > max(len(shape), 1):
        grad = grad.sum(axis=0)
    return grad.sum(axis=0)


@misconception("unbroadcast")
def AlwaysOneAxis(grad, shape):
    """
    One axis has been added up, and there were two or more to do. How do you find out how many
    axes are new?
    """
    if grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    axes = tuple(i for i, n in enumerate(shape) if n == 1)
    return grad.sum(axis=axes, keepdims=True) if grad.ndim == len(shape) else grad


# --- tensor ----------------------------------------------------------------------------------


@misconception("tensor")
class ShapeOfTheResult(Tensor):
    """
    The gradient has the shape of the result, where the value was copied. Which function did you
    write for this, and who calls it?
    """

    def receive(self, grad):
        self.grad = self.grad + grad


@misconception("tensor")
class ArraysRememberTheLastPass(Tensor):
    """
    A second call of backward adds to what the first one left behind. What should every grad
    hold when a pass begins?
    """

    def backward(self):
        order = self.order()
        self.grad = np.ones(self.value.shape)
        for node in order:
            for source, rule in node.inputs:
                source.receive(rule(node.grad))


@misconception("tensor")
class LastArrayWins(Tensor):
    """
    A tensor that is used twice keeps only what came last. When the second gradient arrives,
    what happens to the first one?
    """

    def receive(self, grad):
        self.grad = np.zeros(self.value.shape)
        super().receive(grad)


@misconception("tensor")
class CopiesAveraged(Tensor):
    """
    The gradients of the copies have been averaged. By how much does the sum of all elements grow
    when a number that was copied four times grows by one?
    """

    def receive(self, grad):
        share = self.value.size / np.size(grad)
        super().receive(grad * share)


@misconception("tensor")
class SumForgetsItsUpstream(Tensor):
    """
    The gradient of the sum is 1 everywhere, whatever comes after the sum. What is the upstream
    gradient when the sum is multiplied by something?
    """

    def sum(self):
        shape = self.value.shape
        return type(self)(self.value.sum(), [(self, lambda dout: np.ones(shape))])


@misconception("tensor")
class SumSharesOut(Tensor):
    """
    The gradient of the sum has been shared out among the elements. If one of them grows by one,
    by how much does the sum grow?
    """

    def sum(self):
        shape, size = self.value.shape, self.value.size
        return type(self)(
            self.value.sum(), [(self, lambda dout: np.broadcast_to(dout, shape) / size)]
        )


@misconception("tensor")
class SumIsTheMean(Tensor):
    """
    The value is a mean. Did the task ask for the sum of the elements, or for their mean?
    """

    def sum(self):
        shape, size = self.value.shape, self.value.size
        return type(self)(
            self.value.mean(), [(self, lambda dout: np.broadcast_to(dout, shape) / size)]
        )


@misconception("tensor")
class SumOverRowsOnly(Tensor):
    """
    The sum has run along one axis, and is still an array. How many numbers is a loss?
    """

    def sum(self):
        shape = self.value.shape
        total = self.value.sum(axis=0) if shape else self.value
        return type(self)(total, [(self, lambda dout: np.broadcast_to(dout, shape))])


@misconception("tensor")
class OwnFactorInArrays(Tensor):
    """
    Each factor has got itself as its slope. If y is 4 and x grows by one, by how much does
    their product grow?
    """

    def __mul__(self, other):
        x, y = self.value, other.value
        return type(self)(x * y, [(self, lambda dout: dout * x), (other, lambda dout: dout * y)])


@misconception("tensor")
class UpstreamLostInTheProduct(Tensor):
    """
    The product hands on its partner alone. What comes before the local gradient in every
    backward?
    """

    def __mul__(self, other):
        x, y = self.value, other.value
        ones = np.ones(np.broadcast_shapes(x.shape, y.shape))
        return type(self)(x * y, [(self, lambda dout: y * ones), (other, lambda dout: x * ones)])


@misconception("tensor")
class MatrixProductForTimes(Tensor):
    """
    The sign * has become a matrix product. What does * do with two arrays of one shape in
    NumPy?
    """

    def __mul__(self, other):
        x, y = self.value, other.value
        return type(self)(np.dot(x, y), [(self, lambda dout: dout), (other, lambda dout: dout)])


@misconception("tensor")
class SharedGradient(Tensor):
    """
    Two tensors hold one and the same gradient array, so what one of them receives, both have.
    When is a gradient added into an array, and whose array is it?
    """

    def receive(self, grad):
        if np.shape(grad) != self.value.shape:
            super().receive(grad)
        elif np.any(self.grad):
            self.grad += grad
        else:
            self.grad = np.require(grad, requirements="W")


@misconception("tensor")
class AddsIntoItself(Tensor):
    """
    The sum has been written into its first term. What does a rule find that reads this value
    on the way back?
    """

    def __add__(self, other):
        out = self.value + other.value
        if out.shape == self.value.shape:
            self.value[...] = out
        return type(self)(out, [(self, lambda dout: dout), (other, lambda dout: dout)])


# --- dual ------------------------------------------------------------------------------------


@misconception("dual")
class SlopesMultiplied(Dual):
    """
    The two slopes have been multiplied. If only x moves, the slope of y is 0: should the
    product stand still then?
    """

    def __mul__(self, other):
        return type(self)(self.value * other.value, self.slope * other.slope)


@misconception("dual")
class OnlyTheFirstFactorMoves(Dual):
    """
    The first factor moves here, and the second one stands still. What does a product do when
    both of them move?
    """

    def __mul__(self, other):
        return type(self)(self.value * other.value, self.slope * other.value)


@misconception("dual")
class OwnFactorCarried(Dual):
    """
    Each slope has been multiplied by its own value. By what is a small step of x multiplied in
    the product of x and y?
    """

    def __mul__(self, other):
        slope = self.slope * self.value + other.slope * other.value
        return type(self)(self.value * other.value, slope)


@misconception("dual")
class SlopesAddedInAProduct(Dual):
    """
    The slopes have been added, as for a sum. How strongly does the product react to x if y is
    large?
    """

    def __mul__(self, other):
        return type(self)(self.value * other.value, self.slope + other.slope)


@misconception("dual")
class NothingCarriedAlong(Dual):
    """
    These are the local slopes of a product. What were x and y carrying when they came in, and
    where is it in the result?
    """

    def __mul__(self, other):
        return type(self)(self.value * other.value, other.value + self.value)


@misconception("dual")
class DifferenceOfThePaths(Dual):
    """
    One of the two parts has been taken off. If both factors grow, do their effects on the
    product work against each other?
    """

    def __mul__(self, other):
        slope = self.slope * other.value - self.value * other.slope
        return type(self)(self.value * other.value, slope)


@misconception("dual")
class PartnersInTheSum(Dual):
    """
    There are values in the slope of a sum. If x moves by a little, does it matter to the sum
    how large y is?
    """

    def __add__(self, other):
        slope = self.slope * other.value + self.value * other.slope
        return type(self)(self.value + other.value, slope)


@misconception("dual")
class FirstTermOnly(Dual):
    """
    Only the first term moves the sum. What if the second one moves as well?
    """

    def __add__(self, other):
        return type(self)(self.value + other.value, self.slope)


@misconception("dual")
class SlopesForgotten(Dual):
    """
    The result of a sum has no slope. Where has what the two terms carried along been left?
    """

    def __add__(self, other):
        return type(self)(self.value + other.value)


@misconception("dual")
class ExpStartsAnew(Dual):
    """
    This is the local slope of the exponential. What was carried along up to here, and what has
    become of it?
    """

    def exp(self):
        out = np.exp(self.value)
        return type(self)(out, out)


@misconception("dual")
class ExpHandsOn(Dual):
    """
    The slope has gone through the exponential unchanged. How steep is it at this place?
    """

    def exp(self):
        return type(self)(np.exp(self.value), self.slope)


@misconception("dual")
class ExpOfTheSlope(Dual):
    """
    The exponential of the slope has been taken. Which of the two numbers goes through the
    function, and which one through its tangent?
    """

    def exp(self):
        return type(self)(np.exp(self.value), np.exp(self.slope))


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def OneUseOfX():
    """
    x is used in two places, and this is what comes back from one of them alone. Which one is
    missing, and what do both do together?
    """
    return {
        "dx": 2,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def OtherUseOfX():
    """
    x is used in two places, and this is what comes back from the product alone. On which other
    way does x reach L?
    """
    return {
        "dx": 5,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def MeetingPathsMultiplied():
    """
    Along a path slopes are multiplied. What happens where two paths meet?
    """
    return {
        "dx": 10,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def SumsHandOnOne():
    """
    The sum hands on what it gets, and that is not 1. What comes back to u from the product?
    """
    return {
        "dx": 7,
        "dy": 1,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def TheSumForItsSlope():
    """
    That is the value of u, and the slope of the product with respect to x. With respect to u,
    which is the other factor?
    """
    return {
        "dx": 7,
        "dy": 5,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def TwoDimensionsOnly():
    """
    An axis is missing. How many axes has the array that has most of them, and can the result
    have fewer?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def ShapesJoined():
    """
    The shapes have been put one after the other. From which end does NumPy lay two shapes side
    by side?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (5, 1, 2, 1, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def GradientOfTheWholeBatch():
    """
    That is the shape of the result. Of how many numbers is the gradient wanted?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (2, 5, 3),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def ColumnWithoutItsAxis():
    """
    An axis of length 1 has got lost. Has a gradient another shape than its value?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5,),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def RowOfMeans():
    """
    Means have been taken over the three copies. What do the gradients of several uses do?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (3, 4),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def RowAddedAcross():
    """
    The wrong numbers have been added: there is one sum for each row. How many numbers has the
    value, and in which column stands each of them?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (3, 7, 11),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def ColumnAddedDown():
    """
    There is one sum for each column. How often was each number of the value copied, and in
    which direction?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": (9, 12),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def ColumnLyingDown():
    """
    The numbers are right, and the shape is not. How is a value of shape (3, 1) written down?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": (3, 7, 11),
        "reverse_passes": 3,
        "forward_passes": 1000,
    }


@misconception("predict")
def ReverseLikeForward():
    """
    A backward pass gives the slopes of one result with respect to all inputs. How many results
    are there?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 1000,
        "forward_passes": 1000,
    }


@misconception("predict")
def ReverseOnce():
    """
    One backward pass starts from one result. How many results are there here?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 1,
        "forward_passes": 1000,
    }


@misconception("predict")
def ForwardLikeReverse():
    """
    A pass of forward mode carries one column along: the slopes with respect to one input. How
    many inputs are there?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 3,
    }


@misconception("predict")
def ForwardOnce():
    """
    In one pass of forward mode one input moves. How many of them are there?
    """
    return {
        "dx": 7,
        "dy": 2,
        "out_shape": (2, 5, 3),
        "dcolumn_shape": (5, 1),
        "drow": (9, 12),
        "dcolumn": ((3,), (7,), (11,)),
        "reverse_passes": 3,
        "forward_passes": 1,
    }
