"""Wrong answers to 01_shopping_cart."""

# The code below is wrong on purpose, in the words that learners use.
# ruff: noqa: ARG002, D200, D205, D400, D401, D404
# mypy: ignore-errors

import numpy as np

from course_lib.answers.shopping_cart import CouponCart, ShoppingCart
from course_lib.layers import AddLayer, DivLayer, MulLayer, SubLayer
from course_lib.misconceptions.registry import misconception

SLUG = "01_shopping_cart"

# --- mul_layer -------------------------------------------------------------------------------


@misconception("mul_layer")
class OwnValueForPartners(MulLayer):
    """
    These are the right numbers with the partners exchanged. Hold y still in your mind and
    let x grow by 1: by how much does x * y grow? Then look at which gradient stands where.
    """

    def backward(self, dout):
        dx = dout * self.x
        dy = dout * self.y
        return dx, dy


@misconception("mul_layer")
class UpstreamDroppedByMul(MulLayer):
    """
    This is the local slope alone: right if this node were the last one of the graph. What
    does dout tell the node about everything that comes after it?
    """

    def backward(self, dout):
        dx = self.y
        dy = self.x
        return dx, dy


@misconception("mul_layer")
class UpstreamAdded(MulLayer):
    """
    The upstream gradient and the local slope have been added. If one step doubles a change
    and the next one triples it, what happens to the change over both steps?
    """

    def backward(self, dout):
        dx = dout + self.y
        dy = dout + self.x
        return dx, dy


@misconception("mul_layer")
class ProductForSlope(MulLayer):
    """
    Here the upstream gradient is multiplied by the output. The output says how large the
    product is. By how much does it grow when only one of the two inputs grows?
    """

    def backward(self, dout):
        dx = dout * self.x * self.y
        dy = dout * self.x * self.y
        return dx, dy


@misconception("mul_layer")
class DividedByPartner(MulLayer):
    """
    Dividing undoes a product: that is how to find an input from the output. Backward does not
    ask what the inputs were. How does the output react when one of them moves?
    """

    def backward(self, dout):
        dx = dout / self.y
        dy = dout / self.x
        return dx, dy


@misconception("mul_layer")
class OnlyOneGradient(MulLayer):
    """
    Two inputs went in. Each of them wants to know how the price reacts to it: how many
    answers has backward to give?
    """

    def backward(self, dout):
        return dout * self.y


@misconception("mul_layer")
class CacheOnTheClass(MulLayer):
    """
    What forward remembers belongs to the class here, so every product node of the graph
    writes into the same place. Which node's numbers does backward find there?
    """

    def forward(self, x, y):
        type(self).x = x
        type(self).y = y
        return x * y

    def backward(self, dout):
        return dout * type(self).y, dout * type(self).x


@misconception("mul_layer")
class FirstInputsKept(MulLayer):
    """
    The inputs are remembered at the first forward only. What should backward answer for when
    forward has been called again with other numbers?
    """

    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        if self.x is None:
            self.x = x
            self.y = y
        return x * y


@misconception("mul_layer")
class NothingRemembered(MulLayer):
    """
    When backward runs, the arguments of forward are long gone. Which two numbers does
    backward need, and where could forward have left them?
    """

    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        return x * y


@misconception("mul_layer")
class RoundedToWholeNumbers(MulLayer):
    """
    The numbers are cut to integers on the way. An apple more costs 2.2 here: what is left of
    that after cutting?
    """

    def backward(self, dout):
        dx = np.trunc(dout * self.y)
        dy = np.trunc(dout * self.x)
        return dx, dy


@misconception("mul_layer")
class UpstreamOverwritten(MulLayer):
    """
    The first gradient is computed by changing dout itself. What does the second one find
    when it reads dout a line later, and what does the caller find in its array?
    """

    def backward(self, dout):
        dx = dout
        dx *= self.y
        dy = dout * self.x
        return dx, dy


@misconception("mul_layer")
class SumInForward(MulLayer):
    """
    Two apples at 100 cost 200. What does your forward say for 100 and 2?
    """

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x + y


# --- add_layer -------------------------------------------------------------------------------


@misconception("add_layer")
class AddTimesInputs(AddLayer):
    """
    Here each gradient is multiplied by an input, as for a product. Let x grow by 1 and keep y:
    does it matter for the growth of x + y how large x or y is?
    """

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x + y

    def backward(self, dout):
        return dout * self.y, dout * self.x


