"""Wrong answers to 09_deeper."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.deeper import LayerNorm, RunningNorm
from course_lib.layers import BatchNorm, Dropout
from course_lib.misconceptions.registry import misconception

SLUG = "09_deeper"

# --- dropout ---------------------------------------------------------------------------------


@misconception("dropout")
class KeepsWithTheDropProbability(Dropout):
    """
    The share that should go is the share that stays. If the drop probability is 0.25, how many
    of 100 values are 0 afterwards?
    """

    def forward(self, x, train=True):
        p = self.drop_probability
        self.mask = (self.rng.random(x.shape) < p) / p if train else np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class NothingIsDropped(Dropout):
    """
    All values come through. What has to be drawn in forward, and how does it reach the output?
    """

    def forward(self, x, train=True):
        self.mask = np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class WholeColumnsDropped(Dropout):
    """
    Whole columns go or stay together. How many coins have to be tossed for one batch?
    """

    def forward(self, x, train=True):
        p = self.drop_probability
        keep = self.rng.random(x.shape[1:]) >= p
        self.mask = np.ones(x.shape) * keep / (1 - p) if train else np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class WholeRowsDropped(Dropout):
    """
    Of a sample all values go, or none does. What would the network learn from a row of zeros,
    and how many coins have to be tossed?
    """

    def forward(self, x, train=True):
        p = self.drop_probability
        keep = self.rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p
        self.mask = np.ones(x.shape) * keep / (1 - p) if train else np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class NeverScaled(Dropout):
    """
    A part of the values is gone, and the others are as they were. Is the sum that the next
    layer sees still what it will be at test time?
    """

    def forward(self, x, train=True):
        keep = self.rng.random(x.shape) >= self.drop_probability
        self.mask = keep * 1.0 if train else np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class ScaledAtTestTime(Dropout):
    """
    This is the older form, which scales when the learning is over. Here test time should have
    nothing left to do: where does the scaling go then?
    """

    def forward(self, x, train=True):
        keep = self.rng.random(x.shape) >= self.drop_probability
        self.mask = keep * 1.0 if train else np.full(x.shape, 1 - self.drop_probability)
        return x * self.mask


@misconception("dropout")
class ScaledByTheDropProbability(Dropout):
    """
    The values that stay have been divided by the probability to go. Which share of them stays,
    and which number makes up for the rest?
    """

    def forward(self, x, train=True):
        p = self.drop_probability
        keep = self.rng.random(x.shape) >= p
        self.mask = keep / p if train else np.ones(x.shape)
        return x * self.mask


@misconception("dropout")
class ScaledOnlyBackwards(Dropout):
    """
    The gradient is scaled, and the output is not. If a value was multiplied by 1 in forward,
    what is its slope?
    """

    def forward(self, x, train=True):
        return super().forward(x, train) * (1 - self.drop_probability if train else 1)


@misconception("dropout")
class ScaledOnlyForwards(Dropout):
    """
    The right values get a gradient, and not enough of it. By which number was each of them
    multiplied in forward?
    """

    def backward(self, dout):
        return dout * (self.mask != 0)


@misconception("dropout")
class ScaledTwiceBackwards(Dropout):
    """
    The gradient of what stays is too large. Is the factor perhaps in the mask already, when
    backward brings it in once more?
    """

    def backward(self, dout):
        return dout * self.mask * self.mask.max()


@misconception("dropout")
class OnlyTheKeptReturned(Dropout):
    """
    The values that were left out are missing altogether, so the shape has changed. What should
    stand in their places?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        return out[self.mask != 0]


@misconception("dropout")
class MaskMissingBackwards(Dropout):
    """
    Values that were left out get a gradient too. Could this loss have changed if one of them
    had been different?
    """

    def backward(self, dout):
        return dout


@misconception("dropout")
class ScaledWithoutTheMask(Dropout):
    """
    The factor is there, and everybody gets it. What did forward do to those that were left
    out, and what does that make of their slope?
    """

    def backward(self, dout):
        return dout * self.mask.max()


