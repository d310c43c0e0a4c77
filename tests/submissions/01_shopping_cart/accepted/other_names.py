"""Right: the cache has other names, and all inputs are kept in one tuple."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.saved = (x, y)
        return y * x

    def backward(self, dout):
        a, b = self.saved
        return b * dout, a * dout
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        return y + x

    def backward(self, dout):
        return dout, dout
# %% shopping_cart
class ShoppingCart:
    def __init__(self):
        self.nodes = [MulLayer(), MulLayer(), AddLayer(), MulLayer()]

    def forward(self, apple, apple_num, orange, orange_num, tax):
        m1, m2, plus, m3 = self.nodes
        return m3.forward(plus.forward(m1.forward(apple, apple_num), m2.forward(orange, orange_num)), tax)

    def backward(self, dout):
        m1, m2, plus, m3 = self.nodes
        d, dtax = m3.backward(dout)
        d1, d2 = plus.backward(d)
        return (*m1.backward(d1), *m2.backward(d2), dtax)
# %% predict
def predict():
    return dict(one_point=6.0, dtax=600.0, dapple_num=180.0, dapple=4.8)
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        return x + (-1) * y

    def backward(self, dout):
        return [dout, -dout]
# %% coupon_cart
class CouponCart:
    def forward(self, *inputs):
        self.inputs = inputs
        apple, apple_num, tax, coupon = inputs
        return apple * apple_num * tax - coupon

    def backward(self, dout):
        apple, apple_num, tax, _ = self.inputs
        return dout * apple_num * tax, dout * apple * tax, dout * apple * apple_num, -dout
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.inverse = 1 / y
        self.quotient = x * self.inverse
        return self.quotient

    def backward(self, dout):
        return dout * self.inverse, -dout * self.quotient * self.inverse
