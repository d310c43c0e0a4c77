"""Wrong answers to 04_affine."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.affine import AffineSample, Linear, ScaledAffine, ShiftedAffine
from course_lib.layers import Affine
from course_lib.misconceptions.registry import misconception

SLUG = "04_affine"

# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def GradientsLikeTheOutput():
    """
    This is the shape of out. A gradient says something about each number of the array that it
    belongs to. Which array is that here, and how many numbers has it?
    """
    return {
        "dx_shape": (5, 4),
        "dW_shape": (5, 4),
        "db_shape": (4,),
        "dx_images": (5, 10),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def NumbersCounted():
    """
    This is how many numbers the array holds. A shape says it dimension by dimension. How does
    the task write a shape with one dimension, and how one with two?
    """
    return {
        "dx_shape": 15,
        "dW_shape": 12,
        "db_shape": 4,
        "dx_images": 180,
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def GradientsTurnedRound():
    """
    The shape is turned round. dx has one number for each number of x: where are the rows, and
    where are the columns?
    """
    return {
        "dx_shape": (3, 5),
        "dW_shape": (4, 3),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": ((12,), (1,)),
        "dW": ((20, 30), (2, 3), (0, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def BiasGradientLikeTheBatch():
    """
    The layer has one b for all samples. How many numbers has it, and can its gradient have
    more?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (5, 4),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": ((1, 2, 3), (4, 5, 6)),
    }


@misconception("predict")
def BiasGradientPerSample():
    """
    There is one number for each sample here. b has one for each output: along which direction
    has to be added?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (5,),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (6, 15),
    }


@misconception("predict")
def BiasGradientKeepsARow():
    """
    That is one row in a table. b has no rows: how many dimensions has it?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (1, 4),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": ((5, 7, 9),),
    }


@misconception("predict")
def BiasGradientOneNumber():
    """
    Everything has been added to a single number. b has one number for each output: which
    numbers of dout pass through the first of them?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": 21,
    }


@misconception("predict")
def BiasGradientAveraged():
    """
    You took the mean over the two samples. b is used once in each of them. What do gradients
    of several uses do?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (2.5, 3.5, 4.5),
    }