@misconception("dropout")
class FreshMaskBackwards(Dropout):
    """
    The coins have been tossed again on the way back. Which units took part in this loss: those
    of the new toss, or those of the old one?
    """

    def backward(self, dout):
        if np.ptp(self.mask) == 0:
            return dout
        keep = self.rng.random(dout.shape) >= self.drop_probability
        return dout * keep / (1 - self.drop_probability)


@misconception("dropout")
class MaskFromTheUpstream(Dropout):
    """
    Which gradients come through depends on the gradients themselves here. Who decided in
    forward which values stay?
    """

    def backward(self, dout):
        return dout * (dout > 0) * self.mask.max()


@misconception("dropout")
class GeneratorMadeAnewEachTime(Dropout):
    """
    Every forward drops the same places. When is the generator made: once for the layer, or
    at every call, with the same seed again?
    """

    def forward(self, x, train=True):
        self.rng = np.random.default_rng(0)
        return super().forward(x, train)


@misconception("dropout")
class SeedOfNoUse(Dropout):
    """
    Two layers with one seed drop different places, so no run can be repeated. What becomes of
    the seed that the layer is built with?
    """

    def __init__(self, drop_probability=0.5, seed=None):
        super().__init__(drop_probability, None)


@misconception("dropout")
class ActiveAtTestTime(Dropout):
    """
    Values are left out at test time too: the same image then gets another answer at every
    call. What is the argument train for?
    """

    def forward(self, x, train=True):
        return super().forward(x, True)


@misconception("dropout")
class OldMaskAtTestTime(Dropout):
    """
    The output at test time is right, and backward still uses the mask of an earlier batch.
    What does forward have to keep when it leaves nothing out?
    """

    def forward(self, x, train=True):
        return super().forward(x, True) if train else x


@misconception("dropout")
class DroppedInPlace(Dropout):
    """
    The zeros have been written into the caller's own array. What does the layer before find
    when its backward looks at what it gave?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        x[...] = out
        return x.copy()


# --- batch_norm ------------------------------------------------------------------------------


@misconception("batch_norm")
class MeanAndVarianceConstant(BatchNorm):
    """
    One path out of three has been walked. When one row of the column moves, what else moves,
    and which rows notice?
    """

    def backward(self, dout):
        super().backward(dout)
        return dout * self.gamma / self.std


@misconception("batch_norm")
class VarianceConstant(BatchNorm):
    """
    The path through the mean is there. The standard deviation is made from x as well: what
    does it hand back?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        return (dx_hat - dx_hat.mean(axis=0)) / self.std


@misconception("batch_norm")
class MeanConstant(BatchNorm):
    """
    The path through the standard deviation is there. The mean that is taken off is made from x
    too: what should each column of the gradient add up to?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        return (dx_hat - self.x_hat * (dx_hat * self.x_hat).mean(axis=0)) / self.std


@misconception("batch_norm")
class GammaMissing(BatchNorm):
    """
    This is right as long as every gamma is 1, as it is before the first step. What stands
    between the output and x_hat on the way back?
    """

    def backward(self, dout):
        super().backward(dout)
        by_var = self.x_hat * (dout * self.x_hat).mean(axis=0)
        return (dout - dout.mean(axis=0) - by_var) / self.std


@misconception("batch_norm")
class SumsInPlaceOfMeans(BatchNorm):
    """
    All three paths are there, and two of them bring far too much. With which share does one
    row enter the mean of N rows?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        by_var = self.x_hat * (dx_hat * self.x_hat).sum(axis=0)
        return (dx_hat - dx_hat.sum(axis=0) - by_var) / self.std