@misconception("add_layer")
class AddTimesOwnInput(AddLayer):
    """
    Here each gradient is multiplied by its own input. Let x grow by 1 and keep y: by how much
    does x + y grow, when x is 10, and when x is 1000?
    """

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x + y

    def backward(self, dout):
        return dout * self.x, dout * self.y


@misconception("add_layer")
class GradientShared(AddLayer):
    """
    The upstream gradient is divided between the two inputs, as one would share a bill. But if
    x alone grows by 1, does the sum grow by one half?
    """

    def backward(self, dout):
        return dout / 2, dout / 2


@misconception("add_layer")
class AddReturnsOne(AddLayer):
    """
    Both inputs get the same gradient, and still there are two of them. What will the caller
    write on the left of the equals sign?
    """

    def backward(self, dout):
        return dout


@misconception("add_layer")
class AddReturnsOnes(AddLayer):
    """
    The local slopes are right. What have they to be combined with before they are handed on?
    """

    def backward(self, dout):
        return dout * 0 + 1, dout * 0 + 1


@misconception("add_layer")
class AddTurnsOneSign(AddLayer):
    """
    The second gradient has the wrong sign. If y grows, does the sum become smaller?
    """

    def backward(self, dout):
        return dout, -dout


@misconception("add_layer")
class AddMultiplies(AddLayer):
    """
    Apples for 200 and oranges for 450 cost 650 together. What does your forward say?
    """

    def forward(self, x, y):
        return x * y


@misconception("add_layer")
class AddWritesIntoUpstream(AddLayer):
    """
    The numbers are right, but the caller's dout is another one afterwards. Which operation on
    it makes a new array, and which one writes into the old?
    """

    def backward(self, dout):
        dx = dout * 1
        dy = dout * 1
        dout *= 0
        return dx, dy


# --- shopping_cart ---------------------------------------------------------------------------


@misconception("shopping_cart")
class TaxForgottenOnTheWayBack(ShoppingCart):
    """
    The fruit's gradients are those of the price before tax. The last node of the forward pass
    is the first of the backward pass: which gradient does it hand to the sum?
    """

    def backward(self, dout):
        _dall_price, dtax = self.mul_tax.backward(dout)
        dapple_price, dorange_price = self.add_fruit.backward(dout)
        dorange, dorange_num = self.mul_orange.backward(dorange_price)
        dapple, dapple_num = self.mul_apple.backward(dapple_price)
        return dapple, dapple_num, dorange, dorange_num, dtax


@misconception("shopping_cart")
class OneLayerForBothFruits(ShoppingCart):
    """
    One product layer has served for both fruits. Its second forward wrote over what the
    first one had remembered. How many product nodes does the graph have?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        apple_price = self.mul_apple.forward(apple, apple_num)
        orange_price = self.mul_apple.forward(orange, orange_num)
        all_price = self.add_fruit.forward(apple_price, orange_price)
        self.mul_orange = self.mul_apple
        return self.mul_tax.forward(all_price, tax)


@misconception("shopping_cart")
class FruitsExchanged(ShoppingCart):
    """
    The numbers are right and stand in the wrong places. In which order did forward take its
    inputs, and in which order do you return their gradients?
    """

    def backward(self, dout):
        dapple, dapple_num, dorange, dorange_num, dtax = super().backward(dout)
        return dorange, dorange_num, dapple, dapple_num, dtax


@misconception("shopping_cart")
class PriceAndNumberExchanged(ShoppingCart):
    """
    The gradients of the price and of the number of pieces have changed places. A product
    layer returns them in the order of its inputs: which one came first in forward?
    """

    def backward(self, dout):
        dapple, dapple_num, dorange, dorange_num, dtax = super().backward(dout)
        return dapple_num, dapple, dorange_num, dorange, dtax


@misconception("shopping_cart")
class SeedForgotten(ShoppingCart):
    """
    The walk back starts with 1, whatever dout says. That is right when the price is the end
    of the graph. What if something comes after the price?
    """

    def backward(self, dout):
        return super().backward(1.0)


@misconception("shopping_cart")
class SeededWithThePrice(ShoppingCart):
    """
    The walk back starts with the price. It should start with how the result reacts to the
    price. Who tells the cart that?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.price = super().forward(apple, apple_num, orange, orange_num, tax)
        return self.price

    def backward(self, dout):
        return super().backward(self.price)


