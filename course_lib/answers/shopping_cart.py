"""Right answers to 01_shopping_cart: the price of a shopping cart, from product and sum nodes."""

from __future__ import annotations

from course_lib.arrays import Array
from course_lib.layers.add import AddLayer
from course_lib.layers.base import Layer
from course_lib.layers.mul import MulLayer
from course_lib.layers.sub import SubLayer


class ShoppingCart(Layer):
    """Price of two kinds of fruit with tax.

    ``price = (apple * apple_num + orange * orange_num) * tax``

    `backward` calls the four layers in exactly the reverse order and returns the gradients of
    the price, times `dout`, in the order of the arguments of `forward`.
    """

    def __init__(self) -> None:
        self.mul_apple = MulLayer()
        self.mul_orange = MulLayer()
        self.add_fruit = AddLayer()
        self.mul_tax = MulLayer()

    def forward(
        self, apple: Array, apple_num: Array, orange: Array, orange_num: Array, tax: Array
    ) -> Array:
        apple_price = self.mul_apple.forward(apple, apple_num)
        orange_price = self.mul_orange.forward(orange, orange_num)
        all_price = self.add_fruit.forward(apple_price, orange_price)
        return self.mul_tax.forward(all_price, tax)

    def backward(self, dout: Array) -> tuple[Array, Array, Array, Array, Array]:
        dall_price, dtax = self.mul_tax.backward(dout)
        dapple_price, dorange_price = self.add_fruit.backward(dall_price)
        dorange, dorange_num = self.mul_orange.backward(dorange_price)
        dapple, dapple_num = self.mul_apple.backward(dapple_price)
        return dapple, dapple_num, dorange, dorange_num, dtax


class CouponCart(Layer):
    """Price of one kind of fruit with tax, minus a coupon.

    ``price = apple * apple_num * tax - coupon``
    """

    def __init__(self) -> None:
        self.mul_apple = MulLayer()
        self.mul_tax = MulLayer()
        self.sub_coupon = SubLayer()

    def forward(self, apple: Array, apple_num: Array, tax: Array, coupon: Array) -> Array:
        apple_price = self.mul_apple.forward(apple, apple_num)
        taxed_price = self.mul_tax.forward(apple_price, tax)
        return self.sub_coupon.forward(taxed_price, coupon)

    def backward(self, dout: Array) -> tuple[Array, Array, Array, Array]:
        dtaxed_price, dcoupon = self.sub_coupon.backward(dout)
        dapple_price, dtax = self.mul_tax.backward(dtaxed_price)
        dapple, dapple_num = self.mul_apple.backward(dapple_price)
        return dapple, dapple_num, dtax, dcoupon
