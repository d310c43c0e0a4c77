"""Wrong answers to 07_gradient_check."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG001, D200, D205, D400, D401, D404, F841, RUF059
# mypy: ignore-errors

import numpy as np

from course_lib.answers.gradient_check import compare, numerical_gradient
from course_lib.misconceptions.registry import misconception

SLUG = "07_gradient_check"

# --- numerical_gradient -------------------------------------------------------------------------


@misconception("numerical_gradient")
def ForwardDifference(f, x, h=1e-5):
    """
    You look to one side only, so the bend of the curve stays in the result. What does the
    chapter do to make the bend drop out?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept
        grad[index] = (above - f(x)) / h
    return grad


@misconception("numerical_gradient")
def BackwardDifference(f, x, h=1e-5):
    """
    You look back only, so the bend of the curve stays in the result. On how many sides
    does a central difference stand?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (f(x) - below) / h
    return grad


@misconception("numerical_gradient")
def IntegersMoved(f, x, h=1e-5):
    """
    For integers your slopes are huge or 0. What is left of 2.00001 when an array of
    integers has to hold it?
    """
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def SlopesCutToIntegers(f, x, h=1e-5):
    """
    Your slopes of an integer array have no decimals. Of which type is the array that you
    write them into, and from what was it made?
    """
    grad = np.zeros_like(x)
    x = x.astype(float) if x.dtype.kind != "f" else x
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def NotPutBack(f, x, h=1e-5):
    """
    Each element stays where you have moved it, so all later slopes are taken at another
    place. What should x hold when you go on to the next element?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def PutBackByAdding(f, x, h=1e-5):
    """
    The slopes are right, and x is not quite what it was: its last digits are others. What
    is rounded once does not come back by adding. What could you have kept?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        below = f(x)
        x[index] += h
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def StepAsSmallAsPossible(f, x, h=1e-5):
    """
    Most digits of your slopes are rounding. Is your step as small as it can be, or as
    small as it should be? Where is the bottom of the valley?
    """
    h = 1e-12
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def StepOfYourOwn(f, x, h=1e-5):
    """
    For the usual step this is right. Whoever asks for another step does not get it. Where
    in your code does h come from?
    """
    h = 1e-5
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def CopyMoved(f, x, h=1e-5):
    """
    You move one array and show f another, which never changes. Which of your two arrays
    does f have to see?
    """
    moved = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = moved[index]
        moved[index] = kept + h
        above = f(x)
        moved[index] = kept - h
        below = f(x)
        moved[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def DividedByOneStep(f, x, h=1e-5):
    """
    Twice the slope. How far apart are the two places at which you ask f?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / h
    return grad


@misconception("numerical_gradient")
def TimesHByPrecedence(f, x, h=1e-5):
    """
    Your slopes are tiny. In what order does Python work through / 2 * h? By how much do
    you divide in the end?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / 2 * h
    return grad


@misconception("numerical_gradient")
def NotDividedAtAll(f, x, h=1e-5):
    """
    This is how much f changes, not how steep it is. Over which distance has it changed?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = above - below
    return grad


@misconception("numerical_gradient")
def BelowMinusAbove(f, x, h=1e-5):
    """
    Every slope has the wrong sign. If f is larger on the right, does it rise or fall?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (below - above) / (2 * h)
    return grad


@misconception("numerical_gradient")
def AllMovedAtOnce(f, x, h=1e-5):
    """
    You move all elements at once, and every slope is the same: that of one direction
    through all of them. How many elements may move when you ask for the slope of one?
    """
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return np.full(x.shape, slope)


@misconception("numerical_gradient")
def RowsMoved(f, x, h=1e-5):
    """
    For one axis this is right. With two, your index picks a whole row, and all of it
    moves. How can you visit every single element, however many axes there are?
    """
    x = x.astype(float) if x.dtype.kind != "f" else x
    grad = np.zeros(x.shape)
    for i in range(len(x)):
        kept = np.copy(x[i])
        x[i] = kept + h
        above = f(x)
        x[i] = kept - h
        below = f(x)
        x[i] = kept
        grad[i] = (above - below) / (2 * h)
    return grad


@misconception("numerical_gradient")
def ElementAlone(f, x, h=1e-5):
    """
    F gets to see one element, without the others. What does f depend on, and what should
    stay as it is while one element moves?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        grad[index] = (f(kept + h) - f(kept - h)) / (2 * h)
    return grad