@misconception("shopping_cart")
class TaxPerPercent(ShoppingCart):
    """
    This is the gradient of the tax divided by 100. A gradient is a rate for a whole unit of
    its input. The input here is a factor such as 1.1: what is one unit of it?
    """

    def backward(self, dout):
        *fruit, dtax = super().backward(dout)
        return (*fruit, dtax / 100)


@misconception("shopping_cart")
class TaxOnApplesOnly(ShoppingCart):
    """
    The gradient of the tax counts the apples only. Which price does the tax multiply?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.apple_price = apple * apple_num
        return super().forward(apple, apple_num, orange, orange_num, tax)

    def backward(self, dout):
        *fruit, _dtax = super().backward(dout)
        return (*fruit, dout * self.apple_price)


@misconception("shopping_cart")
class TaxAdded(ShoppingCart):
    """
    The tax has been added to the price. Fruit for 650 with a tax factor of 1.1 costs 715:
    which node leads from one to the other?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        return super().forward(apple, apple_num, orange, orange_num, tax) / tax + tax


@misconception("shopping_cart")
class TaxLeftOut(ShoppingCart):
    """
    This is the price before tax. Follow the graph from left to right: which node is missing?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        super().forward(apple, apple_num, orange, orange_num, tax)
        return apple * apple_num + orange * orange_num


@misconception("shopping_cart")
class TaxGradientIsThePrice(ShoppingCart):
    """
    The gradient of the tax is the price with tax here. Let the tax factor grow by 1: which
    amount is added once more, the one with tax or the one without?
    """

    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.price = super().forward(apple, apple_num, orange, orange_num, tax)
        return self.price

    def backward(self, dout):
        *fruit, _dtax = super().backward(dout)
        return (*fruit, dout * self.price)


# --- predict ---------------------------------------------------------------------------------


@misconception("predict")
def TaxForgottenInPrediction():
    """
    This is what one more costs before tax. Which node stands between it and the price, and
    by what does that node multiply every gradient that passes?
    """
    return {"dapple": 4, "dapple_num": 150, "dtax": 600, "one_point": 6}


@misconception("predict")
def PartnersExchangedInPrediction():
    """
    The gradients of the price of an apple and of the number of apples have changed places.
    If each apple becomes dearer by 1, how many times is that paid?
    """
    return {"dapple": 180, "dapple_num": 4.8, "dtax": 600, "one_point": 6}


@misconception("predict")
def PriceAsTaxGradient():
    """
    This is the price with tax. If the tax factor grows by a whole 1, which amount is added
    once more?
    """
    return {"dapple": 4.8, "dapple_num": 180, "dtax": 720, "one_point": 7.2}


@misconception("predict")
def RateTakenForPercent():
    """
    This is the answer for a factor that grows by a whole 1, from 20 % tax to 120 %. By how
    much does the factor grow when the tax rises by one percentage point?
    """
    return {"dapple": 4.8, "dapple_num": 180, "dtax": 600, "one_point": 600}


# --- sub_layer -------------------------------------------------------------------------------


@misconception("sub_layer")
class SubAsAdd(SubLayer):
    """
    Both inputs get the upstream gradient as it is, as in a sum. If y grows, does x - y grow?
    """

    def backward(self, dout):
        return dout, dout


@misconception("sub_layer")
class SubBothNegative(SubLayer):
    """
    Both gradients have their sign turned. One of the two inputs still pulls the result up
    when it grows. Which?
    """

    def backward(self, dout):
        return -dout, -dout


@misconception("sub_layer")
class SubExchanged(SubLayer):
    """
    The two gradients have changed places. Which of the inputs is taken away?
    """

    def backward(self, dout):
        return -dout, dout


@misconception("sub_layer")
class SubUpstreamDropped(SubLayer):
    """
    The local slopes are right. What else does the chain rule ask to multiply them with?
    """

    def backward(self, dout):
        return dout * 0 + 1, dout * 0 - 1


@misconception("sub_layer")
class SubTurnedRound(SubLayer):
    """
    Your forward takes the first from the second. What should 5 and 3 give?
    """

    def forward(self, x, y):
        return y - x


@misconception("sub_layer")
class SubNegatesInPlace(SubLayer):
    """
    To turn the sign, dout itself was changed. Whose array is it, and what stands in the
    first gradient if it is the same array?
    """

    def backward(self, dout):
        dx = dout * 1
        dout *= -1
        return dx, dout * 1


# --- coupon_cart -----------------------------------------------------------------------------


@misconception("coupon_cart")
class CouponRaisesThePrice(CouponCart):
    """
    According to this gradient a larger coupon makes the cart dearer. What does the last node
    do to its second input?
    """

    def backward(self, dout):
        dapple, dapple_num, dtax, dcoupon = super().backward(dout)
        return dapple, dapple_num, dtax, -dcoupon


@misconception("coupon_cart")
class CouponTaxed(CouponCart):
    """
    Here the coupon is taken off before the tax. Is that the order of the graph in the task?
    """

    def forward(self, apple, apple_num, tax, coupon):
        super().forward(apple, apple_num, tax, coupon)
        return (apple * apple_num - coupon) * tax


@misconception("coupon_cart")
class CouponAdded(CouponCart):
    """
    Your cart becomes dearer by the coupon. Which node takes something away?
    """

    def forward(self, apple, apple_num, tax, coupon):
        super().forward(apple, apple_num, tax, coupon)
        return apple * apple_num * tax + coupon


@misconception("coupon_cart")
class CouponGradientTaxed(CouponCart):
    """
    The gradient of the coupon has the tax in it. Walk from the price to the coupon: through
    which nodes does that path lead?
    """

    def backward(self, dout):
        dapple, dapple_num, dtax, dcoupon = super().backward(dout)
        return dapple, dapple_num, dtax, dcoupon * self.mul_tax.y


@misconception("coupon_cart")
class CouponTaxForgotten(CouponCart):
    """
    The apples' gradients are those of the price before tax. Which node hands them their
    upstream gradient, and by what has it multiplied?
    """

    def backward(self, dout):
        dtaxed_price, dcoupon = self.sub_coupon.backward(dout)
        _dapple_price, dtax = self.mul_tax.backward(dtaxed_price)
        dapple, dapple_num = self.mul_apple.backward(dtaxed_price)
        return dapple, dapple_num, dtax, dcoupon


@misconception("coupon_cart")
class CouponFromTaxGradient(CouponCart):
    """
    The coupon has crept into the gradient of the tax. Is the coupon among the things that
    the tax multiplies?
    """

    def forward(self, apple, apple_num, tax, coupon):
        self.coupon = coupon
        return super().forward(apple, apple_num, tax, coupon)

    def backward(self, dout):
        dapple, dapple_num, dtax, dcoupon = super().backward(dout)
        return dapple, dapple_num, dtax - dout * self.coupon, dcoupon


# --- div_layer -------------------------------------------------------------------------------


@misconception("div_layer")
class DivAsMul(DivLayer):
    """
    These are the gradients of a product. If y is 4 and x grows by 1, by how much does x / y
    grow?
    """

    def backward(self, dout):
        return dout * self.y, dout * self.x


@misconception("div_layer")
class DivSignMissing(DivLayer):
    """
    The size of the second gradient is right. When y grows, does x / y grow with it?
    """

    def backward(self, dout):
        return dout / self.y, dout * self.x / self.y**2


@misconception("div_layer")
class DivSquareMissing(DivLayer):
    """
    The second gradient falls too slowly with y. Try it with numbers: how does 1 / y change
    from y = 1 to 1.1, and how from y = 10 to 10.1?
    """

    def backward(self, dout):
        return dout / self.y, -dout * self.x / self.y


@misconception("div_layer")
class DivNumeratorMissing(DivLayer):
    """
    The second gradient is that of 1 / y. What stands above the line?
    """

    def backward(self, dout):
        return dout / self.y, -dout / self.y**2


@misconception("div_layer")
class DivUpstreamDropped(DivLayer):
    """
    The local slopes are right. What does a node do with what comes from above?
    """

    def backward(self, dout):
        return dout * 0 + 1 / self.y, dout * 0 - self.x / self.y**2


@misconception("div_layer")
class DivReciprocalOfX(DivLayer):
    """
    Here the second input gets what would be right if the quotient were turned round. Which
    of the two stands below the line?
    """

    def backward(self, dout):
        return dout / self.y, dout / self.x


@misconception("div_layer")
class DivTurnedRound(DivLayer):
    """
    Your forward divides the second by the first. What should 6 and 3 give?
    """

    def forward(self, x, y):
        self.x = x
        self.y = y
        return y / x
