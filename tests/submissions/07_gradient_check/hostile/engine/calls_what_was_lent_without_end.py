"""Calls the function that it was lent for as long as it can."""
# %% numerical_gradient
def numerical_gradient(f, x, h=1e-5):
    while True:
        f(x)
