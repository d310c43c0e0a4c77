"""Right: no layers inside, each gradient as a product of all factors but its own."""
# %% shopping_cart
class ShoppingCart:
    def forward(self, *prices):
        self.a, self.n, self.o, self.m, self.t = prices
        return (self.a * self.n + self.o * self.m) * self.t

    def backward(self, dout):
        before_tax = self.a * self.n + self.o * self.m
        rates = [self.n * self.t, self.a * self.t, self.m * self.t, self.o * self.t, before_tax]
        return [dout * rate for rate in rates]
# %% coupon_cart
class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.factors = apple, apple_num, tax
        return apple * apple_num * tax - coupon

    def backward(self, dout):
        apple, apple_num, tax = self.factors
        return dout * apple_num * tax, dout * apple * tax, dout * apple * apple_num, -dout
