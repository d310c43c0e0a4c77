"""Right: element by element in Python loops, for numbers and arrays."""
# %% mul_layer
def each(function, *values):
    if np.ndim(values[0]) == 0:
        return function(*values)
    rows = [each(function, *row) for row in zip(*values)]
    return np.array(rows)


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return each(lambda a, b: a * b, x, y)

    def backward(self, dout):
        return each(lambda d, b: d * b, dout, self.y), each(lambda d, a: d * a, dout, self.x)
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        return each(lambda a, b: a + b, x, y)

    def backward(self, dout):
        return each(float, dout), each(float, dout)
# %% shopping_cart
class ShoppingCart:
    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.args = apple, apple_num, orange, orange_num, tax
        total = 0
        for price, count in ((apple, apple_num), (orange, orange_num)):
            total += price * count
        self.total = total
        return total * tax

    def backward(self, dout):
        apple, apple_num, orange, orange_num, tax = self.args
        grads = []
        for price, count in ((apple, apple_num), (orange, orange_num)):
            grads.append(dout * tax * count)
            grads.append(dout * tax * price)
        grads.append(dout * self.total)
        return grads
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        return each(lambda a, b: a - b, x, y)

    def backward(self, dout):
        return each(lambda d: d, dout), each(lambda d: -d, dout)
# %% coupon_cart
class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.a, self.n, self.t = apple, apple_num, tax
        price = 1
        for factor in (apple, apple_num, tax):
            price = price * factor
        return price - coupon

    def backward(self, dout):
        return dout * self.n * self.t, dout * self.a * self.t, dout * self.a * self.n, 0 - dout
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return each(lambda a, b: a / b, x, y)

    def backward(self, dout):
        dx = each(lambda d, b: d / b, dout, self.y)
        dy = each(lambda d, a, b: -d * a / (b * b), dout, self.x, self.y)
        return dx, dy