@misconception("batch_norm")
class MeansOverTheColumns(BatchNorm):
    """
    The means on the way back run along the rows. Over which axis did forward take its mean,
    and who therefore shares it?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        by_var = self.x_hat * (dx_hat * self.x_hat).mean(axis=1, keepdims=True)
        return (dx_hat - dx_hat.mean(axis=1, keepdims=True) - by_var) / self.std


@misconception("batch_norm")
class StdMissingBackwards(BatchNorm):
    """
    The bracket is right, and nothing divides it. If a column is ten times as wide, does its
    output react more to a small step, or less?
    """

    def backward(self, dout):
        return super().backward(dout) * self.std


@misconception("batch_norm")
class VariancePathWithTheWrongSign(BatchNorm):
    """
    One of the two side paths comes with the wrong sign. Stretch a column: the output stays as
    it is, so what must the sum of gradient times x be?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        by_var = self.x_hat * (dx_hat * self.x_hat).mean(axis=0)
        return (dx_hat - dx_hat.mean(axis=0) + by_var) / self.std


@misconception("batch_norm")
class VarianceByNMinusOne(BatchNorm):
    """
    The squares have been divided by one less than the number of rows. What does the text say
    that the variance of the batch is: an estimate, or a mean?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = np.sqrt(x.var(axis=0, ddof=1) + self.eps)
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class DividedByTheVariance(BatchNorm):
    """
    The differences have been divided by the variance. If x were a length in metres, in which
    unit would the variance be, and which unit should x_hat have?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = x.var(axis=0) + self.eps
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class EpsilonBehindTheRoot(BatchNorm):
    """
    The numbers are off by a very little. Where does epsilon come in: before the root is taken,
    or after it?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = x.std(axis=0) + self.eps
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class EpsilonLeftOut(BatchNorm):
    """
    The numbers are off by a very little. What would happen here to a column that does not
    vary at all, and what is there in the text against it?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = x.std(axis=0)
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class WholeBatchNormalised(BatchNorm):
    """
    One mean and one variance have been taken of the whole table. How many columns are there,
    and how many means does each of them need?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = np.sqrt(x.var() + self.eps) * np.ones(x.shape[1])
        self.x_hat = (x - x.mean()) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class RowsNormalised(BatchNorm):
    """
    Every row has the mean 0 here, and every column should. Along which axis does one run
    through the rows of a column?
    """

    def forward(self, x, train=True):
        self.train = True
        self.std = np.sqrt(x.var(axis=1, keepdims=True) + self.eps)
        self.x_hat = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("batch_norm")
class BetaForgotten(BatchNorm):
    """
    Every column of the output has the mean 0. Which parameter lets a column have another one?
    """

    def forward(self, x, train=True):
        return super().forward(x) - self.beta


@misconception("batch_norm")
class DgammaNotSummed(BatchNorm):
    """
    There is a row of dgamma for each sample. A gradient has the shape of its value: how many
    numbers has gamma, and who uses each of them?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = dout * self.x_hat
        return dx


@misconception("batch_norm")
class DgammaAveraged(BatchNorm):
    """
    dgamma is a mean over the batch. Every row uses gamma once: what do the gradients of
    several uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * self.x_hat).mean(axis=0)
        return dx


@misconception("batch_norm")
class DgammaFromTheOutput(BatchNorm):
    """
    dgamma has been made with the output of the layer. What was it exactly that gamma was
    multiplied by?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * (self.gamma * self.x_hat + self.beta)).sum(axis=0)
        return dx


@misconception("batch_norm")
class DgammaFromTheInput(BatchNorm):
    """
    dgamma has been made with x itself. Was it x that gamma was multiplied by, or what had
    become of it by then?
    """

    def forward(self, x, train=True):
        self.input = x
        return super().forward(x)

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * self.input).sum(axis=0)
        return dx


@misconception("batch_norm")
class MeansOfTheWholeTable(BatchNorm):
    """
    Each mean on the way back has been taken over the whole table. Do two columns meet anywhere
    in forward?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        return (dx_hat - dx_hat.mean() - self.x_hat * (dx_hat * self.x_hat).mean()) / self.std


@misconception("batch_norm")
class DgammaPerRow(BatchNorm):
    """
    There is one number for each sample. gamma has one for each column: along which direction
    has to be added?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * self.x_hat).sum(axis=1)
        self.dbeta = dout.sum(axis=1)
        return dx


