"""Right: helper functions and classes beside the answer, lambdas kept by forward."""
# %% mul_layer
def partners(dout, x, y):
    return dout * y, dout * x


class MulLayer:
    def forward(self, x, y):
        self.back = lambda dout: partners(dout, x, y)
        return x * y

    def backward(self, dout):
        return self.back(dout)
# %% add_layer
class Node:
    slopes = (1, 1)

    def backward(self, dout):
        return tuple(dout * slope for slope in self.slopes)


class AddLayer(Node):
    def forward(self, x, y):
        return sum([x, y])
# %% shopping_cart
class ShoppingCart:
    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.tape = []

        def run(layer, x, y):
            self.tape.append(layer)
            return layer.forward(x, y)

        fruit = run(AddLayer(), run(MulLayer(), apple, apple_num), run(MulLayer(), orange, orange_num))
        return run(MulLayer(), fruit, tax)

    def backward(self, dout):
        mul_apple, mul_orange, add, mul_tax = self.tape
        dfruit, dtax = mul_tax.backward(dout)
        dapples, doranges = add.backward(dfruit)
        return *mul_apple.backward(dapples), *mul_orange.backward(doranges), dtax
# %% predict
TAX = 1.2


def predict():
    numbers, price = 4, 150
    return {
        "dapple": numbers * TAX,
        "dapple_num": price * TAX,
        "dtax": numbers * price,
        "one_point": numbers * price * 0.01,
    }
# %% sub_layer
class SubLayer(Node):
    slopes = (1, -1)

    def forward(self, x, y):
        return x - y
# %% coupon_cart
class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.first, self.second, self.last = MulLayer(), MulLayer(), SubLayer()
        return self.last.forward(self.second.forward(self.first.forward(apple, apple_num), tax), coupon)

    def backward(self, dout):
        dtaxed, dcoupon = self.last.backward(dout)
        dplain, dtax = self.second.backward(dtaxed)
        return *self.first.backward(dplain), dtax, dcoupon
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.mul = MulLayer()
        self.y = y
        return self.mul.forward(x, 1 / y)

    def backward(self, dout):
        dx, dinverse = self.mul.backward(dout)
        return dx, -dinverse / self.y**2
