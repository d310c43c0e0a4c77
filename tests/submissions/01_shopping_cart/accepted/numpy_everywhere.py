"""Right: NumPy functions, 0-d arrays for numbers, and results written with out=."""
# %% mul_layer
class MulLayer:
    def forward(self, x, y):
        self.x, self.y = np.array(x, dtype=float), np.array(y, dtype=float)
        return np.multiply(self.x, self.y)

    def backward(self, dout):
        dx = np.empty_like(self.x)
        np.multiply(dout, self.y, out=dx)
        dy = np.einsum("...,...->...", np.asarray(dout), self.x)
        return dx, dy
# %% add_layer
class AddLayer:
    def forward(self, x, y):
        return np.add(x, y)

    def backward(self, dout):
        return np.copy(dout), np.array(dout)[...]
# %% shopping_cart
class ShoppingCart:
    def forward(self, apple, apple_num, orange, orange_num, tax):
        self.prices = np.array([apple, orange])
        self.numbers = np.array([apple_num, orange_num])
        self.tax = tax
        return self.prices @ self.numbers * tax

    def backward(self, dout):
        da, do = dout * self.tax * self.numbers
        dan, don = dout * self.tax * self.prices
        return da, dan, do, don, dout * np.dot(self.prices, self.numbers)
# %% predict
def predict():
    return {"dapple": np.float64(4) * 1.2, "dapple_num": np.array(180), "dtax": 4 * 150, "one_point": 6}
# %% sub_layer
class SubLayer:
    def forward(self, x, y):
        return np.subtract(x, y)

    def backward(self, dout):
        return np.positive(dout), np.negative(dout)
# %% coupon_cart
class CouponCart:
    def forward(self, apple, apple_num, tax, coupon):
        self.factors = np.array([apple, apple_num, tax])
        return self.factors.prod() - coupon

    def backward(self, dout):
        others = self.factors.prod() / self.factors
        return (*(dout * others), np.negative(dout))
# %% div_layer
class DivLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return np.divide(x, y)

    def backward(self, dout):
        return np.divide(dout, self.y), np.divide(-np.multiply(dout, self.x), np.square(self.y))