@misconception("batch_norm")
class DgammaAndDbetaSwapped(BatchNorm):
    """
    dgamma and dbeta have changed places. Which of the two parameters is a factor, and which is
    only added?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma, self.dbeta = self.dbeta, self.dgamma
        return dx


@misconception("batch_norm")
class DbetaNotSummed(BatchNorm):
    """
    dbeta is the upstream gradient as it came. The same beta was added in every row: how often
    was each of its numbers used?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dbeta = dout
        return dx


@misconception("batch_norm")
class DbetaOneNumber(BatchNorm):
    """
    Everything has been added to a single number. beta has one for each column: which numbers
    of dout does the first of them answer for?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dbeta = dout.sum()
        return dx


@misconception("batch_norm")
class DbetaAveraged(BatchNorm):
    """
    dbeta is a mean over the batch. beta is added in every row: what do the gradients of
    several uses do?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dbeta = dout.mean(axis=0)
        return dx


@misconception("batch_norm")
class DbetaWithGamma(BatchNorm):
    """
    There is a gamma in dbeta. Is beta added before the multiplication by gamma, or after it?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dbeta = (dout * self.gamma).sum(axis=0)
        return dx


@misconception("batch_norm")
class CentredInPlace(BatchNorm):
    """
    The mean has been taken off the caller's own array. What does the layer before find when
    its backward looks at what it gave?
    """

    def forward(self, x, train=True):
        out = super().forward(x)
        x -= x.mean(axis=0)
        return out


@misconception("batch_norm")
class UpstreamScaledInPlace(BatchNorm):
    """
    gamma has been multiplied into the upstream gradient itself. Who else may want that array,
    and what is in it when backward is called again?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        dout *= self.gamma
        return dx


# --- running_norm ----------------------------------------------------------------------------


@misconception("running_norm")
class BatchStatisticsAtTestTime(RunningNorm):
    """
    At test time the images are still normalised by each other. What is the answer for an image
    that comes alone?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        if not train:
            self.std = np.sqrt(x.var(axis=0) + 1e-5)
            out = (x - x.mean(axis=0)) / self.std
        return out


@misconception("running_norm")
class MemoryUsedInTraining(RunningNorm):
    """
    In training the memory has been used as well. By which mean does a batch become a column
    of mean 0?
    """

    def forward(self, x, train=True):
        super().forward(x, train)
        self.std = np.sqrt(self.running_var + 1e-5)
        return (x - self.running_mean) / self.std


@misconception("running_norm")
class MomentumOnTheNewPart(RunningNorm):
    """
    With a momentum near 1 this memory forgets at once. Which of the two keeps the share
    momentum: what was remembered, or what has just come?
    """

    def remember(self, mean, var):
        old, new = 1 - self.momentum, self.momentum
        self.running_mean = old * self.running_mean + new * mean
        self.running_var = old * self.running_var + new * var


@misconception("running_norm")
class OnlyTheLastBatchRemembered(RunningNorm):
    """
    The memory holds the last batch and nothing else. What is left of the batch before it?
    """

    def remember(self, mean, var):
        self.running_mean = mean
        self.running_var = var


@misconception("running_norm")
class BatchesAddedUp(RunningNorm):
    """
    The memory grows with every batch. If all batches were alike, which number should it come
    to?
    """

    def remember(self, mean, var):
        self.running_mean = self.running_mean + (1 - self.momentum) * mean
        self.running_var = self.running_var + (1 - self.momentum) * var


@misconception("running_norm")
class OnlyTheMeanRemembered(RunningNorm):
    """
    The mean is remembered, and the variance is still what it was at the beginning. By what
    will an image be divided at test time?
    """

    def remember(self, mean, var):
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean


@misconception("running_norm")
class RunningVarianceByNMinusOne(RunningNorm):
    """
    The remembered variance is a little too large. Each batch's own variance is a mean over N
    rows: over how many did you divide for the memory?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        if train:
            N = len(x)
            self.running_var += (1 - self.momentum) * x.var(axis=0) * (N / (N - 1) - 1)
        return out