@misconception("numerical_gradient")
def SlopesInALine(f, x, h=1e-5):
    """
    All slopes are there, in one long line. Which shape has a gradient?
    """
    if x.dtype.kind != "f":
        x = x.astype(float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad.ravel()[:, None]


@misconception("numerical_gradient")
def UpAndDownInTheSameArray(f, x, h=1e-5):
    """
    The second step starts where the first one has ended. So you compare f above with f in
    the middle, and divide by the whole way. Where should the step down start?
    """
    x = x.astype(float) if x.dtype.kind != "f" else x
    grad = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] += h
        above = f(x)
        x[index] -= h
        below = f(x)
        x[index] = kept
        grad[index] = (above - below) / (2 * h)
    return grad


# --- compare ------------------------------------------------------------------------------------


@misconception("compare")
def DifferenceAlone(a, n, rtol=1e-6, atol=1e-8):
    """
    You look at the difference alone. A difference of 0.000001 is little beside 1000. What
    is it beside gradients of 0.00001? And how large may it be beside a million?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((np.abs(a - n) <= 1e-5).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def BesideTheNumericalOne(a, n, rtol=1e-6, atol=1e-8):
    """
    You measure beside one of the two gradients only. What is allowed where the other one is
    the larger of the two?
    """
    if a.shape != n.shape:
        return False, None
    excess = np.abs(a - n) / (rtol * np.abs(n) + atol)
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return bool((excess <= 1).all()), worst


@misconception("compare")
def BesideTheSmaller(a, n, rtol=1e-6, atol=1e-8):
    """
    You measure beside the smaller of the two gradients. Which of them does the formula ask
    for, and what becomes of a 0 beside a small number?
    """
    if a.shape != n.shape:
        return False, None
    excess = np.abs(a - n) / (rtol * np.minimum(np.abs(a), np.abs(n)) + atol)
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return bool((excess <= 1).all()), worst


@misconception("compare")
def MeanOfDifferences(a, n, rtol=1e-6, atol=1e-8):
    """
    You judge the mean. One wrong element among a thousand hardly moves it. Which element
    should decide?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool(np.mean(excess) <= 1e3)
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def NothingBesideNothing(a, n, rtol=1e-6, atol=1e-8):
    """
    A relative error alone: where both gradients are 0 it is 0 divided by 0, and comparing
    nan with anything gives no. What is the second tolerance for?
    """
    if a.shape != n.shape:
        return False, None
    with np.errstate(invalid="ignore"):
        error = np.abs(a - n) / np.maximum(np.abs(a), np.abs(n))
    worst = np.unravel_index(np.argmax(error), a.shape)
    return bool((error <= rtol).all()), worst


