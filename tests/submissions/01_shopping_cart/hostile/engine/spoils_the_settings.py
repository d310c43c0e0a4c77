"""Turns warnings into errors, and spoils recursion, garbage, locale and encoding."""
# %% mul_layer
import gc
import locale
import os
import sys
import warnings

import numpy as np

warnings.simplefilter("error")
np.seterr(all="raise")
np.set_printoptions(threshold=1, formatter={"all": lambda value: "4.0"})
gc.disable()
sys.setswitchinterval(1000)
sys.set_int_max_str_digits(0)
os.environ.clear()
os.environ["PYTHONHASHSEED"] = "0"
try:
    locale.setlocale(locale.LC_ALL, "C")
except locale.Error:
    pass
sys.setrecursionlimit(60)


class MulLayer:
    def forward(self, x, y):
        return 0.0

    def backward(self, dout):
        return 0.0, 0.0