@misconception("running_norm")
class RunningStd(RunningNorm):
    """
    What has been remembered is the standard deviation. What does the name of the attribute
    promise, and when will a root be taken?
    """

    def remember(self, mean, var):
        old, new = self.momentum, 1 - self.momentum
        self.running_mean = old * self.running_mean + new * mean
        self.running_var = old * self.running_var + new * np.sqrt(var)


@misconception("running_norm")
class NeverRemembered(RunningNorm):
    """
    After two batches the memory is what it was before the first. Who writes into it, and when?
    """

    def remember(self, mean, var):
        pass


@misconception("running_norm")
class VarianceAsStd(RunningNorm):
    """
    At test time the differences have been divided by the variance. What is there to do between
    a variance and a standard deviation?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        if not train:
            self.std = self.running_var + 1e-5
            out = (x - self.running_mean) / self.std
        return out


@misconception("running_norm")
class MemoryMovedAtTestTime(RunningNorm):
    """
    Being asked changes the memory. Should the answer for an image depend on who was asked for
    before?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        if not train:
            self.remember(x.mean(axis=0), x.var(axis=0))
        return out


@misconception("running_norm")
class ThreePathsAtTestTime(RunningNorm):
    """
    This is the gradient for training. If one image moves at test time, do the remembered mean
    and variance move with it?
    """

    def backward(self, dout):
        x_hat = self.x_hat if hasattr(self, "x_hat") else 0
        return (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0)) / self.std

    def forward(self, x, train=True):
        self.x_hat = super().forward(x, train)
        return self.x_hat


@misconception("running_norm")
class UpstreamHandedOn(RunningNorm):
    """
    The gradient goes back as it came. The mean and the standard deviation are constants, but
    what do they do to x?
    """

    def backward(self, dout):
        return dout


@misconception("running_norm")
class MultipliedByStd(RunningNorm):
    """
    The gradient has been multiplied where forward divides. If a column is ten times as wide,
    does the output react more to a small step, or less?
    """

    def backward(self, dout):
        return dout * self.std


@misconception("running_norm")
class NormalisedInPlace(RunningNorm):
    """
    The mean has been taken off the caller's own array. What would a second forward with the
    same images remember?
    """

    def forward(self, x, train=True):
        out = super().forward(x, train)
        x -= x.mean(axis=0)
        return out


# --- layer_norm ------------------------------------------------------------------------------


@misconception("layer_norm")
class GammaTakenOut(LayerNorm):
    """
    gamma has been put before the bracket, as if it were the same number all along. Along which
    axis do the means run here, and does gamma vary there?
    """

    def backward(self, dout):
        super().backward(dout)
        by_var = self.x_hat * (dout * self.x_hat).mean(axis=1, keepdims=True)
        return self.gamma * (dout - dout.mean(axis=1, keepdims=True) - by_var) / self.std


@misconception("layer_norm")
class ParametersAddedAlongTheRows(LayerNorm):
    """
    There is one number for each row. The normalisation has been turned round: have gamma and
    beta been turned round too, or do they still belong to columns?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * self.x_hat).sum(axis=1)
        self.dbeta = dout.sum(axis=1)
        return dx


@misconception("layer_norm")
class ParametersNotAdded(LayerNorm):
    """
    There is a row of gradients for each sample. gamma and beta serve all samples alike: which
    shape have they?
    """

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = dout * self.x_hat
        self.dbeta = dout
        return dx


@misconception("layer_norm")
class BothOfAdasFaults(LayerNorm):
    """
    This is what Ada had. Ask of each sum and mean in backward: who shares the value that it
    belongs to, all rows of a column, or all columns of a row?
    """

    def backward(self, dout):
        self.dgamma = (dout * self.x_hat).sum(axis=1, keepdims=True)
        self.dbeta = dout.sum(axis=1, keepdims=True)
        by_var = self.x_hat * (dout * self.x_hat).mean(axis=1, keepdims=True)
        return self.gamma * (dout - dout.mean(axis=1, keepdims=True) - by_var) / self.std


@misconception("layer_norm")
class BackwardOverColumns(LayerNorm):
    """
    The means on the way back run down the columns, as in batch normalisation. Who shared a
    mean in this forward?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        by_var = self.x_hat * (dx_hat * self.x_hat).mean(axis=0)
        return (dx_hat - dx_hat.mean(axis=0) - by_var) / self.std