@misconception("compare")
def OneRightElementIsEnough(a, n, rtol=1e-6, atol=1e-8):
    """
    One element that agrees is enough for you. How many of them have to pass for a yes?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).any())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def StretchedToFit(a, n, rtol=1e-6, atol=1e-8):
    """
    NumPy has stretched one of the shapes until they fitted. What does a gradient in a
    shape of its own tell about the layer? When should you ask for the shapes?
    """
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    return passed, worst


@misconception("compare")
def NanIsNotLarger(a, n, rtol=1e-6, atol=1e-8):
    """
    You look for elements that are too far off, and nan is never larger than anything.
    Which question does nan answer with no, as it should?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = not (excess > 1).any()
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def NanBesideNan(a, n, rtol=1e-6, atol=1e-8):
    """
    Two nan look like agreement to you. If both gradients are nan, do you know that the
    layer is right?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool(((excess <= 1) | (np.isnan(a) & np.isnan(n))).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def TolerancesOfYourOwn(a, n, rtol=1e-6, atol=1e-8):
    """
    With the usual tolerances this is right. Whoever asks for others does not get them.
    Which two arguments have no use yet?
    """
    if a.shape != n.shape:
        return False, None
    allowed = 1e-6 * np.maximum(np.abs(a), np.abs(n)) + 1e-8
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def DifferenceWithItsSign(a, n, rtol=1e-6, atol=1e-8):
    """
    A gradient that is too small gives a negative difference, and that is below every
    limit. What about the sign should not count here?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = (a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def LimitWithItsSign(a, n, rtol=1e-6, atol=1e-8):
    """
    Beside negative gradients your limit is negative, and no difference is that small. By
    which size should the limit be measured?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(a, n) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def SizesCompared(a, n, rtol=1e-6, atol=1e-8):
    """
    A gradient and its opposite have the same size. Which of them leads uphill? What comes
    first: the difference, or the absolute value?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(np.abs(a) - np.abs(n)) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def ErrorsAddedUp(a, n, rtol=1e-6, atol=1e-8):
    """
    You add the differences before you look at their size. A mistake upwards and one
    downwards: what is left of them?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool(np.abs(np.sum(a - n)) <= np.sum(allowed))
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def LengthsCompared(a, n, rtol=1e-6, atol=1e-8):
    """
    You compare lengths of whole arrays. One large element makes the length, and a wrong
    small one goes under. How could each element be measured by what is allowed for it?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool(np.linalg.norm(a - n) <= rtol * np.linalg.norm(n) + atol * np.sqrt(n.size))
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def LargestDifference(a, n, rtol=1e-6, atol=1e-8):
    """
    This is the largest difference, not the one that is worst for its size. A difference of
    0.01 beside a million is harmless. In which units should you measure?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(np.abs(a - n)), a.shape)
    return passed, worst


@misconception("compare")
def IndexInOneLine(a, n, rtol=1e-6, atol=1e-8):
    """
    Your index counts through the array as if it were one line. Which function of NumPy
    turns it into a row and a column?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = int(np.argmax(excess))
    return passed, worst


@misconception("compare")
def BestElement(a, n, rtol=1e-6, atol=1e-8):
    """
    This is the element that agrees best. Which one would you want to see if a check has
    failed?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmin(excess), a.shape)
    return passed, worst


@misconception("compare")
def ValueOfTheWorst(a, n, rtol=1e-6, atol=1e-8):
    """
    This is how far off the worst element is. Where does it stand?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = float(excess.max())
    return passed, worst


@misconception("compare")
def VerdictTurnedRound(a, n, rtol=1e-6, atol=1e-8):
    """
    Your verdict is turned round: it says yes where something is wrong. What should True
    stand for?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess > 1).any())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def VerdictForEachElement(a, n, rtol=1e-6, atol=1e-8):
    """
    One verdict for each element. Somebody wants to write `if passed:`. How do you make one
    answer of all?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = excess <= 1
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


@misconception("compare")
def VerdictWithoutIndex(a, n, rtol=1e-6, atol=1e-8):
    """
    You return a verdict and nothing else. Which two things does the task ask for, in which
    order?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed


@misconception("compare")
def IndexBeforeVerdict(a, n, rtol=1e-6, atol=1e-8):
    """
    Index and verdict have changed places. In which order does the task name them?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((excess <= 1).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return worst, passed


@misconception("compare")
def EqualToTheLastBit(a, n, rtol=1e-6, atol=1e-8):
    """
    You ask for equal numbers. Two ways of calculating never agree to the last bit. How
    much may rounding do?
    """
    if a.shape != n.shape:
        return False, None
    allowed = rtol * np.maximum(np.abs(a), np.abs(n)) + atol
    excess = np.abs(a - n) / allowed
    passed = bool((a == n).all())
    worst = np.unravel_index(np.argmax(excess), a.shape)
    return passed, worst


# --- predict ------------------------------------------------------------------------------------


@misconception("predict")
def CentralIsForward():
    """
    This looks to the right only. On which two places does the central difference ask f?
    """
    return {
        "central": 3.64,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def TheSlopeItself():
    """
    This is the slope itself, by the rule for powers. With so long a step the difference
    gives something else. What are f(1.2) and f(0.8)?
    """
    return {
        "central": 3,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def CentralByOneStep():
    """
    From 0.8 to 1.2, how far is that? By what have you divided?
    """
    return {
        "central": 6.08,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def ForwardIsCentral():
    """
    This uses a place on the left as well. Which two places does the forward difference
    use?
    """
    return {
        "central": 3.04,
        "forward": 3.04,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def ForwardIsBackward():
    """
    This looks to the left. Where does forward lead?
    """
    return {
        "central": 3.04,
        "forward": 2.44,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def ForwardWithoutTheStart():
    """
    You have divided f(1.2) by the step. What was f before the step?
    """
    return {
        "central": 3.04,
        "forward": 8.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def TenStepsTenTimes():
    """
    That would be the forward difference. The error of the central one goes with which
    power of h?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 10,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def ThirdPower():
    """
    The third derivative stands in the error, but with which power of h?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 1000,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def ShareThatIsLeft():
    """
    This is the part of the error that is left. By which factor has it become smaller?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 0.01,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def SameSizeNoError():
    """
    Their sizes agree, but how far is it from n to -n?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 0,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def MissingGradient():
    """
    This would be the error of a gradient that is 0. How far is it from n to its opposite,
    measured in n?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 1,
        "kink": 0.7,
        "losses": 134,
    }


@misconception("predict")
def SlopeOnTheRight():
    """
    This is the true slope at 0.004. The difference does not know it: what does ReLU put
    out at 0.014, and what at -0.006?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 1,
        "losses": 134,
    }


@misconception("predict")
def HalfOfBoth():
    """
    A mixture, but not half and half. How much of the way from -0.006 to 0.014 lies on the
    right of 0?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.5,
        "losses": 134,
    }


@misconception("predict")
def KinkByOneStep():
    """
    Twice as much as it should be. How far apart are the two places?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 1.4,
        "losses": 134,
    }


@misconception("predict")
def OneLossEach():
    """
    One loss for each parameter. How many does a central difference take?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 67,
    }


@misconception("predict")
def LossesWithoutBiases():
    """
    The biases are missing. They are parameters, too: how many are there in both layers?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 120,
    }


@misconception("predict")
def LossesForward():
    """
    This is the price of forward differences, which share the loss in the middle. Does a
    central difference use that one?
    """
    return {
        "central": 3.04,
        "forward": 3.64,
        "times_smaller": 100,
        "wrong_sign": 2,
        "kink": 0.7,
        "losses": 68,
    }


# --- check_layer --------------------------------------------------------------------------------


@misconception("check_layer")
def UpstreamOfOnes(layer, x, dout):
    """
    Your check uses an upstream gradient of ones. A layer that leaves dout out looks right
    with it. Which dout did you get as an argument?
    """
    out = layer.forward(x)
    dx = layer.backward(np.ones_like(out))
    n = numerical_gradient(lambda moved: np.sum(layer.forward(moved)), x.copy())
    return compare(dx, n)[0]


@misconception("check_layer")
def SumOfTheOutputs(layer, x, dout):
    """
    Backward gets dout, but your number is the plain sum of the outputs, whose upstream
    gradient is made of ones. How does each output have to count for its upstream gradient
    to be dout?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(layer.forward(moved)), x.copy())
    return compare(dx, n)[0]


@misconception("check_layer")
def OnesWrittenIntoDout(layer, x, dout):
    """
    You have written ones into the dout of the caller. With ones a check is easily fooled,
    and somebody else may still need that array. What was it given to you for?
    """
    dout[...] = 1
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx, n)[0]


@misconception("check_layer")
def BackwardAfterTheMoves(layer, x, dout):
    """
    Even right layers fail. When you call backward, the layer remembers the input that it
    saw last. Which one was that, after all the little moves?
    """
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    dx = layer.backward(dout.copy())
    return compare(dx, n)[0]


@misconception("check_layer")
def BackwardFirst(layer, x, dout):
    """
    The layer has seen no input yet. What has to come before a backward?
    """
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx, n)[0]


@misconception("check_layer")
def FirstElementOnly(layer, x, dout):
    """
    You look at one element, and it happens to be right. What about the others?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx.ravel()[:1], n.ravel()[:1])[0]


@misconception("check_layer")
def OnePerCentIsEnough(layer, x, dout):
    """
    Your tolerance lets an error of one in a thousand through. Central differences are
    right to nine digits. Why throw most of them away?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx, n, rtol=1e-2)[0]


@misconception("check_layer")
def SumsCompared(layer, x, dout):
    """
    You compare two sums. A dx in quite another shape can have the right sum. What would
    you have to compare so that this shows?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(np.array([dx.sum()]), np.array([n.sum()]))[0]


@misconception("check_layer")
def AskedTheLayerItself(layer, x, dout):
    """
    Every layer passes: you compare backward with backward. A witness who confirms himself
    is no proof. Which of the layer's methods knows nothing of backward?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    again = layer.backward(dout.copy())
    return compare(dx, again)[0]


@misconception("check_layer")
def WholeComparisonReturned(layer, x, dout):
    """
    You hand back all that compare says. In `if check_layer(...):` a tuple always counts as
    true. Which part of it is the verdict?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx, n)


@misconception("check_layer")
def VerdictKeptBack(layer, x, dout):
    """
    The verdict is there, and nobody hears of it. How does it get back to the one who called?
    """
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    passed, worst = compare(dx, n)


@misconception("check_layer")
def InputScaledInPlace(layer, x, dout):
    """
    All verdicts are right, and the caller's x is another than before. Where do you write
    into it, and what could you write into instead?
    """
    x /= np.abs(x).max()
    layer.forward(x)
    dx = layer.backward(dout.copy())
    n = numerical_gradient(lambda moved: np.sum(dout * layer.forward(moved)), x.copy())
    return compare(dx, n)[0]


# --- five_layers --------------------------------------------------------------------------------


@misconception("five_layers")
def CheckedWithOnes():
    """
    With an upstream gradient of ones this layer passes. What does it do with another one?
    Try a dout that is not 1 anywhere.
    """
    return {
        "layer_a": 1,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def FactorForUpstream():
    """
    It is not one factor for all elements. Divide what comes out by what should: do you
    find the same number everywhere? Which array do the numbers remind you of?
    """
    return {
        "layer_a": 3,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def AgreesWithItself():
    """
    Its gradient is that of its forward. But is its forward what the first line promises?
    What is tanh of 1, and what comes out?
    """
    return {
        "layer_a": 2,
        "layer_b": 1,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def BackwardBlamed():
    """
    Compare backward with what forward really computes, not with what it is called. Do they
    disagree? Which of the two was wrong first?
    """
    return {
        "layer_a": 2,
        "layer_b": 3,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def StrangeIsNotWrong():
    """
    It looks strange, but do the numbers disagree with a gradient check? Equal formulas can
    look different. Try it with a dout of your own, and with outputs from elsewhere.
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 3,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def SoftplusDoubted():
    """
    Compare a few outputs with what the first line promises, also for large x. Is any of
    them wrong?
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 5,
        "layer_d": 4,
        "layer_e": 3,
    }


@misconception("five_layers")
def CheckedOnce():
    """
    The numbers that come back are right. What has become of the dout that you passed?
    Print it before and after.
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 1,
        "layer_e": 3,
    }


@misconception("five_layers")
def MaskFromFirstBatch():
    """
    Does it? Call forward with another batch and see what backward says. Then look at the
    dout that you passed, before and after.
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 6,
        "layer_e": 3,
    }


@misconception("five_layers")
def ToleranceTooWide():
    """
    Nearly right is not right. By how many per cent is it off, and how exact are central
    differences?
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 1,
    }


@misconception("five_layers")
def SquareForAnother():
    """
    Compare its outputs with x * x. Is forward wrong, or is it only backward that does not
    fit?
    """
    return {
        "layer_a": 2,
        "layer_b": 5,
        "layer_c": 1,
        "layer_d": 4,
        "layer_e": 5,
    }