@misconception("predict")
def FlatImages():
    """
    This is the shape in which the layer computes. In which shape did the images come, and what
    will the layer before this one expect?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 36),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def OneShapeForAllImages():
    """
    One image has this shape. How many came in?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (2, 3, 6),
        "dx": (12, 1),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def ColumnsForRows():
    """
    Each number of x meets one row of W on its way to the output. Which numbers of dout come
    back along that row, and how do they combine?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (10, 21, 3),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def WeightSumsForDx():
    """
    These are the sums of the rows of W, as if dout were 1 everywhere. By what is each weight
    multiplied on the way back?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (3, 4),
        "dW": ((20, 2, 0), (30, 3, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def WeightTimesUpstreamForDW():
    """
    Each weight has been multiplied by what came from above. What does a weight multiply on the
    way forward, and what does its gradient therefore contain?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((10, 2, 0), (0, 1, 0)),
        "db": (5, 7, 9),
    }


@misconception("predict")
def UpstreamInEveryRow():
    """
    Both rows are dout itself. The weights of the first row meet 2, those of the second meet 3:
    should that make no difference?
    """
    return {
        "dx_shape": (5, 3),
        "dW_shape": (3, 4),
        "db_shape": (4,),
        "dx_images": (5, 2, 3, 6),
        "dx": (12, 1),
        "dW": ((10, 1, 0), (10, 1, 0)),
        "db": (5, 7, 9),
    }


# --- affine_sample ---------------------------------------------------------------------------


@misconception("affine_sample")
class SampleBiasForgotten(AffineSample):
    """
    The product is there, and something is missing in every output by a fixed amount. Which
    parameter has not been used?
    """

    def forward(self, x):
        self.x = x
        return x @ self.W


@misconception("affine_sample")
class SampleFactorsExchanged(AffineSample):
    """
    The two factors stand in the other order. W has D rows and K columns: which side of it has
    to meet the D numbers of x?
    """

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b


@misconception("affine_sample")
class SampleElementByElement(AffineSample):
    """
    An asterisk multiplies element by element. Every output needs all of x: which operator adds
    up products over a whole row?
    """

    def forward(self, x):
        self.x = x
        return x * self.W + self.b


@misconception("affine_sample")
class SampleDxWithoutTranspose(AffineSample):
    """
    dout has K numbers and W has D rows: they do not fit. Which side of W does dout belong to,
    and what has to be turned round for it?
    """

    def backward(self, dout):
        self.dW = np.outer(self.x, dout)
        self.db = dout * 1
        return dout @ self.W


@misconception("affine_sample")
class SampleDxWithoutUpstream(AffineSample):
    """
    Each row of W has been added up, as if dout were 1 everywhere. By what does each weight of a
    row have to be multiplied before the sum?
    """

    def backward(self, dout):
        super().backward(dout)
        return self.W.sum(axis=1)


@misconception("affine_sample")
class SampleDxFromInput(AffineSample):
    """
    This is forward once more with its input in the wrong place. What comes in from the right
    in backward, and how many numbers does it have?
    """

    def backward(self, dout):
        super().backward(dout)
        return self.x * dout.sum()


@misconception("affine_sample")
class SampleOuterTurned(AffineSample):
    """
    All products are there, rows and columns exchanged. The first number of the shape belongs
    to the inputs in W: to which of your two factors does it belong in dW?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.outer(dout, self.x)
        return dx


@misconception("affine_sample")
class SampleTransposeOfOneDimension(AffineSample):
    """
    x has one dimension, and turning that round changes nothing: still (D,). An inner product
    adds up to one number. Which product of two vectors has a row for each of the one and a
    column for each of the other?
    """

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout * 1
        return self.W @ dout


@misconception("affine_sample")
class SampleElementwiseDW(AffineSample):
    """
    D numbers and K numbers cannot be paired one by one. Each input meets each output on an
    edge of its own: how many edges are there?
    """

    def backward(self, dout):
        self.dW = self.x * dout
        self.db = dout * 1
        return self.W @ dout


@misconception("affine_sample")
class SampleWeightsFromOnes(AffineSample):
    """
    Every row of dW is dout. What did each weight multiply on the way forward: 1, or a number
    of the sample?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.outer(np.ones(len(self.x)), dout)
        return dx


@misconception("affine_sample")
class SampleWeightsWithoutUpstream(AffineSample):
    """
    Every column of dW is x. Then it does not matter to a weight what becomes of its output.
    What tells it?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.outer(self.x, np.ones(len(dout)))
        return dx


@misconception("affine_sample")
class SampleBiasSummed(AffineSample):
    """
    With one sample there is nothing to add for b. How many numbers has b, and how many has your
    gradient?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.sum()
        return dx


@misconception("affine_sample")
class SampleBiasOnes(AffineSample):
    """
    The slope of b is 1, that is right. What does the slope have to be multiplied with?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = np.ones(len(self.b))
        return dx


@misconception("affine_sample")
class SampleBiasTimesItself(AffineSample):
    """
    The upstream gradient has been multiplied by b. b is added in forward: if it grows by 1, by
    how much does out grow, whatever b was?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout * self.b
        return dx


@misconception("affine_sample")
class SampleReturnsThree(AffineSample):
    """
    All three gradients come back to the caller, but the layer before this one wants only its
    own. Where should the gradients of the parameters stay?
    """

    def backward(self, dout):
        return self.W @ dout, np.outer(self.x, dout), dout * 1


@misconception("affine_sample")
class SampleGradientsLost(AffineSample):
    """
    The gradients of W and b are computed into names of the method, and these are gone when it
    returns. What has to stand before a name so that it stays on the layer?
    """

    def backward(self, dout):
        dW = np.outer(self.x, dout)  # noqa: F841
        db = dout * 1  # noqa: F841
        return self.W @ dout


@misconception("affine_sample")
class SampleAccumulates(AffineSample):
    """
    A second backward adds to the gradients of the first. Nobody has asked for both together.
    What should dW hold when backward begins to write it?
    """

    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.dW = np.zeros(W.shape)
        self.db = np.zeros(b.shape)

    def backward(self, dout):
        self.dW = self.dW + np.outer(self.x, dout)
        self.db = self.db + dout
        return self.W @ dout


@misconception("affine_sample")
class SampleLearnsInBackward(AffineSample):
    """
    The weights are other ones after backward. A layer reports gradients. Whose task is it to
    change parameters, and when?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.W -= 0.01 * self.dW
        return dx


# --- affine ----------------------------------------------------------------------------------


@misconception("affine")
class BiasNotAdded(Affine):
    """
    The product is there, and every row of out is off by the same amounts. Which parameter has
    not been used?
    """

    def forward(self, x):
        self.x_shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return self.x @ self.W


@misconception("affine")
class WeightsOnTheLeft(Affine):
    """
    The two factors stand in the other order. A sample is a row of x: on which side does W have
    to stand so that each row meets its columns?
    """

    def forward(self, x):
        self.x_shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return self.W @ self.x + self.b


@misconception("affine")
class DxWithoutTranspose(Affine):
    """
    dout has K columns, and W has D rows. Only where D and K are equal would this run at all,
    and then it would be wrong. Which shape must W have here?
    """

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return (dout @ self.W).reshape(self.x_shape)


@misconception("affine")
class WeightsLearnBeforeDx(Affine):
    """
    W has been changed before dx was taken, so dx belongs to weights that forward never used.
    Whose task is the update, and when?
    """

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        self.W = self.W - 0.1 * self.dW
        return (dout @ self.W.T).reshape(self.x_shape)


@misconception("affine")
class AffineUpstreamDropped(Affine):
    """
    All gradients are those for a dout of ones. Right if out were simply added up at the end. What
    does dout say about what really comes after?
    """

    def backward(self, dout):
        return super().backward(np.ones_like(dout))


@misconception("affine")
class DxDividedByN(Affine):
    """
    dx has been divided by the number of samples. If the loss is a mean, dout brings that
    division along. Who has divided for the second time?
    """

    def backward(self, dout):
        return super().backward(dout) / len(dout)


@misconception("affine")
class WeightGradientTurned(Affine):
    """
    All numbers are there, rows and columns exchanged. Someone will subtract this from W: which
    shape must it have?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = dout.T @ self.x
        return dx


@misconception("affine")
class FactorNotTurned(Affine):
    """
    In this product the N of one array meets the D of the other. Write the shapes beside both:
    which of the two has to be turned round, or to change sides, so that what meets is equal?
    """

    def backward(self, dout):
        self.dW = self.x @ dout
        self.db = dout.sum(axis=0)
        return (dout @ self.W.T).reshape(self.x_shape)


@misconception("affine")
class WeightGradientMean(Affine):
    """
    The sum over the samples has been made a mean. If the loss is a mean, dout brings that
    division along already. Why divide again?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW / len(dout)
        return dx


@misconception("affine")
class WeightGradientFromOnes(Affine):
    """
    Every row of dW is the same. What did the weights of different rows multiply on the way
    forward?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.ones_like(self.x).T @ dout
        return dx


@misconception("affine")
class BiasGradientUnsummed(Affine):
    """
    db has a row for each sample. b is one for all of them: how often is it used in a batch,
    and what do the gradients of several uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout * 1
        return dx


@misconception("affine")
class BiasGradientSingleNumber(Affine):
    """
    Everything has been added up to one number. b has one for each output. Along which of the
    two directions should the sum run?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = np.sum(dout)
        return dx


@misconception("affine")
class BiasGradientWrongAxis(Affine):
    """
    There is one number for each sample. Each number of b belongs to a column of out: along
    which axis do the rows of a column get added?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.sum(axis=1)
        return dx


@misconception("affine")
class BiasGradientMean(Affine):
    """
    This is the mean over the samples. With one sample it makes no difference, with more it
    does. b is used in every row: what do the gradients of its uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(axis=0)
        return dx


@misconception("affine")
class BiasGradientKeepdims(Affine):
    """
    The numbers are right, in a table with one row. b has no rows. What made yours stay?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.sum(axis=0, keepdims=True)
        return dx


@misconception("affine")
class BiasGradientCountsSamples(Affine):
    """
    Every number of db is N. The slopes have been counted, and that would be right if dout were
    1 everywhere. What is to be added instead of ones?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = np.full(len(self.b), float(len(dout)))
        return dx


@misconception("affine")
class BiasGradientFirstRow(Affine):
    """
    This is what the first sample sends back to b. What about the others?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout[0] * 1
        return dx


@misconception("affine")
class BatchByOuterProduct(Affine):
    """
    np.outer lays both arrays out flat and pairs every number with every other, across samples
    too. What does the shape of your dW say? Which product adds over the samples?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = np.outer(self.x, dout)
        return dx


@misconception("affine")
class TensorsNotFlattened(Affine):
    """
    A plain batch works, a batch of images does not. A matrix product takes rows. What has to
    happen to each image before it can be a row?
    """

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


@misconception("affine")
class DxLeftFlat(Affine):
    """
    The numbers are right, still one row for each image. What shape will the layer before
    expect, and did forward remember it?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        return dx.reshape(len(dx), -1)


@misconception("affine")
class SamplesMixed(Affine):
    """
    The shape fits, but each row holds numbers of several samples. Which dimension has to stay
    first when you reshape, and which ones are merged?
    """

    def forward(self, x):
        self.x_shape = x.shape
        self.x = x.reshape(-1, x.shape[0]).T
        return self.x @ self.W + self.b


@misconception("affine")
class DxOfImagesMixed(Affine):
    """
    The shape is right, and numbers have changed places on the way back into it. Is the order in
    which you laid each image out also the order in which you fold it up?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        return dx.reshape(len(dx), -1).reshape(self.x_shape, order="F") if dx.ndim > 2 else dx


@misconception("affine")
class ImagesMeltIntoOneRow(Affine):
    """
    The whole batch has become one long row. How many rows should there be, and what does each
    of them hold?
    """

    def forward(self, x):
        self.x_shape = x.shape
        self.x = x.reshape(-1)
        return self.x @ self.W + self.b


@misconception("affine")
class AffineReturnsThree(Affine):
    """
    All three gradients come back to the caller, but the layer before this one wants only its
    own. Where should the gradients of the parameters stay?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        return dx, self.dW, self.db


@misconception("affine")
class AffineGradientsLost(Affine):
    """
    The gradients of W and b are computed into names of the method, and these are gone when it
    returns. What has to stand before a name so that it stays on the layer?
    """

    def backward(self, dout):
        dW = self.x.T @ dout  # noqa: F841
        db = dout.sum(axis=0)  # noqa: F841
        return (dout @ self.W.T).reshape(self.x_shape)


@misconception("affine")
class AffineAccumulates(Affine):
    """
    A second backward adds to the gradients of the first, so after ten batches dW answers for
    all ten. What should it hold when backward begins to write it?
    """

    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.dW = np.zeros(W.shape)
        self.db = np.zeros(b.shape)

    def backward(self, dout):
        self.dW = self.dW + self.x.T @ dout
        self.db = self.db + dout.sum(axis=0)
        return (dout @ self.W.T).reshape(self.x_shape)


@misconception("affine")
class AffineFirstBatchKept(Affine):
    """
    The batch is remembered at the first forward only. For which batch should backward answer
    when forward has run again?
    """

    def forward(self, x):
        if not hasattr(self, "x"):
            self.x_shape = x.shape
            self.x = x.reshape(x.shape[0], -1)
        return x.reshape(x.shape[0], -1) @ self.W + self.b


@misconception("affine")
class AffineSharesItsInput(Affine):
    """
    The batch is kept on the class, where all affine layers of a network write. Whose input
    does the first layer find when the second one has run?
    """

    def forward(self, x):
        type(self).x_shape = x.shape
        type(self).x = x.reshape(x.shape[0], -1)
        return self.x @ self.W + self.b


# --- linear ----------------------------------------------------------------------------------


@misconception("linear")
class LinearAsInTheBook(Linear):
    """
    This is the product of the chapter, for a W with a column for each output. How is W stored
    here, and which shape must it have beside x?
    """

    def forward(self, x):
        self.x = x
        return x @ self.W


@misconception("linear")
class LinearDxTransposed(Linear):
    """
    W is turned round here as in the chapter. But forward has turned it round already. dout has
    K columns: which of the two forms of W has K rows?
    """

    def backward(self, dout):
        self.dW = dout.T @ self.x
        return dout @ self.W.T


@misconception("linear")
class LinearWeightsAsInTheBook(Linear):
    """
    This is the gradient of W turned round. dW has the shape of the W that the layer was built
    with: what comes first there, inputs or outputs?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.x.T @ dout
        return dx


@misconception("linear")
class LinearUpstreamDropped(Linear):
    """
    Both gradients are those for a dout of ones. What does dout say about what comes after, and
    where is it in your lines?
    """

    def backward(self, dout):
        return super().backward(np.ones_like(dout))


@misconception("linear")
class LinearWeightsMean(Linear):
    """
    The sum over the samples has been made a mean. If the loss is a mean, dout brings that
    division along already. Why divide again?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW / len(dout)
        return dx


@misconception("linear")
class LinearWeightsForTheInput(Linear):
    """
    For dx you used x. In a product each factor's gradient needs the other one. Which array does
    x meet in forward?
    """

    def backward(self, dout):
        super().backward(dout)
        return self.x * dout.sum(axis=1, keepdims=True)


@misconception("linear")
class LinearReturnsBoth(Linear):
    """
    The gradient of W goes back to the caller too. The layer before wants only its own. Where
    should the other one stay?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        return dx, self.dW


@misconception("linear")
class LinearGradientLost(Linear):
    """
    The gradient of W is computed into a name of the method and gone when it returns. What has
    to stand before the name so that it stays on the layer?
    """

    def backward(self, dout):
        dW = dout.T @ self.x  # noqa: F841
        return dout @ self.W


@misconception("linear")
class LinearTurnsItsWeights(Linear):
    """
    W itself is turned round at every forward, so every second time it lies the wrong way. Can
    you turn it for the product alone?
    """

    def forward(self, x):
        self.x = x
        self.turned = not getattr(self, "turned", False)
        self.W = self.W.T
        return x @ self.W

    def backward(self, dout):
        self.dW = dout.T @ self.x
        return dout @ self.W.T


@misconception("linear")
class LinearLearnsInBackward(Linear):
    """
    The weights are other ones after backward. A layer reports gradients. Whose task is it to
    change parameters, and when?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.W -= 0.01 * self.dW
        return dx


# --- scaled_affine ---------------------------------------------------------------------------


@misconception("scaled_affine")
class ScaleOnTheBiasToo(ScaledAffine):
    """
    The bias has been scaled as well. In the formula, what stands inside the brackets, and what
    outside?
    """

    def forward(self, x):
        self.x = x
        self.product = x @ self.W
        return self.alpha * (self.product + self.b)


@misconception("scaled_affine")
class ScaleForgottenInForward(ScaledAffine):
    """
    This is the plain affine layer. Which of the three parameters have you used?
    """

    def forward(self, x):
        self.x = x
        self.product = x @ self.W
        return self.product + self.b


@misconception("scaled_affine")
class ScaleForgottenOnTheWayBack(ScaledAffine):
    """
    These are the gradients of a layer without a scale. Between the sum and the matrix product
    lies another node. What does a gradient meet there?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.x.T @ dout
        return dx / self.alpha


@misconception("scaled_affine")
class ScaleMissingInDx(ScaledAffine):
    """
    dW passes the node with alpha, and dx does not. In the graph, does the matrix product get
    one upstream gradient or two different ones?
    """

    def backward(self, dout):
        return super().backward(dout) / self.alpha


@misconception("scaled_affine")
class ScaleMissingInDW(ScaledAffine):
    """
    dx passes the node with alpha, and dW does not. In the graph, does the matrix product get
    one upstream gradient or two different ones?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.x.T @ dout
        return dx


@misconception("scaled_affine")
class ScaleDivided(ScaledAffine):
    """
    The way back divides by alpha. That would undo forward. If a change grows alpha times on
    its way to out, what happens to the gradient of what stood before?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW / self.alpha**2
        return dx / self.alpha**2


@misconception("scaled_affine")
class ScaledUpstreamDropped(ScaledAffine):
    """
    All gradients are those for a dout of ones. What does dout say about what comes after, and where
    does it enter?
    """

    def backward(self, dout):
        return super().backward(np.ones_like(dout))


@misconception("scaled_affine")
class ScaleOnTheBiasGradient(ScaledAffine):
    """
    The gradient of b has been scaled. Where in the graph does b come in: before the node with
    alpha, or after it?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = self.alpha * self.db
        return dx


@misconception("scaled_affine")
class ScaledBiasUnsummed(ScaledAffine):
    """
    db has a row for each sample, and b has no rows. In how many rows of out is b used, and what
    do the gradients of these uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout * 1
        return dx


@misconception("scaled_affine")
class ScaleGradientUnsummed(ScaledAffine):
    """
    There is a gradient for every element of out. alpha is one number. What do the gradients of
    all its uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = dout * self.product
        return dx


@misconception("scaled_affine")
class ScaleGradientPerColumn(ScaledAffine):
    """
    You added over the samples, as for b. But b has a number for each column. How many numbers
    has alpha?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(dout * self.product, axis=0)
        return dx


@misconception("scaled_affine")
class ScaleGradientMean(ScaledAffine):
    """
    The mean has been taken over all elements. alpha is used in each of them. What do gradients
    of several uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.mean(dout * self.product)
        return dx


@misconception("scaled_affine")
class ScaleGradientFromOut(ScaledAffine):
    """
    You multiplied by out, which has alpha and b in it. What exactly does alpha multiply in
    forward? Did you keep that?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(dout * (self.alpha * self.product + self.b))
        return dx


@misconception("scaled_affine")
class ScaleGradientWithBias(ScaledAffine):
    """
    b has come into the gradient of alpha. If alpha grows, does the part of out that comes from
    b grow too?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(dout * (self.product + self.b))
        return dx


@misconception("scaled_affine")
class ScaleGradientTimesScale(ScaledAffine):
    """
    alpha itself stands in its own gradient. In a product, which value does the gradient of one
    factor contain: its own or its partner's?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(dout * self.alpha * self.product)
        return dx


@misconception("scaled_affine")
class ScaleGradientIsUpstreamSum(ScaledAffine):
    """
    dout has been added up, as if alpha were added in forward. alpha multiplies there. What does
    each of its uses multiply?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(dout)
        return dx


@misconception("scaled_affine")
class ScaleGradientWithoutUpstream(ScaledAffine):
    """
    The products have been added up without asking what becomes of each. What does every local
    slope have to be multiplied with before the sum?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = np.sum(self.product)
        return dx


@misconception("scaled_affine")
class ScaleGradientNotKept(ScaledAffine):
    """
    Three parameters, and two gradients on the layer. Under which name will somebody look for
    the third?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dalpha = None
        return dx


@misconception("scaled_affine")
class ScaleGradientAccumulates(ScaledAffine):
    """
    The gradient of alpha grows from one backward to the next, the others do not. What should
    dalpha hold when backward begins?
    """

    def backward(self, dout):
        before = getattr(self, "dalpha", 0)
        dx = super().backward(dout)
        self.dalpha = before + self.dalpha
        return dx


# --- shifted_affine --------------------------------------------------------------------------


@misconception("shifted_affine")
class ShiftAdded(ShiftedAffine):
    """
    The point has been added. A sample that lies exactly at m should put out b. What does yours
    put out?
    """

    def forward(self, x):
        self.x = x
        self.centred = x + self.m
        return self.centred @ self.W + self.b


@misconception("shifted_affine")
class ShiftAfterTheProduct(ShiftedAffine):
    """
    m has as many numbers as a sample, not as an output. At which point of forward does it come
    in: before or after the matrix product?
    """

    def forward(self, x):
        self.x = x
        self.centred = x - self.m
        return x @ self.W - self.m + self.b


@misconception("shifted_affine")
class ShiftForgottenInDW(ShiftedAffine):
    """
    dW has been built from x. With m = 0 that makes no difference. Which array really meets W in
    forward?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.x.T @ dout
        return dx


@misconception("shifted_affine")
class ShiftTakenOffDx(ShiftedAffine):
    """
    m has been taken off the gradient, as forward took it off the value. If x grows by 1, by how
    much does x - m grow? Does it depend on m?
    """

    def backward(self, dout):
        return super().backward(dout) - self.m


@misconception("shifted_affine")
class ShiftedUpstreamDropped(ShiftedAffine):
    """
    All gradients are those for a dout of ones. What does dout say about what comes after, and where
    does it enter?
    """

    def backward(self, dout):
        return super().backward(np.ones_like(dout))


@misconception("shifted_affine")
class ShiftedBiasUnsummed(ShiftedAffine):
    """
    db has a row for each sample, and b has no rows. In how many rows is b used, and what do the
    gradients of these uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout * 1
        return dx


@misconception("shifted_affine")
class ShiftGradientUnsummed(ShiftedAffine):
    """
    dm has a row for each sample. m is one point for the whole batch. Which other parameter of
    this layer is used in every row, and how did its line deal with that?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = -dx
        return dx


@misconception("shifted_affine")
class ShiftSignForgotten(ShiftedAffine):
    """
    The size is right and the sign is not. If m grows, does the distance x - m grow or shrink?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = dx.sum(axis=0)
        return dx


@misconception("shifted_affine")
class ShiftGradientFromUpstream(ShiftedAffine):
    """
    The rows of dout have been added, and they have K numbers each. m has D. Which array on the
    way back has rows of that length?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = -dout.sum(axis=0)
        return dx


@misconception("shifted_affine")
class ShiftGradientMean(ShiftedAffine):
    """
    The mean has been taken over the samples. m is used once in each of them. What do gradients
    of several uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = -dx.mean(axis=0)
        return dx


@misconception("shifted_affine")
class ShiftGradientOneNumber(ShiftedAffine):
    """
    Everything has been added up to one number. m has one for each input: along which direction
    should the sum run?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = -dx.sum()
        return dx


@misconception("shifted_affine")
class ShiftGradientNotKept(ShiftedAffine):
    """
    Three parameters, and only two gradients are on the layer. Under which name will somebody
    look for the third?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dm = None
        return dx


@misconception("shifted_affine")
class ShiftWritesIntoInput(ShiftedAffine):
    """
    The numbers are right, and the caller's x has been moved by m for good. Which operator
    writes into an array that is not yours?
    """

    def forward(self, x):
        x -= self.m
        self.x = x
        self.centred = x
        return x @ self.W + self.b