@misconception("layer_norm")
class RowStatisticsConstant(LayerNorm):
    """
    Mean and variance have been taken for constants. When one value of a row moves, what happens
    to the others in its row?
    """

    def backward(self, dout):
        super().backward(dout)
        return dout * self.gamma / self.std


@misconception("layer_norm")
class RowVarianceConstant(LayerNorm):
    """
    The path through the mean of the row is there. From what is its standard deviation made?
    """

    def backward(self, dout):
        super().backward(dout)
        dx_hat = dout * self.gamma
        return (dx_hat - dx_hat.mean(axis=1, keepdims=True)) / self.std


@misconception("layer_norm")
class GammaMissingInRows(LayerNorm):
    """
    This is right only while every gamma is 1. What stands between the output and x_hat on the
    way back?
    """

    def backward(self, dout):
        super().backward(dout)
        by_var = self.x_hat * (dout * self.x_hat).mean(axis=1, keepdims=True)
        return (dout - dout.mean(axis=1, keepdims=True) - by_var) / self.std


@misconception("layer_norm")
class StillBatchNorm(LayerNorm):
    """
    The columns are normalised here, as before. Of which values is the mean taken that one
    sample needs, if it may not look at the others?
    """

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + self.eps)
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("layer_norm")
class RowVarianceByNMinusOne(LayerNorm):
    """
    The squares of a row have been divided by one less than there are. What is a mean of D
    squares divided by?
    """

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=1, ddof=1, keepdims=True) + self.eps)
        self.x_hat = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.gamma * self.x_hat + self.beta


@misconception("layer_norm")
class RowsCentredInPlace(LayerNorm):
    """
    The mean has been taken off the caller's own array. Who else may be holding it?
    """

    def forward(self, x):
        out = super().forward(x)
        x -= x.mean(axis=1, keepdims=True)
        return out


# --- add_weight_decay ------------------------------------------------------------------------


@misconception("add_weight_decay")
def HalfOfTheSquaresForgotten(loss, grads, params, weight_decay):
    """
    The penalty in the loss is twice too large for its gradient. What stands in front of the sum
    of squares?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in weights}
    return loss + weight_decay * sum((params[name] ** 2).sum() for name in weights), grads | new


@misconception("add_weight_decay")
def GradientOfTheSquareTwice(loss, grads, params, weight_decay):
    """
    A factor 2 has come from the square. What does the half in front of the sum do to it?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + 2 * weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads | new


@misconception("add_weight_decay")
def HalfInTheGradient(loss, grads, params, weight_decay):
    """
    The half of the loss stands in the gradient too. What is the slope of half a square?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay / 2 * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads | new


@misconception("add_weight_decay")
def WeightsGrow(loss, grads, params, weight_decay):
    """
    With this gradient the weights grow. A step goes against the gradient: which sign must the
    new part have so that a positive weight becomes smaller?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] - weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads | new


@misconception("add_weight_decay")
def BiasesDecayToo(loss, grads, params, weight_decay):
    """
    The biases are in it as well. Does a large bias make the output turn more sharply between
    two images?
    """
    new = {name: grads[name] + weight_decay * params[name] for name in params}
    return loss + weight_decay / 2 * sum((param**2).sum() for param in params.values()), new


@misconception("add_weight_decay")
def BiasGradientsDecayToo(loss, grads, params, weight_decay):
    """
    The loss leaves the biases alone, and their gradients do not. Which of the two is right, and
    can they differ?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in params}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), new


@misconception("add_weight_decay")
def OnlyTheLossGrows(loss, grads, params, weight_decay):
    """
    The loss knows of the penalty, and the gradients do not. Which of the two moves the
    weights?
    """
    weights = [name for name in params if name.startswith("W")]
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), dict(grads)


@misconception("add_weight_decay")
def OnlyTheGradientsGrow(loss, grads, params, weight_decay):
    """
    The gradients have the new part, and the loss is the old one. What would a gradient check
    say to this pair?
    """
    weights = [name for name in params if name.startswith("W")]
    return loss, grads | {name: grads[name] + weight_decay * params[name] for name in weights}


@misconception("add_weight_decay")
def RootOfTheSquares(loss, grads, params, weight_decay):
    """
    The lengths of the weights have been added. Is it the length that the penalty takes, or its
    square?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum(np.linalg.norm(params[n]) for n in weights), grads | new


@misconception("add_weight_decay")
def MeanOfTheSquares(loss, grads, params, weight_decay):
    """
    A mean of the squares has been taken for each W. Does a large W count more than a small one
    in the formula, or the same?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).mean() for n in weights), grads | new


@misconception("add_weight_decay")
def FirstWeightsOnly(loss, grads, params, weight_decay):
    """
    Only the first W has been counted. How many has the network, and how can a loop find them
    all?
    """
    new = {"W1": grads["W1"] + weight_decay * params["W1"]}
    return loss + weight_decay / 2 * (params["W1"] ** 2).sum(), grads | new


@misconception("add_weight_decay")
def LambdaForgotten(loss, grads, params, weight_decay):
    """
    The penalty has its full weight, whatever weight_decay is. What does the caller want to
    decide with that number?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + params[name] for name in weights}
    return loss + sum((params[n] ** 2).sum() for n in weights) / 2, grads | new


@misconception("add_weight_decay")
def BiasGradientsLost(loss, grads, params, weight_decay):
    """
    The gradients of the biases are not in the new dictionary. They do not decay, but what does
    the update need for them all the same?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay * params[name] for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), new


@misconception("add_weight_decay")
def SquaresInTheGradient(loss, grads, params, weight_decay):
    """
    The squares themselves have been added to the gradients. What is the slope of a square, and
    has it always the same sign?
    """
    weights = [name for name in params if name.startswith("W")]
    new = {name: grads[name] + weight_decay / 2 * params[name] ** 2 for name in weights}
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads | new


@misconception("add_weight_decay")
def GradientsChangedUnderway(loss, grads, params, weight_decay):
    """
    The caller's own gradients are others than before. What would a second call with the same
    dictionary return?
    """
    weights = [name for name in params if name.startswith("W")]
    for name in weights:
        grads[name] += weight_decay * params[name]
    return loss + weight_decay / 2 * sum((params[n] ** 2).sum() for n in weights), grads


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def StaysAsItIs():
    """
    The value has come through unchanged. If more than half are left out, what must those that
    stay make up for?
    """
    return {
        "dropout_out": 2,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def DividedByTheProbabilityToGo():
    """
    You divided by the probability to be left out. Which share of the values stays?
    """
    return {
        "dropout_out": 10 / 3,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def MultipliedByTheShare():
    """
    The value has become smaller. Others are missing: should those that stay count for less,
    or for more?
    """
    return {
        "dropout_out": 0.8,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def GradientWithoutTheScale():
    """
    The gradient has come back as it came. By which number was the value multiplied on its way
    forwards?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 3,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def ValueInTheGradient():
    """
    The output has got into the gradient. It is a product of a value and a mask: which of the
    two is the slope for the value?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 15,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def GammaAndBetaSkipped():
    """
    These are the normalised values. Two parameters come after them: what does each of them do?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (-1, -1, 1, 1),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def VarianceInPlaceOfStd():
    """
    You divided by the variance. What is there to do between a variance and a standard
    deviation?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (8.5, 8.5, 11.5, 11.5),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def MeanNotTakenOff():
    """
    The mean has not been taken off. What is the mean of a column of x_hat always?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (11.5, 11.5, 17.5, 17.5),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def DgammaIsDbeta():
    """
    That is the gradient of beta. By what is gamma multiplied in the row that has an upstream
    gradient?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": 1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def GammaInItsOwnGradient():
    """
    Gamma itself is in there. In a product, which of the two factors is the slope for the
    other?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -3,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def DgammaOfTheOutput():
    """
    You took the output of the first row. By what exactly was gamma multiplied to come to it?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": 7,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def OnePathOnly():
    """
    Only the row with the upstream gradient gets anything. If this row moves, what happens to
    the mean, and to the others?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (1.5, 0, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def PathOfTheMeanOnly():
    """
    The path through the mean is there. By what else is every row divided that is made from
    all rows?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (1.125, -0.375, -0.375, -0.375),
        "decayed": 1.89,
    }


@misconception("predict")
def GammaSkippedOnTheWayBack():
    """
    The shape of it is right, and it is too small. What is the first node on the way back, and
    what is its slope?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.25, -0.25, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def StdSkippedOnTheWayBack():
    """
    All three paths are there. By what was the difference divided on its way forwards?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (1.5, -1.5, 0, 0),
        "decayed": 1.89,
    }


@misconception("predict")
def NoDecayAtAll():
    """
    That is the step without weight decay. What comes to the gradient of W in addition?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.95,
    }


@misconception("predict")
def DecayUpwards():
    """
    The weight has grown. A penalty on large weights should do what to a positive one?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 2.01,
    }


@misconception("predict")
def DecayTwiceAsMuch():
    """
    There is a factor 2 too much in it. What stands in front of the square in the penalty?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.83,
    }


@misconception("predict")
def DecayWithoutTheRate():
    """
    The decay has been taken off whole. It is a part of the gradient: by what is a gradient
    multiplied in a step?
    """
    return {
        "dropout_out": 5,
        "dropout_dx": 7.5,
        "norm_out": (7, 7, 13, 13),
        "dgamma": -1,
        "norm_dx": (0.75, -0.75, 0, 0),
        "decayed": 1.35,
    }


# --- find_the_cause --------------------------------------------------------------------------


@misconception("find_the_cause")
def TwiceIsTheMemory():
    """
    The same image alone, asked twice in a row: are the statistics of its batch not the same
    both times? What else could differ from call to call?
    """
    return {
        "twice": 2,
        "alone": 2,
        "later": 3,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def TwiceIsTheFreshMask():
    """
    A mask on the way back changes gradients. Which pass gives the answer for an image?
    """
    return {
        "twice": 6,
        "alone": 2,
        "later": 3,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def AloneIsDropout():
    """
    Dropout gives many answers, not one and the same. What is left of a single row when its
    own mean is taken off?
    """
    return {
        "twice": 1,
        "alone": 1,
        "later": 3,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def AloneIsTheVanishing():
    """
    The answer is the same only when an image comes alone. What does a layer do that looks at
    the other rows?
    """
    return {
        "twice": 1,
        "alone": 4,
        "later": 3,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def LaterIsTheMask():
    """
    A new mask on the way back spoils the check from the beginning. Which number is 1 at first
    and something else later?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 6,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def LaterIsTheVanishing():
    """
    Small gradients may be right. The check compares with the true slope: which factor could be
    forgotten unnoticed while it is 1?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 4,
        "stands_still": 4,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def StandsStillByDecay():
    """
    Weight decay makes weights small, in all layers alike. What makes a gradient smaller from
    layer to layer?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 3,
        "stands_still": 5,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def StandsStillByGamma():
    """
    A missing factor is missing once. What happens to a gradient that is multiplied by a number
    below 1 in each of twelve layers?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 3,
        "stands_still": 3,
        "shrinks": 5,
    }


@misconception("find_the_cause")
def ShrinksByVanishing():
    """
    Where no gradient arrives, weights stay as they are. What moves them towards 0 although the
    loss on the images rises?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 3,
        "stands_still": 4,
        "shrinks": 4,
    }


@misconception("find_the_cause")
def ShrinksByDropout():
    """
    At test time nothing is learned. Which part of the gradient points from every weight
    towards 0?
    """
    return {
        "twice": 1,
        "alone": 2,
        "later": 3,
        "stands_still": 4,
        "shrinks": 1,
    }
